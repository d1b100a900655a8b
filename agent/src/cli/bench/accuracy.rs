//! `scout bench accuracy`.

mod corpus;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::accuracy::{WordErrors, normalize_english, word_errors};
use crate::dictation::duration_of;
use crate::models::{Catalogue, Store};
use crate::speech::Silero;
use crate::transcribe::incremental::{Rules, replay};
use crate::transcribe::{Abort, Options, Whisper, limits};
use corpus::Recording;

/// Count the words that a model gets wrong in recordings whose text is known
///
/// Every recording is transcribed twice: whole, in one pass with whisper.cpp's defaults, and incrementally, as a dictation is
/// while it is spoken. Texts are compared in the form that Whisper's English normaliser gives them, so that the rates can be
/// set beside published ones.
#[derive(Debug, clap::Args)]
pub(super) struct Accuracy {
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
    #[arg(long, value_name = "POSITIONS", default_value_t = limits::LEAST_CONTEXT)]
    least_context: u32,
    /// From this length on, what was said is cut at a good pause, in milliseconds
    #[arg(long, value_name = "MILLISECONDS")]
    piece_ms: Option<u64>,
    /// Whether a pass is told the words before it; by default as is best for the model
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
    pub(super) fn run(self) -> anyhow::Result<()> {
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
        let mut whisper = Whisper::load(&Store::of_user()?.find(model)?)?;
        let mut voice = Silero::new()?;
        let english_only = !whisper.multilingual();
        let options = Options {
            language: (!english_only).then(|| self.language.clone()),
            least_context: Some(self.least_context),
            threads: self.threads,
            use_before: self.text_before,
            ..Options::default()
        };
        let pass = Duration::from_millis(self.pass_ms);
        let mut rules = Rules::DICTATION;
        if let Some(piece) = self.piece_ms {
            rules.full = Duration::from_millis(piece);
            rules.fuller = rules.fuller.max(rules.full);
        }
        let mut totals = [Total::default(); 2];
        for recording in recordings {
            let mut texts = Vec::new();
            for (engine, total) in ENGINES.into_iter().zip(&mut totals) {
                // What one engine heard must not sway the other.
                whisper.renew()?;
                let started = Instant::now();
                let text = match engine {
                    Engine::Whole => whisper.whole_pass(&recording.samples, &options, &Abort::default())?.text,
                    Engine::Incremental => {
                        replay::replay(&recording.samples, &mut voice, &mut whisper, &options, rules, pass)?
                            .transcript
                            .text
                    }
                };
                total.taken += started.elapsed();
                total.audio += duration_of(recording.samples.len());
                let errors = word_errors(&normalize_english(&recording.text), &normalize_english(&text));
                total.errors += errors;
                texts.push((engine, errors, text));
            }
            if !self.json {
                let counts =
                    texts.iter().map(|(_, errors, _)| errors.substitutions + errors.deletions + errors.insertions);
                let counts: Vec<String> = counts.map(|count| format!("{count:>3}")).collect();
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
