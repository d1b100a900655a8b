//! The delivery thread on a desktop that exists only in memory.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use scout_core::delivery::job::{Held, Job, Report};
use scout_core::delivery::plan::{Focus, Guard, HoldReason, Method};
use scout_core::delivery::undo::{NotThere, Undone};
use scout_core::dictation::{DictationId, Outcome};
use scout_platform::fake::{Failure, FakeDesktop, Handle, Typed};
use scout_platform::{PasteOptions, Target, TypeOptions, WindowId};

use super::executor::Executor;
use super::worker::Deliverer;

fn job(text: &str) -> Job {
    Job {
        id: DictationId::new(),
        text: text.to_owned(),
        behind: String::new(),
        method: Method::Auto,
        guard: Guard::Hold,
        aimed: Focus::In(window(1)),
        options: TypeOptions::default(),
        paste: PasteOptions { chord: "ctrl+V".parse().unwrap(), modifier_wait: Duration::ZERO },
        then: Vec::new(),
    }
}

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
        let mut job = job(text);
        change(&mut job);
        self.deliverer.deliver(job).unwrap();
    }

    fn result(&self, text: &str, change: impl FnOnce(&mut Job)) -> Result<Outcome, Held> {
        self.deliver(text, change);
        match self.reports.recv().unwrap() {
            Report::Delivered(receipt) => receipt.result,
            other @ Report::Undone(_) => panic!("{other:?}"),
        }
    }

    fn undo(&self) -> Undone {
        self.deliverer.undo().unwrap();
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
        assert_eq!(bench.result(text, |job| job.behind = behind.to_owned()), Ok(Outcome::Typed));
    }
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 13 });
    assert_eq!(bench.backspaces(), 13);
}

fn window(id: u64) -> Target {
    Target { window: Some(WindowId(id)), ..Target::default() }
}

fn held(reason: HoldReason, rest: &str) -> Result<Outcome, Held> {
    Err(Held { reason, rest: rest.to_owned() })
}

#[test]
fn texts_arrive_in_the_order_in_which_they_came_and_whole() {
    let bench = Bench::new();
    for number in 0..20 {
        bench.deliver(&format!("{number}, "), |job| {
            job.method = if number % 2 == 0 { Method::Type } else { Method::Paste };
        });
    }
    let results: Vec<Report> = bench.reports.iter().take(20).collect();
    assert_eq!(results.len(), 20);
    let expected = (0..20).map(|number| format!("{number}, ")).collect::<Vec<_>>().concat();
    assert_eq!(bench.handle.text(), expected);
}

#[test]
fn a_text_is_taken_back_once_by_what_the_user_counts_as_characters() {
    let bench = Bench::new();
    assert_eq!(bench.undo(), Undone::Nothing);
    assert_eq!(bench.result("e\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}!", |_| ()), Ok(Outcome::Typed));
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 4 });
    assert_eq!(bench.backspaces(), 4);
    assert_eq!(bench.undo(), Undone::Nothing);
    assert_eq!(bench.backspaces(), 4);
}

#[test]
fn a_text_is_taken_back_only_where_it_is() {
    let bench = Bench::new();
    drop(bench.result("here", |_| ()));
    bench.handle.focus(Some(window(2)));
    assert_eq!(bench.undo(), Undone::Elsewhere(NotThere::OtherWindow));
    assert_eq!(bench.backspaces(), 0);
    bench.handle.fail_focus(Some(Failure::Connection));
    assert_eq!(bench.undo(), Undone::Elsewhere(NotThere::Unknown));
    assert_eq!(bench.backspaces(), 0);
    bench.handle.fail_focus(None);
    bench.handle.focus(Some(window(1)));
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 4 });
}

#[test]
fn an_undo_that_is_stopped_before_it_begins_removes_nothing() {
    let desktop = FakeDesktop::new();
    let handle = desktop.handle();
    handle.focus(Some(window(1)));
    let mut executor = Executor::new(Arc::new(desktop));
    let go_on = AtomicBool::new(false);
    executor.deliver(&job("here"), &go_on);
    assert_eq!(executor.undo(&AtomicBool::new(true)), Undone::Disturbed);
    assert_eq!(handle.typed().len(), 1);
    assert_eq!(executor.undo(&go_on), Undone::Removed { graphemes: 4 });
}

#[test]
fn only_the_last_text_is_taken_back_and_not_after_something_else_happened() {
    let bench = Bench::new();
    drop(bench.result("one", |_| ()));
    drop(bench.result("twenty", |job| job.method = Method::Paste));
    assert_eq!(bench.undo(), Undone::Removed { graphemes: 6 });
    assert_eq!(bench.undo(), Undone::Nothing);
    drop(bench.result("sent", |job| job.then = vec!["Enter".parse().unwrap()]));
    assert_eq!(bench.undo(), Undone::Nothing, "it was sent");
    drop(bench.result("one", |_| ()));
    drop(bench.result("two", |job| job.aimed = Focus::In(window(9))));
    assert_eq!(bench.undo(), Undone::Nothing, "it is not known what is there");
}

#[test]
fn chords_follow_the_text_unless_it_was_held() {
    let bench = Bench::new();
    let enter = || vec!["Enter".parse().unwrap()];
    assert_eq!(bench.result("hello", |job| job.then = enter()), Ok(Outcome::Typed));
    assert!(matches!(&bench.handle.typed()[..], [Typed::Text { .. }, Typed::Chord { .. }]));
    drop(bench.result("", |job| job.then = enter()));
    assert_eq!(bench.handle.typed().len(), 3, "a chord alone");
    bench.handle.focus(Some(window(2)));
    assert_eq!(bench.result("hello", |job| job.then = enter()), held(HoldReason::FocusMoved, "hello"));
    assert_eq!(bench.handle.typed().len(), 3);
}

#[test]
fn what_would_go_to_a_program_that_grabs_the_keyboard_is_held() {
    let bench = Bench::new();
    let paste = |job: &mut Job| job.method = Method::Paste;
    let taken = |rest| held(HoldReason::KeyboardTaken, rest);
    bench.handle.take_keyboard(Some(2));
    assert_eq!(bench.result("hello", |_| ()), taken("llo"), "it begins in the middle of the text");
    assert_eq!(bench.result("hello", paste), taken("hello"));
    assert_eq!(bench.handle.text(), "he");
    bench.handle.take_keyboard(None);
    drop(bench.result("one", |_| ()));
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
            Report::Delivered(receipt) => (receipt.result, receipt.unpressed),
            other @ Report::Undone(_) => panic!("{other:?}"),
        }
    };
    assert_eq!(problem("sent"), (Ok(Outcome::Typed), None));
    bench.handle.take_keyboard(Some("kept".len()));
    let reason = HoldReason::KeyboardTaken.to_string();
    assert_eq!(problem("kept"), (Ok(Outcome::Typed), Some(reason)));
    assert!(matches!(&bench.handle.typed()[..], [Typed::Text { .. }, Typed::Chord { .. }, Typed::Text { .. }]));
}

#[test]
fn nothing_is_sent_behind_a_locked_screen() {
    let bench = Bench::new();
    bench.handle.lock_screen(true);
    assert_eq!(bench.result("hello", |_| ()), held(HoldReason::Locked, "hello"));
    assert_eq!(bench.result("hello", |job| job.guard = Guard::Follow), held(HoldReason::Locked, "hello"));
    bench.handle.lock_screen(false);
    assert_eq!(bench.result("hello", |_| ()), Ok(Outcome::Typed));
}

#[test]
fn a_paste_that_nobody_read_is_held_and_one_that_cannot_be_made_is_typed() {
    let bench = Bench::new();
    let paste = |job: &mut Job| job.method = Method::Paste;
    bench.handle.copy("old");
    assert_eq!(bench.result("a\nb", paste), Ok(Outcome::Pasted));
    bench.handle.ignore_pastes(true);
    assert_eq!(bench.result("hello", paste), held(HoldReason::NotTaken, "hello"));
    bench.handle.ignore_pastes(false);
    bench.handle.fail_pasting(Some(Failure::Permission));
    assert_eq!(bench.result("hello", paste), Ok(Outcome::Typed));
    assert_eq!(bench.handle.text(), "a\nbhello");
    assert_eq!(bench.handle.clipboard().as_deref(), Some("old"));
}

#[test]
fn a_paste_that_may_have_been_read_by_anybody_is_unconfirmed_and_a_text_that_can_be_typed_is_typed() {
    let bench = Bench::new();
    bench.handle.watch_clipboard(true);
    let long = "long ".repeat(100);
    assert_eq!(bench.result(&long, |_| ()), Ok(Outcome::Typed));
    assert_eq!(bench.result("short", |job| job.method = Method::Paste), Ok(Outcome::Unconfirmed));
    assert_eq!(bench.undo(), Undone::Nothing, "it may not be there");
    assert_eq!(bench.handle.text(), format!("{long}short"));
}

#[test]
fn what_was_pasted_is_not_typed_again_when_the_clipboard_cannot_be_given_back() {
    let bench = Bench::new();
    bench.handle.fail_restoring(true);
    bench.deliver("once", |job| job.method = Method::Paste);
    let Report::Delivered(receipt) = bench.reports.recv().unwrap() else { panic!("no receipt") };
    assert_eq!((receipt.result, bench.handle.text().as_str()), (Ok(Outcome::Pasted), "once"));
    assert!(receipt.problem.is_some_and(|problem| problem.contains("could not be put back")));
}

#[test]
fn a_line_break_that_is_to_be_a_space_is_one_in_a_paste_as_well() {
    let bench = Bench::new();
    let as_space = |job: &mut Job| {
        job.method = Method::Paste;
        job.options.newline = scout_platform::Newline::Space;
    };
    assert_eq!(bench.result("rm -r\n.", as_space), Ok(Outcome::Pasted));
    assert_eq!(bench.handle.text(), "rm -r .");
}
