//! The user's keyboard while Scout types: what was changed, and its return, whatever happens in between.

use std::time::{Duration, Instant};

use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::xproto::Window;

use super::accessx::{self, HeldAside};
use super::bindings::plan_around;
use super::keymap::Keymap;
use super::link::Link;
use super::ping::Answer;
use super::plan::{Run, Strike};
use super::server::{KeyBits, LockState, Look, Server, failed};
use crate::{InjectError, Newline, Obstacle};

/// How long a program may take to handle its keys before they get another meaning. One that takes longer hangs, and what is
/// left is not typed: it might arrive as something else.
const BUSY_LIMIT: Duration = Duration::from_secs(30);
/// How long the spare keys keep their meaning for a program that hangs, once typing is over.
const UNBIND_LIMIT: Duration = Duration::from_secs(10);
/// What a program that cannot tell is given to take up a changed mapping before keys are struck. 20 ms were enough in every
/// trial; ten times as much for machines that are busy.
const BEFORE_STRIKING: Duration = Duration::from_millis(200);
/// What a program that cannot tell is given to look its keys up before they are bound to something else. It handles them
/// one by one, so this must outlast its queue; with 50 ms nothing was lost on an idle machine.
const BEFORE_REBINDING: Duration = Duration::from_millis(600);
/// How often a batch is tried again when the user touches modifiers, locks or layouts just then. A hand cannot do that more
/// than a few times within the milliseconds that a try takes.
const TRIES: usize = 20;

/// How long another program's grab of the keyboard is waited for, as long as for modifiers. A menu that was clicked closes at once,
/// and the key of a binding that asks Scout for something is let go by then; a launcher or a password dialog stays.
const GRAB_LIMIT: Duration = Duration::from_secs(1);
/// How often it is looked whether such a grab is over.
const GRAB_INTERVAL: Duration = Duration::from_millis(10);

/// The keyboard, taken over. Dropping it gives everything back.
pub(super) struct Takeover<'a> {
    server: &'a Server,
    link: &'a Link,
    keymap: Keymap,
    /// The application's window that gets the keys, if one is known.
    target: Option<Window>,
    /// The window inside it that has the input focus.
    focus: Window,
    /// Whether typing ends when the focus leaves the target.
    is_aimed: bool,
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
    /// Keys that are down for the applications, while the server is held still.
    down: KeyBits,
    /// Settings of the keyboard that would swallow keys.
    aside: Option<HeldAside>,
    /// Keycodes that we gave a meaning.
    bound: Vec<u8>,
    given_back: bool,
}

impl<'a> Takeover<'a> {
    /// Takes the keyboard over: reads its mapping, releases the modifiers that are held and turns off the locks that change
    /// what keys produce. `aim` is the window that must have the focus; `None` takes whichever has it.
    pub(super) fn begin(server: &'a Server, link: &'a Link, aim: Option<Window>) -> Result<Self, InjectError> {
        adopt_keymap(server)?;
        let keymap = server.keymap().map_err(lost)?;
        // The devices are looked up anew with it: one of them is asked for below.
        let physical = server.keys_down_physically().unwrap_or_default();
        let seen = server.look().map_err(lost)?;
        let target = match aim {
            Some(window) => Some(window),
            None => server.windows.focused().map_err(lost)?,
        };
        let mut keyboard = Self {
            server,
            link,
            keymap,
            target,
            // Not known to be within the target: the first look will find out.
            focus: x11rb::NONE,
            is_aimed: aim.is_some(),
            before: seen.state,
            group: seen.state.group,
            locks_changed: false,
            pressed: Vec::new(),
            released: Vec::new(),
            physical,
            down: KeyBits::default(),
            aside: None,
            bound: Vec::new(),
            given_back: false,
        };
        if let Err(error) = keyboard.await_reach(seen) {
            keyboard.given_back = true;
            return Err(error);
        }
        keyboard.aside = accessx::hold_aside(server).map_err(lost)?;
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

    /// How a text is typed without the keys that other programs have bound: [`Obstacle::KeyBound`] if it cannot.
    pub(super) fn plan(&self, text: &str, newline: Newline) -> Result<Vec<Run>, InjectError> {
        let in_force = (self.group, self.locks_left());
        plan_around(self.server, self.target, text, &self.keymap, in_force, newline)
    }

    /// Whether another program has bound what is to be struck, and would get it.
    pub(super) fn is_bound_by_others(&self, strike: &Strike) -> Result<bool, InjectError> {
        let presses = strike.presses(&self.keymap, self.locks_left().to_le_bytes()[0]).collect();
        let windows = self.server.windows_above(self.target).map_err(lost)?;
        Ok(!self.server.bound_by_others(&presses, &windows).map_err(lost)?.is_empty())
    }

    /// Locks that are on while keys are struck.
    fn locks_left(&self) -> u16 {
        (self.before.locked | self.before.latched) & !self.keymap.harmful_locks()
    }

    /// Gives spare keycodes a meaning, after the target has seen what was struck under the former one. `false` if it hangs, or
    /// nobody wants to wait for it any longer: nothing must be struck then.
    pub(super) fn bind(
        &mut self,
        bindings: &[(u8, u32)],
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, InjectError> {
        if bindings.is_empty() {
            return Ok(true);
        }
        if !self.bound.is_empty() && !self.settle(BEFORE_REBINDING, BUSY_LIMIT, keep_going)? {
            return Ok(false);
        }
        self.bound.extend(bindings.iter().map(|(keycode, _)| *keycode));
        self.server.bind(bindings).map_err(lost)?;
        self.settle(BEFORE_STRIKING, BUSY_LIMIT, keep_going)
    }

    /// Strikes keys, all of them or none: between the last look at the focus and the last of the keys, the server serves
    /// nobody else, so no other window can get one of them. [`InjectError::NotReached`] if they would not reach the target. No
    /// key may follow itself in `strikes`: see [`without_repeats`](super::plan::without_repeats).
    pub(super) fn strike(&mut self, strikes: &[Strike]) -> Result<(), InjectError> {
        let (Some(first), Some(last)) = (strikes.first(), strikes.last()) else { return Ok(()) };
        self.server.rest(first.keycode).map_err(lost)?;
        for _ in 0..TRIES {
            self.server.hold_still().map_err(gone)?;
            let looked = self.server.look().and_then(|seen| Ok((seen, self.reaches(seen)?)));
            let (seen, reaches) = match looked {
                Ok(looked) => looked,
                Err(error) => {
                    // Ending the connection, as the caller will, ends the grab as well; this is sooner.
                    let _ = self.server.let_go();
                    return Err(lost(error));
                }
            };
            if reaches && self.is_as_left(seen.state) {
                self.down = seen.down;
                let sent = self.send_all(strikes);
                self.server.has_struck(last.keycode);
                self.server.let_go().map_err(gone)?;
                return sent;
            }
            self.server.let_go().map_err(gone)?;
            let seen = self.await_reach(seen)?;
            self.take_again(seen.state)?;
        }
        Err(Obstacle::KeyboardUnsteady.into())
    }

    /// Whether the keyboard is as we left it.
    fn is_as_left(&self, state: LockState) -> bool {
        let harmful = self.keymap.harmful_locks();
        state.group == self.group && (state.held | state.locked | state.latched) & harmful == 0
    }

    /// Whether the next key reaches the target. `false` also where that needs more questions: see [`Self::await_reach`].
    fn reaches(&self, seen: Look) -> Result<bool, ReplyError> {
        match self.target.filter(|_| self.is_aimed) {
            None => Ok(seen.focus == self.focus),
            Some(target) => Ok(seen.focus == self.focus
                && (!seen.grab.is_on() || self.server.windows.is_own_grab(seen.grab, target)?)),
        }
    }

    /// Asks whatever must be asked to find out whether keys reach the target: [`InjectError::NotReached`] if not. Gives the
    /// newest look, and remembers the window that has the focus.
    ///
    /// A grab is waited for, because many end at once: a menu that was clicked closes, and a key that another program has bound
    /// is let go.
    fn await_reach(&mut self, mut seen: Look) -> Result<Look, InjectError> {
        if let Some(target) = self.target.filter(|_| self.is_aimed) {
            let windows = &self.server.windows;
            let deadline = Instant::now() + GRAB_LIMIT;
            while seen.grab.is_on() && !windows.is_own_grab(seen.grab, target).map_err(lost)? {
                if Instant::now() >= deadline {
                    return Err(Obstacle::KeyboardTaken.into());
                }
                std::thread::sleep(GRAB_INTERVAL);
                seen = self.server.look().map_err(lost)?;
            }
            if !windows.is_within(seen.focus, target).map_err(lost)? {
                return Err(Obstacle::FocusElsewhere.into());
            }
        }
        self.focus = seen.focus;
        Ok(seen)
    }

    /// The user has touched a modifier, a lock or the layout meanwhile: the keyboard is taken over again, and what the user
    /// wanted of it will be there afterwards.
    fn take_again(&mut self, state: LockState) -> Result<(), InjectError> {
        let harmful = self.keymap.harmful_locks();
        if state.held & harmful != 0 {
            self.release_modifiers()?;
        }
        let locked = state.locked & harmful;
        if state.group != self.group || (locked | state.latched & harmful) != 0 {
            // The lock was off while we type: pressing its key has turned it the other way round from before.
            self.before.locked ^= locked;
            if state.group != self.group {
                self.before.locked_group = state.locked_group;
            }
            self.locks_changed = true;
            self.server.set_locks(harmful, 0, self.group).map_err(lost)?;
        }
        Ok(())
    }

    fn send_all(&mut self, strikes: &[Strike]) -> Result<(), InjectError> {
        for strike in strikes {
            if strike.group != self.group {
                self.locks_changed = true;
                self.server.lock_group(strike.group).map_err(gone)?;
                self.group = strike.group;
            }
            for modifier in &strike.modifiers {
                self.pressed.push(*modifier);
                self.send(*modifier, true)?;
            }
            if self.down.contains(strike.keycode) {
                // The user holds this very key: for the server, pressing it would change nothing.
                self.send(strike.keycode, false)?;
            }
            self.send(strike.keycode, true)?;
            self.send(strike.keycode, false)?;
            self.release_pressed()?;
        }
        Ok(())
    }

    /// Gives the keyboard back and tells whether that worked. Dropping does the same, silently.
    pub(super) fn finish(mut self) -> Result<(), InjectError> {
        self.give_back()
    }

    fn release_modifiers(&mut self) -> Result<(), InjectError> {
        self.held_still(|keyboard| {
            for keycode in keyboard.keymap.holdable_modifiers() {
                if keyboard.down.contains(keycode) {
                    if !keyboard.released.contains(&keycode) {
                        keyboard.released.push(keycode);
                    }
                    keyboard.send(keycode, false)?;
                }
            }
            // Our device may still count a key as down that we once pressed for the user: pressing it would then do nothing.
            let ours = keyboard.keymap.level_keys();
            ours.into_iter().try_for_each(|keycode| keyboard.send(keycode, false))
        })?;
        if let Some(now) = self.server.keys_down_physically() {
            self.physical = self.physical.union(&now.0);
        }
        Ok(())
    }

    /// Sends keys while the server serves nobody else, so that it is known which of them change anything.
    fn held_still(&mut self, act: impl FnOnce(&mut Self) -> Result<(), InjectError>) -> Result<(), InjectError> {
        self.server.hold_still().map_err(gone)?;
        let sent = self.server.keys_down().map_err(lost).and_then(|down| {
            self.down = down;
            act(self)
        });
        // Whatever came of it, the server serves everybody again.
        self.server.let_go().map_err(gone).and(sent)
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
        let steps = [
            self.let_go_of_keys(),
            self.restore_locks(),
            self.restore_modifiers(),
            self.unbind(),
            self.aside.take().map_or(Ok(()), |aside| aside.bring_back(self.server).map_err(lost)),
            // A connection that is closed with requests on their way may lose them, the last keys among them.
            self.server.sync().map_err(lost),
        ];
        steps.into_iter().collect()
    }

    /// Releases the modifiers that we hold, if something went wrong between their press and their release.
    fn let_go_of_keys(&mut self) -> Result<(), InjectError> {
        if self.pressed.is_empty() {
            return Ok(());
        }
        self.held_still(Self::release_pressed)
    }

    fn release_pressed(&mut self) -> Result<(), InjectError> {
        while let Some(modifier) = self.pressed.last().copied() {
            self.send(modifier, false)?;
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
        let released = std::mem::take(&mut self.released);
        if released.is_empty() {
            return Ok(());
        }
        let now = self.server.keys_down_physically().unwrap_or_default();
        let is_held = |keycode: &u8| self.physical.contains(*keycode) && now.contains(*keycode);
        let (held, free): (Vec<u8>, Vec<u8>) = released.into_iter().partition(is_held);
        for keycode in free {
            self.link.tell_released(keycode);
        }
        self.held_still(|keyboard| held.into_iter().try_for_each(|keycode| keyboard.send(keycode, true)))
    }

    fn unbind(&mut self) -> Result<(), InjectError> {
        if self.bound.is_empty() {
            return Ok(());
        }
        // If the target cannot be asked any more the bindings still have to go.
        if self.settle(BEFORE_REBINDING, UNBIND_LIMIT, &mut || true).is_err() {
            std::thread::sleep(BEFORE_REBINDING);
        }
        self.bound.sort_unstable();
        self.bound.dedup();
        let free: Vec<(u8, u32)> = self.bound.drain(..).map(|keycode| (keycode, 0)).collect();
        self.server.bind(&free).map_err(lost)
    }

    /// Waits until the target has looked up its keys, or as long as it usually takes where it does not tell. `false` if it has
    /// not.
    fn settle(
        &self,
        usual: Duration,
        limit: Duration,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, InjectError> {
        let answer = match self.target {
            Some(window) => {
                self.server.pings.await_window(&self.server.windows, window, limit, keep_going).map_err(lost)?
            }
            None => Answer::Unknown,
        };
        if answer == Answer::Unknown {
            std::thread::sleep(usual);
        }
        Ok(answer != Answer::Missing)
    }

    /// Presses or releases a key. Only what changes it is reported to the hook, so only that is awaited there.
    fn send(&mut self, keycode: u8, pressed: bool) -> Result<(), InjectError> {
        if self.down.change(keycode, pressed) {
            self.link.will_send(keycode, pressed);
        }
        self.server.key(keycode, pressed).map_err(gone)
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
fn adopt_keymap(server: &Server) -> Result<(), InjectError> {
    server.touch_injecting().map_err(gone)
}

#[allow(clippy::needless_pass_by_value)] // it is the shape that `map_err` takes
fn lost(error: ReplyError) -> InjectError {
    failed(&error)
}

#[allow(clippy::needless_pass_by_value)] // as above
fn gone(error: ConnectionError) -> InjectError {
    failed(&error)
}
