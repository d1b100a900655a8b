//! What an idle agent costs: memory, processor time, and how often each of its threads wakes up.
//!
//! An agent without polling loops wakes up for nothing, so the last column tells whether there is one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use scout_tests::{Agent, Desktop, Parts, Target, dictate, speech};

/// Long enough to see a thread that wakes up once in ten seconds.
const OBSERVED: Duration = Duration::from_secs(30);

/// What was allocated for the first dictation is given back, or not, within this time.
const SETTLING: Duration = Duration::from_secs(5);

pub(crate) fn run() -> Result<()> {
    let desktop = Desktop::start(&Parts { tray: true, ..Parts::default() })?;
    let _editor = Target::editor(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let process = PathBuf::from(format!("/proc/{}", agent.pid()));
    std::thread::sleep(SETTLING);
    println!("started, nothing dictated yet:");
    observe(&process)?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    std::thread::sleep(SETTLING);
    println!("after a dictation:");
    observe(&process)
}

/// What is known of one thread at a moment.
struct Thread {
    id: String,
    name: String,
    wake_ups: u64,
}

fn observe(process: &Path) -> Result<()> {
    let (ticks, before) = (processor_ticks(process)?, threads(process)?);
    std::thread::sleep(OBSERVED);
    let (ticks, after) = (processor_ticks(process)? - ticks, threads(process)?);
    let seconds = OBSERVED.as_secs_f64();
    println!("  memory (resident)     {:7.1} MB", kilobytes(process, "VmRSS")? / 1024.0);
    println!("    of it not from files {:6.1} MB", kilobytes(process, "RssAnon")? / 1024.0);
    // Linux counts in hundredths of a second on every machine that Scout runs on (USER_HZ).
    println!("  processor time        {:7.2} % of one core", ticks as f64 / seconds);
    for thread in after {
        let woken = before.iter().find(|other| other.id == thread.id).map_or(0, |other| other.wake_ups);
        println!("  {:<20}  {:7.2} wake-ups a second", thread.name, (thread.wake_ups - woken) as f64 / seconds);
    }
    Ok(())
}

/// Time in user and system mode, from `/proc/PID/stat`.
fn processor_ticks(process: &Path) -> Result<u64> {
    let stat = std::fs::read_to_string(process.join("stat"))?;
    // The name, in brackets, may hold spaces; user and system time are the 12th and 13th fields after it.
    let fields = stat.rsplit_once(')').context("no name in stat")?.1;
    fields.split_whitespace().skip(11).take(2).map(|ticks| Ok(ticks.parse::<u64>()?)).sum()
}

fn threads(process: &Path) -> Result<Vec<Thread>> {
    let mut threads = Vec::new();
    for task in std::fs::read_dir(process.join("task"))? {
        let task = task?;
        let status = std::fs::read_to_string(task.path().join("status"))?;
        threads.push(Thread {
            id: task.file_name().to_string_lossy().into_owned(),
            name: field(&status, "Name")?.to_owned(),
            wake_ups: field(&status, "voluntary_ctxt_switches")?.parse()?,
        });
    }
    Ok(threads)
}

fn kilobytes(process: &Path, name: &str) -> Result<f64> {
    let status = std::fs::read_to_string(process.join("status"))?;
    Ok(field(&status, name)?.trim_end_matches(" kB").parse()?)
}

fn field<'a>(status: &'a str, name: &str) -> Result<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(line.with_context(|| format!("no {name} in the process's status"))?.trim())
}
