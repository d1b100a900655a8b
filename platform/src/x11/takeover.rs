//! The user's keyboard while Scout types: what was changed, and its return, whatever happens in between.

use std::time::Duration;

use enigo::{Direction, Enigo, Keyboard as _};
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::Window;

use super::keymap::Keymap;
use super::link::Link;
use super::server::{KeyBits, LockState, Server, failed};
use crate::InjectError;

/// How long a program is given to answer that it has handled its keys. One that takes longer hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// What a program that cannot tell is given to take up a changed mapping before keys are struck. 20 ms were enough in every
/// trial; five times as much for slow machines.
const BEFORE_STRIKING: Duration = Duration::from_millis(100);
/// What a program that cannot tell is given to look its keys up before they are bound to something else. It handles them
/// one by one, so this must outlast its queue; with 50 ms nothing was lost on an idle machine.
const BEFORE_REBINDING: Duration = Duration::from_millis(300);

/// The keyboard, taken over. Dropping it gives everything back.
pub(super) struct Takeover<'a> {
    server: &'a Server,
    enigo: &'a mut Enigo,
    link: &'a Link,
    keymap: Keymap,
    /// The window that gets the keys.
    target: Option<Window>,
    before: LockState,
    /// The layout that is in use now.
    group: u8,
    locks_changed: bool,
    /// Keys that we hold.
    pressed: Vec<u8>,
    /// Modifiers that the user held and we released.
    released: Vec<u8>,
    /// Those of them that were held on a real keyboard.
    physical: KeyBits,
    /// Keycodes that we gave a meaning.
    bound: Vec<u8>,
    given_back: bool,
}

impl<'a> Takeover<'a> {
    /// Takes the keyboard over: reads its mapping, releases the modifiers that are held and turns off the locks that change
    /// what keys produce.
    pub(super) fn begin(server: &'a Server, enigo: &'a mut Enigo, link: &'a Link) -> Result<Self, InjectError> {
        adopt_keymap(enigo, link)?;
        let keymap = server.keymap().map_err(lost)?;
        let mut keyboard = Self {
            server,
            enigo,
            link,
            keymap,
            target: server.windows.focused().map_err(lost)?,
            before: server.lock_state().map_err(lost)?,
            group: 0,
            locks_changed: false,
            pressed: Vec::new(),
            released: Vec::new(),
            physical: server.keys_down_physically().unwrap_or_default(),
            bound: Vec::new(),
            given_back: false,
        };
        keyboard.release_modifiers()?;
        // Read again: a modifier may have shifted the layout while it was held.
        keyboard.before = server.lock_state().map_err(lost)?;
        keyboard.group = keyboard.before.group;
        keyboard.clear_locks()?;
        Ok(keyboard)
    }

    /// The keyboard's mapping, without our bindings.
    pub(super) fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// The layout that is in use, 0 is the first.
    pub(super) fn group(&self) -> u8 {
        self.group
    }

    /// Gives spare keycodes a meaning, after the target has seen what was struck under the former one.
    pub(super) fn bind(&mut self, bindings: &[(u8, u32)]) -> Result<(), InjectError> {
        if bindings.is_empty() {
            return Ok(());
        }
        if !self.bound.is_empty() {
            self.settle(BEFORE_REBINDING)?;
        }
        self.bound.extend(bindings.iter().map(|(keycode, _)| *keycode));
        self.server.bind(bindings).map_err(lost)?;
        self.settle(BEFORE_STRIKING)
    }

    /// Strikes a key while `modifiers` are down and layout `group` is in use.
    pub(super) fn strike(&mut self, keycode: u8, modifiers: &[u8], group: u8) -> Result<(), InjectError> {
        if group != self.group {
            self.locks_changed = true;
            self.server.set_locks(0, 0, group).map_err(lost)?;
            self.group = group;
        }
        for modifier in modifiers {
            self.pressed.push(*modifier);
            self.send(*modifier, Direction::Press)?;
        }
        // Press and release go out in one piece: were we suspended between them, the server would repeat the key.
        self.send(keycode, Direction::Click)?;
        self.release_pressed()
    }

    /// Gives the keyboard back and tells whether that worked. Dropping does the same, silently.
    pub(super) fn finish(mut self) -> Result<(), InjectError> {
        self.give_back()
    }

    fn release_modifiers(&mut self) -> Result<(), InjectError> {
        let down = self.server.keys_down().map_err(lost)?;
        for keycode in self.keymap.holdable_modifiers() {
            if down.contains(keycode) {
                self.released.push(keycode);
                self.send(keycode, Direction::Release)?;
            }
        }
        // Our device may still count a key as down that we once pressed for the user: pressing it would then do nothing.
        for keycode in [self.keymap.shift_key(), self.keymap.altgr_key()].into_iter().flatten() {
            self.send(keycode, Direction::Release)?;
        }
        Ok(())
    }

    fn clear_locks(&mut self) -> Result<(), InjectError> {
        let harmful = self.keymap.harmful_locks();
        if (self.before.locked | self.before.latched) & harmful != 0 {
            self.locks_changed = true;
            self.server.set_locks(harmful, 0, self.group).map_err(lost)?;
        }
        Ok(())
    }

    fn give_back(&mut self) -> Result<(), InjectError> {
        if std::mem::replace(&mut self.given_back, true) {
            return Ok(());
        }
        // Every step is tried, even if an earlier one failed; the first failure is told.
        let steps = [self.release_pressed(), self.restore_locks(), self.restore_modifiers(), self.unbind()];
        steps.into_iter().collect()
    }

    fn release_pressed(&mut self) -> Result<(), InjectError> {
        while let Some(modifier) = self.pressed.last().copied() {
            self.send(modifier, Direction::Release)?;
            self.pressed.pop();
        }
        Ok(())
    }

    fn restore_locks(&mut self) -> Result<(), InjectError> {
        if !self.locks_changed {
            return Ok(());
        }
        let harmful = self.keymap.harmful_locks();
        self.server.set_locks(harmful, self.before.locked & harmful, self.before.locked_group).map_err(lost)
    }

    /// Presses the modifiers again that the user still holds, and only those: a modifier that sticks makes the keyboard
    /// unusable, one that is missing is pressed again without a thought.
    ///
    /// Whether a key is still held only a real keyboard's own state tells, since we released it for everybody else. Keys
    /// that came by XTEST (remote desktops, on-screen keyboards) or on a server without XINPUT 2 stay released.
    fn restore_modifiers(&mut self) -> Result<(), InjectError> {
        let now = self.server.keys_down_physically().unwrap_or_default();
        for keycode in std::mem::take(&mut self.released) {
            if self.physical.contains(keycode) && now.contains(keycode) {
                self.send(keycode, Direction::Press)?;
            } else {
                self.link.tell_released(keycode);
            }
        }
        Ok(())
    }

    fn unbind(&mut self) -> Result<(), InjectError> {
        if self.bound.is_empty() {
            return Ok(());
        }
        // If the target cannot be asked any more the bindings still have to go.
        if self.settle(BEFORE_REBINDING).is_err() {
            std::thread::sleep(BEFORE_REBINDING);
        }
        self.bound.sort_unstable();
        self.bound.dedup();
        let free: Vec<(u8, u32)> = self.bound.drain(..).map(|keycode| (keycode, 0)).collect();
        self.server.bind(&free).map_err(lost)
    }

    /// Waits until the target has looked up its keys, or as long as it usually takes.
    fn settle(&self, usual: Duration) -> Result<(), InjectError> {
        let awaited = match self.target {
            Some(window) => self.server.await_window(window, ANSWER_LIMIT).map_err(lost)?,
            None => false,
        };
        if !awaited {
            std::thread::sleep(usual);
        }
        Ok(())
    }

    fn send(&mut self, keycode: u8, direction: Direction) -> Result<(), InjectError> {
        send(self.enigo, self.link, keycode, direction)
    }
}

impl Drop for Takeover<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.give_back() {
            tracing::warn!(%error, "the keyboard could not be given back as it was");
        }
    }
}

/// Makes the server use the mapping of our device, so that it is the one we read: keyboards may differ in their layouts, and
/// the one that was used last counts. The release of a key that is not down reaches nobody.
fn adopt_keymap(enigo: &mut Enigo, link: &Link) -> Result<(), InjectError> {
    const NO_KEY: u8 = u8::MAX;
    send(enigo, link, NO_KEY, Direction::Release)
}

fn send(enigo: &mut Enigo, link: &Link, keycode: u8, direction: Direction) -> Result<(), InjectError> {
    let parts: &[bool] = match direction {
        Direction::Press => &[true],
        Direction::Release => &[false],
        Direction::Click => &[true, false],
    };
    for pressed in parts {
        link.will_send(keycode, *pressed);
    }
    enigo.raw(keycode.into(), direction).map_err(|error| failed(&error))
}

#[allow(clippy::needless_pass_by_value)] // it is the shape that `map_err` takes
fn lost(error: ReplyError) -> InjectError {
    failed(&error)
}
