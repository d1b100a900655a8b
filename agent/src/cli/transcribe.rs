//! `scout transcribe`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use scout_core::dictation::duration_of;
use scout_core::transcript::{Options, Transcript};
use scout_speech::audio::{self, Sound};
use scout_speech::models::{Catalogue, Store};
use scout_speech::transcribe::{Found, Whisper, transcribe_recording};
use scout_speech::vad;
use serde::Serialize;

use crate::config::paths::Paths;

/// Transcribe audio files
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
    /// Number of threads; by default chosen for this machine
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
        let mut whisper = Whisper::load(&Store::at(Paths::of_user()?.models).find(&name)?)?;
        let load_ms = milliseconds(started);
        let mut voice = vad::detector()?;
        let options =
            Options { language: self.language, prompt: self.prompt, threads: self.threads, ..Options::default() };
        let mut code = ExitCode::SUCCESS;
        for file in &self.files {
            let started = Instant::now();
            let sound = match audio::sound(file) {
                Ok(sound) => sound,
                Err(error) => {
                    eprintln!("scout: {error}");
                    code = ExitCode::FAILURE;
                    continue;
                }
            };
            let read_ms = milliseconds(started);
            let found = transcribe_recording(&mut whisper, &mut voice, &sound.samples, &options)?;
            let transcript = &found.transcript;
            if let Some(complaint) = complaint(&sound, &found) {
                eprintln!("scout: {}: {complaint}", file.display());
                code = ExitCode::FAILURE;
            }
            if self.json {
                let real_time_factor = transcript.timings.real_time_factor();
                let report = Report { file, model: &name, transcript, load_ms, read_ms, real_time_factor };
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

/// So little of a file is missing at its beginning and its end quite often: it was cut between two frames.
const NOT_MISSED: Duration = Duration::from_millis(250);
/// So little of it is missing in the middle where files were joined: less than a sound of speech.
const NOT_MISSED_INSIDE: Duration = Duration::from_millis(50);

/// What is wrong with a file that was read: a text that is empty, or short, is never given without a word.
fn complaint(sound: &Sound, found: &Found) -> Option<String> {
    if sound.samples.is_empty() {
        return Some("there is no sound in it".to_owned());
    }
    if sound.unread > 0 {
        return Some(format!(
            "{} bytes follow after the end that its header gives, and are not read: if a part of the text is missing, \
             `ffmpeg -ignore_length 1 -i FILE out.wav` reads them as sound",
            sound.unread
        ));
    }
    if sound.lost > NOT_MISSED || sound.hole > NOT_MISSED_INSIDE || sound.is_torn {
        let (lost, whole) = (sound.lost, sound.lost + duration_of(sound.samples.len()));
        let at_least = if sound.is_torn { "at least " } else { "" };
        return Some(format!(
            "{at_least}{:.2} s of {:.1} s cannot be decoded, and are missing in the text: copy or record it again",
            lost.as_secs_f32(),
            whole.as_secs_f32()
        ));
    }
    match (found.transcript.text.is_empty(), found.missing) {
        (true, _) if found.transcript.timings.passes == 0 && found.missing.is_none() => {
            Some("nobody speaks in it".to_owned())
        }
        (true, _) => Some("somebody speaks in it, but no words were understood".to_owned()),
        (false, missing) => missing.map(|missing| {
            format!("words are missing in the text: {missing}. Another model may understand them (`--model`)")
        }),
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_inside_or_was_not_read_is_never_given_without_a_word() {
        let transcript = Transcript { text: "Hello.".to_owned(), ..Transcript::default() };
        let found = Found { transcript, ..Found::default() };
        let short = Duration::from_millis(100);
        let whole = || Sound { samples: vec![0.0; 16_000], ..Sound::default() };
        for (sound, expected) in [
            (whole(), None),
            (Sound { lost: short, ..whole() }, None),
            (Sound { lost: short, hole: short, ..whole() }, Some("0.10 s of 1.1 s cannot be decoded")),
            (Sound { lost: short / 10, is_torn: true, ..whole() }, Some("at least 0.01 s of 1.0 s cannot be decoded")),
            (Sound { unread: 7, ..whole() }, Some("7 bytes follow after the end that its header gives")),
        ] {
            let complaint = complaint(&sound, &found);
            assert_eq!(complaint.is_some(), expected.is_some(), "{complaint:?}");
            assert!(complaint.unwrap_or_default().starts_with(expected.unwrap_or_default()));
        }
    }
}
