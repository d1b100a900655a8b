//! Properties of the machine, for any sequence of events that the user and the rooms can produce.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use scout_platform::keys::ChordEdge;

use super::{Effect, Event, KeyMode, Machine, Outcome, Silence};
use crate::dictation::DictationId;

#[derive(Debug, Clone)]
enum Act {
    Wait(u16),
    Key(ChordEdge),
    Start,
    Stop,
    Toggle,
    Cancel,
    HandsFree(bool),
    StopListening,
    Tick,
    /// Somebody speaks: told by the capture room while it watches and records nothing, and by a stray event otherwise.
    Voice {
        stray: bool,
    },
    /// Silence ends what a voice has begun.
    Silence {
        speech: bool,
    },
    Deaf,
    /// The capture room does what it must do next.
    Capture {
        speech: bool,
        fails: bool,
    },
    /// The transcription room answers.
    Transcribe {
        words: bool,
        fails: bool,
    },
    /// The delivery room answers.
    Deliver {
        complete: bool,
    },
    /// An answer that comes too late, or twice.
    Stale(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_u16..800).prop_map(Act::Wait),
        prop_oneof![4 => Just(ChordEdge::Down), 4 => Just(ChordEdge::Up), 1 => Just(ChordEdge::Shortcut)]
            .prop_map(Act::Key),
        prop_oneof![Just(ChordEdge::Down), Just(ChordEdge::Up)].prop_map(Act::Key),
        prop_oneof![Just(Act::Start), Just(Act::Stop), Just(Act::Toggle), Just(Act::Cancel)],
        prop_oneof![
            3 => Just(Act::HandsFree(true)),
            1 => Just(Act::HandsFree(false)),
            1 => Just(Act::StopListening),
            1 => Just(Act::Tick),
            1 => Just(Act::Deaf)
        ],
        prop::bool::weighted(0.2).prop_map(|stray| Act::Voice { stray }),
        any::<bool>().prop_map(|speech| Act::Silence { speech }),
        (any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(speech, fails)| Act::Capture { speech, fails }),
        (any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(words, fails)| Act::Transcribe { words, fails }),
        any::<bool>().prop_map(|complete| Act::Deliver { complete }),
        (1_u64..20).prop_map(Act::Stale),
    ]
}

fn mode() -> impl Strategy<Value = KeyMode> {
    prop_oneof![Just(KeyMode::Hold), Just(KeyMode::Toggle), Just(KeyMode::Hybrid { tap: Duration::from_millis(250) })]
}

/// The rooms, as far as they matter: what each of them has been asked to do and has not answered yet.
#[derive(Default)]
struct Rooms {
    opening: Option<DictationId>,
    recording: Option<DictationId>,
    ending: Option<DictationId>,
    transcribing: Vec<DictationId>,
    delivering: Vec<DictationId>,
    begun: BTreeSet<DictationId>,
    closed: BTreeMap<DictationId, Outcome>,
    handed_over: BTreeSet<DictationId>,
    /// Those with a voice in them: somebody wants their text.
    spoken: BTreeSet<DictationId>,
    delivered: BTreeSet<DictationId>,
    transcribed: BTreeSet<DictationId>,
    /// Whether a voice is listened for while nothing is recorded.
    watching: bool,
    /// The dictation that silence ends.
    by_voice: Option<DictationId>,
}

impl Rooms {
    fn microphone(&self) -> Option<DictationId> {
        self.opening.or(self.recording).or(self.ending)
    }

    fn take(&mut self, effect: &Effect) {
        match effect {
            Effect::Begin(id) | Effect::BeginByVoice(id) => {
                assert_eq!(self.microphone(), None, "two dictations at one microphone");
                assert!(self.begun.insert(*id), "begun twice");
                self.opening = Some(*id);
                self.by_voice = None;
                if matches!(effect, Effect::BeginByVoice(_)) {
                    assert!(self.watching, "a voice was heeded that nobody was to listen for");
                    self.by_voice = Some(*id);
                }
            }
            Effect::HoldOn(id) => {
                if self.by_voice == Some(*id) {
                    self.by_voice = None;
                }
            }
            Effect::Watch(on) => {
                assert_ne!(self.watching, *on, "told what it does already");
                self.watching = *on;
            }
            Effect::StopCapture(id) | Effect::EndTail(id) => {
                assert_eq!(self.microphone(), Some(*id));
                (self.opening, self.recording, self.ending) = (None, None, Some(*id));
            }
            Effect::ResumeCapture(id) => {
                if self.ending == Some(*id) {
                    (self.recording, self.ending) = (self.ending, None);
                }
            }
            Effect::CancelCapture(id) => {
                if self.microphone() == Some(*id) {
                    (self.opening, self.recording, self.ending) = (None, None, None);
                }
            }
            Effect::Transcribe(id) => {
                assert!(self.transcribed.insert(*id), "transcribed twice");
                self.transcribing.push(*id);
            }
            Effect::AbortTranscription(id) => self.transcribing.retain(|other| other != id),
            Effect::Deliver(id) => {
                assert!(self.delivered.insert(*id), "delivered twice");
                self.delivering.push(*id);
            }
            Effect::SayReady(_) | Effect::AbortDelivery(_) => {}
            Effect::Close(id, outcome) => {
                assert!(self.begun.contains(id), "closed what was never begun");
                assert_eq!(self.closed.insert(*id, *outcome), None, "closed twice");
                if *outcome == Outcome::Suspended && self.microphone() == Some(*id) {
                    // The agent ends: the capture room stops with it, and the spool keeps the audio.
                    (self.opening, self.recording, self.ending) = (None, None, None);
                }
            }
        }
    }

    fn captured(&mut self, id: DictationId, speech: bool, interrupted: bool) -> Event {
        self.handed_over.insert(id);
        if speech {
            self.spoken.insert(id);
        }
        Event::Captured { id, speech, interrupted }
    }

    fn answer(&mut self, act: &Act) -> Option<Event> {
        match act {
            Act::Silence { speech } => {
                let id = self.recording.take_if(|id| self.by_voice == Some(*id))?;
                Some(self.captured(id, *speech, false))
            }
            Act::Capture { speech, fails } => {
                if let Some(id) = self.opening.take() {
                    if *fails {
                        return Some(Event::CaptureFailed { id });
                    }
                    self.recording = Some(id);
                    return Some(Event::Ready { id });
                }
                if let Some(id) = self.ending.take() {
                    return Some(self.captured(id, *speech, *fails));
                }
                let id = self.recording.take_if(|_| *fails)?;
                Some(self.captured(id, *speech, true))
            }
            Act::Transcribe { words, fails } => (!self.transcribing.is_empty()).then(|| {
                let id = self.transcribing.remove(0);
                if *fails { Event::TranscribeFailed { id } } else { Event::Transcribed { id, words: *words } }
            }),
            Act::Deliver { complete } => (!self.delivering.is_empty())
                .then(|| Event::Delivered { id: self.delivering.remove(0), complete: *complete }),
            _ => None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_dictation_is_closed_once_and_no_recording_is_left_open(
        mode in mode(),
        acts in prop::collection::vec(act(), 0..80),
        quits in any::<bool>(),
    ) {
        let (mut machine, mut rooms, mut now, mut next) =
            (Machine::default(), Rooms::default(), Duration::from_mins(1), 1_u64);
        let mut script: Vec<Option<Act>> = acts.into_iter().map(Some).collect();
        let ending = if quits {
            script.push(None);
            [Act::Deliver { complete: true }, Act::Deliver { complete: true }, Act::Deliver { complete: false }]
        } else {
            // The user lets go of everything, and the rooms do all that they were asked.
            script.extend([Act::HandsFree(false), Act::Key(ChordEdge::Up), Act::Wait(1_000), Act::Stop].map(Some));
            let captured = Act::Capture { speech: true, fails: false };
            [captured, Act::Transcribe { words: true, fails: false }, Act::Deliver { complete: true }]
        };
        script.extend(std::iter::repeat_n(ending, 90).flatten().map(Some));
        for act in script {
            let fresh = DictationId::numbered(next);
            let event = match &act {
                None => Some(Event::Quit),
                Some(Act::Wait(millis)) => {
                    now += Duration::from_millis(u64::from(*millis));
                    None
                }
                Some(Act::Key(edge)) => Some(Event::Key { edge: *edge, fresh }),
                Some(Act::Start) => Some(Event::Start { fresh }),
                Some(Act::Stop) => Some(Event::Stop),
                Some(Act::Toggle) => Some(Event::Toggle { fresh }),
                Some(Act::Cancel) => Some(Event::Cancel),
                Some(Act::HandsFree(true)) => Some(Event::HandsFree(Some(Silence::AtMost(Duration::from_secs(2))))),
                Some(Act::HandsFree(false)) => Some(Event::HandsFree(None)),
                Some(Act::StopListening) => Some(Event::StopListening),
                Some(Act::Tick) => Some(Event::Tick),
                Some(Act::Deaf) => (rooms.watching && rooms.microphone().is_none()).then_some(Event::Deaf),
                Some(Act::Voice { stray }) => {
                    let is_heard = rooms.watching && rooms.microphone().is_none();
                    (is_heard || *stray).then_some(Event::Voice { fresh })
                }
                Some(Act::Stale(number)) => {
                    let id = DictationId::numbered(*number);
                    rooms.closed.contains_key(&id).then_some(Event::Transcribed { id, words: true })
                }
                Some(answer) => rooms.answer(answer),
            };
            next += 1;
            let Some(event) = event else { continue };
            let (stepped, effects) = machine.step(mode, now, event);
            machine = stepped;
            let asked = matches!(event, Event::Voice { .. }) && rooms.watching && rooms.microphone().is_none();
            for effect in &effects {
                rooms.take(effect);
            }
            prop_assert!(!asked || matches!(effects.as_slice(), [Effect::BeginByVoice(_)]), "a voice was not heeded");
            prop_assert_eq!(machine.is_hands_free(), rooms.watching);
        }
        prop_assert!(machine.is_idle());
        prop_assert!(!rooms.watching, "it goes on listening");
        prop_assert_eq!(rooms.microphone(), None, "the microphone is left open");
        prop_assert_eq!(rooms.begun.len(), rooms.closed.len(), "a dictation was begun and not closed");
        for id in &rooms.handed_over {
            prop_assert!(rooms.closed.contains_key(id), "captured audio that no dictation owns");
        }
        // What was said is transcribed, unless the user threw it away or the agent ended.
        for id in &rooms.spoken {
            let given_up = matches!(rooms.closed[id], Outcome::Cancelled | Outcome::Suspended);
            prop_assert!(rooms.transcribed.contains(id) || given_up, "{id} was lost");
        }
    }
}
