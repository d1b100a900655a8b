//! What the user is told when a part of Scout fails or hangs: in the same words by a notification and by the status, and no longer
//! than it is so.

use anyhow::{Context as _, Result, ensure};
use scout_tests::speech::Utterance;
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, is_told, speech, wait_for, while_listening};
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, ModMask};

const FAILED: &str = "A part of Scout failed";
const HUNG: &str = "A part of Scout did not answer";

fn arrives(field: &Target, said: &Utterance) -> Result<()> {
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&said.reference, &text).total(), 0, "{text:?}");
    field.clear()
}

fn recovers(agent: &Agent, said: &Utterance) -> Result<()> {
    let recovered = agent.scout(&["history", "recover"])?;
    ensure!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
    let is_it = |row: &serde_json::Value| {
        row["text"].as_str().is_some_and(|text| WordErrors::between(&said.reference, text).total() == 0)
    };
    let rows = agent.history()?;
    ensure!(rows.iter().any(is_it), "{rows:?}");
    Ok(())
}

/// Waits until the status warns in these words, or does so no longer.
fn warns(agent: &Agent, words: &str, is_there: bool) -> Result<()> {
    wait_for(&format!("a warning {words:?}: {is_there}"), || {
        let status = agent.status()?;
        let warnings = status["warnings"].as_array().context("no warnings")?;
        let is_it = |warning: &serde_json::Value| warning.as_str().is_some_and(|warning| warning.starts_with(words));
        Ok((warnings.iter().any(is_it) == is_there).then_some(()))
    })
}

#[test]
fn a_part_that_panics_is_started_again_and_the_user_is_told_which() -> Result<()> {
    let notices = "[key]\nchord = F9\n";
    for (place, config, what) in [
        ("sounds", "[cues]\nsound = true\n", "The playback of sounds ended unexpectedly and was started again."),
        ("notices", notices, "The display of notifications ended unexpectedly and was started again."),
        ("standby", "", "The recording ended unexpectedly and was started again."),
        ("focus", "", "The look-up of the focused window ended unexpectedly and was started again."),
        ("field", "", "The look-up of password fields ended unexpectedly and was started again."),
    ] {
        let desktop = Desktop::start(&Parts::default())?;
        let field = Target::text_view(desktop.display()?)?;
        let sentence = speech::sentence(desktop.place())?;
        let agent = Agent::start_with_fault(&desktop, config, place)?;
        if !matches!(place, "notices" | "standby") {
            dictate(&desktop, &agent, &sentence)?;
        }
        is_told(&desktop, FAILED, what).with_context(|| place.to_owned())?;
        agent.wait_for_state("idle")?;
        // It works again, and nothing is left to warn of.
        warns(&agent, "A part of Scout", false)?;
        match place {
            "notices" | "standby" => {}
            // The target of that one was not known.
            "focus" => is_told(&desktop, "Your text is waiting", "The desktop did not say which window has the focus")?,
            _ => arrives(&field, &sentence).with_context(|| place.to_owned())?,
        }
        dictate(&desktop, &agent, &sentence)?;
        arrives(&field, &sentence).with_context(|| place.to_owned())?;
    }
    Ok(())
}

#[test]
fn an_overlay_that_panics_is_started_again_and_the_user_is_told() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: true, notifications: true, ..Parts::wayland() })?;
    let agent = Agent::start_with_fault(&desktop, "", "overlay")?;
    is_told(&desktop, FAILED, "The overlay ended unexpectedly and was started again.")?;
    warns(&agent, "A part of Scout", false)
}

#[test]
fn clicks_are_heard_again_after_a_panic() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    // Undo asks the application whether the text is there.
    desktop.start_accessibility()?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "clicks")?;
    dictate(&desktop, &agent, &sentence)?;
    field.wait_for_some_text()?;
    // The first request waits for the clicks before it, and meets the fault.
    let _ = agent.scout(&["ctl", "undo"])?;
    ensure!(agent.log().contains("a test makes clicks fail"), "{}", agent.log());
    field.clear()?;
    dictate(&desktop, &agent, &sentence)?;
    field.wait_for_some_text()?;
    agent.ctl(&["undo"])?;
    wait_for("the text to be taken back", || Ok(field.text()?.is_empty().then_some(())))
}

#[test]
fn a_text_whose_delivery_hangs_is_kept_and_the_next_one_arrives() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "hang delivery")?;
    while_listening(&desktop, &agent, &sentence, || Ok(()))?;
    is_told(&desktop, "Your text was not typed", "Delivery did not answer any more and was started again")?;
    ensure!(field.settled_text()?.is_empty(), "{:?}", field.text()?);
    assert_eq!(agent.history()?[0]["outcome"], "held");
    agent.ctl(&["paste-last"])?;
    arrives(&field, &sentence)?;
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}

#[test]
fn a_pass_that_hangs_fails_its_dictation_alone_whose_recording_is_kept() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "hang recognition")?;
    while_listening(&desktop, &agent, &sentence, || Ok(()))?;
    is_told(&desktop, "What you said was not transcribed", "speech recognition did not answer any more")?;
    is_told(&desktop, HUNG, "The speech recognition did not answer any more and was started again.")?;
    assert_eq!(agent.status()?["last"], "failed");
    recovers(&agent, &sentence)?;
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}

#[test]
fn a_recording_that_hangs_ends_its_dictation_and_is_recovered_after_a_restart() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let mut agent = Agent::start_with_fault(&desktop, "", "hang capture")?;
    while_listening(&desktop, &agent, &sentence, || Ok(()))?;
    is_told(&desktop, HUNG, "The recording did not answer any more and was started again.")?;
    agent.wait_for_state("idle")?;
    assert_eq!(agent.status()?["last"], "failed");
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)?;
    // The thread that hangs keeps nobody from ending.
    agent.ctl(&["quit"])?;
    ensure!(agent.wait()?.success(), "{}", agent.log());
    let agent = Agent::start(&desktop, "")?;
    is_told(&desktop, "A dictation was interrupted", "`scout history recover`")?;
    recovers(&agent, &sentence)
}

#[test]
fn a_model_that_is_not_there_is_reported_until_there_is_one() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let agent = Agent::start(&desktop, "[model]\nname = 'large-v3'\n")?;
    is_told(&desktop, "No speech model", "`scout models list` shows which models there are.")?;
    warns(&agent, "No speech model: The model large-v3 is not in", true)?;
    agent.wait_for_state("error")?;
    agent.configure("")?;
    warns(&agent, "No speech model", false)?;
    agent.wait_for_state("idle")
}

#[test]
fn a_key_that_another_program_has_is_reported_until_another_one_is_chosen() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let (other, screen) = x11rb::connect(Some(display.name()))?;
    let root = x11rb::connection::Connection::setup(&other).roots[screen].root;
    let code = display.keycode("F9")?;
    other.grab_key(true, root, ModMask::default(), code, GrabMode::ASYNC, GrabMode::ASYNC)?.check()?;
    let agent = Agent::start(&desktop, "")?;
    let title = "Applications see the dictation key too";
    is_told(&desktop, title, "Another program has taken F9 for itself")?;
    warns(&agent, title, true)?;
    agent.configure("[key]\nchord = 'F8'\n")?;
    warns(&agent, title, false)
}
