//! The overlay, as panels and lock screens are shown: on a layer of its own.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::fd::AsFd as _;

use wayland_client::globals::{GlobalList, registry_queue_init};
use wayland_client::protocol::wl_buffer::{self, WlBuffer};
use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_output::{self, WlOutput};
use wayland_client::protocol::wl_region::WlRegion;
use wayland_client::protocol::wl_shm::{Format, WlShm};
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::protocol::wl_surface::{self, WlSurface};
use wayland_client::{Connection, Dispatch, EventQueue, Proxy as _, QueueHandle, delegate_noop};
use wayland_protocols_wlr::layer_shell::v1::client::zwlr_layer_shell_v1::{Layer, ZwlrLayerShellV1};
use wayland_protocols_wlr::layer_shell::v1::client::zwlr_layer_surface_v1::{
    self as layer_surface, Anchor, KeyboardInteractivity, ZwlrLayerSurfaceV1,
};

use super::link::{LinkError, connect, ignore_registry};
use crate::{Overlay, OverlayError, Picture, SessionKind};

/// Room between the picture and the edge of the screen.
const MARGIN: i32 = 48;

/// The overlay. After an [`OverlayError::Connection`] a new one is needed.
pub(super) struct WaylandOverlay {
    globals: GlobalList,
    queue: EventQueue<State>,
    handle: QueueHandle<State>,
    compositor: WlCompositor,
    shell: ZwlrLayerShellV1,
    memory: WlShm,
    shown: Option<Shown>,
    state: State,
}

/// Where the picture is while there is one.
struct Shown {
    surface: WlSurface,
    layer: ZwlrLayerSurfaceV1,
    size: (u32, u32),
}

#[derive(Default)]
struct State {
    /// The compositor has made room.
    configured: bool,
    /// The compositor has taken the place away, as when the screen is unplugged.
    closed: bool,
    /// The screens by their numbers, with what they count as one point.
    screens: HashMap<u32, (WlOutput, i32)>,
}

impl WaylandOverlay {
    pub(super) fn connect(display: &str) -> Result<Self, OverlayError> {
        Self::bind(display).map_err(|error| {
            if error.is_missing() { OverlayError::NotOffered(SessionKind::Wayland) } else { failed(&error) }
        })
    }

    fn bind(display: &str) -> Result<Self, LinkError> {
        let connection = connect(display)?;
        let (globals, queue): (GlobalList, EventQueue<State>) = registry_queue_init(&connection)?;
        let handle = queue.handle();
        Ok(Self {
            shell: globals.bind(&handle, 1..=4, ())?,
            compositor: globals.bind(&handle, 1..=4, ())?,
            memory: globals.bind(&handle, 1..=1, ())?,
            globals,
            queue,
            handle,
            shown: None,
            state: State::default(),
        })
    }

    fn draw(&mut self, picture: &Picture) -> Result<(), LinkError> {
        let size = (picture.width / picture.scale.max(1), picture.height / picture.scale.max(1));
        if self.state.closed || self.shown.as_ref().is_some_and(|shown| shown.size != size) {
            self.hide();
        }
        if self.shown.is_none() {
            self.open(size)?;
        }
        let buffer = self.buffer(picture)?;
        let Some(Shown { surface, .. }) = &self.shown else { return Ok(()) };
        // Older compositors scale nothing, and tell no scale either.
        if surface.version() >= wl_surface::REQ_SET_BUFFER_SCALE_SINCE {
            surface.set_buffer_scale(i32::try_from(picture.scale).unwrap_or(1));
        }
        surface.attach(Some(&buffer), 0, 0);
        surface.damage(0, 0, i32::MAX, i32::MAX);
        surface.commit();
        self.queue.roundtrip(&mut self.state)?;
        Ok(())
    }

    fn open(&mut self, size: (u32, u32)) -> Result<(), LinkError> {
        (self.state.configured, self.state.closed) = (false, false);
        let surface = self.compositor.create_surface(&self.handle, ());
        let layer = self.shell.get_layer_surface(&surface, None, Layer::Overlay, "scout".to_owned(), &self.handle, ());
        layer.set_size(size.0, size.1);
        layer.set_anchor(Anchor::Bottom);
        layer.set_margin(0, 0, MARGIN, 0);
        // Panels make no room for it, and it makes none for itself.
        layer.set_exclusive_zone(-1);
        layer.set_keyboard_interactivity(KeyboardInteractivity::None);
        let nowhere = self.compositor.create_region(&self.handle, ());
        surface.set_input_region(Some(&nowhere));
        nowhere.destroy();
        surface.commit();
        self.shown = Some(Shown { surface, layer, size });
        while !self.state.configured && !self.state.closed {
            self.queue.blocking_dispatch(&mut self.state)?;
        }
        Ok(())
    }

    fn buffer(&self, picture: &Picture) -> Result<WlBuffer, LinkError> {
        const BYTES: u32 = 4; // of a pixel
        let memory = rustix::fs::memfd_create("scout-overlay", rustix::fs::MemfdFlags::CLOEXEC);
        let mut file = std::fs::File::from(memory.map_err(std::io::Error::from)?);
        // In memory the order is blue, green, red, opacity.
        let pixels: Vec<u8> =
            picture.pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0], pixel[3]]).collect();
        file.write_all(&pixels)?;
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let pool = self.memory.create_pool(file.as_fd(), number(pixels.len() as u32), &self.handle, ());
        let (width, height) = (number(picture.width), number(picture.height));
        let row = number(picture.width * BYTES);
        let buffer = pool.create_buffer(0, width, height, row, Format::Argb8888, &self.handle, ());
        pool.destroy();
        Ok(buffer)
    }

    /// Screens come and go; the scale is told right after a screen is asked for.
    fn look_at_screens(&mut self) -> Result<(), LinkError> {
        const TELLS_SCALE: u32 = 2;
        self.queue.roundtrip(&mut self.state)?;
        let listed = self.globals.contents().clone_list();
        let listed = listed.iter().filter(|global| global.interface == WlOutput::interface().name);
        let there: Vec<u32> = listed.filter(|screen| screen.version >= TELLS_SCALE).map(|screen| screen.name).collect();
        self.state.screens.retain(|number, _| there.contains(number));
        for number in there {
            if !self.state.screens.contains_key(&number) {
                let screen = self.globals.registry().bind(number, TELLS_SCALE, &self.handle, number);
                self.state.screens.insert(number, (screen, 1));
            }
        }
        self.queue.roundtrip(&mut self.state)?;
        Ok(())
    }

    fn hide(&mut self) {
        if let Some(shown) = self.shown.take() {
            shown.layer.destroy();
            shown.surface.destroy();
        }
    }
}

impl Overlay for WaylandOverlay {
    fn show(&mut self, picture: Option<&Picture>) -> Result<(), OverlayError> {
        let done = if let Some(picture) = picture {
            self.draw(picture)
        } else {
            self.hide();
            self.queue.roundtrip(&mut self.state).map(drop).map_err(LinkError::from)
        };
        done.map_err(|error| failed(&error))
    }

    /// That of the finest screen: which one it is shown on, the compositor decides.
    fn scale(&mut self) -> u32 {
        if let Err(error) = self.look_at_screens() {
            tracing::debug!(%error, "the screens' scale is unknown");
        }
        let finest = self.state.screens.values().map(|(_, scale)| *scale).max();
        finest.and_then(|scale| u32::try_from(scale).ok()).unwrap_or(1).max(1)
    }
}

fn failed(error: &LinkError) -> OverlayError {
    OverlayError::Connection { reason: error.to_string() }
}

ignore_registry!(State);
delegate_noop!(State: WlCompositor);
delegate_noop!(State: WlRegion);
delegate_noop!(State: ZwlrLayerShellV1);
delegate_noop!(State: WlShmPool);
delegate_noop!(State: ignore WlShm);
delegate_noop!(State: ignore WlSurface);

impl Dispatch<WlOutput, u32> for State {
    fn event(
        state: &mut Self,
        _: &WlOutput,
        event: wl_output::Event,
        number: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_output::Event::Scale { factor } = event
            && let Some((_, scale)) = state.screens.get_mut(number)
        {
            *scale = factor;
        }
    }
}

impl Dispatch<WlBuffer, ()> for State {
    fn event(_: &mut Self, buffer: &WlBuffer, event: wl_buffer::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {
        // Each picture has a buffer of its own.
        if let wl_buffer::Event::Release = event {
            buffer.destroy();
        }
    }
}

impl Dispatch<ZwlrLayerSurfaceV1, ()> for State {
    fn event(
        state: &mut Self,
        surface: &ZwlrLayerSurfaceV1,
        event: layer_surface::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            layer_surface::Event::Configure { serial, .. } => {
                surface.ack_configure(serial);
                state.configured = true;
            }
            layer_surface::Event::Closed => state.closed = true,
            _ => {}
        }
    }
}
