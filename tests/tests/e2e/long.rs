//! A dictation that goes on and on: all of its text, at the price of a short one.
//!
//! It lasts a minute; `SCOUT_TEST_LONG_MINUTES` makes it longer.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_tests::speech::Utterance;
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech, wait_for};

/// As in the dictation tests: the smallest model mishears some words of these recordings.
const BROKEN: f64 = 0.25;

/// What an agent may need more at the end of a long dictation than after its first piece, in MB. On a busy machine, where passes
/// fall behind, it was 47, probably the recogniser's working memory, which grows with its context. Twenty minutes of audio that
/// is kept would be 77.
const MOST_GROWTH: f64 = 64.0;

fn minutes() -> usize {
    std::env::var("SCOUT_TEST_LONG_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// The agent's memory, in MB.
fn memory(agent: &Agent) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// How much is played in one go, in seconds: well within the time that a test waits for a player to end.
const PIECE: usize = 30;

/// Sentences for one piece.
fn piece(desktop: &Desktop) -> Result<Utterance> {
    let sentences = speech::utterances(desktop.place())?;
    let prose: Vec<Utterance> = sentences.into_iter().filter(|it| it.reference.split(' ').count() > 6).collect();
    let length = |it: &Utterance| -> Result<f64> { Ok(hound::WavReader::open(&it.wav)?.duration().into()) };
    let (mut parts, mut samples) = (Vec::new(), 0.0);
    for sentence in prose.iter().cycle() {
        if samples >= PIECE as f64 * 16_000.0 {
            break;
        }
        samples += length(sentence)?;
        parts.push(sentence.clone());
    }
    speech::joined(desktop.place(), "piece", &parts)
}

/// From the release of the key to the text of the newest dictation, in milliseconds.
fn latency(agent: &Agent, rows: usize) -> Result<f64> {
    wait_for("the log's row", || {
        let all = agent.history()?;
        let of_newest = all.first().and_then(|row| row["latency_ms"]["release_to_text"].as_f64());
        Ok(of_newest.filter(|_| all.len() == rows))
    })
}

#[test]
fn a_long_dictation_arrives_whole_and_needs_no_more_memory_than_a_short_one() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &speech::presentation(desktop.place())?)?;
    field.wait_for_some_text()?;
    println!("a sentence: {:.0} ms from release to text", latency(&agent, 1)?);
    field.clear()?;

    let piece = piece(&desktop)?;
    let pieces = minutes() * 60 / PIECE;
    std::thread::sleep(scout_tests::BETWEEN_PRESSES);
    display.hold("F9")?;
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    let mut needed = Vec::new();
    for number in 1..=pieces {
        desktop.sound()?.say(&piece.wav)?.wait()?;
        needed.push(memory(&agent)?);
        println!("{} s: {:.1} MB", number * PIECE, needed[number - 1]);
    }
    display.release("F9")?;
    wait_for("the words", || Ok((agent.status()?["state"] == "idle").then_some(())))?;
    let text = field.wait_for_some_text()?;
    std::thread::sleep(Duration::from_secs(1));
    let reference = vec![piece.reference; pieces].join(" ");
    let errors = WordErrors::between(&reference, &text);
    println!("{} words, {:.2} % wrong", errors.words, errors.rate() * 100.0);
    println!("{} min: {:.0} ms from release to text", minutes(), latency(&agent, 2)?);
    ensure!(errors.rate() < BROKEN, "{:.0} % of the words are wrong: {text}", errors.rate() * 100.0);
    let growth = needed.last().unwrap_or(&0.0) - needed.first().unwrap_or(&0.0);
    ensure!(growth < MOST_GROWTH, "it needs {growth:.1} MB more than after {PIECE} s");
    Ok(())
}
