//! Live typing: words that are certain are typed while the user still speaks.

use std::sync::Arc;
use std::time::Instant;

use scout_platform::Chord;
use scout_platform::keys::Modifier;

use super::conductor::Conductor;
use crate::config::schema::Method;
use crate::deliver::{Fate, Guard, Job, Receipt};
use crate::dictation::DictationId;
use crate::profile::Settings;
use crate::session::Stage;
use crate::text::live::Live;
use crate::text::{self, Composition, Context, Step};

/// Whether words are typed while they are spoken with these settings. What is pasted, or rewritten as a whole, cannot be.
pub(super) fn is_wanted(settings: &Settings) -> bool {
    let delivery = &settings.delivery;
    delivery.live && matches!(delivery.method, Method::Auto | Method::Type) && !settings.rewrite.enabled
}

/// What is typed of a dictation that goes on.
#[derive(Debug, Default)]
pub(super) struct Typing {
    live: Live,
    /// What everything is composed with, from the first word on.
    context: Option<Context>,
    /// A piece is on its way.
    under_way: bool,
    /// The rest is to follow it.
    rest_waits: bool,
    /// No more is typed before the end: the focus is elsewhere, or the window takes nothing.
    stopped: bool,
}

impl Typing {
    /// Whether a piece is on its way.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// Whether the rest has to wait for a piece; it is then delivered after that.
    pub(super) fn holds_up_the_rest(&mut self) -> bool {
        self.rest_waits = self.under_way;
        self.under_way
    }

    /// What is typed.
    pub(super) fn typed(&self) -> &str {
        self.live.typed()
    }

    /// What is typed, for the one text that is delivered behind it.
    pub(super) fn take_typed(&mut self) -> String {
        std::mem::take(&mut self.live).typed().to_owned()
    }

    /// What everything is composed with, if anything was.
    pub(super) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
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
    fn arrived(&mut self, fate: &Fate) -> bool {
        self.under_way = false;
        match fate {
            Fate::Typed | Fate::Pasted | Fate::Unconfirmed => {}
            Fate::Held { rest, .. } => {
                self.live.not_typed(rest);
                self.stopped = true;
            }
            Fate::Copied | Fate::Logged => self.stopped = true,
        }
        std::mem::take(&mut self.rest_waits)
    }
}

impl Conductor {
    /// Types what has become certain of a dictation, if that is wanted here and now.
    pub(super) fn type_live(&mut self, id: DictationId) {
        // Texts go out in the order in which they were spoken.
        let is_alone = self.flights.len() == 1 && self.machine.stage() == Stage::Listening;
        if !is_alone || self.machine.is_key_held() && is_modified(&self.loaded.config.key.chord) {
            return;
        }
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let is_ready = is_wanted(&flight.settings) && !flight.typing.under_way && !flight.typing.stopped;
        let Some(partial) = flight.partial.as_ref().filter(|_| is_ready && flight.aimed.target().is_some()) else {
            return;
        };
        let context = flight.typing.context.get_or_insert_with(|| {
            let before = self.joint.before(&flight.aimed, Instant::now()).filter(|_| !flight.field.is_password());
            Context {
                vocabulary: Arc::new(self.loaded.vocabulary(&flight.settings)),
                ..before.map(Context::from).unwrap_or_default()
            }
        });
        context.language = flight.speech.language().and_then(|code| code.parse().ok()).unwrap_or_default();
        let read = text::compose(partial, &flight.settings, context);
        let settled = text::compose(&flight.speech.settled(), &flight.settings, context);
        let behind = flight.typing.live.typed().to_owned();
        let Some(piece) = flight.typing.live.read(&read.steps, &settled.steps) else { return };
        let delivery = &flight.settings.delivery;
        let job = Job {
            id,
            text: piece,
            behind,
            then: Vec::new(),
            method: delivery.method,
            // Whoever leaves the window in the middle of a sentence does not want half of it elsewhere.
            guard: Guard::Hold,
            aimed: flight.aimed.clone(),
            options: delivery.type_options(),
            paste: delivery.paste_options(),
            abort: flight.abort.clone(),
        };
        flight.typing.under_way = true;
        self.undoable.sent(!job.behind.is_empty());
        if let Err(job) = self.rooms.deliverer.deliver(job) {
            flight.typing.live.not_typed(&job.text);
            (flight.typing.under_way, flight.typing.stopped) = (false, true);
        }
    }

    /// A piece has reached its end. Why it did not arrive is told once the rest has not either.
    pub(super) fn typed_live(&mut self, receipt: Receipt) {
        let (id, now) = (receipt.id, Instant::now());
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let rest_waits = flight.typing.arrived(&receipt.fate);
        let arrived = matches!(receipt.fate, Fate::Typed | Fate::Pasted | Fate::Unconfirmed);
        if arrived && flight.field.is_password() {
            self.joint.forget();
            flight.deliver(receipt, now);
        } else if arrived {
            let is_prose = text::ends_as_prose(flight.partial.as_deref().unwrap_or_default(), &flight.settings);
            self.joint.typed(&flight.aimed, flight.typing.typed(), is_prose, now);
            flight.deliver(receipt, now);
        } else {
            tracing::debug!(%id, fate = ?std::mem::discriminant(&receipt.fate), "the rest is typed at the end");
        }
        if rest_waits {
            self.deliver(id);
        }
    }
}

/// Whether holding this chord down gives another meaning to what is typed.
fn is_modified(chord: &Chord) -> bool {
    !chord.modifiers.is_empty() || Modifier::of(chord.key).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::deliver::HoldReason;

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

    #[test]
    fn a_key_that_changes_what_is_typed_holds_it_up() {
        for (chord, modified) in [("F9", false), ("ctrl+Space", true), ("ControlRight", true), ("Pause", false)] {
            assert_eq!(is_modified(&chord.parse().unwrap()), modified, "{chord}");
        }
    }

    #[test]
    fn what_was_held_is_typed_with_the_rest() {
        let mut typing = Typing::default();
        let said = |text: &str| vec![Step::Text(text.to_owned())];
        typing.live.read(&said("one two three four five"), &[]);
        assert_eq!(typing.live.read(&said("one two three four five"), &[]).as_deref(), Some("one two"));
        typing.under_way = true;
        assert!(typing.holds_up_the_rest());
        let fate = Fate::Held { reason: HoldReason::FocusMoved, rest: " two".to_owned() };
        assert!(typing.arrived(&fate), "the rest waits");
        let settings = Settings::default();
        let mut composition = text::compose("one two three", &settings, &Context::default());
        assert_eq!(typing.finish(&mut composition, &settings), said(" two three "));
        assert_eq!(composition.text, "one two three ");
        assert_eq!(typing.take_typed(), "one");
    }
}
