//! `scout-lab latency`.

mod sentences;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use crossbeam_channel::Receiver;
use scout::app::fallback::Start;
use scout::app::{App, Parts};
use scout::config::edit;
use scout::config::last_good::InForce;
use scout::config::paths::Paths;
use scout::control::{State, StatusReport};
use scout_core::config::Config;
use scout_core::config::schema::LogLevel;
use scout_core::dictation::{duration_of, samples_in};
use scout_speech::models::{Catalogue, Store};
use scout_speech::transcribe::Whisper;
use scout_tests::WholePass;
use serde::Serialize;

use sentences::Sentences;
use stage::{Speaker, Stage, Typed};

use crate::statistics::{median, ms, percentile};

/// Lengths of dictations that are measured, in seconds.
const LENGTHS: [u64; 5] = [2, 5, 10, 30, 60];

/// Those that a quick look takes.
const QUICK_LENGTHS: [u64; 2] = [2, 10];

/// How long the speaker is silent before letting go, in seconds: not at all, or as people do who think about what they said.
const PAUSES: [f64; 2] = [0.0, 1.0];

/// Dictations of each length. With five, the 95th percentile is the slowest.
const TIMES: usize = 5;

/// The slowest machine with the largest model gets this long for a dictation of a minute.
const PATIENCE: Duration = Duration::from_mins(10);

/// Between two dictations, so that the next press is not taken for the same one.
const BETWEEN_PRESSES: Duration = Duration::from_millis(300);

/// Measure how long the text takes after the key comes up
///
/// The whole program runs, from the key to the typed text: a recording is spoken at the pace of speech through a microphone of
/// the benchmark's own, and the text arrives on a desktop of its own, where the last character is waited for. For
/// comparison the same recording is transcribed in one pass with whisper.cpp's defaults, by the same model in the same
/// run. All times are medians.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of the command line
pub(crate) struct Latency {
    /// The model: a name that `scout models list` shows, or a path; may be given more than once [default: tiny.en]
    #[arg(long)]
    model: Vec<String>,
    /// The language spoken: as whisper.cpp's own default, it is not asked for
    #[arg(long, default_value = "en")]
    language: String,
    /// A recording of speech, or a folder of them [default: those of the Debian package pocketsphinx-testdata]
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    speech: Option<PathBuf>,
    /// Lengths of the dictations in seconds [default: 2,5,10,30,60]
    #[arg(long, value_delimiter = ',')]
    seconds: Vec<u64>,
    /// Dictations of each kind
    #[arg(long, default_value_t = TIMES)]
    times: usize,
    /// Only 2 and 10 seconds, three times each
    #[arg(long)]
    quick: bool,
    /// Print a JSON array with one object per line of the table
    #[arg(long)]
    json: bool,
    /// Print what was typed, too
    #[arg(long)]
    texts: bool,
    /// Write to standard error what the program does and when, to see where the time goes
    #[arg(long)]
    steps: bool,
}

/// Times of one kind of dictation, in milliseconds.
#[derive(Debug, Serialize)]
struct Row {
    model: String,
    /// Its length as it was asked for, to the last word.
    seconds: u64,
    /// Silence between the last word and the key's release.
    pause_s: f64,
    n: usize,
    whole_pass_ms: f64,
    release_to_text_ms: f64,
    p95_ms: f64,
    /// Release to text, in whole passes.
    ratio: f64,
    /// Its length as it was spoken.
    spoken_s: f64,
    /// The whole pass, for each second of audio.
    whole_pass_real_time_factor: f64,
    model_load_ms: f64,
}

impl Latency {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if self.steps {
            scout::logging::start(LogLevel::Debug);
        }
        let sentences = Sentences::read(self.speech.as_deref())?;
        let models = match self.model.as_slice() {
            [] => vec![Catalogue::builtin().default.clone()],
            models => models.to_vec(),
        };
        let (default_lengths, most) = if self.quick { (&QUICK_LENGTHS[..], 3) } else { (&LENGTHS[..], usize::MAX) };
        let lengths = if self.seconds.is_empty() { default_lengths } else { &self.seconds };
        let times = self.times.clamp(1, most);
        let mut rows = Vec::new();
        for model in &models {
            let mut bench = Bench::start(model, &self.language)?;
            if !self.json {
                println!("{model}: loaded in {:.0} ms", ms(bench.load));
                println!("  speech  pause  n  whole pass  real-time factor  release to text  slowest 5 %  ratio");
            }
            for &seconds in lengths {
                for pause in PAUSES {
                    let row = bench.measure(&sentences, seconds, pause, times, self.texts)?;
                    if !self.json {
                        println!("{}", row.line());
                    }
                    rows.push(row);
                }
            }
            bench.app.quit();
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
        Ok(())
    }
}

impl Row {
    fn line(&self) -> String {
        format!(
            "{:>6} s {:>4.0} s {:>2} {:>8.0} ms {:>17.3} {:>13.0} ms {:>9.0} ms  {:>5.2}",
            self.seconds,
            self.pause_s,
            self.n,
            self.whole_pass_ms,
            self.whole_pass_real_time_factor,
            self.release_to_text_ms,
            self.p95_ms,
            self.ratio
        )
    }
}

/// The program under test, its world, and the yardstick.
struct Bench {
    app: App,
    stage: Arc<Stage>,
    speaker: Arc<Speaker>,
    beginnings: Receiver<Instant>,
    config: Config,
    model: String,
    yardstick: WholePass,
    load: Duration,
    /// Where the program keeps what it would keep of a user.
    _folder: tempfile::TempDir,
}

impl Bench {
    fn start(model: &str, language: &str) -> anyhow::Result<Self> {
        let of_user = Paths::of_user()?;
        let installed = Store::at(&of_user.models).find(model)?;
        let started = Instant::now();
        let loaded = Whisper::load(&installed)?;
        let load = started.elapsed();
        drop(loaded);
        let yardstick = WholePass::load(&installed, language)?;

        let folder = tempfile::tempdir().context("a benchmark needs a temporary folder")?;
        let paths = Paths { models: of_user.models, ..Paths::below(folder.path()) };
        // In the file, as a user would: the program reads it again whenever it changes.
        for (key, value) in [("model.name", model), ("model.language", language), ("cues.notify", "false")] {
            edit::set(&paths.config, key, value)?;
        }
        let start = Start { loaded: scout::setup::load(&paths)?, in_force: InForce::Taken, rejected: None };
        let config = start.loaded.config.clone();
        let stage = Arc::new(Stage::new());
        let (speaker, beginnings) = Speaker::new();
        let parts = Parts { desktop: Arc::clone(&stage) as _, microphone: Arc::clone(&speaker) as _, paths, start };
        let app = App::start(parts)?;
        let model = model.to_owned();
        let bench = Self { app, stage, speaker, beginnings, config, model, yardstick, load, _folder: folder };
        bench.wait_for("the model to be loaded", |report| report.model.is_some())?;
        Ok(bench)
    }

    /// Dictates, and transcribes the same in one pass, in turns: whatever else the machine does meets both.
    fn measure(
        &mut self,
        sentences: &Sentences,
        seconds: u64,
        pause: f64,
        times: usize,
        texts: bool,
    ) -> anyhow::Result<Row> {
        let (mut release_to_text, mut whole_pass, mut spoken) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..times {
            let mut samples = sentences.dictation(Duration::from_secs(seconds), turn)?;
            spoken.push(duration_of(samples.len()).as_secs_f64());
            samples.resize(samples.len() + samples_in(Duration::from_secs_f64(pause)), 0.0);
            let samples: Arc<[f32]> = samples.into();
            let (text, took) = self.dictate(&samples)?;
            release_to_text.push(ms(took));
            let started = Instant::now();
            let whole = self.yardstick.transcribe(&samples, None)?;
            whole_pass.push(ms(started.elapsed()));
            if texts {
                println!("typed {text:?}\nwhole {whole:?}");
            }
        }
        let [whole_pass_ms, release_to_text_ms, spoken_s] =
            [&mut whole_pass, &mut release_to_text, &mut spoken].map(|values| median(values).unwrap_or_default());
        Ok(Row {
            model: self.model.clone(),
            seconds,
            pause_s: pause,
            n: times,
            whole_pass_ms,
            release_to_text_ms,
            p95_ms: percentile(&mut release_to_text, 95).unwrap_or_default(),
            ratio: release_to_text_ms / whole_pass_ms,
            spoken_s,
            whole_pass_real_time_factor: whole_pass_ms / 1000.0 / (spoken_s + pause),
            model_load_ms: ms(self.load),
        })
    }

    /// Holds the key while the samples are spoken, lets go with the last one, and waits for the text.
    fn dictate(&mut self, samples: &Arc<[f32]>) -> anyhow::Result<(String, Duration)> {
        thread::sleep(BETWEEN_PRESSES);
        self.stage.take_typed();
        self.speaker.prepare(Arc::clone(samples));
        let (hand, key) = (self.stage.hand(), self.config.key.chord.key);
        hand.press(key);
        let began = self.beginnings.recv_timeout(PATIENCE).context("the microphone was not opened")?;
        thread::sleep((began + duration_of(samples.len())).saturating_duration_since(Instant::now()));
        let released = Instant::now();
        hand.release(key);
        self.wait_for("the key to be noticed", |report| report.state != State::Listening)?;
        self.wait_for("the text", |report| report.state == State::Idle)?;
        let used = self.app.board().report().model.clone();
        ensure!(used.as_ref() == Some(&self.model), "{} was measured, but {used:?} used", self.model);
        match self.stage.take_typed() {
            Typed { text, last: Some(last) } => Ok((text, last.saturating_duration_since(released))),
            Typed { last: None, .. } => {
                bail!("nothing was typed: the dictation ended as {:?}", self.app.board().report().last)
            }
        }
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&StatusReport) -> bool) -> anyhow::Result<()> {
        let (until, status) = (Instant::now() + PATIENCE, self.app.board().follow());
        loop {
            match status.recv_deadline(until) {
                Ok(report) if is_so(&report) => return Ok(()),
                Ok(report) if report.state == State::Error => bail!("{}", report.warnings.join("; ")),
                Ok(_) => {}
                Err(_) => bail!("waited in vain for {what}"),
            }
        }
    }
}
