//! `scout-lab accuracy`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use scout::config::paths::Paths;
use scout_core::dictation::duration_of;
use scout_core::incremental::Rules;
use scout_core::transcript::{LEAST_CONTEXT, Options};
use scout_lab::replay;
use scout_speech::models::{Catalogue, Installed, Model, Store};
use scout_speech::transcribe::Whisper;
use scout_speech::vad::Silero;
use scout_tests::WholePass;
use scout_tests::wer::WordErrors;
use serde::Serialize;

use crate::corpus::{self, Recording};

/// Count the words that a model gets wrong in recordings whose text is known
///
/// Every recording is transcribed twice: whole, in one pass with whisper.cpp's defaults, and incrementally, as a dictation is
/// while it is spoken. Texts are compared in the form that Whisper's English normaliser gives them, so that the rates can be
/// set next to published ones.
#[derive(Debug, clap::Args)]
pub(crate) struct Accuracy {
    /// A folder with recordings and refs.tsv: a line per recording, its name and its text with a tab between; a first line
    /// that names the columns file and text
    folder: PathBuf,
    /// The model: a name that `scout models list` shows, or a path; may be given more than once [default: tiny.en]
    #[arg(long)]
    model: Vec<String>,
    /// The language spoken
    #[arg(long, default_value = "en")]
    language: String,
    /// Join neighbours of the same reader to dictations of about this many seconds
    #[arg(long, value_name = "SECONDS")]
    join: Option<u64>,
    /// How long a pass counts as taking while the recording goes on, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = replay::PASS.as_millis() as u64)]
    pass_ms: u64,
    /// The shortest context of the encoder, in positions of 20 ms
    #[arg(long, value_name = "POSITIONS", default_value_t = LEAST_CONTEXT)]
    least_context: u32,
    /// From this length on, what was said is cut at a good pause, in milliseconds
    #[arg(long, value_name = "MILLISECONDS")]
    piece_ms: Option<u64>,
    /// Whether a pass is told the words before it; by default as the catalogue says for the model
    #[arg(long)]
    text_before: Option<bool>,
    /// Processor threads; by default as many as suit this machine
    #[arg(long)]
    threads: Option<usize>,
    /// Print a JSON array with one object for each model and engine
    #[arg(long)]
    json: bool,
    /// Print both texts where they differ from the reference
    #[arg(long)]
    texts: bool,
}

/// How a recording is transcribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Engine {
    /// In one pass.
    Whole,
    /// As it is spoken.
    Incremental,
}

const ENGINES: [Engine; 2] = [Engine::Whole, Engine::Incremental];

/// How all recordings went.
#[derive(Debug, Serialize)]
struct Row {
    model: String,
    engine: Engine,
    files: usize,
    words: usize,
    sub: usize,
    del: usize,
    ins: usize,
    /// Word error rate: errors for each word.
    wer: f64,
    audio_seconds: f64,
    transcribe_seconds: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Total {
    errors: WordErrors,
    audio: Duration,
    taken: Duration,
}

impl Accuracy {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut recordings = corpus::read(&self.folder)?;
        if let Some(seconds) = self.join {
            recordings = corpus::join(recordings, Duration::from_secs(seconds));
        }
        let models = match self.model.as_slice() {
            [] => vec![Catalogue::builtin().default.clone()],
            models => models.to_vec(),
        };
        let mut rows = Vec::new();
        for model in models {
            for (engine, total) in ENGINES.into_iter().zip(self.measure(&model, &recordings)?) {
                let row = Row {
                    model: model.clone(),
                    engine,
                    files: recordings.len(),
                    words: total.errors.words,
                    sub: total.errors.substitutions,
                    del: total.errors.deletions,
                    ins: total.errors.insertions,
                    wer: total.errors.rate(),
                    audio_seconds: total.audio.as_secs_f64(),
                    transcribe_seconds: total.taken.as_secs_f64(),
                };
                if !self.json {
                    println!("{}", row.line());
                }
                rows.push(row);
            }
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        }
        Ok(())
    }

    /// All recordings with one model, by each engine.
    fn measure(&self, model: &str, recordings: &[Recording]) -> anyhow::Result<[Total; 2]> {
        let mut installed = Store::at(Paths::of_user()?.models).find(model)?;
        if let Some(text_before) = self.text_before {
            tell_words_before(&mut installed, text_before)?;
        }
        let mut whole = WholePass::load(&installed, &self.language)?;
        let mut voice = Silero::new()?;
        let pass = Duration::from_millis(self.pass_ms);
        let mut rules = Rules::DICTATION;
        if let Some(piece) = self.piece_ms {
            rules.full = Duration::from_millis(piece);
            rules.fuller = rules.fuller.max(rules.full);
        }
        let mut totals = [Total::default(); 2];
        for recording in recordings {
            let mut texts = Vec::new();
            // No recording is to depend on those before it: whisper.cpp draws lots where it is unsure, and goes on in the same
            // row of lots from clip to clip.
            whole.renew()?;
            let mut whisper = Whisper::load(&installed)?;
            let options = Options {
                language: whisper.multilingual().then(|| self.language.clone()),
                least_context: Some(self.least_context),
                threads: self.threads,
                ..Options::default()
            };
            for (engine, total) in ENGINES.into_iter().zip(&mut totals) {
                let started = Instant::now();
                let text = match engine {
                    Engine::Whole => whole.transcribe(&recording.samples, self.threads)?,
                    Engine::Incremental => {
                        replay::replay(&recording.samples, &mut voice, &mut whisper, &options, rules, pass)?
                            .transcript
                            .text
                    }
                };
                total.taken += started.elapsed();
                total.audio += duration_of(recording.samples.len());
                let errors = WordErrors::between(&recording.text, &text);
                total.errors += errors;
                texts.push((engine, errors, text));
            }
            if !self.json {
                let counts: Vec<String> = texts.iter().map(|(_, errors, _)| format!("{:>3}", errors.total())).collect();
                println!("{}  wrong words whole, incremental: {}", recording.name, counts.join(", "));
            }
            if self.texts && texts.iter().any(|(_, errors, _)| errors.rate() > 0.0) {
                println!("  said         {}", recording.text);
                for (engine, _, text) in texts {
                    println!("  {:<12} {text}", format!("{engine:?}").to_lowercase());
                }
            }
        }
        Ok(totals)
    }
}

/// Has the model loaded as if its catalogue entry said so.
fn tell_words_before(installed: &mut Installed, text_before: bool) -> anyhow::Result<()> {
    let (known, file) = installed.known.with_context(|| {
        format!("--text-before needs a model of the catalogue, and {} is none: leave it out", installed.name)
    })?;
    // For as long as the program runs, as the catalogue's own entries.
    let known = Box::leak(Box::new(Model { text_before, ..known.clone() }));
    installed.known = Some((known, file));
    Ok(())
}

impl Row {
    fn line(&self) -> String {
        format!(
            "{} {:<12} {} recordings, {} words: {} wrong, {} missing, {} made up: WER {:.2} % ({:.0} s of audio in {:.1} s)",
            self.model,
            format!("{:?}", self.engine).to_lowercase(),
            self.files,
            self.words,
            self.sub,
            self.del,
            self.ins,
            self.wer * 100.0,
            self.audio_seconds,
            self.transcribe_seconds
        )
    }
}
