//! Live typing: words that are certain are typed while the user still speaks.

use crate::config::schema::Method;
use crate::delivery::Held;
use crate::dictation::Outcome;
use crate::profile::Settings;
use crate::text::live::Live;
use crate::text::{self, Composition, Context, Step};
use crate::transcript::Partial;

/// Whether words are typed while they are spoken with these settings. What is pasted, or rewritten as a whole, cannot be.
pub(super) fn is_wanted(settings: &Settings) -> bool {
    let delivery = &settings.delivery;
    delivery.live && matches!(delivery.method, Method::Auto | Method::Type) && !settings.rewrite.enabled
}

/// What is typed of a dictation that goes on.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveTyping {
    live: Live,
    /// What everything is composed with, from the first word on.
    pub(super) context: Option<Context>,
    /// The piece that is on its way.
    under_way: Option<String>,
    /// The rest is to follow it.
    rest_waits: bool,
    /// No more is typed before the end: the focus is elsewhere, or the window takes nothing.
    stopped: bool,
    /// Another text was delivered since: what was typed is not right before what follows.
    detached: bool,
}

/// Words to type now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// What stands right before it.
    pub(super) behind: String,
}

impl LiveTyping {
    /// Whether a piece is on its way.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// That piece.
    pub(super) fn under_way(&self) -> Option<&str> {
        self.under_way.as_deref()
    }

    /// Whether another piece may be typed.
    pub(super) fn is_ready(&self) -> bool {
        self.under_way.is_none() && !self.stopped
    }

    /// What has become certain with what was understood now. It is on its way from then on.
    pub(super) fn next(&mut self, partial: &Partial, settings: &Settings) -> Option<Piece> {
        let mut context = self.context.take().unwrap_or_default();
        context.language = partial.language.as_deref().and_then(|code| code.parse().ok()).unwrap_or_default();
        let read = text::compose(&partial.text, settings, &context);
        let settled = text::compose(&partial.settled, settings, &context);
        self.context = Some(context);
        let behind = self.behind();
        let text = self.live.read(&read.steps, &settled.steps)?;
        self.under_way = Some(text.clone());
        Some(Piece { text, behind })
    }

    /// Whether the rest has to wait for a piece; it is then delivered after that.
    pub(super) fn holds_up_the_rest(&mut self) -> bool {
        self.rest_waits = self.under_way.is_some();
        self.rest_waits
    }

    /// What is typed.
    pub(super) fn typed(&self) -> &str {
        self.live.typed()
    }

    fn behind(&self) -> String {
        if self.detached { String::new() } else { self.typed().to_owned() }
    }

    /// What stands right before the one text that is delivered behind it. It is known as typed no longer.
    pub(super) fn take_behind(&mut self) -> String {
        let behind = self.behind();
        self.live = Live::default();
        behind
    }

    /// Another text is delivered.
    pub(super) fn detach(&mut self) {
        self.detached = !self.typed().is_empty();
    }

    /// What is left to do; the composition's text becomes what will stand there in the end.
    pub(super) fn finish(&self, composition: &mut Composition, settings: &Settings) -> Vec<Step> {
        if self.typed().is_empty() {
            return composition.steps.clone();
        }
        let mut rest = self.live.finish(composition.steps.clone());
        composition.text = rest.text;
        if rest.steps.is_empty() && settings.delivery.submit.is_some() {
            // The key is pressed behind it.
            rest.steps.push(Step::Text(String::new()));
        }
        rest.steps
    }

    /// What became of a piece. Tells whether the rest waits.
    pub(super) fn arrived(&mut self, result: &Result<Outcome, Held>) -> bool {
        self.under_way = None;
        match result {
            Ok(outcome) if outcome.is_in_window() => {}
            Err(held) => {
                self.live.not_typed(&held.rest);
                self.stopped = true;
            }
            Ok(_) => self.stopped = true,
        }
        std::mem::take(&mut self.rest_waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::delivery::HoldReason;

    #[test]
    fn what_is_pasted_or_rewritten_is_not_typed_live() {
        let settings = |text: &str| Settings::from(&toml::from_str::<Config>(text).unwrap());
        for (text, wanted) in [
            ("", false),
            ("delivery.live = true", true),
            ("delivery = { live = true, method = 'type' }", true),
            ("delivery = { live = true, method = 'paste' }", false),
            ("delivery = { live = true, method = 'clipboard' }", false),
            ("delivery.live = true\nrewrite.enabled = true", false),
        ] {
            assert_eq!(is_wanted(&settings(text)), wanted, "{text}");
        }
    }

    fn partial(text: &str) -> Partial {
        Partial { text: text.to_owned(), ..Partial::default() }
    }

    #[test]
    fn what_was_held_is_typed_with_the_rest() {
        let (mut typing, settings) = (LiveTyping::default(), Settings::default());
        assert_eq!(typing.next(&partial("one two three four five"), &settings), None);
        let piece = typing.next(&partial("one two three four five"), &settings).unwrap();
        assert_eq!((piece.text.as_str(), piece.behind.as_str()), ("one two", ""));
        assert!(!typing.is_ready() && typing.holds_up_the_rest());
        let held = Held { reason: HoldReason::FocusMoved, rest: " two".to_owned() };
        assert!(typing.arrived(&Err(held)), "the rest waits");
        assert!(!typing.is_ready());
        let mut composition = text::compose("one two three", &settings, &Context::default());
        assert_eq!(typing.finish(&mut composition, &settings), vec![Step::Text(" two three ".to_owned())]);
        assert_eq!(composition.text, "one two three ");
        assert_eq!(typing.take_behind(), "one");
    }

    #[test]
    fn what_another_text_came_behind_is_not_taken_back_with_what_follows() {
        let (mut typing, settings) = (LiveTyping::default(), Settings::default());
        typing.detach();
        typing.next(&partial("one two three four"), &settings);
        typing.next(&partial("one two three four five"), &settings).unwrap();
        typing.arrived(&Ok(Outcome::Typed));
        typing.next(&partial("one two three four five six"), &settings).unwrap();
        assert_eq!(typing.behind(), "one two");
        typing.detach();
        assert_eq!(typing.typed(), "one two");
        assert_eq!(typing.take_behind(), "");
    }
}
