//! GNOME: no program gets a keyboard of its own there. Text is pasted by the desktop's portal, once its user has agreed.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{
    Arrival, ClipboardFate, InjectError, Paste, PasteError, PasteOptions, SessionKind, TypeOptions, capabilities,
    detect,
};
use scout_tests::{Agent, Gnome, GnomePortal, Parts, Target, dictate_by, speech, wait_for};

/// 500 ASCII characters, with everything that is printed on a US keyboard.
const PROSE: &str = include_str!("../../texts/prose.txt");
/// 183 characters: accents, Greek, Cyrillic, Chinese, Japanese, Korean, emoji with joiners, line breaks, a tab.
const MIXED: &str = include_str!("../../texts/mixed.txt");

fn session() -> Parts {
    Parts { gnome: true, bus: true, ..Parts::nothing() }
}

fn paste_by(chord: &str) -> Result<PasteOptions> {
    Ok(PasteOptions { chord: chord.parse()?, modifier_wait: Duration::ZERO })
}

/// The applications, by the way in which they get their keys.
type Open = fn(&Gnome) -> Result<Target>;
const TARGETS: [(&str, Open); 2] = [("GTK 3", Target::text_view_in_gnome), ("GTK 4", Target::text_view_4_in_gnome)];

#[test]
fn text_is_pasted_exactly_with_a_receipt_and_the_old_clipboard_is_back() -> Result<()> {
    const NAME: &str = "gnome::text_is_pasted_exactly_with_a_receipt_and_the_old_clipboard_is_back";
    scout_tests::inside(&session(), NAME, |desktop| {
        let gnome = desktop.gnome()?;
        let portal = desktop.start_remote_portal(GnomePortal::Current, true)?;
        let seen = detect();
        ensure!(seen.kind() == SessionKind::Wayland && portal.asked()? == 0);
        let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
        ensure!(portal.asked()? == 0, "looking must ask nothing");
        let typed = injector.type_text("x", &TypeOptions::default(), &mut || true);
        ensure!(matches!(typed, Err(InjectError::Untypable { .. })), "{typed:?}");
        let long = MIXED.repeat(600); // 110,000 characters: more than a pipe holds
        for (format, content) in [("text/html", &b"<b>b</b>"[..]), ("image/png", &vec![7; 300_000][..])] {
            let _owner = gnome.copy(format, content)?;
            for (name, open) in TARGETS {
                let target = open(gnome)?;
                for text in [&long, PROSE, MIXED] {
                    let report =
                        paster.paste(Paste::new(text, &paste_by("ctrl+V")?, injector.as_mut(), &mut || true))?;
                    println!("{name}: {} characters, {report:?}", text.chars().count());
                    ensure!(report.arrival == Arrival::Unconfirmed, "{name}: {report:?}");
                    ensure!(report.restored == Ok(ClipboardFate::Restored), "{name}: {report:?}");
                }
                target
                    .wait_for_text(&format!("{long}{PROSE}{MIXED}"))
                    .map_err(|_| anyhow::anyhow!("{name}: {format}"))?;
            }
            let back = gnome.clipboard(format)?;
            ensure!(back == content, "{format} is not back, but {} bytes", back.len());
            ensure!(gnome.clipboard("UTF8_STRING")?.is_empty(), "the text is still there");
        }
        ensure!(portal.asked()? == 1);
        Ok(())
    })
}

#[test]
fn a_chord_that_nobody_takes_is_told_and_what_is_copied_meanwhile_stays() -> Result<()> {
    const NAME: &str = "gnome::a_chord_that_nobody_takes_is_told_and_what_is_copied_meanwhile_stays";
    scout_tests::inside(&session(), NAME, |desktop| {
        let gnome = desktop.gnome()?;
        let _portal = desktop.start_remote_portal(GnomePortal::Current, true)?;
        let seen = detect();
        let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
        let target = Target::text_view_in_gnome(gnome)?;
        let _before = gnome.copy("UTF8_STRING", b"before")?;
        let report = paster.paste(Paste::new("dictated", &paste_by("ctrl+F8")?, injector.as_mut(), &mut || true))?;
        ensure!(report.pressed && report.reads == 0 && !report.arrived(), "{report:?}");
        // A window that hangs would read it later: the text stays until somebody reads it.
        ensure!(report.restored == Ok(ClipboardFate::Later), "{report:?}");
        ensure!(gnome.clipboard("UTF8_STRING")? == b"dictated");
        wait_for("the old clipboard", || Ok((gnome.clipboard("UTF8_STRING")? == b"before").then_some(())))?;
        let stopped = paster.paste(Paste::new("dictated", &paste_by("ctrl+V")?, injector.as_mut(), &mut || false))?;
        ensure!(!stopped.pressed && stopped.restored == Ok(ClipboardFate::Restored), "{stopped:?}");
        let mut owner = None;
        let mut copies = || {
            owner = gnome.copy("UTF8_STRING", b"the user's new one").ok();
            true
        };
        let report = paster.paste(Paste::new("dictated", &paste_by("ctrl+F8")?, injector.as_mut(), &mut copies))?;
        ensure!(report.restored == Ok(ClipboardFate::LeftToNewOwner) && !report.arrived(), "{report:?}");
        ensure!(gnome.clipboard("UTF8_STRING")? == b"the user's new one");
        ensure!(target.text()?.is_empty());
        Ok(())
    })
}

#[test]
fn the_user_is_asked_once_and_can_say_no_or_stop_it() -> Result<()> {
    const NAME: &str = "gnome::the_user_is_asked_once_and_can_say_no_or_stop_it";
    scout_tests::inside(&session(), NAME, |desktop| {
        let gnome = desktop.gnome()?;
        let declining = desktop.start_remote_portal(GnomePortal::Current, false)?;
        let seen = detect();
        let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
        let refused = paster.paste(Paste::new("dictated", &paste_by("ctrl+V")?, injector.as_mut(), &mut || true));
        ensure!(matches!(refused, Err(PasteError::Chord(InjectError::Permission { .. }))), "{refused:?}");
        ensure!(declining.asked()? == 1);
        drop(declining);
        let portal = desktop.start_remote_portal(GnomePortal::Current, true)?;
        let target = Target::text_view_in_gnome(gnome)?;
        for start in 1..=2 {
            // As after another log-in.
            let seen = detect();
            seen.prepare();
            let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
            for _ in 0..2 {
                let report =
                    paster.paste(Paste::new("again ", &paste_by("ctrl+V")?, injector.as_mut(), &mut || true))?;
                ensure!(report.arrival == Arrival::Unconfirmed, "{start}: {report:?}");
                portal.stop()?;
            }
        }
        target.wait_for_text("again again again again ")?;
        ensure!(portal.asked()? == 1, "the permission is remembered");
        Ok(())
    })
}

#[test]
fn the_installed_portal_presses_chords_and_text_is_pasted_through_xwayland() -> Result<()> {
    const NAME: &str = "gnome::the_installed_portal_presses_chords_and_text_is_pasted_through_xwayland";
    scout_tests::inside(&session(), NAME, |desktop| {
        let gnome = desktop.gnome()?;
        let portal = desktop.start_remote_portal(GnomePortal::Installed, true)?;
        let seen = detect();
        let works = capabilities(seen.as_ref());
        ensure!(works.typing.works() && works.pasting.works() && works.focus.works(), "{works:?}");
        let owner = gnome.copy("UTF8_STRING", MIXED.as_bytes())?;
        let (mut injector, mut paster) = (seen.injector()?, seen.paster()?);
        let target = Target::text_view_in_gnome(gnome)?;
        // A paste takes longer than a key, so each is waited for.
        let mut expected = String::new();
        for (chord, gives) in [("ctrl+V", MIXED), ("Enter", "\n"), ("shift+A", "A"), ("ctrl+code:55", MIXED)] {
            injector.press_chord(&chord.parse().context("a chord")?)?;
            expected.push_str(gives);
            target.wait_for_text(&expected).with_context(|| chord.to_owned())?;
        }
        drop((target, owner));
        let long = MIXED.repeat(600);
        let _owner = gnome.copy("text/html", b"<b>b</b>")?;
        for (name, open) in TARGETS {
            let target = open(gnome)?;
            for text in [&long, PROSE, MIXED] {
                let report = paster.paste(Paste::new(text, &paste_by("ctrl+V")?, injector.as_mut(), &mut || true))?;
                println!("{name}: {} characters, {report:?}", text.chars().count());
                ensure!(report.arrival == Arrival::Unconfirmed, "{name}: {report:?}");
                ensure!(report.restored == Ok(ClipboardFate::Restored), "{name}: {report:?}");
            }
            target.wait_for_text(&format!("{long}{PROSE}{MIXED}")).map_err(|_| anyhow::anyhow!("{name}"))?;
            let ignored =
                paster.paste(Paste::new("dictated", &paste_by("ctrl+F8")?, injector.as_mut(), &mut || true))?;
            ensure!(ignored.pressed && !ignored.arrived(), "{name}: {ignored:?}");
            ensure!(gnome.clipboard("text/html")? == b"<b>b</b>", "{name}: the old clipboard is not back");
        }
        ensure!(portal.asked()? == 1);
        Ok(())
    })
}

/// Whether what Scout sees is that window.
fn is(found: &scout_platform::Target, window: &Target) -> bool {
    found.title.as_deref() == Some(window.title())
}

#[test]
fn the_focus_is_known_where_applications_tell_it() -> Result<()> {
    scout_tests::inside(&session(), "gnome::the_focus_is_known_where_applications_tell_it", |desktop| {
        let gnome = desktop.gnome()?;
        // It has the user's keyboard.
        let _portal = desktop.start_remote_portal(GnomePortal::Current, true)?;
        let seen = detect();
        let mut probe = seen.focus_probe()?;
        let first = Target::text_view_in_gnome(gnome)?;
        let found = wait_for("the first window", || Ok(probe.focused()?.filter(|found| is(found, &first))))?;
        ensure!(found.window.is_some() && found.pid.is_some() && found.process.is_some(), "{found:?}");
        println!("GTK 3: {found:?}");
        let second = Target::text_view_4_in_gnome(gnome)?;
        let other = wait_for("the second window", || Ok(probe.focused()?.filter(|found| is(found, &second))))?;
        println!("GTK 4: {other:?}");
        ensure!(other.window.is_some() && other.window != found.window, "{other:?}");
        let silent = Target::foot_in_gnome(gnome)?;
        let untold = wait_for("a window that tells nothing", || {
            Ok(probe.focused()?.filter(|found| found.title.is_none() && found.app_id.is_none()))
        })?;
        ensure!(untold.window.is_some() && ![found.window, other.window].contains(&untold.window), "{untold:?}");
        drop((silent, second));
        let again = wait_for("the first window again", || Ok(probe.focused()?.filter(|found| is(found, &first))))?;
        ensure!(again.window == found.window);
        // Another probe calls the window by the same name: the guard compares them.
        ensure!(detect().focus_probe()?.focused()?.and_then(|target| target.window) == found.window);
        Ok(())
    })
}

#[test]
fn what_is_said_is_pasted_and_held_behind_a_locked_screen() -> Result<()> {
    let desktop = scout_tests::Desktop::start(&Parts { sound: true, notifications: true, ..session() })?;
    let portal = desktop.start_remote_portal(GnomePortal::Current, true)?;
    let field = Target::text_view_4_in_gnome(desktop.gnome()?)?;
    let agent = Agent::start(&desktop, "")?;
    wait_for("the question", || Ok((portal.asked()? == 1).then_some(())))?;
    let utterance = speech::sentence(desktop.place())?;
    let (start, stop) = (|| agent.ctl(&["start"]).map(drop), || agent.ctl(&["stop"]).map(drop));
    dictate_by(&desktop, &agent, &utterance, start, stop)?;
    let arrived = field.wait_for_some_text()?;
    ensure!(arrived.to_lowercase().contains("go forward"), "{arrived:?}");
    let row = wait_for("the log's row", || Ok(agent.history()?.first().cloned()))?;
    ensure!(row["text"].as_str().is_some_and(|text| text.trim() == arrived.trim()), "{row} {arrived:?}");
    // What the user types is not heard.
    let refused = agent.ctl(&["undo"]).err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(refused.contains("does not hear"), "{refused:?}");
    ensure!(field.settled_text()? == arrived, "{:?}", field.text()?);
    let doctor = String::from_utf8(agent.scout(&["doctor"])?.stdout)?;
    ensure!(doctor.contains("keyboard by the portal"), "{doctor}");
    for part in ["knowing the focused window", "typing", "pasting"] {
        let line = doctor.lines().find(|line| line.contains(part)).unwrap_or_default();
        ensure!(line.starts_with("works"), "{line:?} in\n{doctor}");
    }
    field.clear()?;
    for (name, path) in [
        ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
        ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ] {
        let before = agent.history()?.len();
        let locked = desktop.say_locked(name, path)?;
        std::thread::sleep(scout_tests::BETWEEN_PRESSES);
        dictate_by(&desktop, &agent, &utterance, start, stop)?;
        let rows = wait_for("the log's row", || Ok(Some(agent.history()?).filter(|rows| rows.len() > before)))?;
        // A row is there as soon as the words are, and says a moment later what became of them.
        let is_over = || Ok((agent.history()?[0]["outcome"] != "transcribed").then_some(()));
        wait_for("the outcome", is_over)?;
        ensure!(agent.history()?[0]["outcome"] == "held", "{name}: {}", rows[0]);
        drop(locked);
    }
    let told = desktop.notifications()?.all()?;
    ensure!(told.iter().any(|note| note.body.contains("locked")), "{told:?}");
    ensure!(field.settled_text()?.is_empty() && portal.asked()? == 1);
    Ok(())
}
