//! `scout transcribe`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::models::{Catalogue, Store};
use crate::transcribe::{Abort, Gated, Options, Transcriber, Transcript, Whisper};
use crate::{audio, speech};

/// Print what is said in an audio file
#[derive(Debug, clap::Args)]
pub struct Command {
    /// WAV, FLAC or MP3 files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The model: a name that `scout models list` shows, or a path [default: tiny.en]
    #[arg(long)]
    model: Option<String>,
    /// The language spoken, such as en; a multilingual model finds out by itself
    #[arg(long)]
    language: Option<String>,
    /// Names or words that may occur
    #[arg(long)]
    prompt: Option<String>,
    /// Threads; by default as many as suit this machine
    #[arg(long)]
    threads: Option<usize>,
    /// One JSON object per file, with segments and timings
    #[arg(long)]
    json: bool,
}

/// One file's result, as `--json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a Path,
    model: &'a str,
    #[serde(flatten)]
    transcript: &'a Transcript,
    /// Milliseconds to load the model; once for all files.
    load_ms: f64,
    /// Milliseconds to read the file and bring it to 16 kHz.
    read_ms: f64,
    /// Time of transcription for each second of audio.
    real_time_factor: f64,
}

impl Command {
    /// Runs the command. Every file is tried; the exit code tells whether all of them worked.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let name = self.model.unwrap_or_else(|| Catalogue::builtin().default.clone());
        let started = Instant::now();
        let whisper = Whisper::load(&Store::of_user()?.find(&name)?)?;
        let load_ms = milliseconds(started);
        let mut transcriber = Gated::new(whisper, |clip: &[f32]| Ok(!speech::spans(clip)?.is_empty()));
        let options =
            Options { language: self.language, prompt: self.prompt, threads: self.threads, ..Options::default() };
        let mut code = ExitCode::SUCCESS;
        for file in &self.files {
            let started = Instant::now();
            let clip = match audio::read(file) {
                Ok(clip) => clip,
                Err(error) => {
                    eprintln!("scout: {error}");
                    code = ExitCode::FAILURE;
                    continue;
                }
            };
            let read_ms = milliseconds(started);
            let transcript = transcriber.transcribe(&clip, &options, &Abort::default())?;
            if self.json {
                let real_time_factor = transcript.timings.real_time_factor();
                let report = Report { file, model: &name, transcript: &transcript, load_ms, read_ms, real_time_factor };
                println!("{}", serde_json::to_string(&report)?);
            } else if self.files.len() > 1 {
                println!("{}: {}", file.display(), transcript.text);
            } else {
                println!("{}", transcript.text);
            }
        }
        Ok(code)
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
