//! Programs that read the clipboard whenever it changes, or claim it, next to a paste.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Arrival, ClipboardFate, Environment, Paste, PasteOptions, PasteReport, detect_in};
use scout_tests::{Agent, Desktop, Display, Parts, Target, dictate, speech, wait_for};

#[test]
fn a_window_that_reads_whenever_the_clipboard_changes_gets_the_text_and_never_the_old_clipboard() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    for busy in [0, 500, 1_200] {
        let target = Target::clipboard_reader(display, busy)?;
        let mut paste = paster(display)?;
        // Each change of the clipboard keeps it busy: it must have handled the copy before it can be asked anything.
        let _old = display.copy("OLDSECRET")?;
        std::thread::sleep(Duration::from_millis(u64::from(busy) + 500));
        for expected in ["dictated ", "dictated dictated "] {
            let report = paste("dictated ")?;
            ensure!(report.arrived() && report.restored == Ok(ClipboardFate::Restored), "{busy}: {report:?}");
            target.wait_for_text(expected).with_context(|| format!("busy for {busy} ms; {report:?}"))?;
            ensure!(display.clipboard()? == "OLDSECRET", "{busy}");
            std::thread::sleep(Duration::from_millis(u64::from(busy) + 500));
        }
    }
    display.keyboard_is_clean()
}

#[test]
fn a_clipboard_manager_that_claims_the_text_costs_neither_the_old_clipboard_nor_the_text() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let _manager = display.start_clipboard_claimer("clipboard")?;
    let _old = display.copy("OLD")?;
    let mut paste = paster(display)?;
    let mut expected = String::new();
    for _ in 0..4 {
        let report = paste("dictated ")?;
        expected.push_str("dictated ");
        ensure!(report.pressed && report.arrival != Arrival::Unread, "it would be delivered twice: {report:?}");
        ensure!(report.restored == Ok(ClipboardFate::Restored), "{report:?}");
        target.wait_for_text(&expected)?;
        wait_for("the old clipboard", || Ok((display.clipboard()? == "OLD").then_some(())))?;
    }
    display.keyboard_is_clean()
}

/// A text that is pasted by the agent, to be delivered once more.
fn pasted(desktop: &Desktop, agent: &Agent, target: &Target) -> Result<String> {
    dictate(desktop, agent, &speech::sentence(desktop.place())?)?;
    let said = target.wait_for_some_text()?;
    ensure!(agent.status()?["held"] == false, "{}", agent.status()?);
    Ok(said)
}

#[test]
fn a_manager_that_claims_the_primary_selection_costs_neither_what_was_marked_nor_the_text() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::terminal(display)?;
    let _old = display.copy("OLD")?;
    let _marked = display.copy_as("primary", "UTF8_STRING", b"marked")?;
    let _manager = display.start_clipboard_claimer("primary")?;
    // The ready-made profile pastes into xterm with Shift and Insert, which read the primary selection there.
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"\n")?;
    let said = pasted(&desktop, &agent, &target)?;
    agent.ctl(&["paste-last"])?;
    target.wait_for_text(&said.repeat(2))?;
    // Once, and nothing is held to be delivered a second time.
    std::thread::sleep(scout_platform::PASTE_LIMIT);
    ensure!(agent.status()?["held"] == false, "{}", agent.status()?);
    let told = desktop.notifications()?.all()?;
    ensure!(!told.iter().any(|note| note.body.contains("paste")), "{told:?}");
    ensure!(display.selection_as("primary", "UTF8_STRING")? == b"marked", "what was marked is gone");
    ensure!(display.clipboard()? == "OLD");
    display.keyboard_is_clean()
}

#[test]
fn a_program_that_reads_in_the_name_of_a_busy_window_brings_it_no_old_clipboard_and_loses_no_text() -> Result<()> {
    const BUSY: Duration = Duration::from_secs(6);
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"\n")?;
    let said = pasted(&desktop, &agent, &target)?;
    let window = display.window(target.title())?;
    let _old = display.copy("OLDSECRET")?;
    let stall = target.stall(BUSY)?;
    agent.ctl(&["paste-last"])?;
    // Before the chord and after it, which Scout presses before the window goes on.
    for _ in 0..25 {
        std::thread::sleep(Duration::from_millis(200));
        display.read_in_the_name_of(window)?;
    }
    drop(stall);
    target.wait_for_text(&said.repeat(2))?;
    wait_for("the old clipboard", || Ok((display.clipboard()? == "OLDSECRET").then_some(())))?;
    display.keyboard_is_clean()
}

#[test]
fn a_text_that_a_program_reads_in_the_name_of_a_window_that_takes_no_pastes_can_still_be_delivered() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"\npaste_chord = \"ctrl+shift+F8\"\n")?;
    let window = display.window(target.title())?;
    let spoofed = std::thread::scope(|scope| {
        let spoofs = scope.spawn(|| -> Result<()> {
            while agent.status()?["last"].is_null() {
                display.read_in_the_name_of(window)?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        });
        dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
        spoofs.join().map_err(|_| anyhow::anyhow!("reading panicked"))?
    });
    spoofed?;
    // This is what a false receipt costs: the text is called pasted. It is still in the log, and one request away.
    let row = wait_for("the log's row", || Ok(agent.history().ok().and_then(|rows| rows.into_iter().next())))?;
    ensure!(row["outcome"] == "pasted", "{row}");
    ensure!(target.settled_text()?.is_empty(), "{:?}", target.text()?);
    let said = row["text"].as_str().context("the log has the text")?;
    agent.configure("[delivery]\nmethod = \"type\"\n")?;
    wait_for("the configuration", || Ok(agent.log().contains("the configuration was taken over").then_some(())))?;
    agent.ctl(&["paste-last"])?;
    target.wait_for_some_text()?;
    ensure!(target.text()?.contains(said.trim()), "{:?}", target.text()?);
    display.keyboard_is_clean()
}

fn paster(display: &Display) -> Result<impl FnMut(&str) -> Result<PasteReport>> {
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let (mut paster, mut injector) = (platform.paster()?, platform.injector()?);
    let options = PasteOptions { chord: "ctrl+V".parse()?, modifier_wait: Duration::ZERO };
    Ok(move |text: &str| Ok(paster.paste(Paste::new(text, &options, injector.as_mut(), &mut || true))?))
}
