//! Properties of the machine, for any sequence of what the user does and the rooms answer, and for the death of any room.
//!
//! Each dictation says words of its own, so that every word can be followed: into a window, into what is held, into the log.

mod acts;
mod world;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;
use scout_desktop::Field;

use super::scenarios::setup;
use super::undo::Asked;
use super::{Event, Machine, Moment, Room};
use crate::dictation::{DictationId, Outcome};
use acts::{Act, Delivery, Recording, Said, Seen, WORDS};
use world::World;

fn act() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Typed),
        2 => Just(Outcome::Pasted),
        1 => Just(Outcome::Unconfirmed),
        1 => Just(Outcome::Copied)
    ];
    let delivery = prop_oneof![3 => outcome.prop_map(Delivery::Arrives), 2 => (0_usize..6).prop_map(Delivery::Stops)];
    let said =
        prop_oneof![4 => Just(Said::Words), 1 => Just(Said::Nothing), 1 => Just(Said::Key), 1 => Just(Said::Scratch)];
    let field = prop_oneof![4 => Just(Some(Field::Other)), 1 => Just(Some(Field::Password)), 1 => Just(None)];
    let room = prop_oneof![
        Just(Room::Capture),
        Just(Room::Transcription),
        Just(Room::Delivery),
        Just(Room::Focus),
        Just(Room::Field),
        Just(Room::History)
    ];
    let by_user = prop_oneof![
        4 => (0_u16..800).prop_map(Act::Wait),
        6 => any::<bool>().prop_map(|pressed| Act::Key("ControlRight", pressed)),
        1 => Just(Act::Key("Escape", true)),
        1 => Just(Act::Struck),
        1 => Just(Act::Click),
        2 => prop_oneof![Just(Act::Start), Just(Act::Stop), Just(Act::Toggle), Just(Act::Cancel)],
        1 => any::<bool>().prop_map(Act::HandsFree),
        3 => Just(Act::PasteLast),
        1 => prop_oneof![Just(Asked::Command), Just(Asked::Tray)].prop_map(Act::Undo),
    ];
    let by_rooms = prop_oneof![
        2 => prop::bool::weighted(0.2).prop_map(|stray| Act::Voice { stray }),
        2 => any::<bool>().prop_map(|speech| Act::Silence { speech }),
        6 => (prop::bool::weighted(0.8), prop::bool::weighted(0.1)).prop_map(|(speech, fails)| Act::Capture { speech, fails }),
        4 => (1_usize..=WORDS).prop_map(Act::Partial),
        4 => (said, prop::bool::weighted(0.1)).prop_map(|(kind, fails)| Act::Transcribe { kind, fails }),
        4 => prop::bool::weighted(0.9).prop_map(|known| Act::Look { known }),
        4 => field.prop_map(Act::LookAtField),
        2 => prop::bool::weighted(0.2).prop_map(|fails| Act::Rewrite { fails }),
        6 => delivery.prop_map(Act::Deliver),
        1 => any::<bool>().prop_map(|elsewhere| Act::Undone { elsewhere }),
        2 => Just(Act::Logged),
        1 => Just(Act::Tick),
        1 => Just(Act::Deaf),
        1 => (1_u64..20).prop_map(Act::Stale),
        1 => Just(Act::Lost),
    ];
    prop_oneof![30 => by_user, 40 => by_rooms, 1 => room.prop_map(Act::Died), 1 => Just(Act::Erase), 1 => Just(Act::Quit)]
}

fn config() -> impl Strategy<Value = String> {
    let mode = prop_oneof![Just("hold"), Just("toggle"), Just("hybrid")];
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8), prop::bool::weighted(0.3));
    (mode, flags).prop_map(|(mode, (live, rewrite, log, audio))| {
        format!(
            "key = {{ mode = '{mode}', chord = 'ControlRight', cancel = 'Escape' }}\ndelivery.live = {live}\n\
             rewrite.enabled = {rewrite}\nhistory = {{ log = {log}, audio = {audio} }}\nhands_free.off_after_minutes = 1"
        )
    })
}

/// The machine in its world.
struct Play {
    machine: Machine,
    world: World,
    now: Duration,
    next: u64,
}

impl Play {
    fn act(&mut self, act: &Act) {
        match act {
            Act::Wait(millis) => self.now += Duration::from_millis(u64::from(*millis)),
            Act::Struck => {
                for pressed in [true, false] {
                    self.act(&Act::Key("A", pressed));
                }
            }
            act => {
                let watches = self.world.watching && self.world.microphone().is_none();
                let heeds = matches!(act, Act::Voice { .. }) && watches && !self.world.quitting;
                let begun = self.world.seen.len();
                let Some(event) = self.world.event(act) else { return };
                self.step(event);
                assert!(!heeds || self.world.seen.len() == begun + 1, "a voice was not heeded");
                assert_eq!(self.machine.is_hands_free(), self.world.watching);
            }
        }
    }

    fn step(&mut self, event: Event) {
        let mut queue = VecDeque::from([event]);
        while let Some(event) = queue.pop_front() {
            let moment = Moment {
                at: self.now,
                clock: Timestamp::UNIX_EPOCH,
                fresh: DictationId::numbered(self.next),
                hears_everything: true,
            };
            self.next += 1;
            for effect in self.machine.step(moment, event) {
                queue.extend(self.world.take(&effect));
            }
        }
    }

    /// The user lets go of everything, and the rooms do all that they were asked, as far as they live.
    fn come_to_rest(&mut self) {
        if !self.world.quitting {
            for act in [Act::HandsFree(false), Act::Key("ControlRight", false), Act::Wait(1_000), Act::Stop] {
                self.act(&act);
            }
        }
        for _ in 0..100 {
            if self.is_at_rest() {
                return;
            }
            for answer in [
                Act::Capture { speech: true, fails: false },
                Act::Transcribe { kind: Said::Words, fails: false },
                Act::Look { known: true },
                Act::LookAtField(Some(Field::Other)),
                Act::Deliver(Delivery::Arrives(Outcome::Typed)),
                Act::Undone { elsewhere: false },
                Act::Logged,
            ] {
                self.act(&answer);
            }
            // Whoever does not answer is not waited for.
            if let Some(at) = self.machine.wakes_at() {
                self.now = self.now.max(at);
                self.act(&Act::Tick);
            }
        }
    }

    /// Whether nobody has anything to do any more.
    fn is_at_rest(&self) -> bool {
        let World { looks, field_looks, rewriting, unwritten, transcribing, .. } = &self.world;
        let nothing_asked = looks.is_empty() && field_looks.is_empty() && rewriting.is_empty();
        nothing_asked
            && (unwritten.is_empty() || self.world.is_dead(Room::History))
            && transcribing.is_empty()
            && self.machine.is_idle()
            && self.machine.wakes_at().is_none()
            && self.world.deliveries.is_empty()
    }

    fn check(&self) {
        let Self { machine, world, .. } = self;
        assert!(machine.is_idle() && (machine.is_over() || !world.quitting), "something waits for ever");
        assert!(world.deliveries.is_empty());
        assert!(!world.watching, "it goes on listening");
        assert_eq!(world.microphone(), None, "the microphone is left open");
        // What has arrived is held no longer, and what has not is still there for the user.
        let is_outstanding = |(id, seen): (&DictationId, &Seen)| {
            (!seen.outstanding.is_empty() || seen.again) && !world.erased.contains(id)
        };
        assert_eq!(
            machine.holds_text(),
            world.seen.iter().any(is_outstanding),
            "what is held is not what is outstanding"
        );
        for (id, seen) in &world.seen {
            let outcome = seen.closed.unwrap_or_else(|| panic!("{id} was begun and not closed"));
            let is_erased = world.erased.contains(id);
            // Words are where they belong, or held, each once.
            let mut all = [seen.arrived.clone(), seen.outstanding.clone()].concat();
            all.sort_unstable();
            let count = all.len();
            all.dedup();
            assert_eq!(all.len(), count, "{id}: a word is twice there");
            if let Some((logged, text)) = seen.logged.as_ref().filter(|_| !is_erased) {
                let in_log = text.to_lowercase();
                for word in seen.arrived.iter().chain(&seen.outstanding) {
                    assert!(in_log.contains(word.as_str()), "{id}: {word} is not in the log: {in_log:?}");
                }
                let is_truth = match logged {
                    Outcome::Typed | Outcome::Pasted | Outcome::Unconfirmed | Outcome::Copied => {
                        seen.outstanding.is_empty()
                    }
                    Outcome::Held => outcome == Outcome::Held,
                    Outcome::Failed => outcome == Outcome::Failed,
                    Outcome::Transcribed => outcome == Outcome::Suspended,
                    _ => false,
                };
                assert!(is_truth, "{id}: the log says {logged}, and {outcome} it was: {seen:?}");
            }
            // A recording is on disk as long as its words are nowhere else.
            let is_answered_for = seen.recording != Recording::OnDisk;
            let waits_for_log = world.log_wanted && !seen.is_safe_in_log && !world.is_dead(Room::History);
            assert!(is_answered_for || waits_for_log, "{id}: nobody decides about its recording: {seen:?}");
        }
    }
}

/// More cases than usual, because each takes about a millisecond; still more with `PROPTEST_CASES`.
fn config_of_runs() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(2_000), ..usual }
}

proptest! {
    #![proptest_config(config_of_runs())]

    #[test]
    fn every_text_goes_out_once_and_is_logged_truly_and_every_dictation_ends(
        config in config(),
        acts in prop::collection::vec(act(), 0..120),
    ) {
        let setup = setup(&config);
        let world = World { log_wanted: setup.config.history.log, ..World::default() };
        let mut play =
            Play { machine: Machine::new(setup, Instant::now), world, now: Duration::from_mins(1), next: 1 };
        for act in &acts {
            play.act(act);
        }
        play.come_to_rest();
        play.check();
    }
}
