//! The rooms around the machine, as far as they matter: what each of them has been asked to do and has not answered yet, and what
//! must hold of everything that they are asked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use scout_desktop::{Click, Field, Key};

use super::acts::{Act, Delivery, Recording, Said, Seen, own_words, words_of};
use crate::delivery::{Focus, Held, HoldReason, Job, NotThere, Receipt, Undone};
use crate::dictation::{DictationId, Outcome};
use crate::session::scenarios::{recording, window, words};
use crate::session::{Effect, Event, Room};
use crate::transcript::{Partial, TranscribeError};

/// The rooms, as far as they matter: what each of them has been asked to do and has not answered yet.
#[derive(Default)]
pub(super) struct World {
    pub(super) opening: Option<DictationId>,
    pub(super) recording: Option<DictationId>,
    pub(super) ending: Option<DictationId>,
    /// Whether a voice is listened for while nothing is recorded.
    pub(super) watching: bool,
    /// The dictation that silence ends.
    pub(super) by_voice: Option<DictationId>,
    pub(super) transcribing: Vec<DictationId>,
    pub(super) looks: VecDeque<DictationId>,
    pub(super) field_looks: VecDeque<DictationId>,
    pub(super) rewriting: Vec<(DictationId, String)>,
    pub(super) deliveries: VecDeque<Job>,
    pub(super) undos: usize,
    pub(super) unwritten: VecDeque<DictationId>,
    pub(super) dead: BTreeSet<u8>,
    pub(super) seen: BTreeMap<DictationId, Seen>,
    pub(super) erased: BTreeSet<DictationId>,
    pub(super) log_wanted: bool,
    pub(super) quitting: bool,
}

impl World {
    pub(super) fn microphone(&self) -> Option<DictationId> {
        self.opening.or(self.recording).or(self.ending)
    }

    pub(super) fn is_dead(&self, room: Room) -> bool {
        self.dead.contains(&(room as u8))
    }

    pub(super) fn seen(&mut self, id: DictationId) -> &mut Seen {
        self.seen.get_mut(&id).expect("a dictation that has begun")
    }

    /// The dictation whose words these are.
    pub(super) fn owner(&self, text: &str) -> Option<DictationId> {
        let first = words_of(text).into_iter().next()?;
        self.seen.keys().copied().find(|id| own_words(*id).contains(&first))
    }

    /// Does what an effect asks for, as far as a room does so at once. Gives what comes of it at once.
    pub(super) fn take(&mut self, effect: &Effect) -> Option<Event> {
        match effect {
            Effect::Record { .. }
            | Effect::HoldOn(_)
            | Effect::Watch(_)
            | Effect::StopCapture(_)
            | Effect::EndTail(_)
            | Effect::ResumeCapture(_)
            | Effect::CancelCapture(_)
            | Effect::AbortTranscription(_) => return self.capture(effect),
            Effect::LookUpFocus(id) => {
                if self.is_dead(Room::Focus) {
                    return Some(Event::Aimed(*id, Focus::Unanswered));
                }
                self.looks.push_back(*id);
            }
            Effect::LookUpField(id) => {
                if self.is_dead(Room::Field) {
                    return Some(Event::Field(*id, None));
                }
                self.field_looks.push_back(*id);
            }
            Effect::Rewrite(id, text, _) => {
                assert!(!self.seen(*id).is_password, "a password was sent elsewhere");
                self.rewriting.push((*id, text.clone()));
            }
            Effect::Deliver(job) => return self.send(job),
            Effect::CatchUp => return Some(Event::CaughtUp),
            Effect::Undo => {
                if self.is_dead(Room::Delivery) {
                    return Some(Event::Undone(Undone::Failed { reason: "dead".into() }));
                }
                self.undos += 1;
            }
            Effect::Log(entry) => {
                assert!(self.log_wanted && !self.seen(entry.id).is_password, "logged against the user's will");
                self.seen(entry.id).logged = Some((entry.outcome, entry.text.clone()));
                self.unwritten.push_back(entry.id);
            }
            Effect::LogDelivery(id, delivery) => {
                if !self.erased.contains(id) {
                    let (outcome, _) = self.seen(*id).logged.as_mut().expect("an entry to update");
                    *outcome = delivery.outcome;
                }
            }
            Effect::DiscardRecording(id) => self.discard(*id),
            Effect::KeepRecording(id) => self.seen(*id).recording = Recording::Left,
            Effect::Close(id, outcome) => {
                let (id, outcome) = (*id, *outcome);
                let seen = self.seen(id);
                assert_eq!(seen.closed.replace(outcome), None, "closed twice");
                // What was to follow a text that is held is held with it.
                seen.outstanding = if outcome == Outcome::Held { own_words(id) } else { Vec::new() };
                seen.outstanding.retain(|word| !seen.arrived.contains(word));
                if outcome == Outcome::Suspended && self.microphone() == Some(id) {
                    // The agent ends: the capture room stops with it, and the spool keeps the audio.
                    (self.opening, self.recording, self.ending) = (None, None, None);
                }
                self.transcribing.retain(|other| *other != id);
            }
            Effect::LogAudio(_)
            | Effect::CueReady(_)
            | Effect::CueStopped(_)
            | Effect::Recognise(..)
            | Effect::StopDelivery(_)
            | Effect::StopUndo
            | Effect::Run(_)
            | Effect::Notify(_)
            | Effect::Refuse(_) => {}
        }
        None
    }

    /// The same for what the capture room is asked to do.
    fn capture(&mut self, effect: &Effect) -> Option<Event> {
        match effect {
            Effect::Record { id, by_voice, .. } => {
                assert!(!self.quitting, "begun after the end");
                assert!(self.seen.insert(*id, Seen::default()).is_none(), "begun twice");
                if self.is_dead(Room::Capture) {
                    return Some(Event::Died(Room::Capture));
                }
                assert_eq!(self.microphone(), None, "two dictations at one microphone");
                self.opening = Some(*id);
                self.by_voice = None;
                if *by_voice {
                    assert!(self.watching, "a voice was heeded that nobody was to listen for");
                    self.by_voice = Some(*id);
                }
            }
            Effect::HoldOn(id) => {
                self.by_voice.take_if(|by_voice| by_voice == id);
            }
            Effect::Watch(on) => {
                assert_ne!(self.watching, *on, "told what it does already");
                self.watching = *on;
                if self.is_dead(Room::Capture) {
                    return on.then_some(Event::Died(Room::Capture));
                }
            }
            Effect::StopCapture(id) | Effect::EndTail(id) if !self.is_dead(Room::Capture) => {
                assert_eq!(self.microphone(), Some(*id));
                (self.opening, self.recording, self.ending) = (None, None, Some(*id));
            }
            Effect::ResumeCapture(id) if self.ending == Some(*id) => {
                (self.recording, self.ending) = (self.ending, None);
            }
            Effect::CancelCapture(id) => {
                if self.microphone() == Some(*id) {
                    (self.opening, self.recording, self.ending) = (None, None, None);
                }
                self.transcribing.retain(|other| other != id);
            }
            Effect::AbortTranscription(id) => self.transcribing.retain(|other| other != id),
            _ => {}
        }
        None
    }

    pub(super) fn send(&mut self, job: &Job) -> Option<Event> {
        assert!(self.deliveries.is_empty(), "two texts at once");
        if self.seen.contains_key(&job.id) {
            // A dictation's own text: none of its words was sent before.
            let sent = words_of(&job.text);
            let seen = self.seen(job.id);
            for word in &sent {
                assert!(!seen.arrived.contains(word), "{word} was delivered before");
            }
            let is_rest: BTreeSet<&String> = sent.iter().collect();
            seen.outstanding.retain(|word| !is_rest.contains(word));
        } else if let Some(owner) = self.owner(&job.text).filter(|id| !self.erased.contains(id)) {
            let seen = self.seen(owner);
            if !seen.outstanding.is_empty() {
                // A held text: all that has not arrived, and nothing else.
                assert_eq!(words_of(&job.text), seen.outstanding, "not what is held");
                seen.outstanding.clear();
            }
        }
        if self.is_dead(Room::Delivery) {
            return Some(Event::Delivered(self.receipt(job, Delivery::Stops(0))));
        }
        self.deliveries.push_back(job.clone());
        None
    }

    pub(super) fn receipt(&mut self, job: &Job, delivery: Delivery) -> Receipt {
        let result = match delivery {
            Delivery::Arrives(outcome) => Ok(outcome),
            Delivery::Stops(count) => {
                let ends = job.text.match_indices(' ').map(|(place, _)| place);
                let at = std::iter::once(0).chain(ends).take(count + 1).last().unwrap_or_default();
                // Without words there is nothing to follow.
                let rest = Some(&job.text[at..]).filter(|rest| !words_of(rest).is_empty()).unwrap_or_default();
                Err(Held { reason: HoldReason::FocusMoved, rest: rest.to_owned() })
            }
        };
        let rest = result.as_ref().map_or_else(|held: &Held| held.rest.clone(), |_| String::new());
        let there = words_of(&job.text[..job.text.len() - rest.len()]);
        let owner = if self.seen.contains_key(&job.id) { Some(job.id) } else { self.owner(&job.text) };
        if let Some(owner) = owner {
            let seen = self.seen(owner);
            seen.again = job.id != owner && !words_of(&rest).is_empty();
            // What goes out once more was there before.
            for word in there {
                if !seen.arrived.contains(&word) {
                    seen.arrived.push(word);
                }
            }
            let mut outstanding = words_of(&rest);
            outstanding.retain(|word| !seen.arrived.contains(word));
            seen.outstanding.splice(0..0, outstanding);
        }
        Receipt { id: job.id, result, took: Duration::ZERO, problem: None, unpressed: None }
    }

    pub(super) fn discard(&mut self, id: DictationId) {
        let (is_erased, log_wanted) = (self.erased.contains(&id), self.log_wanted);
        let seen = self.seen(id);
        assert_ne!(seen.recording, Recording::Left, "a recording was left for recovery, and deleted then");
        seen.recording = Recording::Gone;
        let outcome = seen.closed;
        let may_go = match outcome {
            None => false,
            // It was delivered later, before it was known whether it was for a password field.
            Some(Outcome::Held) if seen.outstanding.is_empty() && !log_wanted => true,
            Some(Outcome::Cancelled | Outcome::NothingSaid | Outcome::CarriedOut) => true,
            Some(Outcome::Held | Outcome::Failed | Outcome::Suspended) if !seen.is_safe_in_log => {
                seen.is_password || is_erased || seen.wants_commands
            }
            Some(_) => seen.is_safe_in_log || seen.is_password || is_erased || !log_wanted || seen.wants_commands,
        };
        assert!(may_go, "the recording of {id} is gone: {outcome:?}");
    }

    pub(super) fn captured(&mut self, id: DictationId, speech: bool, interrupted: bool) -> Event {
        self.seen(id).recording = Recording::OnDisk;
        if speech {
            self.transcribing.push(id);
        }
        Event::Captured(id, recording(speech, interrupted))
    }

    /// What a room says next.
    pub(super) fn answer(&mut self, act: &Act) -> Option<Event> {
        let capture_is_alive = !self.is_dead(Room::Capture);
        match act {
            Act::Silence { speech } if capture_is_alive => {
                let id = self.recording.take_if(|id| self.by_voice == Some(*id))?;
                Some(self.captured(id, *speech, false))
            }
            Act::Capture { speech, fails } if capture_is_alive => {
                if let Some(id) = self.opening.take() {
                    if *fails {
                        return Some(Event::CaptureFailed(id));
                    }
                    self.recording = Some(id);
                    return Some(Event::Ready(id));
                }
                if let Some(id) = self.ending.take() {
                    return Some(self.captured(id, *speech, *fails));
                }
                let id = self.recording.take_if(|_| *fails)?;
                Some(self.captured(id, *speech, true))
            }
            Act::Partial(count) if capture_is_alive => {
                let id = self.recording.or(self.ending)?;
                let text = own_words(id)[..*count].join(" ");
                Some(Event::Partial(id, Partial { text, ..Partial::default() }))
            }
            Act::Transcribe { kind, fails } if capture_is_alive && !self.transcribing.is_empty() => {
                let id = self.transcribing.remove(0);
                let said = own_words(id);
                let text = match kind {
                    Said::Words => said.join(" "),
                    Said::Nothing => String::new(),
                    Said::Key => format!("{}. Press enter. {}.", said[..4].join(" "), said[4..].join(" ")),
                    Said::Scratch => "Scratch that.".to_owned(),
                };
                self.seen(id).wants_commands = matches!(kind, Said::Scratch);
                let failed = || TranscribeError::Failed { reason: "a fault".into() };
                Some(Event::Transcribed(id, if *fails { Err(failed()) } else { Ok(words(&text)) }))
            }
            Act::Look { known } => {
                let id = self.looks.pop_front().filter(|_| !self.is_dead(Room::Focus))?;
                Some(Event::Aimed(id, if *known { window(1) } else { Focus::Unknown }))
            }
            Act::LookAtField(field) => {
                let id = self.field_looks.pop_front().filter(|_| !self.is_dead(Room::Field))?;
                self.seen(id).is_password |= *field == Some(Field::Password);
                Some(Event::Field(id, *field))
            }
            Act::Rewrite { fails } if !self.rewriting.is_empty() => {
                let (id, text) = self.rewriting.remove(0);
                Some(Event::Rewritten(id, (!fails).then_some(text)))
            }
            Act::Deliver(delivery) => {
                let job = self.deliveries.pop_front()?;
                Some(Event::Delivered(self.receipt(&job, *delivery)))
            }
            Act::Undone { elsewhere } if self.undos > 0 => {
                self.undos -= 1;
                let undone = Undone::Removed { graphemes: 1 };
                Some(Event::Undone(if *elsewhere { Undone::Elsewhere(NotThere::OtherWindow) } else { undone }))
            }
            Act::Logged if !self.is_dead(Room::History) => {
                let id = self.unwritten.pop_front()?;
                self.seen(id).is_safe_in_log = true;
                Some(Event::Recorded(id))
            }
            Act::Lost => {
                let look = self.looks.pop_front();
                if look.is_none() && self.field_looks.pop_front().is_none() && !self.rewriting.is_empty() {
                    self.rewriting.remove(0);
                }
                None
            }
            Act::Deaf if capture_is_alive => (self.watching && self.microphone().is_none()).then_some(Event::Deaf),
            Act::Voice { stray } if capture_is_alive => {
                let is_heard = self.watching && self.microphone().is_none();
                (is_heard || *stray).then_some(Event::Voice)
            }
            Act::Stale(number) => {
                let id = DictationId::numbered(*number);
                let is_over = self.seen.get(&id).is_some_and(|seen| seen.closed.is_some());
                is_over.then(|| Event::Transcribed(id, Ok(words("late words"))))
            }
            _ => None,
        }
    }

    pub(super) fn dies(&mut self, room: Room) -> Option<Event> {
        if !self.dead.insert(room as u8) {
            return None;
        }
        match room {
            Room::Capture => {
                (self.opening, self.recording, self.ending) = (None, None, None);
                self.transcribing.clear();
            }
            Room::Delivery => {
                for job in std::mem::take(&mut self.deliveries) {
                    // How much of it has arrived is not known: it counts as nothing.
                    self.receipt(&job, Delivery::Stops(0));
                }
                self.undos = 0;
            }
            _ => {}
        }
        Some(Event::Died(room))
    }

    pub(super) fn erases(&mut self) -> Event {
        for (id, seen) in &mut self.seen {
            if seen.closed.is_some() {
                self.erased.insert(*id);
                seen.logged = None;
                seen.outstanding.clear();
                seen.again = false;
            }
        }
        Event::Erased
    }

    pub(super) fn event(&mut self, act: &Act) -> Option<Event> {
        Some(match act {
            Act::Key(key, pressed) => Event::Key { key: key.parse::<Key>().unwrap(), pressed: *pressed },
            Act::Click => Event::Clicked(Click { elsewhere: false }),
            Act::Start => Event::Start { profile: None },
            Act::Stop => Event::Stop,
            Act::Toggle => Event::Toggle,
            Act::Cancel => Event::Cancel,
            Act::HandsFree(on) => Event::HandsFree(Some(*on)),
            Act::PasteLast => Event::PasteLast,
            Act::Undo(asked) => Event::Undo(*asked),
            Act::Erase => self.erases(),
            Act::Tick => Event::Tick,
            Act::Quit => {
                self.quitting = true;
                Event::Quit
            }
            Act::Died(room) => return self.dies(*room),
            answer => return self.answer(answer),
        })
    }
}
