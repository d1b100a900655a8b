//! The spacing between texts: what stands before the place where the next one goes, as far as Scout knows. That is what it
//! typed there itself, last of all.

use std::time::Duration;

use scout_desktop::{Chord, Key};

use crate::delivery::Focus;
use crate::text::Context;

/// How much of a text is remembered, in characters: its last sentence mark is all that matters.
const TAIL: usize = 16;

/// After this time the user has most likely been somewhere else with the pointer, which not every desktop reports.
const FRESH: Duration = Duration::from_mins(2);

/// The text that was delivered last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spacing(Option<Last>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Last {
    into: Focus,
    tail: String,
    is_prose: bool,
    lacks_stop: bool,
    at: Duration,
}

/// The text before a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    /// Its end.
    pub tail: String,
    /// Whether its end tells if the sentence is over.
    pub is_prose: bool,
    /// Whether the full stop at its end was left out.
    pub lacks_stop: bool,
}

impl Spacing {
    /// A text was typed into this window.
    pub(super) fn typed(&mut self, into: &Focus, text: &str, is_prose: bool, now: Duration) {
        let length = text.chars().count();
        let tail: String = text.chars().skip(length.saturating_sub(TAIL)).collect();
        self.0 = Some(Last { into: into.clone(), tail, is_prose, lacks_stop: false, at: now });
    }

    /// The full stop at the end of that text was left out.
    pub(super) fn lacks_stop(&mut self) {
        if let Some(last) = &mut self.0 {
            last.lacks_stop = true;
        }
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }

    /// The user pressed a key. One that may change the text, or move in it, makes everything uncertain; those that dictation
    /// itself needs do not.
    pub(super) fn pressed(&mut self, key: Key, chord: &Chord) {
        let own = key == chord.key.as_heard() || matches!(key, Key::Named(name) if is_modifier(name));
        if !own {
            self.forget();
        }
    }

    /// The end of the text before a place in this window.
    pub(super) fn before(&self, focus: &Focus, now: Duration) -> Option<Before> {
        let last = self.0.as_ref()?;
        let (Focus::In(there), Focus::In(here)) = (&last.into, focus) else { return None };
        let same = there.window.is_some() && there.window == here.window;
        let same = same && last.into.is_same_text(focus);
        let fresh = same && now.saturating_sub(last.at) < FRESH;
        fresh.then(|| Before { tail: last.tail.clone(), is_prose: last.is_prose, lacks_stop: last.lacks_stop })
    }
}

impl From<Before> for Context {
    fn from(before: Before) -> Self {
        Self {
            before: Some(before.tail),
            before_is_prose: before.is_prose,
            before_lacks_stop: before.lacks_stop,
            ..Self::default()
        }
    }
}

fn is_modifier(name: &str) -> bool {
    ["Control", "Shift", "Alt", "Super"].iter().any(|modifier| name.starts_with(modifier))
}

#[cfg(test)]
mod tests {
    use scout_desktop::{Target, WindowId};

    use super::*;

    fn window(id: u64, title: &str) -> Focus {
        Focus::In(Target { window: Some(WindowId(id)), title: Some(title.into()), ..Target::default() })
    }

    #[test]
    fn what_was_typed_is_known_in_its_window_until_the_user_types() {
        let (here, chord) = (window(1, "a"), "F9".parse::<Chord>().unwrap());
        let (mut spacing, now) = (Spacing::default(), Duration::from_mins(1));
        assert_eq!(spacing.before(&here, now), None);
        spacing.typed(&here, "This is a long text, ", true, now);
        let before = spacing.before(&here, now).unwrap();
        assert_eq!((before.tail.as_str(), before.is_prose), ("is a long text, ", true));
        assert_eq!(spacing.before(&window(2, "a"), now), None);
        assert_eq!(spacing.before(&window(1, "b"), now), None);
        assert!(spacing.before(&window(1, "*a"), now).is_some());
        assert_eq!(spacing.before(&Focus::Unknown, now), None);
        assert_eq!(spacing.before(&here, now + FRESH), None);
        spacing.pressed(Key::Named("F9"), &chord);
        spacing.pressed(Key::Named("ShiftLeft"), &chord);
        assert!(spacing.before(&here, now).is_some());
        spacing.pressed(Key::Named("A"), &chord);
        assert_eq!(spacing.before(&here, now), None);
    }
}
