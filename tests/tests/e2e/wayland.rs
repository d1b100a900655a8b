//! Wayland: every character arrives in applications of each kind, chords work, and the focus is known.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{
    Arrival, Chord, ClipboardFate, Environment, InjectError, Injector, Paste, PasteError, PasteOptions, SessionKind,
    TypeOptions, detect_in,
};
use scout_tests::{Desktop, Parts, Target, Wayland, wait_for};

/// 500 ASCII characters, with everything that is printed on a US keyboard.
const PROSE: &str = include_str!("../../texts/prose.txt");
/// 183 characters: accents, Greek, Cyrillic, Chinese, Japanese, Korean, emoji with joiners, line breaks, a tab.
const MIXED: &str = include_str!("../../texts/mixed.txt");

/// Opens a target.
type Open = fn(&Wayland) -> Result<Target>;

/// The applications, by the way in which they get their keys.
const TARGETS: [(&str, Open); 4] = [
    ("foot", Target::foot),
    ("GTK 3", Target::text_view_3),
    ("GTK 4", Target::text_view_4),
    ("XWayland", Target::old_text_view),
];

/// The desktop as Scout sees it.
fn scout_sees(desktop: &Desktop) -> Result<Arc<dyn scout_platform::Desktop>> {
    let place = desktop.place();
    let socket = place.runtime().join(place.wayland().context("no Wayland session")?);
    let seen = detect_in(&Environment {
        display: place.display().map(str::to_owned),
        wayland_display: Some(socket.to_string_lossy().into_owned()),
    });
    ensure!(seen.kind() == SessionKind::Wayland);
    Ok(seen)
}

#[test]
fn every_character_arrives_once_in_each_application() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let mut injector = scout_sees(&desktop)?.injector()?;
    for (name, open) in TARGETS {
        let target = open(wayland)?;
        let mut expected = String::new();
        for text in [PROSE, MIXED, PROSE, MIXED] {
            let report = injector.type_text(text, &TypeOptions::default(), &mut || true)?;
            ensure!(report.complete && report.chars_sent == text.chars().count(), "{name}: {report:?}");
            println!("{name}: {} characters in {:?}", report.chars_sent, report.elapsed);
            expected.push_str(text);
        }
        target.wait_for_text(&expected).with_context(|| name.to_owned())?;
    }
    Ok(())
}

#[test]
fn more_characters_than_a_keyboard_has_keys_arrive() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let mut injector = scout_sees(&desktop)?.injector()?;
    let text: String = ('\u{4e00}'..).take(600).collect();
    // XWayland's windows load each new keymap aside, and nobody tells when they have: such texts are pasted there.
    for (name, open) in TARGETS.into_iter().filter(|(name, _)| *name != "XWayland") {
        let target = open(desktop.wayland()?)?;
        injector.type_text(&text, &TypeOptions::default(), &mut || true)?;
        target.wait_for_text(&text).with_context(|| name.to_owned())?;
    }
    Ok(())
}

#[test]
fn a_key_that_the_user_holds_does_not_mix_with_what_is_typed() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let target = Target::text_view_3(wayland)?;
    let mut injector = scout_sees(&desktop)?.injector()?;
    for key in ["Control_L", "Shift_L"] {
        wayland.hold(key)?;
        injector.type_text("Held, not lost. ", &TypeOptions::default(), &mut || true)?;
        wayland.release(key)?;
    }
    wayland.tap("x")?;
    target.wait_for_text("Held, not lost. Held, not lost. x")
}

#[test]
fn chords_reach_each_application() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let _clipboard = wayland.copy("text/plain;charset=utf-8", "pasted: ä 你 🙂".as_bytes())?;
    let mut injector = scout_sees(&desktop)?.injector()?;
    for (name, open) in TARGETS {
        let target = open(wayland)?;
        // A keymap with characters on spare keys must not keep chords from working.
        injector.type_text("é ", &TypeOptions::default(), &mut || true)?;
        injector.press_chord(&if name == "foot" { "ctrl+shift+V" } else { "ctrl+V" }.parse()?)?;
        target.wait_for_text("é pasted: ä 你 🙂").with_context(|| name.to_owned())?;
    }
    Ok(())
}

#[test]
fn typing_stops_when_it_is_told_to() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let target = Target::text_view_4(desktop.wayland()?)?;
    let mut left = 10;
    let mut keep_going = || {
        left -= 1;
        left >= 0
    };
    let report = scout_sees(&desktop)?.injector()?.type_text(PROSE, &TypeOptions::default(), &mut keep_going)?;
    ensure!((report.chars_sent, report.complete) == (10, false), "{report:?}");
    target.wait_for_text(&PROSE.chars().take(10).collect::<String>())
}

#[test]
fn the_focus_is_known_by_the_protocol_and_a_window_keeps_its_name() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let seen = scout_sees(&desktop)?;
    let mut probe = seen.focus_probe()?;
    ensure!(probe.focused()?.is_none(), "nothing is open");
    let first = Target::foot(wayland)?;
    let found = probe.focused()?.context("a window has the focus")?;
    ensure!(found.app_id.as_deref() == Some("foot") && found.title.as_deref() == Some(first.title()), "{found:?}");
    let second = Target::old_text_view(wayland)?;
    let other = probe.focused()?.context("a window has the focus")?;
    ensure!(other.title.as_deref() == Some(second.title()) && other.window != found.window, "{other:?}");
    wayland.focus(first.title())?;
    let locked = wayland.lock()?;
    ensure!(probe.focused()?.is_none(), "a locked screen has no window");
    locked.unlock()?;
    wayland.wait_focused(first.title())?;
    // Another probe calls the window by the same name: the guard compares them.
    ensure!(seen.focus_probe()?.focused()?.and_then(|target| target.window) == found.window);
    drop((first, second));
    wait_for("an empty screen", || Ok(probe.focused()?.is_none().then_some(())))
}

/// Presses no chord, but does something else at that moment.
struct Instead<F>(F);

impl<F: FnMut() -> Result<()>> Injector for Instead<F> {
    fn type_text(
        &mut self,
        _: &str,
        _: &TypeOptions,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<scout_platform::TypeReport, InjectError> {
        Err(InjectError::NotOffered(SessionKind::Wayland))
    }

    fn press_chord(&mut self, _: &Chord) -> Result<(), InjectError> {
        (self.0)().map_err(|error| InjectError::Connection { reason: error.to_string() })
    }

    fn held_keys(&mut self) -> Result<Vec<scout_platform::Key>, InjectError> {
        Ok(Vec::new())
    }
}

fn paste_by(chord: &str) -> Result<PasteOptions> {
    Ok(PasteOptions { chord: chord.parse()?, modifier_wait: std::time::Duration::ZERO })
}

#[test]
fn pasted_text_is_exact_with_a_receipt_and_the_old_clipboard_is_back() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let seen = scout_sees(&desktop)?;
    let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
    let long = MIXED.repeat(600); // 110,000 characters: more than a pipe holds
    for (format, content) in [
        ("image/png", &vec![7; 300_000][..]),
        ("text/plain;charset=utf-8", b"the user's own"),
        ("text/html", b"<b>b</b>"),
    ] {
        let owner = wayland.copy(format, content)?;
        let formats = wayland.clipboard_formats()?;
        for (name, open) in TARGETS {
            let target = open(wayland)?;
            let options = paste_by(if name == "foot" { "ctrl+shift+V" } else { "ctrl+V" })?;
            // Twice without a pause: the second must not find what the first has put there.
            for text in [if name == "GTK 4" { &long } else { PROSE }, MIXED] {
                let report = paster.paste(Paste::new(text, &options, injector.as_mut(), &mut || true))?;
                // Nobody tells whether it was the target that has read it.
                ensure!(report.arrival == Arrival::Unconfirmed && !report.arrived(), "{name}: {report:?}");
                ensure!(report.restored == Ok(ClipboardFate::Restored), "{name}: {report:?}");
                ensure!(wayland.clipboard(format)? == content, "{name}: the old clipboard is not back");
            }
            let expected = if name == "GTK 4" { format!("{long}{MIXED}") } else { format!("{PROSE}{MIXED}") };
            target.wait_for_text(&expected).map_err(|_| anyhow::anyhow!("{name}: {format}"))?;
        }
        ensure!(wayland.clipboard_formats()? == formats, "{:?} instead of {formats:?}", wayland.clipboard_formats()?);
        drop(owner);
    }
    Ok(())
}

#[test]
fn what_the_user_copies_meanwhile_stays() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let _before = wayland.copy("text/plain", b"before")?;
    let mut owner = None;
    let mut injector = Instead(|| {
        owner = Some(wayland.copy("text/plain", b"the user's new one")?);
        Ok(())
    });
    let mut paster = scout_sees(&desktop)?.paster()?;
    let report = paster.paste(Paste::new("dictated", &paste_by("ctrl+V")?, &mut injector, &mut || true))?;
    ensure!(report.restored == Ok(ClipboardFate::LeftToNewOwner) && !report.arrived(), "{report:?}");
    ensure!(wayland.clipboard("text/plain")? == b"the user's new one");
    Ok(())
}

#[test]
fn a_program_that_reads_every_copy_is_noticed_and_a_busy_window_never_gets_the_old_clipboard() -> Result<()> {
    let desktop = Desktop::start(&Parts::wayland())?;
    let wayland = desktop.wayland()?;
    let before = || -> Result<Option<()>> { Ok((wayland.clipboard("text/plain")? == b"OLDSECRET").then_some(())) };
    let _before = wayland.copy("text/plain", b"OLDSECRET")?;
    let target = Target::text_view_3(wayland)?;
    let seen = scout_sees(&desktop)?;
    let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
    let stopped = paster.paste(Paste::new("dictated", &paste_by("ctrl+V")?, injector.as_mut(), &mut || false))?;
    ensure!(!stopped.pressed && stopped.restored == Ok(ClipboardFate::Restored), "{stopped:?}");
    wait_for("the old clipboard", before)?;

    let watcher = wayland.watch_clipboard()?;
    paster.refuse_watched(true);
    let refused = paster.paste(Paste::new("dictated", &paste_by("ctrl+V")?, injector.as_mut(), &mut || true));
    ensure!(matches!(refused, Err(PasteError::Watched)), "{refused:?}");
    wait_for("the old clipboard", before)?;
    ensure!(target.settled_text()?.is_empty());
    // Whoever wants it pasted all the same gets it, and no promise.
    paster.refuse_watched(false);
    let mut expected = String::new();
    for number in 0..5 {
        let text = format!("text {number}. ");
        let stall = target.stall(std::time::Duration::from_millis(600))?;
        let report = paster.paste(Paste::new(&text, &paste_by("ctrl+V")?, injector.as_mut(), &mut || true))?;
        drop(stall);
        ensure!(report.arrival == Arrival::Unconfirmed, "{report:?}");
        expected.push_str(&text);
        target.wait_to_hold(&expected)?;
        wait_for("the old clipboard", before)?;
    }

    // A window that hangs: the text stays for it.
    let hang = target.hang()?;
    let report = paster.paste(Paste::new("late", &paste_by("ctrl+V")?, injector.as_mut(), &mut || true))?;
    ensure!(report.pressed && report.arrival == Arrival::Unread, "{report:?}");
    ensure!(report.restored == Ok(ClipboardFate::Later), "{report:?}");
    drop(hang);
    target.wait_for_text(&format!("{expected}late"))?;
    wait_for("the old clipboard", before)?;
    drop(watcher);
    Ok(())
}
