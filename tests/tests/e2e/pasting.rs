//! Pasting into real applications: the text arrives, and the clipboard is as it was.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{
    Arrival, ClipboardFate, Desktop as Platform, Environment, Paste, PasteError, PasteOptions, PasteReport, detect_in,
};
use scout_tests::{Desktop, Display, Parts, Target, wait_for};

const LAGS: [u64; 4] = [0, 150, 500, 2_000];
/// What a user may have copied before: each alone, and all at once.
const FORMATS: [(&str, &[u8]); 4] = [
    ("UTF8_STRING", "old text: grüße".as_bytes()),
    ("text/html", b"<b>old</b>"),
    ("image/png", b"\x89PNG\r\n\x1a\nnot really a picture"),
    ("text/uri-list", b"file:///tmp/a\r\n"),
];

/// `SCOUT_PASTES` says how many pastes are made in all; without it a few.
#[test]
fn the_text_arrives_and_the_clipboard_comes_back_however_slow_the_target_is() -> Result<()> {
    let pastes: usize = std::env::var("SCOUT_PASTES").map_or(Ok(20), |pastes| pastes.parse())?;
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let mut expected = String::new();
    for paste in 0..pastes {
        let lag = LAGS[paste % LAGS.len()];
        let _owner = match FORMATS.get(paste / LAGS.len() % (FORMATS.len() + 1)) {
            Some((format, bytes)) => display.copy_as("clipboard", format, bytes)?,
            None => display.copy_everything()?,
        };
        let before = display.everything("clipboard")?;
        let text = format!("paste {paste}: ünïcode 漢字 🎉. ");
        let stall = (lag > 0).then(|| target.stall(Duration::from_millis(lag))).transpose()?;
        let report = hand.paste(&text, "ctrl+V")?;
        drop(stall);
        ensure!(report.arrived() && report.restored == Ok(ClipboardFate::Restored), "{paste}: {report:?}");
        expected.push_str(&text);
        ensure!(display.everything("clipboard")? == before, "paste {paste}: the clipboard is not as it was");
        if paste % 10 == 9 {
            target.wait_for_text(&expected)?;
        }
    }
    target.wait_for_text(&expected)?;
    println!("{pastes} pastes arrived, and {pastes} clipboards came back");
    display.keyboard_is_clean()
}

#[test]
fn a_copy_that_the_user_makes_meanwhile_wins() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let _old = display.copy("old")?;
    // Before the target reads: it gets what the user copied, and Scout knows that its text did not arrive.
    let stall = target.stall(Duration::from_millis(2_500))?;
    let (report, _mine) = std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            display.copy("mine")
        });
        let report = hand.paste("dictated", "ctrl+V");
        (report, copying.join().expect("copying does not panic"))
    });
    drop(stall);
    let report = report?;
    ensure!(!report.arrived() && report.restored == Ok(ClipboardFate::LeftToNewOwner), "{report:?}");
    target.wait_for_text("mine")?;
    ensure!(display.clipboard()? == "mine");
    display.keyboard_is_clean()
}

#[test]
fn only_the_target_gives_a_receipt_and_a_window_that_hangs_never_gets_the_old_clipboard() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let _old = display.copy("OLDSECRET")?;
    // A window that is busy while a clipboard manager reads once, as such managers do.
    let stall = target.stall(Duration::from_millis(3_500))?;
    let (report, seen) = hand.paste_while_a_manager_reads("first. ", display)?;
    drop(stall);
    ensure!(seen == "first. ", "the manager read {seen:?}");
    ensure!(report.arrived() && report.restored == Ok(ClipboardFate::Restored), "{report:?}");
    target.wait_for_text("first. ")?;
    ensure!(display.clipboard()? == "OLDSECRET");

    // One that hangs for longer than Scout waits.
    let stopped = target.hang()?;
    let (report, read) = hand.paste_while_a_manager_reads("second. ", display)?;
    ensure!(read == "second. ", "the manager read {read:?}");
    ensure!(report.pressed && report.arrival == Arrival::Unread, "{report:?}");
    ensure!(display.clipboard()? == "OLDSECRET", "others have what the user copied");
    let again = hand.paste("third. ", "ctrl+V").err().context("a second text was pasted")?;
    ensure!(matches!(again.downcast_ref(), Some(PasteError::Awaited)), "{again}");
    ensure!(target.text()? == "first. ", "it does not hang");
    drop(stopped);
    target.wait_for_text("first. second. ")?;
    // What the user pastes there later is the user's own.
    display.hold("Control_L")?;
    display.tap("v")?;
    display.release("Control_L")?;
    target.wait_for_text("first. second. OLDSECRET")?;
    ensure!(display.clipboard()? == "OLDSECRET");
    ensure!(hand.paste(" fourth.", "ctrl+V")?.arrived());
    target.wait_for_text("first. second. OLDSECRET fourth.")?;
    display.keyboard_is_clean()
}

#[test]
fn a_window_that_does_not_paste_is_noticed_and_the_clipboard_comes_back() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    // There was nothing on the clipboard, so that nothing is there for others.
    let report = hand.paste("dictated", "ctrl+shift+F8")?;
    ensure!(report.pressed && !report.arrived() && report.restored == Ok(ClipboardFate::Restored), "{report:?}");
    ensure!(display.formats("clipboard")?.is_empty(), "{:?}", display.formats("clipboard")?);
    ensure!(target.settled_text()?.is_empty());
    let _mine = display.copy("mine")?;
    ensure!(display.clipboard()? == "mine");
    display.keyboard_is_clean()
}

#[test]
fn a_clipboard_that_cannot_be_saved_is_left_alone() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut owner = display.copy("old")?;
    owner.hang()?;
    let refused = Hand::of(display)?.paste("dictated", "ctrl+V");
    let error = refused.err().context("it was pasted")?;
    ensure!(matches!(error.downcast_ref(), Some(PasteError::Unsaved { .. })), "{error}");
    ensure!(owner.is_still_owner() && target.settled_text()?.is_empty());
    display.keyboard_is_clean()
}

#[test]
fn shift_and_insert_paste_into_terminals_and_the_primary_selection_comes_back() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::terminal(display)?;
    let mut hand = Hand::of(display)?;
    let _old = display.copy("old")?;
    let _marked = display.copy_as("primary", "UTF8_STRING", "marked".as_bytes())?;
    ensure!(hand.paste("ls -l *.rs ", "shift+Insert")?.arrived());
    target.wait_for_text("ls -l *.rs ")?;
    ensure!(display.clipboard()? == "old");
    ensure!(display.selection_as("primary", "UTF8_STRING")? == b"marked");
    display.keyboard_is_clean()
}

#[test]
fn an_empty_clipboard_is_empty_again_and_the_text_was_marked_as_private() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let mut hint = Vec::new();
    let mut look = || {
        hint = display.selection_as("clipboard", "x-kde-passwordManagerHint").unwrap_or_default();
        true
    };
    ensure!(hand.paste_while("dictated", "ctrl+V", &mut look)?.arrived());
    target.wait_for_text("dictated")?;
    ensure!(hint == b"secret", "{hint:?}");
    ensure!(display.formats("clipboard")?.is_empty(), "{:?}", display.formats("clipboard")?);
    display.keyboard_is_clean()
}

#[test]
fn big_texts_go_in_pieces_and_pastes_follow_each_other() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let _old = display.copy("old")?;
    let big: String = "0123456789 grüße ".chars().cycle().take(400_000).collect();
    for text in [big.as_str(), "a", "b", "c"] {
        ensure!(hand.paste(text, "ctrl+V")?.arrived());
    }
    let expected = format!("{big}abc");
    wait_for("the big text", || Ok((target.text()? == expected).then_some(())))?;
    ensure!(display.clipboard()? == "old");
    display.keyboard_is_clean()
}

#[test]
fn nothing_is_pasted_into_a_window_that_was_not_aimed_at() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let first = Target::text_view(display)?;
    let mut hand = Hand::of(display)?;
    let aimed = hand.platform.focus_probe()?.focused()?.context("a window has the focus")?.window;
    let second = Target::text_view(display)?;
    let _old = display.copy("old")?;
    hand.injector.aim(aimed);
    ensure!(hand.paste("dictated", "ctrl+V").is_err());
    ensure!(first.settled_text()?.is_empty() && second.settled_text()?.is_empty() && display.clipboard()? == "old");
    display.keyboard_is_clean()
}

/// What pastes.
struct Hand {
    platform: Arc<dyn Platform>,
    paster: Box<dyn scout_platform::Paster>,
    injector: Box<dyn scout_platform::Injector>,
}

impl Hand {
    fn of(display: &Display) -> Result<Self> {
        let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
        let platform = detect_in(&here);
        Ok(Self { paster: platform.paster()?, injector: platform.injector()?, platform })
    }

    fn paste(&mut self, text: &str, chord: &str) -> Result<PasteReport> {
        self.paste_while(text, chord, &mut || true)
    }

    /// A clipboard manager reads the text once, right after the chord. Gives what it read.
    fn paste_while_a_manager_reads(&mut self, text: &str, display: &Display) -> Result<(PasteReport, String)> {
        let (sender, chord) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let manager = scope.spawn(move || -> Result<String> {
                chord.recv()?;
                std::thread::sleep(Duration::from_millis(300));
                display.clipboard()
            });
            let mut goes_out = || sender.send(()).is_ok();
            let report = self.paste_while(text, "ctrl+V", &mut goes_out)?;
            Ok((report, manager.join().map_err(|_| anyhow::anyhow!("reading panicked"))??))
        })
    }

    fn paste_while(&mut self, text: &str, chord: &str, keep_going: &mut dyn FnMut() -> bool) -> Result<PasteReport> {
        let options = PasteOptions { chord: chord.parse()?, modifier_wait: Duration::ZERO };
        Ok(self.paster.paste(Paste::new(text, &options, self.injector.as_mut(), keep_going))?)
    }
}
