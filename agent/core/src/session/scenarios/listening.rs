//! From the key, a command or a voice to the recording.

use super::super::Stage;
use super::{play, table};

#[test]
fn a_dictation_walks_through_the_rooms() {
    table(
        "hold",
        &[
            ("d 40 ready 1200 u 300 audio 400 words 50 typed", "begin:1 cue:1 tail:1 deliver:1 typed:1"),
            ("d 40 ready 1200 u 300 silence", "begin:1 cue:1 tail:1 nothing-said:1"),
            ("d 40 ready 1200 u 300 audio 400 nowords", "begin:1 cue:1 tail:1 nothing-said:1"),
            ("d 40 ready 1200 u 300 audio 400 nomodel", "begin:1 cue:1 tail:1 failed:1"),
            ("d 40 ready 1200 u 300 audio 400 words moved", "begin:1 cue:1 tail:1 deliver:1 held:1"),
            ("start 40 ready 1200 stop 300 audio 400 words typed", "begin:1 cue:1 tail:1 deliver:1 typed:1"),
        ],
    );
}

#[test]
fn a_shortcut_with_the_dictation_key_dictates_nothing() {
    table(
        "hold",
        &[
            ("d 40 c", "begin:1 drop:1 cancelled:1"),
            ("d 40 click u", "begin:1 drop:1 cancelled:1"),
            ("d 40 ready 90 c u 500 d 40 ready:2 900 u", "begin:1 cue:1 drop:1 cancelled:1 begin:2 cue:2 tail:2"),
            // The dictation before it is not touched.
            ("d 40 ready 1200 u 100 d 40 c audio words typed", "begin:1 cue:1 tail:1 end:1 deliver:1 typed:1"),
            (
                "d 40 ready 1200 u 300 audio d 40 c words typed",
                "begin:1 cue:1 tail:1 begin:2 drop:2 cancelled:2 deliver:1 typed:1",
            ),
        ],
    );
    table("toggle", &[("d 40 c u", "begin:1 drop:1 cancelled:1")]);
}

#[test]
fn letting_go_before_the_microphone_is_open_still_asks_it_for_what_it_heard() {
    table("hold", &[("d 20 u 30 ready 300 silence", "begin:1 tail:1 nothing-said:1")]);
}

#[test]
fn auto_repeat_and_bounces_do_not_end_a_dictation() {
    table(
        "hold",
        &[
            ("d ready 600 d 40 d 40 d 40 u", "begin:1 cue:1 tail:1"),
            ("d ready 600 u 1 d 40 u 1 d 40 u", "begin:1 cue:1 tail:1 resume:1 tail:1 resume:1 tail:1"),
        ],
    );
}

#[test]
fn a_tail_that_was_over_before_it_could_be_resumed_continues_as_a_second_dictation() {
    table(
        "hold",
        &[
            ("d ready 600 u 5 d audio 900 u", "begin:1 cue:1 tail:1 resume:1 begin:2 tail:2"),
            ("d ready 600 u 5 audio 5 d 900 u", "begin:1 cue:1 tail:1 begin:2 tail:2"),
        ],
    );
}

#[test]
fn the_next_dictation_may_begin_while_the_last_is_under_way() {
    table(
        "hold",
        &[
            (
                "d ready 900 u 300 audio 100 d ready:2 500 words typed u 300 audio:2 words:2 typed:2",
                "begin:1 cue:1 tail:1 begin:2 cue:2 deliver:1 typed:1 tail:2 deliver:2 typed:2",
            ),
            // In the tail of the first one, which then is cut short.
            ("d ready 900 u 100 d audio ready:2", "begin:1 cue:1 tail:1 end:1 begin:2 cue:2"),
            ("d ready 900 u 100 d 20 u audio", "begin:1 cue:1 tail:1 end:1"),
        ],
    );
}

#[test]
fn cancel_throws_away_what_is_being_said_or_else_the_newest_text() {
    table(
        "hold",
        &[
            ("cancel", ""),
            ("d ready 900 cancel 100 u", "begin:1 cue:1 drop:1 cancelled:1"),
            ("d ready 900 u 100 cancel audio", "begin:1 cue:1 tail:1 drop:1 cancelled:1"),
            ("d ready 900 u 300 audio cancel words", "begin:1 cue:1 tail:1 abort:1 cancelled:1"),
            ("d ready 900 u 300 audio words cancel moved", "begin:1 cue:1 tail:1 deliver:1 halt:1 held:1"),
            (
                "d ready 900 u 300 audio 200 d cancel words typed",
                "begin:1 cue:1 tail:1 begin:2 drop:2 cancelled:2 deliver:1 typed:1",
            ),
        ],
    );
}

#[test]
fn a_microphone_that_fails_ends_the_dictation_and_the_next_one_tries_afresh() {
    table(
        "hold",
        &[
            ("d nomic 500 u 900 d ready:2", "begin:1 failed:1 begin:2 cue:2"),
            ("d ready 900 lost 300 u words typed", "begin:1 cue:1 deliver:1 typed:1"),
        ],
    );
}

#[test]
fn quitting_keeps_everything_and_waits_only_for_what_is_being_typed() {
    table(
        "hold",
        &[
            ("d ready 900 quit audio u d", "begin:1 cue:1 end:1 suspended:1"),
            ("d ready 900 u 300 audio quit words", "begin:1 cue:1 tail:1 abort:1 suspended:1"),
            ("d ready 900 u 300 audio words quit moved", "begin:1 cue:1 tail:1 deliver:1 halt:1 held:1"),
        ],
    );
}

#[test]
fn commands_toggle_and_the_key_takes_over_what_a_command_began() {
    table(
        "hold",
        &[
            ("toggle ready 900 toggle 300 audio", "begin:1 cue:1 tail:1"),
            ("start start ready stop stop", "begin:1 cue:1 tail:1"),
            ("start ready 900 d 500 u", "begin:1 cue:1 tail:1"),
        ],
    );
    table("toggle", &[("d 80 u ready 900 d 80 u 300 audio", "begin:1 cue:1 tail:1")]);
}

#[test]
fn a_voice_begins_a_dictation_and_its_silence_ends_it() {
    table(
        "hold",
        &[
            // `audio` while it is listening is what silence ends.
            (
                "free 500 voice ready 900 audio words typed 500 voice ready:2 900 audio:2",
                "watch heed:1 deliver:1 typed:1 heed:2",
            ),
            // The next sentence begins while the last one is on its way.
            (
                "free voice ready 900 audio voice ready:2 words typed 900 audio:2 words:2 typed:2",
                "watch heed:1 heed:2 deliver:1 typed:1 deliver:2 typed:2",
            ),
            // A cough.
            ("free voice ready silence voice", "watch heed:1 nothing-said:1 heed:2"),
            // Without the mode, and while something is recorded, a voice begins nothing.
            ("voice", ""),
            ("free d ready voice 500 u", "watch begin:1 cue:1 tail:1"),
            ("free voice ready voice", "watch heed:1"),
            ("free voice ready 900 cancel 500 voice", "watch heed:1 drop:1 cancelled:1 heed:2"),
            ("free voice nomic 500 voice", "watch heed:1 failed:1 heed:2"),
            ("free free", "watch"),
            ("free voice ready quit voice", "watch heed:1 unwatch end:1 suspended:1"),
        ],
    );
}

#[test]
fn the_key_and_commands_work_as_ever_while_a_voice_may_begin_a_dictation() {
    table(
        "hold",
        &[
            // The key takes over what a voice has begun: it lasts until the key comes up.
            ("free voice ready 300 d 40 d 900 u audio", "watch heed:1 hold:1 tail:1"),
            // It had just ended.
            ("free voice ready 300 d audio 900 u", "watch heed:1 hold:1 begin:2 tail:2"),
            ("free voice ready 300 d silence 900 u", "watch heed:1 hold:1 nothing-said:1 begin:2 tail:2"),
            ("free voice ready 300 d cancel u 500 voice audio:2", "watch heed:1 hold:1 drop:1 cancelled:1 heed:2"),
            ("free voice ready 300 start 900 stop audio", "watch heed:1 hold:1 tail:1"),
            ("free voice ready 300 stop audio 500 voice", "watch heed:1 tail:1 heed:2"),
            ("free d ready 500 u audio 500 voice", "watch begin:1 cue:1 tail:1 heed:2"),
        ],
    );
    let toggle = "free voice ready 300 d 80 u audio 500 voice";
    table("toggle", &[(toggle, "watch heed:1 tail:1 heed:2")]);
}

#[test]
fn hands_free_mode_ends_by_word_by_silence_and_by_command() {
    table(
        "hold",
        &[
            (
                "free voice ready audio words=Hello._Stop_listening. typed voice",
                "watch heed:1 deliver:1 unwatch typed:1",
            ),
            // What is said after the word is not meant.
            (
                "free voice ready audio words=Hello._Stop_listening. voice ready:2 typed audio:2",
                "watch heed:1 deliver:1 heed:2 unwatch drop:2 cancelled:2 typed:1",
            ),
            // But what is said to the key is.
            (
                "free voice ready audio words=Hello._Stop_listening. d ready:2 typed 900 u audio:2",
                "watch heed:1 deliver:1 begin:2 cue:2 unwatch typed:1 tail:2",
            ),
            // Turned off in the middle of a sentence: what was said is wanted.
            ("free voice ready 900 unfree audio 500 voice", "watch heed:1 unwatch tail:1"),
            ("free d ready 900 unfree 500 u audio", "watch begin:1 cue:1 unwatch tail:1"),
            ("free 59999 tick", "watch"),
            ("free 60000 tick voice", "watch unwatch"),
            ("free 50000 voice ready audio 59999 tick", "watch heed:1"),
            ("free 50000 voice ready audio 60000 tick", "watch heed:1 unwatch"),
            // Noise is nobody.
            ("free 50000 voice ready silence 10000 tick", "watch heed:1 nothing-said:1 unwatch"),
            // A long dictation is not cut off.
            ("free voice ready 99999 tick audio", "watch heed:1"),
            ("free deaf voice", "watch unwatch"),
            ("tick deaf unfree", ""),
        ],
    );
    // Without the mode, the word ends what is being said, as ever.
    table(
        "toggle",
        &[(
            "start ready audio words=Hello._Stop_listening. start ready:2 typed",
            "begin:1 cue:1 deliver:1 begin:2 cue:2 tail:2 typed:1",
        )],
    );
}

#[test]
fn late_answers_for_what_is_closed_change_nothing() {
    table("hold", &[("d ready cancel audio ready words typed nomic nomodel", "begin:1 cue:1 drop:1 cancelled:1")]);
}

#[test]
fn the_stage_tells_what_the_user_is_waiting_for() {
    for (script, stage) in [
        ("", None),
        ("d", Some(Stage::Opening)),
        ("d ready", Some(Stage::Listening)),
        ("d ready 900 u", Some(Stage::Tail)),
        ("d ready 900 u audio", Some(Stage::Transcribing)),
        ("d ready 900 u audio words", Some(Stage::Delivering)),
        ("d ready 900 u audio words 100 d", Some(Stage::Opening)),
        ("d ready 900 u audio words typed", None),
    ] {
        assert_eq!(play("", script).machine.stage(), stage, "scenario: {script}");
    }
}
