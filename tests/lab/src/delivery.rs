//! `scout-lab delivery`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use crossbeam_channel::{Receiver, unbounded};
use scout::deliver::{Deliverer, leave_to_keeper};
use scout_core::delivery::{Focus, Guard, Job, Method, Report};
use scout_core::dictation::{DictationId, Outcome};
use scout_platform::{Desktop, PasteOptions, TypeOptions, detect};
use scout_tests::Parts;
use serde::Serialize;

use crate::statistics::{median, ms};

/// Text lengths: a few words, a few sentences, a page.
const LENGTHS: [usize; 3] = [20, 200, 2_000];
/// How long the terminal may take to open, and a text to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether the text is there: this is the precision of the figures.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How fast text arrives in an application
///
/// Opens an xterm for a few seconds, types and pastes into it, and compares what arrives with what was sent. Leave keyboard
/// and mouse alone meanwhile, or let it do so in a desktop in a box.
#[derive(Debug, clap::Args)]
pub(crate) struct Delivery {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How often each is measured; the median is printed
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Measure in a desktop in a box: on the same X server whatever the machine shows, and without a display
    #[arg(long)]
    boxed: bool,
}

/// One line of the result.
#[derive(Debug, Serialize)]
struct Measured {
    method: &'static str,
    characters: usize,
    /// From the plan to the last character in the application, in milliseconds.
    plan_to_last_character_ms: f64,
    /// From the plan until the next text may follow: a paste is over only when the old clipboard is back.
    plan_to_next_text_ms: f64,
    characters_per_second: f64,
}

impl Delivery {
    /// Runs the benchmark.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        ensure!(self.runs > 0, "at least one run is needed");
        if self.boxed {
            return self.run_in_a_box();
        }
        let desktop = detect();
        let terminal = Terminal::open(desktop.as_ref())?;
        let (sender, reports) = unbounded();
        let report = move |report| drop(sender.send(report));
        let deliverer = Deliverer::spawn(Arc::clone(&desktop), leave_to_keeper, report)?;
        let mut all = Vec::new();
        for (name, method) in [("typed", Method::Type), ("pasted", Method::Paste)] {
            for length in LENGTHS {
                let mut times = Vec::new();
                for _ in 0..self.runs {
                    times.push(measure(&deliverer, &reports, &terminal, method, &text_of(length))?);
                }
                let (mut there, mut over): (Vec<_>, Vec<_>) = times.into_iter().unzip();
                let (there, over) = (median(&mut there).unwrap_or_default(), median(&mut over).unwrap_or_default());
                all.push(Measured {
                    method: name,
                    characters: length,
                    plan_to_last_character_ms: ms(there),
                    plan_to_next_text_ms: ms(over),
                    characters_per_second: length as f64 / there.as_secs_f64(),
                });
            }
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&all)?);
            return Ok(());
        }
        println!(
            "{:<8} {:>11} {:>26} {:>20} {:>23}",
            "method", "characters", "plan to last character", "to the next text", "characters per second"
        );
        for line in all {
            println!(
                "{:<8} {:>11} {:>23.1} ms {:>17.1} ms {:>23.0}",
                line.method,
                line.characters,
                line.plan_to_last_character_ms,
                line.plan_to_next_text_ms,
                line.characters_per_second
            );
        }
        Ok(())
    }

    /// A program finds its desktop through its environment, so this one is started once more in the box.
    fn run_in_a_box(&self) -> anyhow::Result<()> {
        let desktop = scout_tests::Desktop::start(&Parts::windows())?;
        let mut command = desktop.place().command(std::env::current_exe()?);
        command.args(["delivery", "--runs", &self.runs.to_string()]).args(self.json.then_some("--json"));
        ensure!(command.status()?.success(), "delivery could not be measured in the box");
        Ok(())
    }
}

/// Delivers one text and waits until exactly that has arrived. Gives how long it took, and how long until all was over.
fn measure(
    deliverer: &Deliverer,
    reports: &Receiver<Report>,
    terminal: &Terminal,
    method: Method,
    text: &str,
) -> anyhow::Result<(Duration, Duration)> {
    let before = fs::metadata(&terminal.file)?.len();
    let modifier_wait = Duration::from_secs(1);
    let job = Job {
        behind: String::new(),
        id: DictationId::new(),
        text: text.to_owned(),
        method,
        guard: Guard::Hold,
        aimed: terminal.focus.clone(),
        options: TypeOptions::default(),
        paste: PasteOptions { chord: "shift+Insert".parse()?, modifier_wait },
        then: Vec::new(),
    };
    let started = Instant::now();
    ensure!(deliverer.deliver(job).is_ok(), "the delivery thread ended");
    let expected = before + text.len() as u64;
    let arrived = loop {
        if fs::metadata(&terminal.file)?.len() >= expected {
            break started.elapsed();
        }
        if started.elapsed() > PATIENCE {
            bail!("the text did not arrive: {:?}", reports.try_recv());
        }
        std::thread::sleep(LOOK_AGAIN);
    };
    match reports.recv_timeout(PATIENCE).context("delivery gave no receipt")? {
        Report::Delivered(receipt) if matches!(receipt.result, Ok(Outcome::Typed | Outcome::Pasted)) => {}
        other => bail!("the text was not delivered: {other:?}"),
    }
    let over = started.elapsed();
    let all = fs::read(&terminal.file)?;
    ensure!(all[usize::try_from(before)?..] == *text.as_bytes(), "what arrived is not what was sent");
    Ok((arrived, over))
}

fn text_of(length: usize) -> String {
    "The quick brown fox jumps over the lazy dog, and (perhaps) 12 more: ".chars().cycle().take(length).collect()
}

/// An xterm whose program writes down what it gets. Dropping it closes it.
struct Terminal {
    process: Child,
    file: PathBuf,
    focus: Focus,
    _folder: tempfile::TempDir,
}

impl Terminal {
    fn open(desktop: &dyn Desktop) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("arrived");
        let title = format!("Scout measures ({})", std::process::id());
        let process = start(&title, &file).context("this benchmark needs an X11 display and xterm: install xterm")?;
        let mut terminal = Self { process, file, focus: Focus::Unknown, _folder: folder };
        let mut probe = desktop.focus_probe()?;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = terminal.process.try_wait()? {
                bail!("xterm ended ({status}): is there a display?");
            }
            let focused = probe.focused()?.filter(|target| target.title.as_deref() == Some(title.as_str()));
            if let (Some(target), true) = (focused, terminal.file.exists()) {
                terminal.focus = Focus::In(target);
                return Ok(terminal);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        bail!("the terminal did not get the focus: click on it, and leave it there")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(title: &str, file: &Path) -> std::io::Result<Child> {
    let script = r#"stty raw -echo && exec cat >>"$0""#;
    let arguments = ["-u8", "-T", title, "-e", "/bin/sh", "-c", script];
    Command::new("xterm").args(arguments).arg(file).stdin(Stdio::null()).spawn()
}
