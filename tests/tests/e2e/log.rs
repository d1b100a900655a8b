//! The log belongs to its user alone: nothing can be read without the key, and the keychain may do what it likes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use scout_tests::speech::Utterance;
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Desktop, Parts, Target, dictate, dictate_by, speech, wait_for, while_listening};
use serde_json::Value;

/// Words of the sentence that is dictated, and of nothing that Scout writes by itself.
const TELLTALE_MIN: usize = 5;

fn parts() -> Parts {
    Parts { keychain: true, ..Parts::default() }
}

/// Files with what was said in them, as they are left where Scout is cut short.
const LEFTOVERS: [&str; 11] = [
    "history.sqlite3.rescued",
    "history.sqlite3.rekeying",
    "history.sqlite3.restoring",
    "history.sqlite3.encrypting",
    "history.sqlite3.encrypting-wal",
    ".tmpAbCdEf",
    "spool/.tmpAbCdEf",
    "spool/damaged/00000000-0000-7000-8000-000000000001.sealed",
    "queue/.tmpAbCdEf",
    "backups/.history-AbCdEf",
    "aside/damaged-20260101T000000Z.sqlite3",
];

/// Everything below the folder, but for the models.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() { files(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

fn all_files(desktop: &Desktop) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    files(&desktop.place().data().join("scout"), &mut found)?;
    Ok(found)
}

/// Bits per byte: 8 for what is well encrypted, about 4.5 for text.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let share = |count: u32| f64::from(count) / bytes.len() as f64;
    -counts.iter().filter(|&&count| count > 0).map(|&count| share(count) * share(count).log2()).sum::<f64>()
}

fn holds(path: &Path, word: &[u8]) -> Result<bool> {
    let bytes = std::fs::read(path)?.to_ascii_lowercase();
    Ok(bytes.windows(word.len()).any(|window| window == word))
}

fn status(desktop: &Desktop) -> Result<Value> {
    let output = desktop.scout(&["history", "status", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn run(desktop: &Desktop, arguments: &[&str]) -> Result<String> {
    let output = desktop.scout(arguments)?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

#[test]
fn nothing_that_was_said_can_be_read_in_any_file_and_after_deleting_everything_there_is_no_trace() -> Result<()> {
    let desktop = Desktop::start(&parts())?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "[history]\naudio = true\ntitle = true\n")?;
    dictate(&desktop, &agent, &sentence)?;
    dictate(&desktop, &agent, &sentence)?;
    let rows = agent.history()?;
    assert_eq!(rows.len(), 2);
    run(&desktop, &["history", "backup"])?;
    assert_eq!(status(&desktop)?["custody"], "keychain");

    let text = rows[0]["text"].as_str().context("no text")?.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() >= TELLTALE_MIN).collect();
    ensure!(!words.is_empty(), "no word of {text:?} tells anything");
    let found = all_files(&desktop)?;
    ensure!(found.iter().any(|path| path.ends_with("history.sqlite3")), "{found:?}");
    for path in &found {
        for word in &words {
            ensure!(!holds(path, word.as_bytes())?, "{word:?} is in {}", path.display());
        }
        let bytes = std::fs::read(path)?;
        let is_content = path.extension().is_some_and(|extension| extension == "sqlite3" || extension == "sealed");
        // The shared memory file of SQLite holds numbers of pages, and notes hold names of keys.
        if is_content && bytes.len() >= 4096 {
            println!("{}: {} bytes, {:.3} bits per byte", path.display(), bytes.len(), entropy(&bytes));
            ensure!(entropy(&bytes) > 7.9, "{} is not encrypted", path.display());
        }
    }

    // A text that waits for the user, a correction, and what programs that were cut short have left.
    let other = Target::text_view(desktop.display()?)?;
    while_listening(&desktop, &agent, &sentence, || desktop.display()?.focus(field.title()))?;
    agent.wait_for_state("idle")?;
    ensure!(agent.status()?["held"] == true, "{}", agent.status()?);
    let id = rows[0]["id"].as_str().context("no id")?;
    let misheard = words.iter().max_by_key(|word| word.len()).context("no word")?;
    let corrected = text.replace(misheard, &format!("{misheard}esque"));
    run(&desktop, &["vocabulary", "correct", id, &corrected])?;
    let folder = desktop.place().data().join("scout");
    ensure!(holds(&folder.join("mishearings.jsonl"), misheard.as_bytes())?, "nothing was misheard in {corrected:?}");
    for name in LEFTOVERS {
        std::fs::create_dir_all(folder.join(name).parent().context("no folder")?)?;
        std::fs::write(folder.join(name), &text)?;
    }

    let before = std::fs::read(desktop.place().data().join("scout/history.sqlite3"))?;
    let key = status(&desktop)?["key"].clone();
    run(&desktop, &["history", "delete", "--everything", "--yes"])?;
    ensure!(agent.status()?["held"] == false, "a text still waits: {}", agent.status()?);
    let again = desktop.scout(&["ctl", "paste-last"])?;
    ensure!(!again.status.success(), "a text was still offered");
    assert_eq!(other.settled_text()?, "");
    assert!(agent.history()?.is_empty());
    let mut everywhere = Vec::new();
    for place in [desktop.place().home(), desktop.place().runtime()] {
        files(&place, &mut everywhere)?;
    }
    for path in everywhere.iter().filter(|path| path.is_file()) {
        for word in &words {
            ensure!(!holds(path, word.as_bytes())?, "{word:?} is still in {}", path.display());
        }
    }
    assert_ne!(status(&desktop)?["key"], key, "the key is still there");
    // No page of the old database is in any file any more.
    let page = &before[..64];
    for path in all_files(&desktop)? {
        ensure!(!std::fs::read(&path)?.windows(page.len()).any(|window| window == page), "{}", path.display());
    }
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 1);
    Ok(())
}

#[test]
fn a_locked_keychain_delays_the_log_and_loses_nothing() -> Result<()> {
    let mut desktop = Desktop::start(&parts())?;
    let sentence = speech::sentence(desktop.place())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 1);
    agent.kill();

    desktop.keychain_mut()?.lock()?;
    let agent = Agent::start(&desktop, "")?;
    let typed = field.settled_text()?;
    dictate(&desktop, &agent, &sentence)?;
    assert!(field.settled_text()?.len() > typed.len(), "dictation has to work while the keychain is locked");
    let state = status(&desktop)?;
    assert!(state["problem"].as_str().is_some_and(|problem| problem.contains("locked")), "{state}");
    // The entry, and after it what became of its text.
    wait_for("the outcome to be sealed", || Ok((status(&desktop)?["sealed"] == 2).then_some(())))?;
    let warnings = agent.status()?["warnings"].to_string();
    assert!(warnings.contains("locked"), "{warnings}");
    // Even a crash loses nothing of it.
    agent.kill();

    desktop.keychain_mut()?.unlock()?;
    let agent = Agent::start(&desktop, "")?;
    let rows = agent.history()?;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0]["outcome"], "typed");
    assert_eq!(status(&desktop)?["sealed"], 0);
    Ok(())
}

#[test]
fn a_keychain_that_hangs_is_named_by_every_command_that_needs_it_and_not_waited_for() -> Result<()> {
    let desktop = Desktop::start(&parts())?;
    let sentence = speech::sentence(desktop.place())?;
    let _field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 1);
    desktop.keychain()?.hang()?;
    for command in [&["history", "list"][..], &["history", "search", "word"], &["history", "stats"], &["doctor"]] {
        let mut reader = agent.spawn(command)?;
        reader.wait().with_context(|| format!("{command:?} waits for the keychain"))?;
        let said = reader.log();
        ensure!(said.contains("has not replied") && said.contains("logging out and in again"), "{command:?}: {said}");
    }
    desktop.keychain()?.go_on()?;
    assert_eq!(agent.history()?.len(), 1);
    Ok(())
}

#[test]
fn an_emptied_keychain_makes_no_new_key_over_an_old_log() -> Result<()> {
    let mut desktop = Desktop::start(&parts())?;
    let sentence = speech::sentence(desktop.place())?;
    let _field = Target::text_view(desktop.display()?)?;
    let exported = desktop.place().file("key.scout");
    let passphrase = desktop.place().file("passphrase");
    std::fs::write(&passphrase, "a passphrase\n")?;
    let (exported, passphrase) = (exported.to_string_lossy().into_owned(), passphrase.to_string_lossy().into_owned());
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    run(&desktop, &["history", "key", "export", &exported, "--passphrase-file", &passphrase])?;
    let key = status(&desktop)?["key"].clone();
    agent.kill();

    desktop.keychain_mut()?.empty()?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    let state = status(&desktop)?;
    assert_eq!(state["key"], key, "a new key was invented");
    assert!(state["problem"].as_str().is_some_and(|problem| problem.contains("key import")), "{state}");

    run(&desktop, &["history", "key", "import", &exported, "--passphrase-file", &passphrase])?;
    assert_eq!(agent.history()?.len(), 2);
    Ok(())
}

#[test]
fn without_a_keychain_the_key_is_in_a_file_and_everybody_who_asks_is_told() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let sentence = speech::sentence(desktop.place())?;
    let _field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 1);
    assert_eq!(status(&desktop)?["custody"], "file");
    let warnings = agent.status()?["warnings"].to_string();
    assert!(warnings.contains("key of the log lies in a file"), "{warnings}");
    let doctor = agent.scout(&["doctor"])?;
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("in a file that only you can read"));
    let key = status(&desktop)?["key"].as_str().context("no key")?.to_owned();
    let file = desktop.place().data().join(format!("scout/key-{key}"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file)?.permissions());
    assert_eq!(mode & 0o777, 0o600);
    Ok(())
}

#[test]
fn commands_change_the_log_through_the_running_agent() -> Result<()> {
    let desktop = Desktop::start(&parts())?;
    let _field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let file = |name: &str| desktop.place().file(name).to_string_lossy().into_owned();
    let agent = Agent::start(&desktop, "[history]\naudio = true\n")?;
    dictate(&desktop, &agent, &sentence)?;
    let first = agent.history()?.remove(0);
    let (id, text) = (first["id"].as_str().context("no id")?, first["text"].as_str().context("no text")?);

    // What was said can be listened to, and heard again.
    let recording = file("recording.flac");
    wait_for("the recording", || {
        Ok(desktop.scout(&["history", "audio", id, "--output", &recording])?.status.success().then_some(()))
    })?;
    let heard = run(&desktop, &["transcribe", &recording])?;
    assert_eq!(WordErrors::between(&sentence.reference, &heard).total(), 0, "{heard:?}");
    let anew = run(&desktop, &["history", "retranscribe", id, "--dry-run"])?;
    assert_eq!(WordErrors::between(&sentence.reference, &anew).total(), 0, "{anew:?}");
    run(&desktop, &["history", "audio", id])?;

    // A copy of now; then more, and a part deleted.
    run(&desktop, &["history", "backup"])?;
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 2);
    assert!(run(&desktop, &["history", "limits", "--count", "1"])?.contains("1 dictation of"));
    assert_eq!(agent.history()?.len(), 2, "a trial deletes nothing");
    assert!(run(&desktop, &["history", "delete", id, "--yes"])?.contains("1 dictation deleted"));
    assert_eq!(agent.history()?.len(), 1);
    let app = first["app"].as_str().context("no application")?;
    assert!(run(&desktop, &["history", "facets"])?.contains(&format!("app:{app}")));
    run(&desktop, &["history", "delete", "--app", app, "--yes"])?;
    assert!(agent.history()?.is_empty());

    // The copy brings the first one back, with its recording, and another key reads it too.
    assert!(run(&desktop, &["history", "restore", "--at", "today", "--yes"])?.contains("1 dictation restored"));
    let key = status(&desktop)?["key"].clone();
    run(&desktop, &["history", "rekey"])?;
    assert_ne!(status(&desktop)?["key"], key);
    assert_eq!(agent.history()?[0]["text"], text);
    run(&desktop, &["history", "retranscribe", id])?;
    let chart = run(&desktop, &["history", "stats"])?;
    println!("{chart}");
    assert!(chart.contains("in 1 dictation,") && chart.contains('█'), "{chart}");

    // The agent writes on where it was.
    dictate(&desktop, &agent, &sentence)?;
    assert_eq!(agent.history()?.len(), 2);
    Ok(())
}

/// Speaks into the password field of a window and then, after Tab, into the ordinary one beside it; gives what both got.
fn speak_into_both(
    desktop: &Desktop,
    agent: &Agent,
    window: &Target,
    say: impl Fn(&Utterance) -> Result<()>,
    tab: impl FnOnce() -> Result<()>,
) -> Result<[String; 2]> {
    let sentence = speech::sentence(desktop.place())?;
    say(&sentence)?;
    let secret = window.wait_for_some_text()?;
    let said = agent.ctl(&["status"])?;
    ensure!(said.contains("; not logged (password field)"), "{}: {said}", window.title());
    tab()?;
    say(&sentence)?;
    let said = agent.ctl(&["status"])?;
    ensure!(!said.contains("not logged"), "{}: {said}", window.title());
    Ok([secret, window.other_text()?])
}

/// The words as they were said in the one, a sentence in the other, and only the latter in the log.
fn ensure_only_the_other_is_kept(agent: &Agent, fields: &[[String; 2]]) -> Result<()> {
    for [secret, other] in fields {
        ensure!(secret.starts_with("go forward") && !secret.ends_with(['.', ' ']), "in the password field: {secret:?}");
        ensure!(other.starts_with("Go forward"), "in the ordinary field: {other:?}");
    }
    // The log writes one after the other: what comes too much would be there by now.
    let rows = wait_for("the ordinary fields in the log", || {
        Ok(Some(agent.history()?).filter(|rows| rows.len() >= fields.len()))
    })?;
    let logged: Vec<&str> = rows.iter().rev().filter_map(|row| row["text"].as_str()).map(str::trim).collect();
    let expected: Vec<&str> = fields.iter().map(|[_, other]| other.trim()).collect();
    ensure!(logged == expected, "in the log: {logged:?}\nin the ordinary fields: {expected:?}");
    Ok(())
}

#[test]
fn what_is_dictated_into_a_password_field_is_kept_nowhere() -> Result<()> {
    let mut desktop = Desktop::start(&Parts { tray: true, ..parts() })?;
    desktop.start_accessibility()?;
    let agent = Agent::start(&desktop, "")?;
    let display = desktop.display()?;
    let mut fields = Vec::new();
    for toolkit in ["gtk3", "gtk4", "qt5", "chromium"] {
        let window = match toolkit {
            "chromium" => Target::fields_in_browser(display)?,
            toolkit => Target::fields(display, toolkit)?,
        };
        let say = |sentence: &Utterance| dictate(&desktop, &agent, sentence);
        fields.push(speak_into_both(&desktop, &agent, &window, say, || display.tap("Tab")).context(toolkit)?);
        ensure_only_the_other_is_kept(&agent, &fields).context(toolkit)?;
    }
    let tray = desktop.tray()?;
    let menu = tray.menu(&tray.wait_for_icon()?)?;
    let recent = scout_tests::MenuItem::find(&menu, "Recent").context("no recent dictations")?;
    ensure!(recent.children.len() == fields.len(), "{recent:#?}");
    wait_for("the recordings to be removed", || {
        let said = String::from_utf8_lossy(&desktop.scout(&["doctor", "--json"])?.stdout).into_owned();
        Ok(said.contains("none is unfinished").then_some(()))
    })?;
    Ok(())
}

#[test]
fn a_password_field_that_gets_the_focus_while_the_user_speaks_gets_the_words_as_they_were_said() -> Result<()> {
    let mut desktop = Desktop::start(&parts())?;
    desktop.start_accessibility()?;
    let agent = Agent::start(&desktop, "")?;
    let display = desktop.display()?;
    let sentence = speech::sentence(desktop.place())?;
    let window = Target::fields(display, "gtk3")?;
    for _ in 0..3 {
        // To the ordinary field, and back. What is in the password field is marked then, and replaced.
        display.tap("Tab")?;
        while_listening(&desktop, &agent, &sentence, || {
            // All that was said is understood, so that the text is ready as soon as the key is up.
            wait_for("the words", || {
                let partial = agent.status()?["partial"].as_str().unwrap_or_default().to_lowercase();
                Ok(partial.contains("meters").then_some(()))
            })?;
            std::thread::sleep(std::time::Duration::from_secs(2));
            display.tap("Tab")
        })?;
        agent.wait_for_state("idle")?;
        let secret = window.wait_for_some_text()?;
        ensure!(secret.starts_with("go forward") && !secret.ends_with(['.', ' ']), "in the password field: {secret:?}");
    }
    ensure!(agent.history()?.is_empty(), "{:?}", agent.history()?);
    Ok(())
}

#[test]
fn password_fields_are_known_in_a_wayland_session() -> Result<()> {
    let mut desktop = Desktop::start(&Parts { sound: true, keychain: true, ..Parts::wayland() })?;
    desktop.start_accessibility()?;
    let agent = Agent::start(&desktop, "")?;
    let wayland = desktop.wayland()?;
    let window = Target::fields_in_wayland(wayland)?;
    // No program hears keys there: the dictation begins and ends by commands, as by the compositor's own keys.
    let press = || agent.ctl(&["start"]).map(drop);
    let say = |sentence: &Utterance| dictate_by(&desktop, &agent, sentence, press, || agent.ctl(&["stop"]).map(drop));
    let fields = speak_into_both(&desktop, &agent, &window, say, || wayland.tap("Tab"))?;
    ensure_only_the_other_is_kept(&agent, &[fields])
}

#[test]
fn accessibility_is_neither_started_nor_switched_on() -> Result<()> {
    let mut desktop = Desktop::start(&parts())?;
    let started = desktop.bus()?.trap("org.a11y.Bus")?;
    let agent = Agent::start(&desktop, "")?;
    let display = desktop.display()?;
    // Started without the bus, it does not take part.
    let asleep = Target::fields(display, "gtk3")?;
    let sentence = speech::sentence(desktop.place())?;
    dictate(&desktop, &agent, &sentence)?;
    let text = asleep.wait_for_some_text()?;
    // As the documentation says of such applications.
    wait_for("a row of the log", || Ok((agent.history()?.len() == 1).then_some(())))?;
    ensure!(text.starts_with("Go forward"), "{text:?}");
    let doctor = |desktop: &Desktop| -> Result<String> {
        Ok(String::from_utf8_lossy(&desktop.scout(&["doctor", "--json"])?.stdout).into_owned())
    };
    let said = doctor(&desktop)?;
    ensure!(said.contains("the accessibility bus of this session does not run"), "{said}");
    ensure!(!started.exists(), "the bus was started");

    std::fs::remove_file(desktop.place().file("services/org.a11y.Bus.service"))?;
    desktop.start_accessibility()?;
    let _field = Target::fields(desktop.display()?, "gtk3")?;
    dictate(&desktop, &agent, &sentence)?;
    ensure!(agent.ctl(&["status"])?.contains("not logged"), "the bus is used once it runs");
    let said = doctor(&desktop)?;
    ensure!(said.contains("takes part in accessibility") && said.contains("--force-renderer-accessibility"), "{said}");
    let enabled = desktop.bus()?.property("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Status", "IsEnabled")?;
    ensure!(enabled.contains("false"), "{enabled}");
    Ok(())
}
