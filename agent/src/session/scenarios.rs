//! One-line scenarios: what the user and the rooms do, and all that comes of it.
//!
//! `d` and `u` are the key going down and up, `c` its being part of a shortcut; a number waits that many milliseconds; `start`, `stop`, `toggle`, `cancel`,
//! `quit`, `free` (hands-free mode, off after a minute of silence) and `unfree` are commands; `voice` is heard while nothing is
//! recorded, `enough` is said to end listening, `tick` is the mode's own time-out, `deaf` a microphone that fails meanwhile; `ready`, `audio` (with voice), `silence`, `lost` (voice, but the microphone failed), `nomic`,
//! `words`, `nowords`, `nomodel`, `typed` and `moved` (delivery ended incomplete) are answers of the rooms. A room answers for
//! dictation 1, or for `:N`. Dictations are numbered by the order of the events that might begin one.

use std::time::Duration;

use scout_platform::keys::ChordEdge;

use super::{Effect, Event, KeyMode, Machine, Silence, Stage};
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
            "c" => Event::Key { edge: ChordEdge::Shortcut, fresh },
            "start" => Event::Start { fresh },
            "stop" => Event::Stop,
            "toggle" => Event::Toggle { fresh },
            "cancel" => Event::Cancel,
            "quit" => Event::Quit,
            "free" => Event::HandsFree(Some(Silence::AtMost(Duration::from_mins(1)))),
            "unfree" => Event::HandsFree(None),
            "voice" => Event::Voice { fresh },
            "enough" => Event::StopListening,
            "tick" => Event::Tick,
            "deaf" => Event::Deaf,
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
        begun +=
            effects.iter().filter(|effect| matches!(effect, Effect::Begin(_) | Effect::BeginByVoice(_))).count() as u64;
        trace.extend(effects.iter().map(written));
    }
    (trace.join(" "), machine)
}

fn written(effect: &Effect) -> String {
    let number = |id: &DictationId| (1..9).find(|n| DictationId::numbered(*n) == *id).unwrap();
    match effect {
        Effect::Begin(id) => format!("begin:{}", number(id)),
        Effect::BeginByVoice(id) => format!("heed:{}", number(id)),
        Effect::HoldOn(id) => format!("hold:{}", number(id)),
        Effect::Watch(on) => if *on { "watch" } else { "unwatch" }.to_owned(),
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
fn a_shortcut_with_the_dictation_key_dictates_nothing() {
    table(
        KeyMode::Hold,
        &[
            ("d 40 c", "begin:1 drop:1 cancelled:1"),
            ("d 40 ready 90 c 500 d 40 ready:2 900 u", "begin:1 cue:1 drop:1 cancelled:1 begin:2 cue:2 tail:2"),
            // The dictation before it is not touched.
            (
                "d 40 ready 1200 u 100 d 40 c audio words typed",
                "begin:1 cue:1 tail:1 end:1 transcribe:1 deliver:1 delivered:1",
            ),
            (
                "d 40 ready 1200 u 300 audio d 40 c words typed",
                "begin:1 cue:1 tail:1 transcribe:1 begin:2 drop:2 cancelled:2 deliver:1 delivered:1",
            ),
        ],
    );
    table(KeyMode::Toggle, &[("d 40 c u", "begin:1 drop:1 cancelled:1")]);
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
fn a_voice_begins_a_dictation_and_its_silence_ends_it() {
    table(
        KeyMode::Hold,
        &[
            // `audio` while it is listening is what silence ends.
            (
                "free 500 voice ready 900 audio words typed 500 voice ready:2 900 audio:2",
                "watch heed:1 cue:1 transcribe:1 deliver:1 delivered:1 heed:2 cue:2 transcribe:2",
            ),
            // The next sentence begins while the last one is on its way.
            (
                "free voice ready 900 audio voice ready:2 words typed 900 audio:2 words:2 typed:2",
                "watch heed:1 cue:1 transcribe:1 heed:2 cue:2 deliver:1 delivered:1 transcribe:2 deliver:2 delivered:2",
            ),
            // A cough.
            ("free voice ready silence voice", "watch heed:1 cue:1 nothing:1 heed:2"),
            // Without the mode, and while something is recorded, a voice begins nothing.
            ("voice", ""),
            ("free d ready voice 500 u", "watch begin:1 cue:1 tail:1"),
            ("free voice ready voice", "watch heed:1 cue:1"),
            ("free voice ready 900 cancel 500 voice", "watch heed:1 cue:1 drop:1 cancelled:1 heed:2"),
            ("free voice nomic 500 voice", "watch heed:1 noaudio:1 heed:2"),
            ("free free", "watch"),
            ("free voice ready quit voice", "watch heed:1 cue:1 unwatch end:1 suspended:1"),
        ],
    );
}

#[test]
fn the_key_and_commands_work_as_ever_while_a_voice_may_begin_a_dictation() {
    table(
        KeyMode::Hold,
        &[
            // The key takes over what a voice has begun: it lasts until the key comes up.
            ("free voice ready 300 d 40 d 900 u audio", "watch heed:1 cue:1 hold:1 tail:1 transcribe:1"),
            // It had just ended.
            ("free voice ready 300 d audio 900 u", "watch heed:1 cue:1 hold:1 transcribe:1 begin:2 tail:2"),
            ("free voice ready 300 d silence 900 u", "watch heed:1 cue:1 hold:1 nothing:1 begin:2 tail:2"),
            (
                "free voice ready 300 d cancel u 500 voice audio:2",
                "watch heed:1 cue:1 hold:1 drop:1 cancelled:1 heed:2 transcribe:2",
            ),
            ("free voice ready 300 start 900 stop audio", "watch heed:1 cue:1 hold:1 tail:1 transcribe:1"),
            ("free voice ready 300 stop audio 500 voice", "watch heed:1 cue:1 tail:1 transcribe:1 heed:2"),
            ("free d ready 500 u audio 500 voice", "watch begin:1 cue:1 tail:1 transcribe:1 heed:2"),
        ],
    );
    let toggle = "free voice ready 300 d 80 u audio 500 voice";
    table(KeyMode::Toggle, &[(toggle, "watch heed:1 cue:1 tail:1 transcribe:1 heed:2")]);
}

#[test]
fn hands_free_mode_ends_by_word_by_silence_and_by_command() {
    table(
        KeyMode::Hold,
        &[
            (
                "free voice ready audio words enough typed voice",
                "watch heed:1 cue:1 transcribe:1 deliver:1 unwatch delivered:1",
            ),
            // What is said after the word is not meant.
            (
                "free voice ready audio words voice ready:2 enough typed audio:2",
                "watch heed:1 cue:1 transcribe:1 deliver:1 heed:2 cue:2 unwatch drop:2 cancelled:2 delivered:1",
            ),
            // But what is said to the key is.
            (
                "free voice ready audio words d ready:2 enough typed 900 u audio:2",
                "watch heed:1 cue:1 transcribe:1 deliver:1 begin:2 cue:2 unwatch delivered:1 tail:2 transcribe:2",
            ),
            // Turned off in the middle of a sentence: what was said is wanted.
            ("free voice ready 900 unfree audio 500 voice", "watch heed:1 cue:1 unwatch tail:1 transcribe:1"),
            ("free d ready 900 unfree 500 u audio", "watch begin:1 cue:1 unwatch tail:1 transcribe:1"),
            ("free 59999 tick", "watch"),
            ("free 60000 tick voice", "watch unwatch"),
            ("free 50000 voice ready audio 59999 tick", "watch heed:1 cue:1 transcribe:1"),
            ("free 50000 voice ready audio 60000 tick", "watch heed:1 cue:1 transcribe:1 unwatch"),
            // Noise is nobody.
            ("free 50000 voice ready silence 10000 tick", "watch heed:1 cue:1 nothing:1 unwatch"),
            // A long dictation is not cut off.
            ("free voice ready 99999 tick audio", "watch heed:1 cue:1 transcribe:1"),
            ("free deaf voice", "watch unwatch"),
            ("tick deaf unfree enough", ""),
        ],
    );
    // Without the mode, the word ends what is being said, as ever.
    table(
        KeyMode::Toggle,
        &[(
            "start ready audio words start ready:2 enough",
            "begin:1 cue:1 transcribe:1 deliver:1 begin:2 cue:2 tail:2",
        )],
    );
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
