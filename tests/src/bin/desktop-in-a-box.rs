//! Shows Scout at work where there is no display: in a desktop in a box, with a virtual microphone, an editor and a tray.
//!
//! The agent is the same one that a user starts; only the desktop around it is private. It says what happens step by step
//! and leaves two pictures beside the program.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech};

fn main() -> Result<()> {
    println!(
        "There is no display here, so Scout gets a desktop in a box: an X server without a screen, a window manager,"
    );
    println!("a tray, a virtual microphone, and a text editor.");
    let desktop = Desktop::start(&Parts { tray: true, keychain: true, ..Parts::default() })?;
    let display = desktop.display()?;
    let editor = Target::editor(display)?;
    println!("  The desktop is up on display {}. Starting `scout run` ...", display.name());
    let agent = Agent::start(&desktop, "")?;
    let icon = desktop.tray()?.wait_for_icon()?;

    let sentence = speech::presentation(desktop.place())?;
    println!("  Scout is in the tray. Holding F9 and saying:");
    println!("      {}", sentence.reference);
    dictate(&desktop, &agent, &sentence)?;

    let folder = pictures()?;
    editor.save(display)?;
    let typed = editor.text()?;
    let typed = typed.trim();
    let typed_picture = folder.join("scout-typed.png");
    display.screenshot(&typed_picture)?;
    println!("  F9 is up again. The editor now holds:");
    println!("      {typed}");

    let menu_picture = folder.join("scout-tray.png");
    display.watch_it_change("the menu to open", || display.click(TRAY_ICON.0, TRAY_ICON.1, 3))?;
    display.screenshot(&menu_picture)?;
    display.tap("Escape")?;

    desktop.tray()?.click(&icon, "Quit")?;
    println!("  Pictures: {}", typed_picture.display());
    println!("            {}", menu_picture.display());
    let errors = WordErrors::between(&sentence.reference, typed);
    println!("  {} of {} words differ from what was said.", errors.total(), errors.words);
    anyhow::ensure!(!typed.is_empty(), "nothing was typed. The agent said:\n{}", agent.log());
    println!("On a machine with a display, `make run` starts Scout right there.");
    Ok(())
}

/// Where the panel puts its first icon.
const TRAY_ICON: (i16, i16) = (15, 15);

/// Beside the program: in the build's folder, which nobody commits.
fn pictures() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("a program lies in a folder")?.to_owned())
}
