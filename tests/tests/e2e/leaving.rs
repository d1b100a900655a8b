//! What is on the clipboard through Scout outlives it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, Display, Parts, Target, dictate, speech, wait_for};

#[test]
fn what_was_copied_before_a_paste_is_still_there_when_scout_is_not() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"\npaste_chord = \"shift+Insert\"")?;
    let _owner = display.copy_everything()?;
    let _marked = display.copy_as("primary", "UTF8_STRING", b"marked")?;
    let before = (display.everything("clipboard")?, display.everything("primary")?);
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    target.wait_for_some_text()?;
    quit(&mut agent)?;
    ensure!(display.everything("clipboard")? == before.0, "{:?}", display.formats("clipboard")?);
    ensure!(display.everything("primary")? == before.1, "{:?}", display.formats("primary")?);
    ensure!(display.clipboard_keepers()? == 1);
    // Whoever copies something next has it, and what kept the old one ends.
    let _mine = display.copy("mine")?;
    ensure!(display.everything("primary")? == before.1, "the other selection is kept on");
    let _too = display.copy_as("primary", "UTF8_STRING", b"mine")?;
    wait_for("the end of the keeper", || Ok((display.clipboard_keepers()? == 0).then_some(())))?;
    ensure!(display.clipboard()? == "mine");
    display.keyboard_is_clean()
}

#[test]
fn a_text_that_was_delivered_to_the_clipboard_outlives_scout() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut agent = Agent::start(&desktop, "[delivery]\nmethod = \"clipboard\"")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let said = agent.history()?[0]["text"].as_str().context("the log has the text")?.to_owned();
    quit(&mut agent)?;
    ensure!(display.clipboard()? == said, "{:?}", display.clipboard()?);
    ensure!(display.selection_as("clipboard", "x-kde-passwordManagerHint")? == b"secret", "it stays private");
    paste(display)?;
    target.wait_for_text(&said)?;

    // The next Scout finds it there, and gives it back after a paste of its own.
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    wait_for("the paste", || Ok((target.text()?.len() > said.len()).then_some(())))?;
    ensure!(display.clipboard()? == said, "{:?}", display.clipboard()?);
    wait_for("the end of the keeper", || Ok((display.clipboard_keepers()? == 0).then_some(())))?;
    display.keyboard_is_clean()
}

#[test]
fn a_paste_that_is_under_way_arrives_before_scout_ends() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"")?;
    let _owner = display.copy("old")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let said = target.wait_for_some_text()?;
    let stall = target.stall(Duration::from_millis(1_800))?;
    agent.ctl(&["paste-last"])?;
    wait_for("the paste to be under way", || Ok((display.clipboard().is_ok_and(|text| text == said)).then_some(())))?;
    quit(&mut agent)?;
    drop(stall);
    target.wait_for_text(&said.repeat(2))?;
    ensure!(display.clipboard()? == "old", "{:?}", display.clipboard()?);
    display.keyboard_is_clean()
}

#[test]
fn where_a_clipboard_manager_runs_the_clipboard_is_there_as_well() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let _manager = display.start_clipboard_manager()?;
    let target = Target::text_view(display)?;
    let mut agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"")?;
    let _owner = display.copy("old")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let said = target.wait_for_some_text()?;
    quit(&mut agent)?;
    wait_for("the old clipboard", || Ok((display.clipboard().is_ok_and(|text| text == "old")).then_some(())))?;
    paste(display)?;
    target.wait_for_text(&format!("{said}old"))?;
    display.keyboard_is_clean()
}

fn quit(agent: &mut Agent) -> Result<()> {
    agent.ctl(&["quit"])?;
    ensure!(agent.wait()?.success(), "{}", agent.log());
    Ok(())
}

/// As a user pastes.
fn paste(display: &Display) -> Result<()> {
    display.hold("Control_L")?;
    display.tap("v")?;
    display.release("Control_L")
}
