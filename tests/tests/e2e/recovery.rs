//! Nothing that was said is lost when the agent, or a part of it, dies, nor when a bit of what it left on disk is damaged.

use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use scout_core::dictation::DictationId;
use scout_core::log_entry::Entry;
use scout_core::spool::Spool as _;
use scout_log::spool::SealedSpool;
use scout_tests::speech::Utterance;
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, is_told, speech, wait_for, while_listening};

/// The last byte of the length of a recording's first frame, in front of which is a header of 48 bytes.
const LENGTH_OF_NOTE: usize = 51;

/// A byte of the encapsulated key, without which nothing can be opened.
const ENCAPSULATED_KEY: usize = 20;

/// Samples that are written at once, as they come from a microphone.
const CHUNK: usize = 800;

/// What a command printed, on both of its outputs.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Changes a bit of a file.
fn damage(file: &Path, byte: usize) -> Result<()> {
    let mut bytes = std::fs::read(file)?;
    *bytes.get_mut(byte).context("the file is shorter")? ^= 0x80;
    Ok(std::fs::write(file, bytes)?)
}

/// A recording that a killed agent has left.
fn leave(spool: &Path, sentence: &Utterance) -> Result<PathBuf> {
    let samples = hound::WavReader::open(&sentence.wav)?
        .into_samples::<i16>()
        .map(|sample| Ok(f32::from(sample?) / 32768.0))
        .collect::<Result<Vec<f32>>>()?;
    let entry = Entry::new(DictationId::new(), jiff::Timestamp::now(), "default");
    let mut spooled = SealedSpool::at(spool).create(entry.id, &scout_log::history::note(&entry))?;
    for chunk in samples.chunks(CHUNK) {
        spooled.write(chunk)?;
    }
    Ok(spool.join(format!("{}.sealed", entry.id)))
}

#[test]
fn no_damaged_bit_deletes_a_recording_and_what_can_be_read_is_recovered() -> Result<()> {
    let desktop = Desktop::start(&Parts::nothing())?;
    desktop.install_models()?;
    let sentence = speech::sentence(desktop.place())?;
    let data = desktop.place().data().join("scout");
    let spool = data.join("spool");
    let none = desktop.place().file("none.jsonl");
    std::fs::write(&none, "")?;
    let import = || desktop.scout(&["history", "import", &none.to_string_lossy()]);
    ensure!(import()?.status.success(), "a first start is silent");

    // A length: nothing is lost.
    let left = leave(&spool, &sentence)?;
    damage(&left, LENGTH_OF_NOTE)?;
    let listed = desktop.scout(&["history", "recover", "--list"])?;
    ensure!(left.exists(), "listing has deleted it: {}", said(&listed));
    ensure!(listed.status.success() && !said(&listed).contains("nothing to recover"), "{}", said(&listed));
    let recovered = desktop.scout(&["history", "recover"])?;
    ensure!(recovered.status.success(), "{}", said(&recovered));
    let rows = desktop.history()?;
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(WordErrors::between(&sentence.reference, text).total(), 0, "{text:?}");
    ensure!(!left.exists());

    // The key of the file: nothing can be opened, and it is not called silence.
    let left = leave(&spool, &sentence)?;
    damage(&left, ENCAPSULATED_KEY)?;
    let bytes = std::fs::read(&left)?;
    let listed = desktop.scout(&["history", "recover", "--list"])?;
    ensure!(!listed.status.success() && said(&listed).contains("cannot be opened"), "{}", said(&listed));
    ensure!(left.exists());
    let refused = desktop.scout(&["history", "recover"])?;
    println!("{}", said(&refused));
    ensure!(!refused.status.success() && said(&refused).contains("kept in"), "{}", said(&refused));
    let kept = spool.join("damaged").join(left.file_name().context("no name")?);
    assert_eq!(std::fs::read(&kept)?, bytes);
    assert_eq!(desktop.history()?.len(), 1);
    ensure!(said(&desktop.scout(&["history", "status"])?).contains("1 recordings that cannot be opened"));

    // A frame in the middle: the rest is recovered, and the recording is kept.
    let left = leave(&spool, &sentence)?;
    damage(&left, std::fs::read(&left)?.len() / 2)?;
    let partly = desktop.scout(&["history", "recover"])?;
    println!("{}", said(&partly));
    ensure!(!partly.status.success() && said(&partly).contains("a part of its recording is damaged"));
    assert_eq!(desktop.history()?.len(), 2);
    ensure!(spool.join("damaged").join(left.file_name().context("no name")?).exists());

    // The public key: the next command writes it again and says so, and later recordings can be opened.
    damage_digit(&spool.join("recipient"), 40)?;
    let mended = import()?;
    println!("{}", said(&mended));
    ensure!(!mended.status.success() && said(&mended).contains("written again"), "{}", said(&mended));
    let left = leave(&spool, &sentence)?;
    let recovered = desktop.scout(&["history", "recover"])?;
    ensure!(recovered.status.success() && !left.exists(), "{}", said(&recovered));
    assert_eq!(desktop.history()?.len(), 3);
    Ok(())
}

#[test]
fn every_sentence_of_a_recording_with_long_pauses_is_recovered() -> Result<()> {
    let desktop = Desktop::start(&Parts::nothing())?;
    desktop.install_models()?;
    let sentences = speech::utterances(desktop.place())?;
    let parts = [sentences[0].clone(), sentences[7].clone()];
    let spoken = speech::apart(desktop.place(), "pauses", &parts, 120.0, true)?;
    let none = desktop.place().file("none.jsonl");
    std::fs::write(&none, "")?;
    let started = desktop.scout(&["history", "import", &none.to_string_lossy()])?;
    ensure!(started.status.success(), "there is no key to record with: {}", said(&started));
    leave(&desktop.place().data().join("scout/spool"), &spoken)?;
    let recovered = desktop.scout(&["history", "recover"])?;
    ensure!(recovered.status.success(), "{}", said(&recovered));
    let text = desktop.history()?[0]["text"].as_str().unwrap_or_default().to_owned();
    ensure!(WordErrors::between(&spoken.reference, &text).rate() < 0.25, "{text:?}");
    Ok(())
}

/// Changes a hexadecimal digit of a file.
fn damage_digit(file: &Path, byte: usize) -> Result<()> {
    let mut text = std::fs::read(file)?;
    text[byte] = if text[byte] == b'0' { b'1' } else { b'0' };
    Ok(std::fs::write(file, text)?)
}

/// What the system may write to disk of the memory of a process that crashes.
fn core_limit(agent: &Agent) -> Result<String> {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", agent.pid()))?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
    Ok(line.and_then(|line| line.split_whitespace().next()).context("no such limit")?.to_owned())
}

#[test]
fn a_dictation_cut_off_by_a_crash_is_transcribed_afterwards_and_no_core_is_left() -> Result<()> {
    // As far as this user may: without a limit, a crash would write the whole memory to disk.
    let own = std::process::id().to_string();
    std::process::Command::new("prlimit").args(["--pid", &own, "--core=unlimited"]).status()?;
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
    assert_eq!(WordErrors::between(&sentence.reference, text).total(), 0, "{text:?}");

    // A damaged public key is written again, so that the next interrupted recording can be opened, too.
    agent.kill();
    damage_digit(&desktop.place().data().join("scout/spool/recipient"), 40)?;
    let agent = Agent::start(&desktop, "")?;
    assert_eq!(core_limit(&agent)?, "0");
    // The first one finds the handler of Rust's runtime, which gives up at the second.
    let crash = || agent.signal("SEGV").and_then(|()| agent.signal("SEGV"));
    while_listening(&desktop, &agent, &sentence, crash)?;
    drop(agent);
    for file in std::fs::read_dir(desktop.place().home())? {
        let name = file?.file_name();
        ensure!(!name.to_string_lossy().starts_with("core"), "{} was left", name.display());
    }
    let agent = Agent::start(&desktop, "")?;
    let recovered = agent.scout(&["history", "recover"])?;
    ensure!(recovered.status.success(), "{}", said(&recovered));
    let rows = agent.history()?;
    assert_eq!(rows.len(), 2, "{rows:?}");
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(WordErrors::between(&sentence.reference, text).total(), 0, "{text:?}");

    // It is offered once.
    assert!(agent.scout(&["history", "recover"])?.status.success());
    assert_eq!(agent.history()?.len(), 2);
    dictate(&desktop, &agent, &sentence)?;
    assert_ne!(field.wait_for_some_text()?, "");
    Ok(())
}

fn arrives(field: &Target, said: &Utterance) -> Result<()> {
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&said.reference, &text).total(), 0, "{text:?}");
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
fn a_log_that_crashes_is_opened_again_and_has_what_was_said() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start_with_fault(&desktop, "", "history")?;
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)?;
    is_told(&desktop, "A part of Scout failed", "The log ended unexpectedly and was started again")?;
    wait_for("the entry", || {
        let rows = agent.history()?;
        Ok((rows.len() == 1 && matches!(rows[0]["outcome"].as_str(), Some("typed" | "pasted"))).then_some(()))
    })
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
    assert_eq!(WordErrors::between(&sentence.reference, text).total(), 0, "{text:?}");
    dictate(&desktop, &agent, &sentence)?;
    arrives(&field, &sentence)
}
