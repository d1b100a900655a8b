//! Microphones that are missing, unplugged, or gone with the sound server.

use anyhow::Result;
use scout_tests::speech::{self, Utterance};
use scout_tests::wer::Errors;
use scout_tests::{Agent, Desktop, Notification, Parts, Target, dictate, wait_for, while_listening};

#[test]
fn without_a_microphone_the_user_is_told_once_and_can_dictate_when_there_is_one() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    desktop.sound()?.unplug()?;
    let agent = Agent::start(&desktop, "")?;
    let display = desktop.display()?;
    display.hold("F9")?;
    let told = wait_for("a word about the microphone", || Ok(about_microphones(&desktop)?.pop()));
    display.release("F9")?;
    println!("{:?}", told?);
    wait_for("the agent to be ready again", || Ok((agent.status()?["state"] != "listening").then_some(())))?;

    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

#[test]
fn what_was_heard_is_kept_when_the_microphone_is_unplugged() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.unplug()?;
        wait_for("a word about the microphone", || Ok(about_microphones(&desktop)?.pop())).map(drop)
    })?;
    is_kept(&agent, &sentence)?;
    field.wait_for_some_text()?;
    field.clear()?;

    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

#[test]
fn what_was_heard_is_kept_when_the_sound_server_dies() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.kill_server()?;
        wait_for("a word about the microphone", || Ok(about_microphones(&desktop)?.pop())).map(drop)
    })?;
    is_kept(&agent, &sentence)?;
    field.wait_for_some_text()?;
    field.clear()?;

    desktop.sound_mut()?.start_server()?;
    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

fn is_kept(agent: &Agent, said: &Utterance) -> Result<()> {
    let rows = wait_for("the log's row", || Ok(Some(agent.history()?).filter(|rows| !rows.is_empty())))?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(Errors::between(&said.reference, text).edits, 0, "{text:?}");
    Ok(())
}

fn works_again(desktop: &Desktop, agent: &Agent, field: &Target) -> Result<()> {
    let sentence = speech::sentence(desktop.place())?;
    dictate(desktop, agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    assert_eq!(Errors::between(&sentence.reference, &text).edits, 0, "{text:?}");
    let told = about_microphones(desktop)?;
    assert_eq!(told.len(), 1, "one clear message, not {told:?}");
    Ok(())
}

fn about_microphones(desktop: &Desktop) -> Result<Vec<Notification>> {
    let mut all = desktop.notifications()?.all()?;
    all.retain(|shown| format!("{} {}", shown.summary, shown.body).to_lowercase().contains("microphone"));
    Ok(all)
}
