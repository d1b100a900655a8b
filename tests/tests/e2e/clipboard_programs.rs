//! Programs that read the clipboard whenever it changes, or claim it, next to a paste.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Arrival, ClipboardFate, Environment, PasteOptions, PasteReport, detect_in};
use scout_tests::{Desktop, Display, Parts, Target, wait_for};

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
    let _manager = display.start_clipboard_claimer()?;
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

fn paster(display: &Display) -> Result<impl FnMut(&str) -> Result<PasteReport>> {
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let (mut paster, mut injector) = (platform.paster()?, platform.injector()?);
    let options = PasteOptions { chord: "ctrl+V".parse()?, modifier_wait: Duration::ZERO };
    Ok(move |text: &str| Ok(paster.paste(text, &options, injector.as_mut(), &mut || true)?))
}
