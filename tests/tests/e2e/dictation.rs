//! Hold the key, speak, let go: the words are in the application.

use anyhow::{Context as _, Result, ensure};
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, BETWEEN_PRESSES, Desktop, Parts, Target, dictate, speech, wait_for};

/// More than this part of the words wrong means that something between microphone and field is broken. The smallest model
/// itself mishears some of the words of these recordings, playing cards above all.
const BROKEN: f64 = 0.25;

#[test]
fn what_is_said_is_typed_and_logged_once_and_touches_nothing_else() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let mut clipboard = display.copy("the user's own")?;
    let keymap = display.keymap()?;
    let agent = Agent::start(&desktop, "")?;

    let utterances = speech::utterances(desktop.place())?;
    ensure!(utterances.len() >= 10);
    let mut typed = Vec::new();
    let mut errors = Vec::new();
    for (index, utterance) in utterances.iter().enumerate() {
        dictate(&desktop, &agent, utterance)?;
        let text = field.wait_for_some_text()?;
        errors.push(WordErrors::between(&utterance.reference, &text));
        println!("{:5.1} %  {:?}  <-  {:?}", errors[index].rate() * 100.0, text.trim(), utterance.reference);
        typed.push(text.trim().to_owned());
        field.clear()?;

        assert_eq!(display.keys_down()?, [0u8; 0], "keys are down after {text:?}");
        wait_for("the log's row", || Ok((agent.history()?.len() > index).then_some(())))?;
        assert_eq!(agent.history()?.len(), index + 1, "each dictation has one row");
    }

    let mut logged: Vec<String> =
        agent.history()?.iter().map(|row| row["text"].as_str().unwrap_or_default().trim().to_owned()).collect();
    logged.reverse();
    assert_eq!(logged, typed, "the log has what was typed");
    assert!(clipboard.is_still_owner(), "the clipboard was touched");
    assert_eq!(display.clipboard()?, "the user's own");
    wait_for("the user's keymap", || Ok((display.keymap()? == keymap).then_some(())))?;

    let total: WordErrors = errors.into_iter().sum();
    println!("word error rate: {:.2} % ({} of {} words)", total.rate() * 100.0, total.total(), total.words);
    ensure!(total.rate() < BROKEN, "{:.0} % of the words are wrong", total.rate() * 100.0);
    Ok(())
}

#[test]
fn the_key_is_heard_when_shift_or_altgr_was_used_right_after_a_text() -> Result<()> {
    let desktop = Desktop::start(&Parts { layout: "de", ..Parts::default() })?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let mut expected = field.wait_for_some_text()?;
    let dictated = expected.clone();
    for (key, by_hand) in [("Shift_L", 'X'), ("ISO_Level3_Shift", '«')] {
        // The user goes on by hand at once, in a text that has just arrived.
        agent.ctl(&["paste-last"])?;
        expected += &dictated;
        field.wait_for_text(&expected)?;
        agent.wait_for_state("idle")?;
        display.tap(key)?;
        display.hold(key)?;
        display.tap("x")?;
        display.release(key)?;
        expected.push(by_hand);
        std::thread::sleep(BETWEEN_PRESSES);
        display.hold("F9")?;
        let listens = agent.wait_for_state("listening");
        display.release("F9")?;
        listens.with_context(|| format!("deaf after {key}"))?;
        agent.wait_for_state("idle")?;
    }
    field.wait_for_text(&expected)
}

#[test]
fn a_key_that_is_pressed_right_after_the_start_loses_no_word() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    let model = agent.status()?["model"].clone();
    dictate(&desktop, &agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    println!("pressed while the model was {model}: {text:?}");
    ensure!(WordErrors::between(&sentence.reference, &text).total() == 0, "{text:?}");
    // A warning that is not true makes users look for a fault.
    let log = agent.log();
    let complaints: Vec<&str> = log.lines().filter(|line| line.contains("WARN") && line.contains("heard")).collect();
    ensure!(complaints.is_empty(), "{complaints:?}");
    Ok(())
}

#[test]
fn a_modifier_that_dictates_is_still_part_of_shortcuts() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "[key]\nchord = \"ControlRight\"\n")?;
    let sentence = speech::sentence(desktop.place())?;
    for key in ["a", "space", "b"] {
        display.tap(key)?;
    }
    field.wait_for_text("a b")?;

    // Somebody speaks while all of the text is selected.
    display.hold("Control_R")?;
    agent.wait_for_state("listening")?;
    let playback = desktop.sound()?.say(&sentence.wav)?;
    display.tap("a")?;
    playback.wait()?;
    display.release("Control_R")?;
    agent.wait_for_state("idle")?;
    display.tap("x")?;
    field.wait_for_text("x")?;
    assert!(agent.history()?.is_empty(), "{:?}", agent.history()?);
    ensure!(agent.status()?["last"] == "cancelled", "{}", agent.status()?);

    // Alone it dictates.
    field.clear()?;
    display.hold("Control_R")?;
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&sentence.wav)?.wait()?;
    display.release("Control_R")?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    Ok(())
}

#[test]
fn silence_types_nothing() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &speech::silence(desktop.place())?)?;
    assert_eq!(field.settled_text()?, "");
    Ok(())
}
