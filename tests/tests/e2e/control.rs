//! Steering the agent from outside: commands, signals, and a second agent.

use anyhow::{Context as _, Result};
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, BETWEEN_PRESSES, Desktop, Parts, Target, dictate, speech, wait_for, while_listening};
use serde_json::Value;

/// The exit code of a second agent.
const ALREADY_RUNNING: i32 = 3;

#[test]
fn a_second_agent_says_that_there_is_one_and_leaves_it_alone() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let agent = Agent::start(&desktop, "")?;
    let second = agent.scout(&["run"])?;
    assert_eq!(second.status.code(), Some(ALREADY_RUNNING));
    let said = String::from_utf8_lossy(&second.stderr).to_lowercase();
    assert!(said.contains("running"), "{said}");
    assert_eq!(agent.status()?["state"], "idle");
    Ok(())
}

#[test]
fn an_agent_starts_where_a_killed_one_left_its_socket() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    Agent::start(&desktop, "")?.kill();
    let without = desktop.scout(&["ctl", "status"])?;
    assert!(!without.status.success(), "nobody answers for a dead agent");
    assert_eq!(Agent::start(&desktop, "")?.status()?["state"], "idle");
    Ok(())
}

#[test]
fn signals_end_the_agent_cleanly_while_it_listens() -> Result<()> {
    for signal in ["TERM", "INT"] {
        let desktop = Desktop::start(&Parts::default())?;
        let _field = Target::text_view(desktop.display()?)?;
        let sentence = speech::sentence(desktop.place())?;
        let mut agent = Agent::start(&desktop, "")?;
        // The key is still down when the signal comes.
        while_listening(&desktop, &agent, &sentence, || agent.signal(signal))?;
        let status = agent.wait()?;
        assert!(status.code().is_some(), "SIG{signal} tore the agent down: {}", agent.log());
        assert!(desktop.display()?.keys_down()?.is_empty());
        drop(agent);

        // What was said is in the log already, or is offered by the next agent.
        let agent = Agent::start(&desktop, "")?;
        assert!(agent.scout(&["history", "recover"])?.status.success());
        let rows = agent.history()?;
        assert_eq!(rows.len(), 1, "after SIG{signal}: {rows:?}");
        let text = rows[0]["text"].as_str().unwrap_or_default();
        assert_eq!(WordErrors::between(&sentence.reference, text).total(), 0, "after SIG{signal}: {text:?}");
    }
    Ok(())
}

#[test]
fn commands_do_what_the_key_does() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let mut agent = Agent::start(&desktop, "")?;
    let follower = agent.spawn(&["ctl", "status", "--follow", "--json"])?;
    let say = || -> Result<()> {
        agent.wait_for_state("listening")?;
        wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
        desktop.sound()?.say(&sentence.wav)?.wait()
    };

    for (begin, end) in [("start", "stop"), ("toggle", "toggle")] {
        agent.ctl(&[begin])?;
        say()?;
        agent.ctl(&[end])?;
        agent.wait_for_state("idle")?;
        let text = field.wait_for_some_text()?;
        assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{begin}: {text:?}");
        field.clear()?;
    }

    agent.ctl(&["start"])?;
    say()?;
    agent.ctl(&["cancel"])?;
    agent.wait_for_state("idle")?;
    assert_eq!(field.settled_text()?, "", "what was cancelled is not typed");

    agent.ctl(&["paste-last"])?;
    let again = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &again).total(), 0, "{again:?}");

    agent.ctl(&["quit"])?;
    assert!(agent.wait()?.success(), "{}", agent.log());
    let states = states(&follower.log())?;
    assert!(
        states.windows(2).any(|pair| pair == ["idle", "listening"])
            && states.contains(&"delivering".to_owned())
            && states.last().is_some_and(|last| last == "idle"),
        "{states:?}"
    );
    Ok(())
}

#[test]
fn a_changed_focus_holds_the_text_until_it_is_asked_for() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let other = Target::text_view(display)?;
    let field = Target::text_view(display)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    while_listening(&desktop, &agent, &sentence, || display.focus(other.title()))?;
    agent.wait_for_state("idle")?;
    assert_eq!(other.settled_text()?, "", "the user spoke to another window");
    assert_eq!(field.text()?, "");
    assert_eq!(agent.status()?["held"], true);

    display.focus(field.title())?;
    agent.ctl(&["paste-last"])?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    Ok(())
}

#[test]
fn a_changed_configuration_is_taken_up_without_a_restart() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    std::fs::write(desktop.place().config().join("scout/config.toml"), "[key]\nchord = \"F8\"\n")?;
    let display = desktop.display()?;
    // Nobody tells when a new key is in force, so it is tried until it is.
    let wait_until_it_works = |key: &str| {
        wait_for(&format!("{key} to work"), || {
            std::thread::sleep(BETWEEN_PRESSES);
            display.hold(key)?;
            let listening = agent.status()?["state"] == "listening";
            display.release(key)?;
            agent.wait_for_state("idle")?;
            Ok(listening.then_some(()))
        })
    };
    wait_until_it_works("F8")?;
    display.tap("F9")?;
    assert_eq!(agent.status()?["state"], "idle", "the old key means nothing any more");
    std::fs::write(desktop.place().config().join("scout/config.toml"), "")?;
    wait_until_it_works("F9")?;
    dictate(&desktop, &agent, &sentence)?;
    assert_ne!(field.wait_for_some_text()?, "");
    Ok(())
}

#[test]
fn a_key_that_is_changed_while_it_is_held_does_not_leave_the_microphone_open() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    while_listening(&desktop, &agent, &sentence, || {
        agent.configure("[key]\nchord = \"F8\"\n")?;
        wait_for("the microphone to be closed", || Ok((!desktop.sound()?.is_recorded()?).then_some(())))
    })?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    agent.wait_for_state("idle")
}

/// The states that a follower of the status was told, in their order.
fn states(lines: &str) -> Result<Vec<String>> {
    let mut states: Vec<String> = Vec::new();
    // Its last words, on standard error, are that the agent has ended.
    for line in lines.lines().filter(|line| line.starts_with('{')) {
        let report: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let state = report["state"].as_str().with_context(|| format!("no state in {line}"))?;
        if states.last().is_none_or(|last| last != state) {
            states.push(state.to_owned());
        }
    }
    Ok(states)
}
