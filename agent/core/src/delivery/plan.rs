//! How a text reaches its target: a pure decision, taken right before anything is sent.

use scout_desktop::{Effort, Obstacle, SessionKind, Target};

pub use crate::config::schema::{Guard, Method};

/// Texts of so many characters and more are pasted where the profile leaves the choice. A paste is over, and the next text may
/// follow, 200 ms after it was read; `scout-lab delivery` into an xterm types 300 characters in that time on a machine under
/// heavy load, and 500 at full pace. A longer text that is typed is in the user's way for longer.
pub const PASTE_FROM: usize = 400;

/// Where the focus is, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// In this window.
    In(Target),
    /// In no window: an empty desktop.
    Nowhere,
    /// Behind a locked screen.
    Locked,
    /// The desktop does not tell. It never does.
    Unknown,
    /// The desktop tells, but did not this time.
    Unanswered,
}

impl Focus {
    /// The window, if one is known.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::In(target) => Some(target),
            Self::Nowhere | Self::Locked | Self::Unknown | Self::Unanswered => None,
        }
    }

    /// Whether two observations mean the same window. Where the desktop never tells, windows cannot be told apart, and count as
    /// the same; where it did not tell this time, they do not.
    pub fn is_same_window(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(one), Self::In(two)) => match (one.window, two.window) {
                (Some(one), Some(two)) => one == two,
                // Without window ids, the application is the best that can be compared.
                _ => (&one.app_id, one.pid) == (&two.app_id, two.pid),
            },
            (Self::Unanswered, _) | (_, Self::Unanswered) => false,
            (Self::Nowhere, Self::Nowhere) | (Self::Unknown, _) | (_, Self::Unknown) => true,
            _ => false,
        }
    }

    /// Whether two observations of the same window show the same text: another title is a browser's other tab, or an
    /// editor's other file.
    pub fn is_same_text(&self, other: &Self) -> bool {
        let title =
            |focus: &Self| focus.target().and_then(|target| Some(unmodified(target.title.as_deref()?).to_owned()));
        title(self) == title(other)
    }
}

/// A title without the marks that editors set when a text has changed.
fn unmodified(title: &str) -> &str {
    title.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '*' | '•' | '●' | '○'))
}

/// What this session lets Scout do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Means {
    /// The session, if it lets Scout press no key at all.
    pub cannot_type: Option<SessionKind>,
    /// Whether a paste gives a receipt.
    pub can_paste: bool,
}

/// What is to be done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Type it into the focused window.
    Type(WhyType),
    /// Paste it into the focused window.
    Paste(WhyPaste),
    /// Put it on the clipboard.
    Copy,
    /// Keep it for the user, and say so.
    Hold(HoldReason),
    /// Leave it to the log.
    Nothing,
}

/// Why a text is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyType {
    /// The profile says so.
    Asked,
    /// Typing it is quick.
    Quick,
    /// Nothing else works here.
    NoPaste,
}

/// Why a text is pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyPaste {
    /// The profile says so.
    Asked,
    /// It is long.
    Long,
    /// It has characters that no key has: typing those changes the keyboard's mapping, for which a slow application must be
    /// waited for again and again.
    Exotic,
    /// The profile wants it typed, but it has characters that no key has, and the application does not tell when it has taken
    /// up a change of the keyboard's mapping: some would get lost.
    Blind,
}

/// Why a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// Another window has the focus now.
    FocusMoved,
    /// Another program has grabbed the keyboard.
    KeyboardTaken,
    /// A modifier, a lock or the layout keeps changing.
    KeyboardUnsteady,
    /// Another program has bound a key that is needed.
    KeyBound,
    /// No window has the focus.
    NoFocus,
    /// The desktop did not say which window has the focus, now or when the dictation began.
    FocusUnanswered,
    /// The screen is locked.
    Locked,
    /// This session lets Scout type nothing.
    CannotType(SessionKind),
    /// The window took no notice of the paste.
    NotTaken,
    /// The window has not taken the text that was pasted before.
    Awaited,
    /// Somebody copied something before the window had read the text.
    Overtaken,
    /// Typing failed.
    Failed,
    /// The user stopped it.
    Stopped,
}

/// The reason in words for the user.
impl std::fmt::Display for HoldReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FocusMoved => f.write_str("Another window has the focus than when you began to speak"),
            Self::KeyboardUnsteady => f.write_str(
                "A modifier, a lock or the layout of the keyboard keeps changing. Release all keys, and switch locks off",
            ),
            Self::KeyboardTaken => f.write_str(
                "Another program has taken the keyboard: a launcher, a password dialog, or a menu that is still open",
            ),
            Self::KeyBound => f.write_str(
                "Another program has bound a key that is needed, and would get it. Release that key in its settings, or choose another `delivery.method` or `delivery.paste_chord`",
            ),
            Self::NoFocus => f.write_str("No window has the focus"),
            Self::FocusUnanswered => f.write_str("The desktop did not say which window has the focus"),
            Self::Locked => f.write_str("The screen is locked"),
            Self::CannotType(kind) => write!(f, "In this session ({kind}) Scout cannot type"),
            Self::NotTaken => f.write_str(
                "The window has not taken the paste. If it is busy, the text appears in it within a minute; if it takes no notice, set `delivery.paste_chord` or `delivery.method` for it in a profile",
            ),
            Self::Awaited => f.write_str("The window has not taken the text before this one yet"),
            Self::Overtaken => f.write_str("Something else was copied while the text was being pasted"),
            Self::Failed => f.write_str("Typing failed"),
            Self::Stopped => f.write_str("Typing was stopped"),
        }
    }
}

impl From<Obstacle> for HoldReason {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::FocusElsewhere => Self::FocusMoved,
            Obstacle::KeyboardTaken => Self::KeyboardTaken,
            Obstacle::KeyboardUnsteady => Self::KeyboardUnsteady,
            Obstacle::KeyBound => Self::KeyBound,
        }
    }
}

/// Why nothing may be sent to where the focus is now; `None` if it may.
pub fn obstacle(guard: Guard, aimed: &Focus, now: &Focus) -> Option<HoldReason> {
    match now {
        Focus::Locked => Some(HoldReason::Locked),
        Focus::Nowhere => Some(HoldReason::NoFocus),
        _ if guard == Guard::Hold && (*aimed == Focus::Unanswered || *now == Focus::Unanswered) => {
            Some(HoldReason::FocusUnanswered)
        }
        _ if guard == Guard::Hold && !aimed.is_same_window(now) => Some(HoldReason::FocusMoved),
        _ => None,
    }
}

/// Decides how a text is delivered.
///
/// `aimed` is where the focus was when the dictation began, `now` where it is; `effort` is what typing the text would take.
pub fn plan(method: Method, guard: Guard, aimed: &Focus, now: &Focus, means: Means, effort: Effort) -> Plan {
    match method {
        Method::None => return Plan::Nothing,
        Method::Clipboard => return Plan::Copy,
        Method::Auto | Method::Type | Method::Paste => {}
    }
    if let Some(kind) = means.cannot_type {
        return Plan::Hold(HoldReason::CannotType(kind));
    }
    if let Some(reason) = obstacle(guard, aimed, now) {
        return Plan::Hold(reason);
    }
    match method {
        Method::Type if effort.blind && means.can_paste => Plan::Paste(WhyPaste::Blind),
        Method::Type => Plan::Type(WhyType::Asked),
        _ if !means.can_paste => Plan::Type(WhyType::NoPaste),
        Method::Paste => Plan::Paste(WhyPaste::Asked),
        _ if effort.rebindings > 0 => Plan::Paste(WhyPaste::Exotic),
        _ if effort.characters >= PASTE_FROM => Plan::Paste(WhyPaste::Long),
        _ => Plan::Type(WhyType::Quick),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_desktop::WindowId;

    const ALL: Means = Means { cannot_type: None, can_paste: true };
    const SHORT: Effort = Effort { characters: 20, rebindings: 0, blind: false };
    const LONG: Effort = Effort { characters: PASTE_FROM, ..SHORT };
    const EXOTIC: Effort = Effort { rebindings: 1, ..SHORT };
    const BLIND: Effort = Effort { blind: true, ..EXOTIC };

    fn window(id: u64) -> Focus {
        Focus::In(Target { window: Some(WindowId(id)), ..Target::default() })
    }

    fn application(id: &str) -> Focus {
        Focus::In(Target { app_id: Some(id.to_owned()), ..Target::default() })
    }

    #[test]
    fn text_goes_where_the_focus_was_or_is_held() {
        use Focus::{Locked, Nowhere, Unanswered, Unknown};
        let hold = Plan::Hold;
        let sent = Plan::Type(WhyType::Quick);
        for (method, guard, aimed, now, expected) in [
            (Method::Auto, Guard::Hold, window(1), window(1), sent),
            (Method::Auto, Guard::Hold, window(1), window(2), hold(HoldReason::FocusMoved)),
            (Method::Paste, Guard::Hold, window(1), window(2), hold(HoldReason::FocusMoved)),
            (Method::Auto, Guard::Follow, window(1), window(2), sent),
            (Method::Auto, Guard::Hold, window(1), Nowhere, hold(HoldReason::NoFocus)),
            (Method::Auto, Guard::Follow, window(1), Nowhere, hold(HoldReason::NoFocus)),
            (Method::Auto, Guard::Hold, window(1), Locked, hold(HoldReason::Locked)),
            (Method::Auto, Guard::Follow, Unknown, Locked, hold(HoldReason::Locked)),
            (Method::Auto, Guard::Hold, Nowhere, window(2), hold(HoldReason::FocusMoved)),
            (Method::Auto, Guard::Hold, Unknown, window(2), sent),
            (Method::Auto, Guard::Hold, Unknown, Unknown, sent),
            (Method::Auto, Guard::Hold, window(1), Unanswered, hold(HoldReason::FocusUnanswered)),
            (Method::Auto, Guard::Hold, Unanswered, window(1), hold(HoldReason::FocusUnanswered)),
            (Method::Auto, Guard::Hold, Unanswered, Unanswered, hold(HoldReason::FocusUnanswered)),
            (Method::Auto, Guard::Hold, Unknown, Unanswered, hold(HoldReason::FocusUnanswered)),
            (Method::Auto, Guard::Hold, Unanswered, Nowhere, hold(HoldReason::NoFocus)),
            (Method::Auto, Guard::Follow, window(1), Unanswered, sent),
            (Method::Auto, Guard::Hold, application("a"), application("a"), sent),
            (Method::Auto, Guard::Hold, application("a"), application("b"), hold(HoldReason::FocusMoved)),
            (Method::Clipboard, Guard::Hold, window(1), window(2), Plan::Copy),
            (Method::None, Guard::Hold, window(1), window(1), Plan::Nothing),
        ] {
            assert_eq!(
                plan(method, guard, &aimed, &now, ALL, SHORT),
                expected,
                "{method:?} {guard:?} {aimed:?} {now:?}"
            );
        }
    }

    #[test]
    fn the_cheaper_way_is_taken_unless_the_profile_says_which() {
        let no_paste = Means { can_paste: false, ..ALL };
        for (method, means, effort, expected) in [
            (Method::Auto, ALL, SHORT, Plan::Type(WhyType::Quick)),
            (Method::Auto, ALL, LONG, Plan::Paste(WhyPaste::Long)),
            (Method::Auto, ALL, EXOTIC, Plan::Paste(WhyPaste::Exotic)),
            (Method::Auto, no_paste, LONG, Plan::Type(WhyType::NoPaste)),
            (Method::Type, ALL, LONG, Plan::Type(WhyType::Asked)),
            (Method::Type, ALL, EXOTIC, Plan::Type(WhyType::Asked)),
            (Method::Type, ALL, BLIND, Plan::Paste(WhyPaste::Blind)),
            (Method::Type, no_paste, BLIND, Plan::Type(WhyType::Asked)),
            (Method::Paste, ALL, SHORT, Plan::Paste(WhyPaste::Asked)),
            (Method::Paste, no_paste, SHORT, Plan::Type(WhyType::NoPaste)),
        ] {
            let planned = plan(method, Guard::Hold, &window(1), &window(1), means, effort);
            assert_eq!(planned, expected, "{method:?} {means:?} {effort:?}");
        }
    }

    #[test]
    fn where_no_key_can_be_pressed_the_text_is_held() {
        let kind = SessionKind::Headless;
        let means = Means { cannot_type: Some(kind), can_paste: true };
        let decide = |method| plan(method, Guard::Follow, &Focus::Unknown, &Focus::Unknown, means, SHORT);
        assert_eq!(decide(Method::Auto), Plan::Hold(HoldReason::CannotType(kind)));
        assert_eq!(decide(Method::Paste), Plan::Hold(HoldReason::CannotType(kind)));
        assert_eq!(decide(Method::Clipboard), Plan::Copy);
    }
}
