//! Keys that other programs have bound for themselves, as hotkey daemons and window managers do: what is injected is taken by
//! such a passive grab as what is pressed, and never reaches the application.

use std::collections::{BTreeMap, BTreeSet};

use x11rb::errors::ReplyError;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::xinput::{ConnectionExt as _, GrabMode22, GrabOwner, GrabType, XIEventMask};
use x11rb::protocol::xproto::{Allow, ConnectionExt as _, GrabMode, ModMask, Window};

use super::keymap::Keymap;
use super::plan::{Bound, Press, Run, plan};
use super::server::Server;
use super::windows::gone_is_none;
use crate::{InjectError, Newline, Obstacle};

/// All keyboards that applications hear, in `XIPassiveGrabDevice`'s words.
const ALL_MASTER_DEVICES: u16 = 1;
/// Windows are nested this deep at most in the frames of window managers.
const DEEPEST_FRAME: usize = 6;

/// A way to type a text that no binding is in the way of: plans, asks whether other programs have bound what was planned, and
/// plans around that. `target` is the window that the keys go to.
///
/// Costs one round trip of the server, and two or three for the frames around the target; more only where something is bound.
pub(super) fn plan_around(
    server: &Server,
    target: Option<Window>,
    text: &str,
    keymap: &Keymap,
    (group, locked): (u8, u16),
    newline: Newline,
) -> Result<Vec<Run>, InjectError> {
    let lost = |error: ReplyError| super::server::failed(&error);
    let mut taken = Bound { presses: BTreeSet::new(), locked: locked.to_le_bytes()[0] };
    let mut known = BTreeSet::new();
    let windows = server.windows_above(target).map_err(lost)?;
    loop {
        let runs = plan(text, keymap, group, newline, &taken).map_err(|error| {
            // Without bindings of others it may be typed.
            if taken.presses.is_empty() { error } else { Obstacle::KeyBound.into() }
        })?;
        let needed = runs.iter().flat_map(|run| &run.strokes).collect::<BTreeSet<_>>();
        let strikes = needed.into_iter().map(|stroke| stroke.strike(keymap));
        let presses = strikes.flat_map(|strike| strike.presses(keymap, taken.locked).collect::<Vec<_>>());
        let unknown: BTreeSet<Press> = presses.filter(|press| known.insert(*press)).collect();
        let bound = server.bound_by_others(&unknown, &windows).map_err(lost)?;
        if bound.is_empty() {
            return Ok(runs);
        }
        taken.presses.extend(bound);
    }
}

impl Server {
    /// The windows whose bindings come before the application's: the root, and what a window manager has put around `target`.
    pub(super) fn windows_above(&self, target: Option<Window>) -> Result<Vec<Window>, ReplyError> {
        let root = self.windows.root();
        let (mut above, mut window) = (vec![root], target.unwrap_or(root));
        while window != root && above.len() < DEEPEST_FRAME {
            let Some(tree) = gone_is_none(self.connection().query_tree(window)?.reply())? else { break };
            window = tree.parent;
            if window == x11rb::NONE {
                break;
            }
            if window != root {
                above.push(window);
            }
        }
        Ok(above)
    }

    /// Those of the presses that other programs have bound on one of the windows: binding them ourselves fails then. What can be
    /// bound is given back at once, while the server serves nobody else.
    pub(super) fn bound_by_others(
        &self,
        presses: &BTreeSet<Press>,
        windows: &[Window],
    ) -> Result<BTreeSet<Press>, ReplyError> {
        if presses.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.hold_still()?;
        let bound = self.try_to_bind(presses, windows);
        // Whatever came of it, the server serves everybody again.
        self.let_go()?;
        bound
    }

    fn try_to_bind(&self, presses: &BTreeSet<Press>, windows: &[Window]) -> Result<BTreeSet<Press>, ReplyError> {
        let connection = self.connection();
        let (mut core, mut extended) = (Vec::new(), Vec::new());
        let mut by_key: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
        for Press { keycode, held } in presses {
            by_key.entry(*keycode).or_default().push(u32::from(*held));
        }
        for window in windows {
            // A key that the user presses in between would be ours. It is frozen then, and given to the application below.
            let (pointer, keyboard) = (GrabMode::ASYNC, GrabMode::SYNC);
            for press in presses {
                let held = ModMask::from(u16::from(press.held));
                let tried = connection.grab_key(false, *window, held, press.keycode, pointer, keyboard)?;
                core.push((*press, tried));
                connection.ungrab_key(press.keycode, *window, held)?;
            }
            if !self.has_xinput() {
                continue;
            }
            for (keycode, modifiers) in &by_key {
                let (key, kind) = (u32::from(*keycode), GrabType::KEYCODE);
                let tried = connection.xinput_xi_passive_grab_device(
                    x11rb::CURRENT_TIME,
                    *window,
                    x11rb::NONE,
                    key,
                    ALL_MASTER_DEVICES,
                    kind,
                    GrabMode22::SYNC,
                    GrabMode::ASYNC,
                    GrabOwner::NO_OWNER,
                    &[u32::from(XIEventMask::KEY_PRESS)],
                    modifiers,
                )?;
                extended.push((*keycode, tried));
                connection.xinput_xi_passive_ungrab_device(*window, key, ALL_MASTER_DEVICES, kind, modifiers)?;
            }
        }
        connection.allow_events(Allow::REPLAY_KEYBOARD, x11rb::CURRENT_TIME)?;
        let mut bound = BTreeSet::new();
        for (keycode, tried) in extended {
            let Some(answer) = gone_is_none(tried.reply())? else { continue };
            // It lists those that could not be had.
            let refused = answer.modifiers.iter().filter_map(|refused| u8::try_from(refused.modifiers).ok());
            bound.extend(refused.map(|held| Press { keycode, held }));
        }
        for (press, tried) in core {
            match gone_is_none(tried.check()) {
                Ok(_) => {}
                Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => {
                    bound.insert(press);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(bound)
    }
}
