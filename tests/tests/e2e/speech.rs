//! What is said is there from its first word to its last, and what is not said is not there.
//!
//! Each test does a few rounds; `SCOUT_TEST_ROUNDS` and `SCOUT_TEST_NOISE_SECONDS` raise the number for a thorough look.

use anyhow::{Result, ensure};
use scout_tests::noise::NOISES;
use scout_tests::speech::Edge;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech, wait_for};

/// The push-to-talk key.
const KEY: &str = "F9";

/// How much noise is played in one go, in seconds: well within the time that a test waits for a player to end.
const PIECE: usize = 30;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn rounds() -> usize {
    number("SCOUT_TEST_ROUNDS", 3)
}

/// The words of a text, in lower case and without punctuation.
fn words(text: &str) -> Vec<String> {
    let bare: String = text.to_lowercase().chars().map(|it| if it.is_alphanumeric() { it } else { ' ' }).collect();
    bare.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_first_word_and_the_last_are_whole() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "")?;
    // Cut to where the first sound begins and the last one ends: the word is spoken 100 ms after the agent is ready, and the
    // key comes up 50 ms after the last one.
    let clip = speech::edged(desktop.place(), Edge { before: 0.1, after: 0.05 })?;
    let (mut first, mut last) = (0, 0);
    for round in 0..rounds() {
        std::thread::sleep(scout_tests::BETWEEN_PRESSES);
        display.hold(KEY)?;
        agent.wait_for_state("listening")?;
        wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
        desktop.sound()?.say(&clip.wav)?.wait()?;
        display.release(KEY)?;
        agent.wait_for_state("idle")?;
        let text = field.wait_for_some_text()?;
        field.clear()?;
        let words = words(&text);
        first += usize::from(words.first().is_some_and(|word| word == "go"));
        last += usize::from(words.last().is_some_and(|word| ["meters", "metres"].contains(&word.as_str())));
        println!("{round}: {text:?}");
    }
    println!("first word {first} of {0}, last word {last} of {0}", rounds());
    ensure!((first, last) == (rounds(), rounds()), "first word {first}, last word {last} of {}", rounds());
    Ok(())
}

#[test]
fn noise_types_nothing_and_quiet_speech_is_heard() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let seconds = number("SCOUT_TEST_NOISE_SECONDS", 4);
    for noise in NOISES {
        let piece = noise.recording(desktop.place(), seconds.min(PIECE))?;
        scout_tests::while_listening(&desktop, &agent, &piece, || {
            (1..seconds.div_ceil(PIECE)).try_for_each(|_| desktop.sound()?.say(&piece.wav)?.wait())
        })?;
        agent.wait_for_state("idle")?;
        ensure!(field.settled_text()?.is_empty(), "{noise:?} was taken for {:?}", field.settled_text()?);
        println!("{noise:?}: nothing in {seconds} s");
    }
    dictate(&desktop, &agent, &speech::quiet(desktop.place())?)?;
    let text = field.wait_for_some_text()?;
    println!("at -34 dB: {text:?}");
    ensure!(words(&text).first().is_some_and(|word| word == "go"), "{text:?}");
    Ok(())
}

#[test]
fn what_was_understood_so_far_is_told_while_the_user_speaks() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let _field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let follower = agent.spawn(&["ctl", "status", "--follow", "--json"])?;
    let sentence = speech::sentence(desktop.place())?;
    let silence = speech::silence(desktop.place())?;
    let parts = [sentence.clone(), silence.clone(), sentence, silence];
    let spoken = speech::joined(desktop.place(), "partial", &parts)?;
    scout_tests::while_listening(&desktop, &agent, &spoken, || {
        wait_for("a partial of both sentences", || {
            let log = follower.log();
            let reports = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            let partials: Vec<String> =
                reports.filter_map(|report| report["partial"].as_str().map(str::to_lowercase)).collect();
            let is_there = |times: usize| partials.iter().any(|partial| partial.matches("forward").count() == times);
            Ok((is_there(1) && is_there(2)).then_some(()))
        })
    })?;
    agent.wait_for_state("idle")?;
    ensure!(agent.status()?["partial"].is_null(), "a partial is left");
    Ok(())
}
