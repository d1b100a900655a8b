//! Whether a click went to the program that has the keyboard, or to another one such as a panel.

use std::sync::mpsc::{self, Receiver, SyncSender};

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, Window};
use x11rb::rust_connection::RustConnection;

use super::clients::Client;
use crate::{Click, ClickSink};

/// Clicks that wait to be looked up, which takes a few round trips to the server. A wheel turns faster.
const WAITING: usize = 64;

/// Where the pointer was: on the whole screen, in pixels.
pub(super) type Spot = (i16, i16);

/// Looks clicks up on a thread of its own, because a listener must not wait.
#[derive(Clone)]
pub(super) struct Clicks(SyncSender<Option<Spot>>);

impl Clicks {
    pub(super) fn start(display: String, sink: ClickSink) -> std::io::Result<Self> {
        let (sender, clicks) = mpsc::sync_channel(WAITING);
        std::thread::Builder::new().name("clicks".into()).spawn(move || pass_on(&display, &clicks, sink))?;
        Ok(Self(sender))
    }

    /// Something was clicked there; `None` stands for an unknown spot. Never waits: where too many wait already, those say
    /// enough.
    pub(super) fn heard(&self, spot: Option<Spot>) {
        let _ = self.0.try_send(spot);
    }
}

fn pass_on(display: &str, clicks: &Receiver<Option<Spot>>, mut sink: ClickSink) {
    let server = x11rb::connect(Some(display)).ok();
    for spot in clicks {
        let elsewhere = match (&server, spot) {
            (Some((server, screen)), Some(spot)) => {
                is_elsewhere(server, server.setup().roots[*screen].root, spot).unwrap_or(false)
            }
            _ => false,
        };
        sink(Click { elsewhere });
    }
}

/// Whether no window there belongs to the program that has the keyboard.
fn is_elsewhere(server: &RustConnection, root: Window, (x, y): Spot) -> Result<bool, ReplyError> {
    let focus = server.get_input_focus()?.reply()?.focus;
    if focus <= u32::from(InputFocus::POINTER_ROOT) || focus == root {
        return Ok(false);
    }
    let focused = Client::of(server, focus)?;
    // A window manager puts an application's window into one of its own.
    let mut around = Vec::new();
    let mut outer = focus;
    while outer != root && outer != x11rb::NONE {
        around.push(outer);
        outer = server.query_tree(outer)?.reply()?.parent;
    }
    let mut window = root;
    loop {
        let inner = server.translate_coordinates(root, window, x, y)?.reply()?.child;
        if inner == x11rb::NONE {
            return Ok(true);
        }
        if around.contains(&inner) || Client::of(server, inner)?.is_same_program(&focused) {
            return Ok(false);
        }
        window = inner;
    }
}
