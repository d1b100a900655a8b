//! Slow Keys, Bounce Keys and Sticky Keys (`AccessX`) while Scout types: what would swallow its keys is held aside, and comes
//! back whatever happens.
//!
//! The server filters keys once for the keyboard that they come from, and once for the keyboard of all applications, whose
//! settings are a copy of those of the keyboard that was used last. So it is enough to change the server's own keyboard for
//! injected keys, and to have it copied: the user's keyboards stay as they are, and a settings service hears of no change.

use x11rb::errors::ReplyError;
use x11rb::protocol::xkb::{AXOption, BoolCtrl, ConnectionExt as _, Control, GetControlsReply, PerClientFlag, VMod};
use x11rb::protocol::xproto::ModMask;

use super::server::{CORE_KEYBOARD, Server};
use crate::KeyboardAid;

/// What delays keys or drops them: a key counts only if it is held for a while, or if its last press was a while ago.
const FILTERS: u32 = SLOW_KEYS | BOUNCE_KEYS;
const SLOW_KEYS: u32 = 1 << 1;
const BOUNCE_KEYS: u32 = 1 << 2;
const STICKY_KEYS: u32 = 1 << 3;
/// The option that turns Sticky Keys off as soon as two keys are down together, as for each capital.
const TWO_KEYS: u16 = 1 << 6;
/// Says in a request that controls are to be switched on or off.
const CONTROLS_ENABLED: u32 = 1 << 31;

/// The settings of one keyboard that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Settings {
    /// Which controls are on.
    enabled: u32,
    /// Options; those of Sticky Keys among them.
    options: u16,
}

impl Settings {
    fn of(reply: &GetControlsReply) -> Self {
        Self { enabled: reply.enabled_controls.into(), options: reply.access_x_option.into() }
    }

    /// The same, without what would swallow keys or be lost by typing.
    fn harmless(self) -> Self {
        let options = if self.enabled & STICKY_KEYS == 0 { self.options } else { self.options & !TWO_KEYS };
        Self { enabled: self.enabled & !FILTERS, options }
    }

    fn aids(self) -> Vec<KeyboardAid> {
        let all = [
            (SLOW_KEYS, KeyboardAid::SlowKeys),
            (BOUNCE_KEYS, KeyboardAid::BounceKeys),
            (STICKY_KEYS, KeyboardAid::StickyKeys),
        ];
        all.into_iter().filter(|(bit, _)| self.enabled & bit != 0).map(|(_, aid)| aid).collect()
    }
}

/// What is held aside.
#[derive(Debug)]
pub(super) struct HeldAside {
    /// The keyboards that the server restores itself if this process ends.
    keyboards: Vec<u16>,
    before: Settings,
}

/// Which of them are on.
pub(super) fn in_use(server: &Server) -> Result<Vec<KeyboardAid>, ReplyError> {
    Ok(settings(server, CORE_KEYBOARD)?.aids())
}

/// Holds aside what would swallow keys, if anything would. The server's own keyboard for injected keys must be the one that
/// was used last.
pub(super) fn hold_aside(server: &Server) -> Result<Option<HeldAside>, ReplyError> {
    let before = settings(server, CORE_KEYBOARD)?;
    if before.harmless() == before {
        return Ok(None);
    }
    let keyboards = server.keyboards()?.map(|found| found.all()).unwrap_or_default();
    let held = HeldAside { keyboards: keyboards.into_iter().chain([CORE_KEYBOARD]).collect(), before };
    for keyboard in &held.keyboards {
        let filters = BoolCtrl::from(settings(server, *keyboard)?.enabled & FILTERS);
        let automatic = PerClientFlag::AUTO_RESET_CONTROLS;
        let all = BoolCtrl::from(FILTERS);
        server.connection().xkb_per_client_flags(*keyboard, automatic, automatic, all, filters, filters)?.reply()?;
    }
    adopt(server, before.harmless())?;
    Ok(Some(held))
}

impl HeldAside {
    /// Brings everything back.
    pub(super) fn bring_back(&self, server: &Server) -> Result<(), ReplyError> {
        let adopted = adopt(server, self.before);
        let none = BoolCtrl::default();
        for keyboard in &self.keyboards {
            let (automatic, off) = (PerClientFlag::AUTO_RESET_CONTROLS, PerClientFlag::default());
            server.connection().xkb_per_client_flags(*keyboard, automatic, off, none, none, none)?.reply()?;
        }
        adopted
    }
}

/// Gives the keyboard for injected keys these settings, and with it that of all applications.
fn adopt(server: &Server, wanted: Settings) -> Result<(), ReplyError> {
    if let Some(keyboards) = server.keyboards()?
        && let Some(injecting) = keyboards.injecting
    {
        change(server, injecting.into(), wanted)?;
        // It is copied when it is used after another keyboard.
        if let Some(real) = keyboards.real.first() {
            server.touch(*real)?;
        }
        server.touch_injecting()?;
    }
    // Where there is no other keyboard, or a server works otherwise.
    if settings(server, CORE_KEYBOARD)? != wanted {
        change(server, CORE_KEYBOARD, wanted)?;
    }
    Ok(())
}

fn settings(server: &Server, keyboard: u16) -> Result<Settings, ReplyError> {
    Ok(Settings::of(&server.connection().xkb_get_controls(keyboard)?.reply()?))
}

fn change(server: &Server, keyboard: u16, wanted: Settings) -> Result<(), ReplyError> {
    let (mods, virtual_mods, none, no_option) =
        (ModMask::default(), VMod::default(), BoolCtrl::default(), AXOption::default());
    server
        .connection()
        .xkb_set_controls(
            keyboard,
            mods,
            mods,
            mods,
            mods,
            virtual_mods,
            virtual_mods,
            virtual_mods,
            virtual_mods,
            0,
            0,
            AXOption::from(wanted.options),
            BoolCtrl::from(FILTERS),
            BoolCtrl::from(wanted.enabled & FILTERS),
            // Of the options, those of Sticky Keys alone.
            Control::from(CONTROLS_ENABLED | STICKY_KEYS),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            none,
            none,
            no_option,
            no_option,
            &[0; 32],
        )?
        .check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_swallows_keys_or_is_lost_by_typing_is_held_aside() {
        const REPEAT_KEYS: u32 = 1;
        const OTHER_OPTIONS: u16 = 0xcaf;
        for ((enabled, options), harmless) in [
            ((REPEAT_KEYS, OTHER_OPTIONS | TWO_KEYS), (REPEAT_KEYS, OTHER_OPTIONS | TWO_KEYS)),
            ((REPEAT_KEYS | SLOW_KEYS, OTHER_OPTIONS), (REPEAT_KEYS, OTHER_OPTIONS)),
            ((BOUNCE_KEYS, TWO_KEYS), (0, TWO_KEYS)),
            ((STICKY_KEYS, OTHER_OPTIONS | TWO_KEYS), (STICKY_KEYS, OTHER_OPTIONS)),
            ((STICKY_KEYS | SLOW_KEYS | BOUNCE_KEYS, TWO_KEYS), (STICKY_KEYS, 0)),
        ] {
            let found = Settings { enabled, options }.harmless();
            assert_eq!((found.enabled, found.options), harmless, "{enabled:#x} {options:#x}");
        }
    }

    #[test]
    fn the_user_is_told_which_are_on() {
        let settings = Settings { enabled: SLOW_KEYS | STICKY_KEYS | 1, options: 0 };
        assert_eq!(settings.aids(), [KeyboardAid::SlowKeys, KeyboardAid::StickyKeys]);
    }
}
