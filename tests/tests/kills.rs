//! Nothing is lost, and nothing broken, however often the agent is killed.
//!
//! `SCOUT_KILLS=500 cargo test -p scout-tests --test kills -- --nocapture` is the long run.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use crossbeam_channel::bounded;
use jiff::Timestamp;
use scout::capture::spool::{self, Spooled};
use scout::dictation::DictationId;
use scout::history::{self, Delivery, Entry, Event, History, Home, Outcome};
use scout::vault::Vault;
use scout_platform::fake::{Failure, FakeDesktop};
use scout_platform::{Desktop as _, Secrets};

/// Where the writer that is to be killed finds its log.
const WRITER: &str = "SCOUT_LOG_WRITER";

/// Kills in an ordinary run.
const KILLS: u32 = 25;

/// The latest moment of a kill, counted from the first line that the writer prints.
const LATEST_MS: u64 = 300;

/// A keychain that is not there: the key lies in a file, which the next writer reads.
fn no_keychain() -> Box<dyn Secrets> {
    let desktop = FakeDesktop::new();
    desktop.handle().fail_secrets(Some(Failure::NotOffered));
    desktop.secrets()
}

fn home(folder: &Path) -> Home {
    Home::new(folder, &folder.join("history.sqlite3"), &folder.join("spool"))
}

fn vault(folder: &Path) -> Vault {
    Vault::new(folder, &folder.join("spool"), no_keychain())
}

/// Dictates for ever: spools, records, delivers, discards, and says each step once it counts.
fn write_for_ever(folder: &Path) -> Result<()> {
    let home = home(folder);
    let mut keys = vault(folder);
    keys.ensure(home.database.exists())?;
    // Bound: one entry is under way at a time.
    let (sender, events) = bounded(16);
    let log = History::spawn(home.clone(), keys, move |event| {
        let _ = sender.send(event);
    })?;
    loop {
        let mut entry = Entry::new(DictationId::new(), Timestamp::now(), "default");
        let id = entry.id;
        let mut spooled = Spooled::create(&home.spool, id, &entry.note())?;
        for _ in 0..5 {
            spooled.write(&[0.25; 800])?;
            println!("spooled {id}");
        }
        entry.text = format!("words of {id}, {}", "and more ".repeat(30));
        log.record(entry);
        while !matches!(events.recv()?, Event::Recorded(recorded) if recorded == id) {}
        println!("recorded {id}");
        let ended = Timestamp::now();
        log.update(id, Delivery { outcome: Outcome::Typed, detail: None, ended, deliver: None, release_to_text: None });
        spooled.discard()?;
        println!("discarded {id}");
    }
}

#[test]
fn no_kill_loses_a_dictation_or_breaks_the_log() -> Result<()> {
    if let Some(folder) = std::env::var_os(WRITER) {
        return write_for_ever(Path::new(&folder));
    }
    let kills = std::env::var("SCOUT_KILLS").ok().map_or(Ok(KILLS), |kills| kills.parse())?;
    let folder = tempfile::tempdir()?;
    let (mut spoken, mut recorded) = (BTreeSet::new(), BTreeSet::new());
    // Moments that are spread evenly, and the same in every run: the golden ratio's multiples (Weyl's sequence).
    let moments = (1..=kills).map(|kill| (f64::from(kill) * 0.618_033_988_749_895).fract());
    for moment in moments {
        kill_a_writer(
            folder.path(),
            Duration::from_millis((moment * LATEST_MS as f64) as u64),
            &mut spoken,
            &mut recorded,
        )?;
        let mut keys = vault(folder.path());
        let home = home(folder.path());
        // As the next start does: the writer's log of writes is read, and the queue taken in.
        history::Writer::new(home.clone(), vault(folder.path())).run(history::Job::TakeIn)?;
        let store = history::open_for_reading(&home, &mut keys)?;
        store.check()?;
        let left: BTreeSet<DictationId> = spool::unfinished(&home.spool)?.iter().map(|one| one.id).collect();
        for id in &spoken {
            ensure!(left.contains(id) || store.get(*id)?.is_some(), "{id} is lost");
        }
        for id in &recorded {
            let entry = store.get(*id)?.with_context(|| format!("{id} was recorded, and is lost"))?;
            ensure!(entry.text.contains(&id.to_string()), "{id} is broken");
        }
        ensure!(!home.aside.exists(), "a log was taken for damaged");
    }
    println!("{kills} kills, {} dictations begun, {} recorded, none lost", spoken.len(), recorded.len());
    Ok(())
}

/// Starts a writer, kills it so long after its first dictation began, and notes what it said before.
fn kill_a_writer(
    folder: &Path,
    after: Duration,
    spoken: &mut BTreeSet<DictationId>,
    recorded: &mut BTreeSet<DictationId>,
) -> Result<()> {
    let mut writer = Command::new(std::env::current_exe()?)
        .args(["--exact", "no_kill_loses_a_dictation_or_breaks_the_log", "--nocapture"])
        .env(WRITER, folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(writer.stdout.take().context("no output")?).lines();
    let mut note = |line: &str| {
        let Some((what, id)) = line.split_once(' ') else { return };
        let Ok(id) = id.parse::<DictationId>() else { return };
        match what {
            "spooled" => spoken.insert(id),
            "recorded" => recorded.insert(id),
            _ => true,
        };
    };
    for line in lines.by_ref() {
        let line = line?;
        note(&line);
        if line.starts_with("spooled") {
            break;
        }
    }
    std::thread::sleep(after);
    writer.kill()?;
    writer.wait()?;
    for line in lines.map_while(std::result::Result::ok) {
        note(&line);
    }
    Ok(())
}
