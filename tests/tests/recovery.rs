//! Nothing that was said is lost when the agent, or a part of it, dies.

use anyhow::{Result, ensure};
use scout_tests::speech::Utterance;
use scout_tests::wer::Errors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech, wait_for, while_listening};

#[test]
fn a_dictation_cut_off_by_a_crash_is_transcribed_afterwards() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    while_listening(&desktop, &agent, &sentence, || agent.signal("KILL"))?;
    drop(agent);
    assert_eq!(field.settled_text()?, "");

    let agent = Agent::start(&desktop, "")?;
    let recovered = agent.scout(&["history", "recover"])?;
    println!("{}", String::from_utf8_lossy(&recovered.stdout));
    assert!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    let rows = agent.history()?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["outcome"], "recovered");
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(Errors::between(&sentence.reference, text).edits, 0, "{text:?}");

    // It is offered once.
    assert!(agent.scout(&["history", "recover"])?.status.success());
    assert_eq!(agent.history()?.len(), 1);
    dictate(&desktop, &agent, &sentence)?;
    assert_ne!(field.wait_for_some_text()?, "");
    Ok(())
}

fn is_told(desktop: &Desktop, title: &str, says: &str) -> Result<()> {
    wait_for(&format!("a notification {title:?} that says {says:?}"), || {
        let all = desktop.notifications()?.all()?;
        Ok(all.iter().any(|shown| shown.summary == title && shown.body.contains(says)).then_some(()))
    })
}

fn arrives(field: &Target, said: &Utterance) -> Result<()> {
    let text = field.wait_for_some_text()?;
    assert_eq!(Errors::between(&said.reference, &text).edits, 0, "{text:?}");
    field.clear()
}

#[test]
fn a_text_whose_delivery_crashes_is_kept_and_the_next_one_arrives() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "delivery")?;
    dictate(&desktop, &agent, &sentence)?;
    is_told(&desktop, "Your text was not typed", "failed unexpectedly and was started again")?;
    ensure!(field.settled_text()?.is_empty(), "{:?}", field.text()?);
    assert_eq!(agent.history()?[0]["outcome"], "held");
    // What was kept comes where the user wants it, and all works again.
    agent.ctl(&["paste-last"])?;
    arrives(&field, &sentence)?;
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}

#[test]
fn what_was_heard_before_recording_crashed_is_typed_and_the_next_dictation_works() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "capture")?;
    while_listening(&desktop, &agent, &sentence, || Ok(()))?;
    is_told(&desktop, "A part of Scout failed", "Nothing heard so far is lost: it is being transcribed")?;
    arrives(&field, &sentence)?;
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}

#[test]
fn an_agent_whose_session_crashes_ends_with_an_error_and_keeps_the_recording() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let mut agent = Agent::start_with_fault(&desktop, "", "session")?;
    while_listening(&desktop, &agent, &sentence, || Ok(()))?;
    let ended = agent.wait()?;
    ensure!(ended.code() == Some(1), "a service that ends so is started again: {ended:?}");
    is_told(&desktop, "Scout has stopped", "`scout history recover`")?;
    drop(agent);

    // As the service does.
    let agent = Agent::start(&desktop, "")?;
    is_told(&desktop, "A dictation was interrupted", "`scout history recover`")?;
    let recovered = agent.scout(&["history", "recover"])?;
    ensure!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    let rows = agent.history()?;
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(Errors::between(&sentence.reference, text).edits, 0, "{text:?}");
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}
