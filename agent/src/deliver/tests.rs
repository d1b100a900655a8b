//! The delivery thread on a desktop that exists only in memory.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use scout_platform::fake::{Failure, FakeDesktop, Handle, Typed};
use scout_platform::{PasteOptions, Target, TypeOptions, WindowId};

use super::plan::{Focus, Guard, HoldReason, Method};
use super::undo::{NotThere, Undone};
use super::worker::{Deliverer, Fate, Job, Report};
use crate::dictation::DictationId;

struct Bench {
    handle: Handle,
    deliverer: Deliverer,
    reports: Receiver<Report>,
}

impl Bench {
    fn new() -> Self {
        let desktop = FakeDesktop::new();
        let handle = desktop.handle();
        handle.focus(Some(window(1)));
        let (sender, reports) = unbounded();
        let report = move |report| sender.send(report).unwrap();
        let deliverer = Deliverer::spawn(Arc::new(desktop), drop, report).unwrap();
        Self { handle, deliverer, reports }
    }

    fn deliver(&self, text: &str, change: impl FnOnce(&mut Job)) {
        let mut job = Job {
            id: DictationId::new(),
            text: text.to_owned(),
            behind: String::new(),
            method: Method::Auto,
            guard: Guard::Hold,
            aimed: Focus::In(window(1)),
            options: TypeOptions::default(),
            paste: PasteOptions { chord: "ctrl+V".parse().unwrap(), modifier_wait: Duration::ZERO },
            then: Vec::new(),
            abort: Arc::default(),
        };
        change(&mut job);
        self.deliverer.deliver(job).unwrap();
    }

    fn fate(&self, text: &str, change: impl FnOnce(&mut Job)) -> Fate {
        self.deliver(text, change);
        match self.reports.recv().unwrap() {
            Report::Delivered(receipt) => receipt.fate,
            other @ Report::Undone(_) => panic!("{other:?}"),
        }
    }

    fn undo(&self) -> Undone {
        self.deliverer.undo(Arc::default());
        match self.reports.recv().unwrap() {
            Report::Undone(undone) => undone,
            other @ Report::Delivered(_) => panic!("{other:?}"),
        }
    }

    fn backspaces(&self) -> usize {
        let backspace = "Backspace".parse().unwrap();
        self.handle
            .typed()
            .iter()
            .filter(|typed| matches!(typed, Typed::Chord { chord, .. } if *chord == backspace))
            .count()
    }
}

#[test]
fn what_was_typed_piece_by_piece_is_taken_back_together() {
    let bench = Bench::new();
    for (behind, text) in [("", "one"), ("one", " two"), ("one two", " three")] {
        assert_eq!(bench.fate(text, |job| job.behind = behind.to_owned()), Fate::Typed);
    }
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 13 });
    assert_eq!(bench.backspaces(), 13);
}

fn window(id: u64) -> Target {
    Target { window: Some(WindowId(id)), ..Target::default() }
}

fn held(reason: HoldReason, rest: &str) -> Fate {
    Fate::Held { reason, rest: rest.to_owned() }
}

#[test]
fn texts_arrive_in_the_order_in_which_they_came_and_whole() {
    let bench = Bench::new();
    for number in 0..20 {
        bench.deliver(&format!("{number}, "), |job| {
            job.method = if number % 2 == 0 { Method::Type } else { Method::Paste };
        });
    }
    let fates: Vec<Report> = bench.reports.iter().take(20).collect();
    assert_eq!(fates.len(), 20);
    let expected = (0..20).map(|number| format!("{number}, ")).collect::<Vec<_>>().concat();
    assert_eq!(bench.handle.text(), expected);
}

#[test]
fn a_text_is_taken_back_once_by_what_the_user_counts_as_characters() {
    let bench = Bench::new();
    assert_eq!(bench.undo(), Undone::Nothing);
    assert_eq!(bench.fate("e\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}!", |_| ()), Fate::Typed);
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 4 });
    assert_eq!(bench.backspaces(), 4);
    assert_eq!(bench.undo(), Undone::Nothing);
    assert_eq!(bench.backspaces(), 4);
}

#[test]
fn a_text_is_taken_back_only_where_it_is() {
    let bench = Bench::new();
    bench.fate("here", |_| ());
    bench.handle.focus(Some(window(2)));
    assert_eq!(bench.undo(), Undone::Elsewhere(NotThere::OtherWindow));
    assert_eq!(bench.backspaces(), 0);
    bench.handle.fail_focus(Some(Failure::Connection));
    assert_eq!(bench.undo(), Undone::Elsewhere(NotThere::Unknown));
    assert_eq!(bench.backspaces(), 0);
    bench.handle.fail_focus(None);
    bench.handle.focus(Some(window(1)));
    bench.deliverer.undo(Arc::new(true.into()));
    assert_eq!(bench.reports.recv().unwrap(), Report::Undone(Undone::Disturbed));
    assert_eq!(bench.backspaces(), 0);
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 4 });
}

#[test]
fn only_the_last_text_is_taken_back_and_not_after_something_else_happened() {
    let bench = Bench::new();
    bench.fate("one", |_| ());
    bench.fate("twenty", |job| job.method = Method::Paste);
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 6 });
    assert_eq!(bench.undo(), Undone::Nothing);
    bench.fate("sent", |job| job.then = vec!["Enter".parse().unwrap()]);
    assert_eq!(bench.undo(), Undone::Nothing, "it was sent");
    bench.fate("one", |_| ());
    bench.fate("two", |job| job.aimed = Focus::In(window(9)));
    assert_eq!(bench.undo(), Undone::Nothing, "it is not known what is there");
}

#[test]
fn chords_follow_the_text_unless_it_was_held() {
    let bench = Bench::new();
    let enter = || vec!["Enter".parse().unwrap()];
    assert_eq!(bench.fate("hello", |job| job.then = enter()), Fate::Typed);
    assert!(matches!(&bench.handle.typed()[..], [Typed::Text { .. }, Typed::Chord { .. }]));
    bench.fate("", |job| job.then = enter());
    assert_eq!(bench.handle.typed().len(), 3, "a chord alone");
    bench.handle.focus(Some(window(2)));
    assert_eq!(bench.fate("hello", |job| job.then = enter()), held(HoldReason::FocusMoved, "hello"));
    assert_eq!(bench.handle.typed().len(), 3);
}

#[test]
fn what_would_go_to_a_program_that_grabs_the_keyboard_is_held() {
    let bench = Bench::new();
    let paste = |job: &mut Job| job.method = Method::Paste;
    let taken = |rest| held(HoldReason::KeyboardTaken, rest);
    bench.handle.take_keyboard(Some(2));
    assert_eq!(bench.fate("hello", |_| ()), taken("llo"), "it begins in the middle of the text");
    assert_eq!(bench.fate("hello", paste), taken("hello"));
    assert_eq!(bench.handle.text(), "he");
    bench.handle.take_keyboard(None);
    bench.fate("one", |_| ());
    bench.handle.take_keyboard(Some(0));
    assert_eq!(bench.undo(), Undone::Elsewhere(NotThere::KeyboardTaken));
    assert_eq!(bench.backspaces(), 0);
    bench.handle.take_keyboard(None);
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 3 }, "it is still there");
}

#[test]
fn a_key_that_does_not_follow_its_text_is_reported_with_the_reason() {
    let bench = Bench::new();
    let problem = |text: &str| {
        bench.deliver(text, |job| job.then = vec!["Enter".parse().unwrap()]);
        match bench.reports.recv().unwrap() {
            Report::Delivered(receipt) => (receipt.fate, receipt.unpressed),
            other @ Report::Undone(_) => panic!("{other:?}"),
        }
    };
    assert_eq!(problem("sent"), (Fate::Typed, None));
    bench.handle.take_keyboard(Some("kept".len()));
    let reason = HoldReason::KeyboardTaken.to_string();
    assert_eq!(problem("kept"), (Fate::Typed, Some(reason)));
    assert!(matches!(&bench.handle.typed()[..], [Typed::Text { .. }, Typed::Chord { .. }, Typed::Text { .. }]));
}

#[test]
fn nothing_is_sent_behind_a_locked_screen() {
    let bench = Bench::new();
    bench.handle.lock_screen(true);
    assert_eq!(bench.fate("hello", |_| ()), held(HoldReason::Locked, "hello"));
    assert_eq!(bench.fate("hello", |job| job.guard = Guard::Follow), held(HoldReason::Locked, "hello"));
    bench.handle.lock_screen(false);
    assert_eq!(bench.fate("hello", |_| ()), Fate::Typed);
}

#[test]
fn a_paste_that_nobody_read_is_held_and_one_that_cannot_be_made_is_typed() {
    let bench = Bench::new();
    let paste = |job: &mut Job| job.method = Method::Paste;
    bench.handle.copy("old");
    assert_eq!(bench.fate("a\nb", paste), Fate::Pasted);
    bench.handle.ignore_pastes(true);
    assert_eq!(bench.fate("hello", paste), held(HoldReason::NotTaken, "hello"));
    bench.handle.ignore_pastes(false);
    bench.handle.fail_pasting(Some(Failure::Permission));
    assert_eq!(bench.fate("hello", paste), Fate::Typed);
    assert_eq!(bench.handle.text(), "a\nbhello");
    assert_eq!(bench.handle.clipboard().as_deref(), Some("old"));
}

#[test]
fn a_paste_that_may_have_been_read_by_anybody_is_unconfirmed_and_a_text_that_can_be_typed_is_typed() {
    let bench = Bench::new();
    bench.handle.watch_clipboard(true);
    let long = "long ".repeat(100);
    assert_eq!(bench.fate(&long, |_| ()), Fate::Typed);
    assert_eq!(bench.fate("short", |job| job.method = Method::Paste), Fate::Unconfirmed);
    assert_eq!(bench.undo(), Undone::Nothing, "it may not be there");
    assert_eq!(bench.handle.text(), format!("{long}short"));
}

#[test]
fn what_was_pasted_is_not_typed_again_when_the_clipboard_cannot_be_given_back() {
    let bench = Bench::new();
    bench.handle.fail_restoring(true);
    bench.deliver("once", |job| job.method = Method::Paste);
    let Report::Delivered(receipt) = bench.reports.recv().unwrap() else { panic!("no receipt") };
    assert_eq!((receipt.fate, bench.handle.text().as_str()), (Fate::Pasted, "once"));
    assert!(receipt.problem.is_some_and(|problem| problem.contains("could not be put back")));
}

#[test]
fn a_line_break_that_is_to_be_a_space_is_one_in_a_paste_as_well() {
    let bench = Bench::new();
    bench.fate("rm -r\n.", |job| {
        job.method = Method::Paste;
        job.options.newline = scout_platform::Newline::Space;
    });
    assert_eq!(bench.handle.text(), "rm -r .");
}
