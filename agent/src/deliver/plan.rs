//! How a text reaches its target: a pure decision, taken right before anything is sent.

use scout_platform::{SessionKind, Target};

/// What the profile asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Simulated keystrokes.
    #[default]
    Type,
    /// Only onto the clipboard: the user pastes.
    Clipboard,
    /// Nowhere: the log has it.
    None,
}

/// What to do when the focus is no longer where it was at key down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// Keep the text and tell the user: nothing lands where it does not belong.
    #[default]
    Hold,
    /// Deliver to whatever has the focus now.
    Follow,
}

/// Where the focus is, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// In this window.
    In(Target),
    /// In no window: a locked screen, an empty desktop.
    Nowhere,
    /// The desktop does not tell.
    Unknown,
}

impl Focus {
    /// The window, if one is known.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::In(target) => Some(target),
            Self::Nowhere | Self::Unknown => None,
        }
    }

    /// Whether two observations mean the same window. What is unknown cannot be told apart, so it counts as the same.
    fn is_same_window(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(one), Self::In(two)) => match (one.window, two.window) {
                (Some(one), Some(two)) => one == two,
                // Without window ids, the application is the best that can be compared.
                _ => (&one.app_id, one.pid) == (&two.app_id, two.pid),
            },
            (Self::Nowhere, Self::Nowhere) | (Self::Unknown, _) | (_, Self::Unknown) => true,
            _ => false,
        }
    }
}

/// What is to be done with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Type it into the focused window.
    Type,
    /// Put it on the clipboard.
    Copy,
    /// Keep it for the user, and say so.
    Hold(HoldReason),
    /// Leave it to the log.
    Nothing,
}

/// Why a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldReason {
    /// Another window has the focus now.
    FocusMoved,
    /// No window has the focus.
    NoFocus,
    /// This session lets Scout type nothing.
    CannotType(SessionKind),
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
            Self::NoFocus => f.write_str("No window has the focus"),
            Self::CannotType(kind) => write!(f, "In this session ({kind}) Scout cannot type"),
            Self::Failed => f.write_str("Typing failed"),
            Self::Stopped => f.write_str("Typing was stopped"),
        }
    }
}

/// Decides how a text is delivered.
///
/// `aimed` is where the focus was when the dictation began, `now` where it is; `can_type` names the session if it lets Scout
/// type nothing.
pub fn plan(method: Method, guard: Guard, aimed: &Focus, now: &Focus, cannot_type: Option<SessionKind>) -> Plan {
    match method {
        Method::None => Plan::Nothing,
        Method::Clipboard => Plan::Copy,
        Method::Type => match (cannot_type, now) {
            (Some(kind), _) => Plan::Hold(HoldReason::CannotType(kind)),
            (None, Focus::Nowhere) => Plan::Hold(HoldReason::NoFocus),
            (None, _) if guard == Guard::Hold && !aimed.is_same_window(now) => Plan::Hold(HoldReason::FocusMoved),
            (None, _) => Plan::Type,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_platform::WindowId;

    fn window(id: u64) -> Focus {
        Focus::In(Target { window: Some(WindowId(id)), ..Target::default() })
    }

    fn application(id: &str) -> Focus {
        Focus::In(Target { app_id: Some(id.to_owned()), ..Target::default() })
    }

    #[test]
    fn text_goes_where_the_focus_was_or_is_held() {
        use Focus::{Nowhere, Unknown};
        let hold = Plan::Hold;
        for (method, guard, aimed, now, expected) in [
            (Method::Type, Guard::Hold, window(1), window(1), Plan::Type),
            (Method::Type, Guard::Hold, window(1), window(2), hold(HoldReason::FocusMoved)),
            (Method::Type, Guard::Follow, window(1), window(2), Plan::Type),
            (Method::Type, Guard::Hold, window(1), Nowhere, hold(HoldReason::NoFocus)),
            (Method::Type, Guard::Follow, window(1), Nowhere, hold(HoldReason::NoFocus)),
            (Method::Type, Guard::Hold, Nowhere, window(2), hold(HoldReason::FocusMoved)),
            (Method::Type, Guard::Hold, Unknown, window(2), Plan::Type),
            (Method::Type, Guard::Hold, Unknown, Unknown, Plan::Type),
            (Method::Type, Guard::Hold, application("a"), application("a"), Plan::Type),
            (Method::Type, Guard::Hold, application("a"), application("b"), hold(HoldReason::FocusMoved)),
            (Method::Clipboard, Guard::Hold, window(1), window(2), Plan::Copy),
            (Method::None, Guard::Hold, window(1), window(1), Plan::Nothing),
        ] {
            assert_eq!(plan(method, guard, &aimed, &now, None), expected, "{method:?} {guard:?} {aimed:?} {now:?}");
        }
    }

    #[test]
    fn where_nothing_can_be_typed_the_text_is_held() {
        let kind = SessionKind::Headless;
        let planned = plan(Method::Type, Guard::Follow, &Focus::Unknown, &Focus::Unknown, Some(kind));
        assert_eq!(planned, Plan::Hold(HoldReason::CannotType(kind)));
        assert_eq!(plan(Method::Clipboard, Guard::Hold, &Focus::Unknown, &Focus::Unknown, Some(kind)), Plan::Copy);
    }
}
