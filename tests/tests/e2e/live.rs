//! Live typing: words are typed while they are spoken, never corrected, and are one dictation all the same.

use anyhow::{Context as _, Result, ensure};
use scout_tests::speech::Utterance;
use scout_tests::{Agent, Desktop, Parts, Target, speech, wait_for, while_listening};

const LIVE: &str = "[delivery]\nlive = true\n\n[log]\nlevel = \"debug\"\n";

/// Two sentences with some quiet between them and behind them.
fn spoken(desktop: &Desktop) -> Result<Utterance> {
    let place = desktop.place();
    let parts = [speech::presentation(place)?, speech::sentence(place)?, speech::silence(place)?];
    speech::joined(place, "live", &parts)
}

/// Waits until the first words are there, while the key is down.
fn wait_for_words(field: &Target, agent: &Agent) -> Result<String> {
    wait_for("words while the user speaks", || {
        let text = field.text()?;
        Ok((text.split_whitespace().count() >= 6).then_some(text))
    })
    .with_context(|| format!("understood {:?}. {}", agent.status().map(|it| it["partial"].clone()), agent.log()))
}

#[test]
fn words_are_typed_while_they_are_spoken_and_taken_back_together() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, LIVE)?;
    let mut early = String::new();
    while_listening(&desktop, &agent, &spoken(&desktop)?, || {
        early = wait_for_words(&field, &agent)?;
        Ok(())
    })?;
    agent.wait_for_state("idle")?;
    wait_for("the log's row", || Ok((!agent.history()?.is_empty()).then_some(())))?;
    let rows = agent.history()?;
    ensure!(rows.len() == 1, "one dictation: {rows:?}");
    let logged = rows[0]["text"].as_str().unwrap_or_default().to_owned();
    field.wait_for_text(&logged)?;
    println!("while the key was down: {early:?}\nin the end: {logged:?}");
    ensure!(logged.starts_with(&early), "{early:?} was corrected to {logged:?}");
    ensure!(logged.to_lowercase().contains("respectable") && logged.to_lowercase().contains("go forward"));
    ensure!(display.keys_down()?.is_empty(), "a key is down");

    agent.ctl(&["undo"])?;
    field.wait_for_text("")
}

#[test]
fn the_rest_is_held_where_the_focus_leaves_and_a_cancelled_dictation_is_taken_back() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let other = Target::text_view(display)?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, LIVE)?;
    let mut early = String::new();
    let place = desktop.place();
    let more = [spoken(&desktop)?, speech::presentation(place)?];
    while_listening(&desktop, &agent, &speech::joined(place, "more", &more)?, || {
        early = wait_for_words(&field, &agent)?;
        display.focus(other.title())
    })?;
    agent.wait_for_state("idle")?;
    wait_for("the rest to be held", || Ok((agent.status()?["held"] == true).then_some(())))?;
    let typed = field.settled_text()?;
    ensure!(typed.starts_with(&early) && other.text()?.is_empty(), "{typed:?}, {:?}", other.text()?);
    display.focus(field.title())?;
    agent.ctl(&["paste-last"])?;
    wait_for("the log's row", || Ok((!agent.history()?.is_empty()).then_some(())))?;
    let logged = agent.history()?[0]["text"].as_str().unwrap_or_default().to_owned();
    field.wait_for_text(&logged)?;
    field.clear()?;

    while_listening(&desktop, &agent, &spoken(&desktop)?, || {
        wait_for_words(&field, &agent)?;
        agent.ctl(&["cancel"]).map(drop)
    })?;
    agent.wait_for_state("idle")?;
    field.wait_for_text("")?;
    ensure!(agent.history()?.len() == 1, "what was thrown away is in the log");
    Ok(())
}
