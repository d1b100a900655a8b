//! Whether a click went to the program that has the keyboard, or to another one such as a panel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, Window};
use x11rb::rust_connection::RustConnection;

use super::clients::Client;
use crate::common::fault;
use crate::common::supervise::supervise;
use crate::{CaughtUp, Click, ClickSink};

/// Where the pointer was: on the whole screen, in pixels.
pub(super) type Spot = (i16, i16);

/// Looks clicks up on a thread of its own, because a listener must not wait. Without a bound: a look-up takes a few round trips to
/// the server, and a person clicks less often.
pub(super) struct Clicks(Sender<Waiting>);

enum Waiting {
    Click(Spot),
    CatchUp(CaughtUp),
}

impl Clicks {
    /// Starts the thread. `alive` is set until it has ended.
    pub(super) fn start(display: String, mut sink: ClickSink, alive: Arc<AtomicBool>) -> std::io::Result<Self> {
        let (sender, clicks) = mpsc::channel();
        alive.store(true, Ordering::SeqCst);
        let alive = Alive(alive);
        supervise("clicks", move |_| {
            let _ = &alive;
            pass_on(&display, &clicks, &mut sink);
        })?;
        Ok(Self(sender))
    }

    /// Something was clicked there. Never waits.
    pub(super) fn heard(&self, spot: Spot) {
        // The thread ends only if it has panicked again and again: nobody hears of clicks then.
        let _ = self.0.send(Waiting::Click(spot));
    }

    /// Calls this after the clicks that were heard before. Never waits.
    pub(super) fn catch_up(&self, caught_up: CaughtUp) {
        let _ = self.0.send(Waiting::CatchUp(caught_up));
    }
}

/// Cleared when it is dropped.
struct Alive(Arc<AtomicBool>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

fn pass_on(display: &str, clicks: &Receiver<Waiting>, sink: &mut ClickSink) {
    let server = x11rb::connect(Some(display)).ok();
    let elsewhere = |spot| {
        let (server, screen) = server.as_ref()?;
        is_elsewhere(server, server.setup().roots[*screen].root, spot).ok()
    };
    for waiting in clicks {
        fault::point("clicks");
        match waiting {
            Waiting::Click(spot) => sink(Click { elsewhere: elsewhere(spot).unwrap_or(false) }),
            Waiting::CatchUp(caught_up) => caught_up(),
        }
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
