//! Nothing is lost, and nothing broken, however often the agent is killed.
//!
//! `SCOUT_KILLS=500 cargo test -p scout-tests --test e2e kills:: -- --nocapture --test-threads=1` is the long run: so many kills of
//! the thread that writes the log, and so many of the whole agent. Several at once share the work, each with a box of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use crossbeam_channel::bounded;
use jiff::Timestamp;
use scout_core::dictation::DictationId;
use scout_core::log_entry::{Delivery, Entry, Outcome};
use scout_core::spool::Spool as _;
use scout_log::history;
use scout_log::history::{Event, History, Home};
use scout_log::spool::{self, SealedSpool};
use scout_log::vault::Vault;
use scout_platform::fake::{Failure, FakeDesktop};
use scout_platform::{Desktop as _, Secrets};
use scout_tests::speech::{self, Utterance};
use scout_tests::{Agent, Desktop, Parts, Playback, Target, wait_for};

/// Where the writer that is to be killed finds its log.
const WRITER: &str = "SCOUT_LOG_WRITER";

/// Kills of the writer in an ordinary run.
const KILLS: u32 = 25;

/// Kills of the agent in an ordinary run; each takes a dictation.
const AGENT_KILLS: u32 = 6;

/// The earliest moment of the agent's kill, counted from the first sound: nothing is lost where nothing was said.
const FIRST_SOUND_MS: u64 = 300;

/// How much longer the agent may live, counted from the end of speech, than a dictation took in the same run.
const BEYOND: f64 = 1.25;

/// All that was ever written is looked for after so many kills of the writer; what was written last, after each.
const LOOK_EVERY: u32 = 50;

/// The log is looked through and what was cut off is transcribed after so many kills of the agent.
const RECOVER_EVERY: u32 = 25;

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
        let mut spooled = SealedSpool::at(&home.spool).create(id, &scout_log::history::note(&entry))?;
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
    let kills = kills_or(KILLS)?;
    let folder = tempfile::tempdir()?;
    let (mut spoken, mut recorded) = (BTreeSet::<DictationId>::new(), BTreeSet::<DictationId>::new());
    for (number, moment) in (1..).zip(moments(kills)) {
        let after = Duration::from_millis((moment * LATEST_MS as f64) as u64);
        let (mut spoken_now, mut recorded_now) = (BTreeSet::new(), BTreeSet::new());
        kill_a_writer(folder.path(), after, &mut spoken_now, &mut recorded_now)?;
        spoken.extend(&spoken_now);
        recorded.extend(&recorded_now);
        if number % LOOK_EVERY == 0 || number == kills {
            (spoken_now, recorded_now) = (spoken.clone(), recorded.clone());
        }
        let mut keys = vault(folder.path());
        let home = home(folder.path());
        // As the next start does: the writer's log of writes is read, and the queue taken in.
        history::Writer::new(home.clone(), vault(folder.path())).run(history::Job::TakeIn)?;
        let store = history::open_for_reading(&home, &mut keys)?;
        store.check()?;
        let left: BTreeSet<DictationId> = spool::unfinished(&home.spool)?.iter().map(|one| one.id).collect();
        for id in &spoken_now {
            ensure!(left.contains(id) || store.get(*id)?.is_some(), "{id} is lost");
        }
        for id in &recorded_now {
            let entry = store.get(*id)?.with_context(|| format!("{id} was recorded, and is lost"))?;
            ensure!(entry.text.contains(&id.to_string()), "{id} is broken");
        }
        ensure!(!home.aside.exists(), "a log was taken for damaged");
    }
    println!("{kills} kills, {} dictations begun, {} recorded, none lost", spoken.len(), recorded.len());
    Ok(())
}

fn kills_or(usual: u32) -> Result<u32> {
    Ok(std::env::var("SCOUT_KILLS").ok().map_or(Ok(usual), |kills| kills.parse())?)
}

/// Moments from 0 to 1 that are spread evenly, and the same in every run: the golden ratio's multiples (Weyl's sequence).
fn moments(count: u32) -> impl Iterator<Item = f64> {
    (1..=count).map(|kill| (f64::from(kill) * 0.618_033_988_749_895).fract())
}

/// Starts a writer, kills it so long after its first dictation began, and notes what it said before.
fn kill_a_writer(
    folder: &Path,
    after: Duration,
    spoken: &mut BTreeSet<DictationId>,
    recorded: &mut BTreeSet<DictationId>,
) -> Result<()> {
    let mut writer = Command::new(std::env::current_exe()?)
        .args(["--exact", "kills::no_kill_loses_a_dictation_or_breaks_the_log", "--nocapture"])
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

/// A dictation that was begun, and what has to become of it.
struct Begun {
    id: String,
    /// Whether all of it had been said when the agent was killed.
    is_whole: bool,
}

#[test]
fn no_kill_of_the_agent_loses_a_dictation() -> Result<()> {
    let kills = kills_or(AGENT_KILLS)?;
    let desktop = Desktop::start(&Parts::default())?;
    let _field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "")?;
    // How long the agent works on a dictation after the last word, on this machine.
    let clip = speak(&desktop, &agent, &sentence)?;
    let spoken = clip.length;
    clip.playback.wait()?;
    agent.ctl(&["stop"])?;
    let stopped = Instant::now();
    agent.wait_for_state("idle")?;
    let work = stopped.elapsed();
    agent.kill();
    let mut begun = vec![Begun { id: clip.id, is_whole: true }];

    for (number, moment) in (1..).zip(moments(kills)) {
        let agent = Agent::launch(&desktop, "")?;
        let clip = speak(&desktop, &agent, &sentence)?;
        let speaking = Instant::now();
        // Every other one while it is spoken, the others while it is transcribed, typed and written.
        let is_whole = number % 2 == 0;
        if is_whole {
            clip.playback.wait()?;
            agent.ctl(&["stop"])?;
            std::thread::sleep(work.mul_f64(moment * BEYOND));
        } else {
            let earliest = Duration::from_millis(FIRST_SOUND_MS);
            let moment = earliest + spoken.saturating_sub(earliest).mul_f64(moment);
            std::thread::sleep(moment.saturating_sub(speaking.elapsed()));
        }
        agent.kill();
        begun.push(Begun { id: clip.id, is_whole });
        let (logged, left) = found(&desktop)?;
        for one in &begun {
            ensure!(logged.contains_key(&one.id) || left.contains(&one.id), "{} is lost after {number} kills", one.id);
        }
        if number % RECOVER_EVERY == 0 || number == kills {
            look_through(&desktop)?;
            let recovered = desktop.scout(&["history", "recover"])?;
            ensure!(recovered.status.success(), "{}", String::from_utf8_lossy(&recovered.stderr));
            let (logged, left) = found(&desktop)?;
            ensure!(left.is_empty(), "{left:?} were not recovered");
            for one in begun.iter().filter(|one| one.is_whole) {
                let text = logged.get(&one.id).map_or("", String::as_str).to_lowercase();
                ensure!(text.contains("forward"), "{} has become {text:?}", one.id);
            }
            println!("{number} kills of the agent, {} dictations begun, {} in the log", begun.len(), logged.len());
        }
    }
    let aside = desktop.place().data().join("scout/aside");
    ensure!(!aside.exists(), "a log was taken for damaged");
    Ok(())
}

/// A dictation that is being spoken.
struct Clip {
    id: String,
    playback: Playback,
    length: Duration,
}

/// Begins a dictation without a key, and speaks.
fn speak(desktop: &Desktop, agent: &Agent, sentence: &Utterance) -> Result<Clip> {
    let known = spooled(desktop)?;
    // Each question to the agent is a program that starts; files are there to be looked at.
    wait_for("the agent to begin", || Ok(agent.ctl(&["start"]).ok()))?;
    let id = wait_for("the recording", || Ok(spooled(desktop)?.difference(&known).next().cloned()))?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    // 16,000 samples a second of two bytes, behind a short head.
    let length = Duration::from_secs_f64(std::fs::metadata(&sentence.wav)?.len() as f64 / 32_000.0);
    Ok(Clip { id, playback: desktop.sound()?.say(&sentence.wav)?, length })
}

fn spool_of(desktop: &Desktop) -> PathBuf {
    desktop.place().data().join("scout/spool")
}

/// The dictations whose recordings are on the disk, also those that are under way.
fn spooled(desktop: &Desktop) -> Result<BTreeSet<String>> {
    let files = match std::fs::read_dir(spool_of(desktop)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        files => files?,
    };
    let id = |path: PathBuf| {
        let name = path.extension().is_some_and(|ending| ending == "sealed").then(|| path.file_stem())?;
        Some(name?.to_string_lossy().into_owned())
    };
    Ok(files.flatten().filter_map(|file| id(file.path())).collect())
}

/// Looks through the whole log for damage.
fn look_through(desktop: &Desktop) -> Result<()> {
    let status = desktop.scout(&["history", "status", "--json"])?;
    let status: serde_json::Value = serde_json::from_slice(&status.stdout)?;
    ensure!(status["problem"].is_null(), "{status}");
    Ok(())
}

/// The texts of the dictations in the log, and the dictations that can be recovered.
fn found(desktop: &Desktop) -> Result<(BTreeMap<String, String>, BTreeSet<String>)> {
    let output = desktop.scout(&["history", "export"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let logged = String::from_utf8(output.stdout)?
        .lines()
        .map(|line| serde_json::from_str(line).map(|row| (text(&row, "id"), text(&row, "text"))))
        .collect::<std::result::Result<_, _>>()?;
    // Those without a single sample are forgotten by this.
    let left = spool::unfinished(&spool_of(desktop))?.iter().map(|one| one.id.to_string()).collect();
    Ok((logged, left))
}
