//! `scout bench accuracy`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Serialize;

use crate::accuracy::{WordErrors, normalize_english, word_errors};
use crate::dictation::duration_of;
use crate::models::{Catalogue, Store};
use crate::transcribe::{Abort, Gated, Options, Transcriber, Whisper};
use crate::{audio, speech};

/// The table of what is said in each file, in the corpus's folder.
const REFERENCES: &str = "refs.tsv";

/// Count the words that a model gets wrong in recordings whose text is known
///
/// Texts are compared in the form that Whisper's English normaliser gives them, so that the rates can be set beside
/// published ones.
#[derive(Debug, clap::Args)]
pub(super) struct Accuracy {
    /// A folder with recordings and refs.tsv: a line per recording, its name and its text with a tab between; a first line
    /// that names the columns file and reference
    folder: PathBuf,
    /// The model: a name that `scout models list` shows, or a path [default: tiny.en]
    #[arg(long)]
    model: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A recording and what is said in it.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    file: String,
    text: String,
}

/// How one recording, or all of them, went.
#[derive(Debug, Serialize)]
struct Score {
    words: usize,
    substitutions: usize,
    deletions: usize,
    insertions: usize,
    /// Word error rate: errors per word.
    wer: f64,
    audio_seconds: f64,
    transcribe_seconds: f64,
}

impl Score {
    fn new(errors: WordErrors, audio: Duration, transcribe: Duration) -> Self {
        Self {
            words: errors.words,
            substitutions: errors.substitutions,
            deletions: errors.deletions,
            insertions: errors.insertions,
            wer: errors.rate(),
            audio_seconds: audio.as_secs_f64(),
            transcribe_seconds: transcribe.as_secs_f64(),
        }
    }

    fn line(&self, name: &str, width: usize) -> String {
        format!(
            "{name:width$}  {:>5} words  {:>3} wrong  {:>3} missing  {:>3} made up  WER {:>6.2} %  {:>7.1} s in {:>6.1} s",
            self.words,
            self.substitutions,
            self.deletions,
            self.insertions,
            self.wer * 100.0,
            self.audio_seconds,
            self.transcribe_seconds
        )
    }
}

#[derive(Debug, Serialize)]
struct File {
    #[serde(rename = "file")]
    name: String,
    reference: String,
    hypothesis: String,
    #[serde(flatten)]
    score: Score,
}

#[derive(Debug, Serialize)]
struct Report {
    model: String,
    #[serde(flatten)]
    total: Score,
    files: Vec<File>,
}

impl Accuracy {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let table = self.folder.join(REFERENCES);
        let text = std::fs::read_to_string(&table).with_context(|| format!("cannot read {}", table.display()))?;
        let references = references(&text).with_context(|| format!("{} is no table of references", table.display()))?;
        let width = references.iter().map(|reference| reference.file.chars().count()).max().unwrap_or(0);

        let model = self.model.clone().unwrap_or_else(|| Catalogue::builtin().default.clone());
        let whisper = Whisper::load(&Store::of_user()?.find(&model)?)?;
        let mut transcriber = Gated::new(whisper, |clip: &[f32]| Ok(!speech::spans(clip)?.is_empty()));
        let mut files = Vec::new();
        let (mut errors, mut heard, mut taken) = (WordErrors::default(), Duration::ZERO, Duration::ZERO);
        for reference in references {
            let (file, found) = score(&self.folder, reference, &mut transcriber)?;
            errors += found;
            heard += Duration::from_secs_f64(file.score.audio_seconds);
            taken += Duration::from_secs_f64(file.score.transcribe_seconds);
            if !self.json {
                println!("{}", file.score.line(&file.name, width));
            }
            files.push(file);
        }
        let total = Score::new(errors, heard, taken);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&Report { model, total, files })?);
        } else {
            println!("{}", total.line("all", width));
        }
        Ok(())
    }
}

/// Transcribes one recording as a dictation would be, and compares.
fn score(
    folder: &Path,
    reference: Reference,
    transcriber: &mut impl Transcriber,
) -> anyhow::Result<(File, WordErrors)> {
    let clip = audio::read(&folder.join(&reference.file))?;
    let started = Instant::now();
    let transcript = transcriber.transcribe(&clip, &Options::default(), &Abort::default())?;
    let taken = started.elapsed();
    let errors = word_errors(&normalize_english(&reference.text), &normalize_english(&transcript.text));
    let score = Score::new(errors, duration_of(clip.len()), taken);
    Ok((File { name: reference.file, reference: reference.text, hypothesis: transcript.text, score }, errors))
}

fn references(table: &str) -> anyhow::Result<Vec<Reference>> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| {
        let position = header.iter().position(|column| *column == name);
        position.with_context(|| format!("its first line names no column {name:?}"))
    };
    let (file, text) = (column("file")?, column("reference")?);
    let mut references = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (Some(file), Some(text)) = (cells.get(file), cells.get(text)) else {
            bail!("line {number} has no file or no reference");
        };
        references.push(Reference { file: (*file).to_owned(), text: (*text).to_owned() });
    }
    if references.is_empty() {
        bail!("it names no recording");
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_by_the_names_of_its_columns() {
        let expected = [Reference { file: "a.wav".into(), text: "Hello there.".into() }];
        assert_eq!(references("file\treference\na.wav\tHello there.\n").unwrap(), expected);
        assert_eq!(references("x\treference\tfile\n1\tHello there.\ta.wav\n\n").unwrap(), expected);
    }

    #[test]
    fn a_table_that_cannot_be_read_says_why() {
        let problem = |table: &str| references(table).unwrap_err().to_string();
        assert!(problem("name\ttext\n").contains("\"file\""));
        assert!(problem("file\treference\nonly.wav\n").contains("line 2"));
        assert!(problem("file\treference\n").contains("no recording"));
    }
}
