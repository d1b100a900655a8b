//! Nothing that was said is lost when the agent dies.

use anyhow::Result;
use scout_tests::wer::Errors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech, while_listening};

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
