//! From the words to their target, and what is kept.

use super::{full_table, play, table};

#[test]
fn the_log_says_what_really_became_of_a_text() {
    full_table(
        "",
        &[
            (
                "d ready u audio words typed logged",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed discard:1",
            ),
            // The log was quicker than the window.
            (
                "d ready u audio words logged unconfirmed",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. unconfirmed:1 update:1=unconfirmed discard:1",
            ),
            (
                "d ready u audio words half",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held",
            ),
            ("d ready u audio nomodel", "told failed:1 log:1=failed: keep:1"),
            ("d ready u silence", "nothing-said:1 discard:1"),
            ("d ready u audio cancel", "cancelled:1 discard:1"),
            // The recording crossed the news that nobody wants it.
            ("d ready u cancel audio", "cancelled:1 discard:1"),
            ("d ready quit audio", "suspended:1 keep:1"),
        ],
    );
    full_table(
        "history.log = false",
        &[
            ("d ready u audio words typed", "deliver:1=Hello_there. typed:1 discard:1"),
            ("d ready u audio words moved", "deliver:1=Hello_there. told=held held:1 keep:1"),
        ],
    );
    full_table(
        "history.audio = true",
        &[(
            "d ready u audio words typed",
            "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed sound:1",
        )],
    );
}

#[test]
fn texts_go_out_in_the_order_in_which_they_were_spoken_one_after_the_other() {
    table(
        "hold",
        &[
            // The second one is understood first.
            (
                "d ready u audio 100 d ready:2 u audio:2 words:2 words typed typed:2",
                "begin:1 cue:1 tail:1 begin:2 cue:2 tail:2 deliver:1 typed:1 deliver:2 typed:2",
            ),
            (
                "d ready u audio words 100 d ready:2 u audio:2 words:2 typed typed:2",
                "begin:1 cue:1 tail:1 deliver:1 begin:2 cue:2 tail:2 typed:1 deliver:2 typed:2",
            ),
            // Nobody waits for what is over, however it ended.
            (
                "d ready u audio 100 d ready:2 u audio:2 words:2 nomodel",
                "begin:1 cue:1 tail:1 begin:2 cue:2 tail:2 failed:1 deliver:2",
            ),
            (
                "d ready u audio 100 d ready:2 u audio:2 words:2 nowords",
                "begin:1 cue:1 tail:1 begin:2 cue:2 tail:2 nothing-said:1 deliver:2",
            ),
            // The one that waits for its turn is the newest.
            (
                "d ready u audio words 100 d ready:2 u audio:2 words:2 cancel typed",
                "begin:1 cue:1 tail:1 deliver:1 begin:2 cue:2 tail:2 abort:2 cancelled:2 typed:1",
            ),
        ],
    );
    // What stands before is known once it stands there.
    let [first, second] = ["Hello_there._This_is_it.", "And_this_follows."];
    let script = format!("d ready u audio 100 d ready:2 u audio:2 words:2={second} words={first} typed typed:2");
    let play = play("text.trailing_space = false\ntext.joint_space = true", &script);
    let sent: Vec<&str> = play.jobs.iter().map(|job| job.text.as_str()).collect();
    assert_eq!(sent, ["Hello there. This is it.", " And this follows."]);
}

#[test]
fn a_text_that_is_rewritten_holds_up_those_after_it_until_its_time_is_over() {
    full_table(
        "rewrite.enabled = true\nhistory.log = false",
        &[
            (
                "d ready u audio words=so_they_say 100 d ready:2 u audio:2 words:2=again rewritten:2=Again. rewritten=So_they_say. \
                 typed typed:2",
                "rewrite:1 rewrite:2 deliver:1=So_they_say. typed:1 discard:1 deliver:2=Again. typed:2 discard:2",
            ),
            ("d ready u audio words=so_they_say unrewritten", "rewrite:1 deliver:1=so_they_say"),
            ("d ready u audio words=so_they_say 4999 tick", "rewrite:1"),
            ("d ready u audio words=so_they_say 5000 tick", "rewrite:1 told deliver:1=so_they_say"),
            (
                "d ready u audio words=so_they_say 5000 tick rewritten=Late. typed",
                "rewrite:1 told deliver:1=so_they_say typed:1 discard:1",
            ),
            ("d ready u audio words=so_they_say cancel rewritten=Late.", "rewrite:1 cancelled:1 discard:1"),
            ("d ready u audio words=so_they_say quit rewritten=Late.", "rewrite:1 suspended:1 keep:1"),
            // Of a password, and of what may be one, nothing is sent elsewhere.
            ("d secret ready u audio nofield words=so_they_say", "deliver:1=so_they_say"),
            ("d ready u audio words=so_they_say plain plain", "deliver:1=so_they_say"),
        ],
    );
}

#[test]
fn spoken_commands_are_carried_out_in_their_order() {
    full_table(
        "history.log = false",
        &[
            (
                "d ready u audio words=First_line._Press_enter._Second_line. typed typed",
                "deliver:1=First_line.+Enter deliver:1=Second_line. typed:1 discard:1",
            ),
            // Where a text is held, so is all that was to follow it.
            (
                "d ready u audio words=First_line._Press_enter._Second_line. moved paste",
                "deliver:1=First_line.+Enter told=held held:1 keep:1 deliver:p1=First_line._Second_line.",
            ),
            ("d ready u audio words=Press_enter. typed", "deliver:1=+Enter carried-out:1 discard:1"),
            ("d ready u audio words=Press_enter. moved", "deliver:1=+Enter told=held held:1 discard:1"),
            // There is nothing to take back, and then there is.
            ("d ready u audio words=Scratch_that.", "carried-out:1 discard:1"),
            (
                "d ready u audio words typed 100 d ready:2 u audio:2 words:2=Scratch_that. undone",
                "deliver:1=Hello_there. typed:1 discard:1 undo carried-out:2 discard:2",
            ),
            // Whether it is taken back is decided once the keys before are known, and what follows goes out after that.
            (
                "d ready u audio words typed 100 d ready:2 u audio:2 words:2=Scratch_that._And_more. 100 d ready:3 u audio:3 \
                 words:3 caught undone typed:2",
                "deliver:1=Hello_there. typed:1 discard:1 undo deliver:2=And_more. typed:2 discard:2 deliver:3=Hello_there.",
            ),
            (
                "d ready u audio words typed 100 d ready:2 u audio:2 words:2=Scratch_that. key caught",
                "deliver:1=Hello_there. typed:1 discard:1 told carried-out:2 discard:2",
            ),
            // Stopped in the middle: what comes after is held, too.
            (
                "d ready u audio words=First_line._Press_enter._Second_line. cancel typed",
                "deliver:1=First_line.+Enter halt:1 told=held held:1 keep:1",
            ),
        ],
    );
}

#[test]
fn a_held_text_is_delivered_later_once_and_logged_truly() {
    full_table(
        "",
        &[
            (
                "d ready u audio words moved paste pasted:p1",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there. \
                 update:1=pasted",
            ),
            // Asked for twice: what is left of it goes out with the second.
            (
                "d ready u audio words moved paste paste half:p1 typed:p2",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there. \
                 told=held deliver:p2=_there. update:1=typed",
            ),
            // A text that has arrived goes out once more, and its entry stays as it is.
            (
                "d ready u audio words typed paste typed:p1",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed deliver:p1=Hello_there.",
            ),
            ("paste", "refused"),
            // Of what has arrived but for the space at its end, nothing is left to deliver.
            (
                "d ready u audio words spaceless paste",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. held:1 update:1=held deliver:p1=Hello_there.",
            ),
            (
                "d ready u audio words moved paste spaceless:p1 paste",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there. \
                 deliver:p2=Hello_there.",
            ),
            // It waits for what is on its way.
            (
                "d ready u audio words typed 100 d ready:2 u audio:2 words:2=Again. paste typed:2 typed:p1",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed log:2=transcribed:Again. \
                 deliver:2=Again. typed:2 update:2=typed deliver:p1=Again.",
            ),
            // Nobody says where the focus is.
            (
                "d aimed ready u audio words moved paste 2000 tick typed:p1",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there. \
                 update:1=typed",
            ),
            // Everything was deleted.
            (
                "d ready u audio words moved erase paste",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held discard:1 refused",
            ),
        ],
    );
    // Quitting waits for what was asked for.
    let mut over = play("", "d ready u audio words moved paste quit");
    assert!(!over.machine.is_over());
    over.act("typed:p1");
    assert!(over.machine.is_over());
}

#[test]
fn words_are_typed_while_they_are_spoken_and_the_rest_follows() {
    let live = "delivery.live = true\nhistory.log = false";
    let first = "d ready partial=one_two_three_four_five partial=one_two_three_four_five_six";
    full_table(
        live,
        &[
            (
                &format!("{first} typed u audio words=one_two_three_four_five_six. typed"),
                "deliver:1=one_two deliver:1=_three_four_five_six. typed:1 discard:1",
            ),
            // The last piece is still on its way when the words are there.
            (
                &format!("{first} u audio words=one_two_three_four_five_six. typed typed"),
                "deliver:1=one_two deliver:1=_three_four_five_six. typed:1 discard:1",
            ),
            // The focus has left: the rest is held with what is left of the piece.
            (
                &format!("{first} half u audio words=one_two_three_four_five_six. moved paste"),
                "deliver:1=one_two deliver:1=_two_three_four_five_six. told=held held:1 keep:1 \
                 deliver:p1=_two_three_four_five_six.",
            ),
            (&format!("{first} typed cancel"), "deliver:1=one_two cancelled:1 undo"),
            // The piece on its way is waited for, and then taken back.
            (&format!("{first} cancel typed"), "deliver:1=one_two halt:1 cancelled:1 undo"),
            (&format!("{first} typed cancel key caught"), "deliver:1=one_two cancelled:1 told"),
            (&format!("{first} cancel moved"), "deliver:1=one_two halt:1 cancelled:1"),
            (&format!("{first} key typed cancel"), "deliver:1=one_two cancelled:1 told"),
            (&format!("{first} quit half"), "deliver:1=one_two halt:1 suspended:1"),
            (&format!("{first} typed u audio nomodel"), "deliver:1=one_two told failed:1 keep:1"),
        ],
    );
    // The log has what stands there, though the words could not be had.
    full_table(
        "delivery.live = true",
        &[(&format!("{first} typed u audio nomodel"), "deliver:1=one_two told failed:1 log:1=failed:one_two keep:1")],
    );
}

#[test]
fn of_a_password_nothing_is_kept() {
    full_table(
        "",
        &[
            ("d secret ready u audio nofield words typed", "deliver:1=hello_there typed:1 discard:1"),
            ("d secret ready u audio nofield words moved", "deliver:1=hello_there told=held held:1 discard:1"),
            // It is known only when the text is ready, or still later.
            ("d plain ready u audio words secret typed", "deliver:1=hello_there typed:1 discard:1"),
            ("d plain ready u audio plain 5000 words secret typed", "deliver:1=hello_there typed:1 discard:1"),
            ("d ready u audio words 100 tick typed secret", "deliver:1=Hello_there. typed:1 discard:1"),
            // It is no password.
            (
                "d ready u audio words 100 tick typed plain plain logged",
                "deliver:1=Hello_there. typed:1 log:1=transcribed:Hello_there. update:1=typed discard:1",
            ),
            // It was delivered later, before that was known.
            (
                "d ready u audio words 100 tick moved paste pasted:p1 plain plain logged",
                "deliver:1=Hello_there. told=held held:1 deliver:p1=Hello_there. log:1=transcribed:Hello_there. update:1=pasted \
                 discard:1",
            ),
            // Nobody says.
            (
                "d mute ready u audio words 100 tick typed 60000 tick logged",
                "deliver:1=Hello_there. typed:1 log:1=transcribed:Hello_there. update:1=typed discard:1",
            ),
        ],
    );
}

#[test]
fn a_room_that_dies_loses_nothing_and_keeps_nobody_waiting() {
    full_table(
        "",
        &[
            ("d ready dead=capture", "failed:1 log:1=failed:"),
            ("d ready u audio dead=capture", "failed:1 log:1=failed: keep:1"),
            ("d ready hung=capture", "failed:1 log:1=failed:"),
            ("d ready u audio hung=capture", "failed:1 log:1=failed: keep:1"),
            (
                "d ready u audio words hung=delivery paste",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there.",
            ),
            (
                "d ready u audio words dead=delivery",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held",
            ),
            (
                "d ready u audio words moved paste dead=delivery",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. told=held held:1 update:1=held deliver:p1=Hello_there. \
                 told=held",
            ),
            (
                "d ready u audio words typed dead=log",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed keep:1",
            ),
            (
                "dead=log d ready u audio words typed",
                "log:1=transcribed:Hello_there. deliver:1=Hello_there. typed:1 update:1=typed keep:1",
            ),
        ],
    );
}

#[test]
fn the_agent_ends_when_everything_is_done_or_its_time_is_over() {
    let mut late = play("", "d ready u audio words quit");
    assert!(!late.machine.is_over());
    let until = late.machine.wakes_at().unwrap();
    late.now = until;
    late.act("tick");
    assert!(late.machine.is_over());
    assert!(late.trace.contains(&"suspended:1".to_owned()) && late.trace.contains(&"#keep:1".to_owned()));
    assert!(play("", "quit").machine.is_over());
    assert!(play("", "d ready quit").machine.is_over());
}
