//! One-line scenarios: what the user and the rooms do, and all that comes of it.
//!
//! `d` and `u` are the key going down and up; a number waits that many milliseconds; `start`, `stop`, `toggle`, `cancel` and
//! `quit` are commands; `ready`, `audio` (with voice), `silence`, `lost` (voice, but the microphone failed), `nomic`,
//! `words`, `nowords`, `nomodel`, `typed` and `moved` (delivery ended incomplete) are answers of the rooms. A room answers for
//! dictation 1, or for `:N`. Dictations are numbered by the order of the events that might begin one.

use std::time::Duration;

use scout_platform::keys::ChordEdge;

use super::{Effect, Event, KeyMode, Machine, Stage};
use crate::dictation::DictationId;

fn run(mode: KeyMode, script: &str) -> (String, Machine) {
    let (mut machine, mut now, mut begun, mut trace) =
        (Machine::default(), Duration::from_mins(1), 0, Vec::<String>::new());
    // Ids are handed out in order of use, so that the first dictation is 1, whatever events came before it.
    for word in script.split_whitespace() {
        let (word, number) = word.split_once(':').map_or((word, 1), |(word, n)| (word, n.parse().unwrap()));
        let (id, fresh) = (DictationId::numbered(number), DictationId::numbered(begun + 1));
        let event = match word {
            "d" => Event::Key { edge: ChordEdge::Down, fresh },
            "u" => Event::Key { edge: ChordEdge::Up, fresh },
            "start" => Event::Start { fresh },
            "stop" => Event::Stop,
            "toggle" => Event::Toggle { fresh },
            "cancel" => Event::Cancel,
            "quit" => Event::Quit,
            "ready" => Event::Ready { id },
            "audio" => Event::Captured { id, speech: true, interrupted: false },
            "silence" => Event::Captured { id, speech: false, interrupted: false },
            "lost" => Event::Captured { id, speech: true, interrupted: true },
            "nomic" => Event::CaptureFailed { id },
            "words" => Event::Transcribed { id, words: true },
            "nowords" => Event::Transcribed { id, words: false },
            "nomodel" => Event::TranscribeFailed { id },
            "typed" => Event::Delivered { id, complete: true },
            "moved" => Event::Delivered { id, complete: false },
            wait => {
                now += Duration::from_millis(wait.parse().unwrap());
                continue;
            }
        };
        let (next, effects) = machine.step(mode, now, event);
        machine = next;
        begun += effects.iter().filter(|effect| matches!(effect, Effect::Begin(_))).count() as u64;
        trace.extend(effects.iter().map(written));
    }
    (trace.join(" "), machine)
}

fn written(effect: &Effect) -> String {
    let number = |id: &DictationId| (1..9).find(|n| DictationId::numbered(*n) == *id).unwrap();
    match effect {
        Effect::Begin(id) => format!("begin:{}", number(id)),
        Effect::SayReady(id) => format!("cue:{}", number(id)),
        Effect::StopCapture(id) => format!("tail:{}", number(id)),
        Effect::ResumeCapture(id) => format!("resume:{}", number(id)),
        Effect::EndTail(id) => format!("end:{}", number(id)),
        Effect::CancelCapture(id) => format!("drop:{}", number(id)),
        Effect::Transcribe(id) => format!("transcribe:{}", number(id)),
        Effect::AbortTranscription(id) => format!("abort:{}", number(id)),
        Effect::Deliver(id) => format!("deliver:{}", number(id)),
        Effect::AbortDelivery(id) => format!("halt:{}", number(id)),
        Effect::Close(id, outcome) => format!("{outcome:?}:{}", number(id)).to_lowercase(),
    }
}

fn table(mode: KeyMode, rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        assert_eq!(run(mode, script).0, *expected, "scenario: {script}");
    }
}

#[test]
fn a_dictation_walks_through_the_rooms() {
    table(
        KeyMode::Hold,
        &[
            (
                "d 40 ready 1200 u 300 audio 400 words 50 typed",
                "begin:1 cue:1 tail:1 transcribe:1 deliver:1 delivered:1",
            ),
            ("d 40 ready 1200 u 300 silence", "begin:1 cue:1 tail:1 nothing:1"),
            ("d 40 ready 1200 u 300 audio 400 nowords", "begin:1 cue:1 tail:1 transcribe:1 nothing:1"),
            ("d 40 ready 1200 u 300 audio 400 nomodel", "begin:1 cue:1 tail:1 transcribe:1 failed:1"),
            ("d 40 ready 1200 u 300 audio 400 words moved", "begin:1 cue:1 tail:1 transcribe:1 deliver:1 held:1"),
            (
                "start 40 ready 1200 stop 300 audio 400 words typed",
                "begin:1 cue:1 tail:1 transcribe:1 deliver:1 delivered:1",
            ),
        ],
    );
}

#[test]
fn letting_go_before_the_microphone_is_open_still_asks_it_for_what_it_heard() {
    table(KeyMode::Hold, &[("d 20 u 30 ready 300 silence", "begin:1 tail:1 nothing:1")]);
}

#[test]
fn auto_repeat_and_bounces_do_not_end_a_dictation() {
    table(
        KeyMode::Hold,
        &[
            ("d ready 600 d 40 d 40 d 40 u", "begin:1 cue:1 tail:1"),
            ("d ready 600 u 1 d 40 u 1 d 40 u", "begin:1 cue:1 tail:1 resume:1 tail:1 resume:1 tail:1"),
        ],
    );
}

#[test]
fn a_tail_that_was_over_before_it_could_be_resumed_continues_as_a_second_dictation() {
    table(
        KeyMode::Hold,
        &[
            ("d ready 600 u 5 d audio 900 u", "begin:1 cue:1 tail:1 resume:1 transcribe:1 begin:2 tail:2"),
            ("d ready 600 u 5 audio 5 d 900 u", "begin:1 cue:1 tail:1 transcribe:1 begin:2 tail:2"),
        ],
    );
}

#[test]
fn the_next_dictation_may_begin_while_the_last_is_under_way() {
    table(
        KeyMode::Hold,
        &[
            (
                "d ready 900 u 300 audio 100 d ready:2 500 words typed u 300 audio:2 words:2 typed:2",
                "begin:1 cue:1 tail:1 transcribe:1 begin:2 cue:2 deliver:1 delivered:1 tail:2 transcribe:2 deliver:2 delivered:2",
            ),
            // In the tail of the first one, which then is cut short.
            ("d ready 900 u 100 d audio ready:2", "begin:1 cue:1 tail:1 end:1 transcribe:1 begin:2 cue:2"),
            ("d ready 900 u 100 d 20 u audio", "begin:1 cue:1 tail:1 end:1 transcribe:1"),
        ],
    );
}

#[test]
fn cancel_throws_away_what_is_being_said_or_else_the_newest_text() {
    table(
        KeyMode::Hold,
        &[
            ("cancel", ""),
            ("d ready 900 cancel 100 u", "begin:1 cue:1 drop:1 cancelled:1"),
            ("d ready 900 u 100 cancel audio", "begin:1 cue:1 tail:1 drop:1 cancelled:1"),
            ("d ready 900 u 300 audio cancel words", "begin:1 cue:1 tail:1 transcribe:1 abort:1 cancelled:1"),
            ("d ready 900 u 300 audio words cancel moved", "begin:1 cue:1 tail:1 transcribe:1 deliver:1 halt:1 held:1"),
            (
                "d ready 900 u 300 audio 200 d cancel words typed",
                "begin:1 cue:1 tail:1 transcribe:1 begin:2 drop:2 cancelled:2 deliver:1 delivered:1",
            ),
        ],
    );
}

#[test]
fn a_microphone_that_fails_ends_the_dictation_and_the_next_one_tries_afresh() {
    table(
        KeyMode::Hold,
        &[
            ("d nomic 500 u 900 d ready:2", "begin:1 noaudio:1 begin:2 cue:2"),
            ("d ready 900 lost 300 u words typed", "begin:1 cue:1 transcribe:1 deliver:1 delivered:1"),
        ],
    );
}

#[test]
fn quitting_keeps_everything_and_waits_only_for_what_is_being_typed() {
    table(
        KeyMode::Hold,
        &[
            ("d ready 900 quit audio u d", "begin:1 cue:1 end:1 suspended:1"),
            ("d ready 900 u 300 audio quit words", "begin:1 cue:1 tail:1 transcribe:1 abort:1 suspended:1"),
            ("d ready 900 u 300 audio words quit moved", "begin:1 cue:1 tail:1 transcribe:1 deliver:1 halt:1 held:1"),
        ],
    );
}

#[test]
fn commands_toggle_and_the_key_takes_over_what_a_command_began() {
    table(
        KeyMode::Hold,
        &[
            ("toggle ready 900 toggle 300 audio", "begin:1 cue:1 tail:1 transcribe:1"),
            ("start start ready stop stop", "begin:1 cue:1 tail:1"),
            ("start ready 900 d 500 u", "begin:1 cue:1 tail:1"),
        ],
    );
    table(KeyMode::Toggle, &[("d 80 u ready 900 d 80 u 300 audio", "begin:1 cue:1 tail:1 transcribe:1")]);
}

#[test]
fn late_answers_for_what_is_closed_change_nothing() {
    table(
        KeyMode::Hold,
        &[("d ready cancel audio ready words typed nomic nomodel", "begin:1 cue:1 drop:1 cancelled:1")],
    );
}

#[test]
fn the_stage_tells_what_the_user_is_waiting_for() {
    for (script, stage) in [
        ("", Stage::Idle),
        ("d", Stage::Opening),
        ("d ready", Stage::Listening),
        ("d ready 900 u", Stage::Finishing),
        ("d ready 900 u audio", Stage::Finishing),
        ("d ready 900 u audio words", Stage::Delivering),
        ("d ready 900 u audio words 100 d", Stage::Opening),
        ("d ready 900 u audio words typed", Stage::Idle),
    ] {
        assert_eq!(run(KeyMode::Hold, script).1.stage(), stage, "scenario: {script}");
    }
}
