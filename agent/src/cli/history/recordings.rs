//! `scout history audio` and `scout history retranscribe`: the use of kept recordings.

use std::path::PathBuf;

use anyhow::Context as _;
use scout_core::log_entry::Entry;
use scout_log::history::{Home, Job, Store, seal_entry, write_plain};
use scout_speech::audio;

use super::transcriber::RecordingTranscriber;
use super::{ask, open, page, print};
use crate::config::paths::Paths;
use crate::control::job;
use crate::ui::sounds;

/// Play the recording of a dictation, or write it into a file
///
/// Recordings are kept where the configuration or a profile says so ([history] audio).
#[derive(Debug, clap::Args)]
pub(super) struct Audio {
    /// The dictation's id: the first or the last digits of it are enough
    id: String,
    /// Write a FLAC file, which is not encrypted, instead of playing
    #[arg(long, short)]
    output: Option<PathBuf>,
}

impl Audio {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let store = open(paths)?;
        let (_, flac) = recording(&store, &self.id)?;
        match self.output {
            Some(path) => write_plain(&Home::from(paths), &path, |output| Ok(output.write_all(&flac)?))
                .with_context(|| format!("{} cannot be written", path.display())),
            None => Ok(sounds::play_samples(&audio::read_flac(&flac)?)?),
        }
    }
}

/// Transcribe the kept recording of a dictation again, with another model
#[derive(Debug, clap::Args)]
pub(super) struct Retranscribe {
    /// The dictation's id: the first or the last digits of it are enough
    id: String,
    /// The model; the one of the configuration if not given
    #[arg(long)]
    model: Option<String>,
    /// Only print the text, and leave the log as it is
    #[arg(long)]
    dry_run: bool,
}

impl Retranscribe {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let (mut entry, flac) = recording(&open(paths)?, &self.id)?;
        let chosen = match self.model {
            Some(model) => model,
            None => crate::config::files::load(&paths.config, &[])?.config.model.name,
        };
        let mut transcriber = RecordingTranscriber::new(paths, Some(chosen));
        let transcription = transcriber.transcribe(&entry, &audio::read_flac(&flac)?)?;
        anyhow::ensure!(
            !transcription.is_unintelligible(),
            "somebody speaks in it, but no words were understood: the log stays as it is. Try another model with `--model`"
        );
        let missing = transcription.missing;
        transcription.fill_in(&mut entry);
        let damage = if self.dry_run {
            Ok(())
        } else {
            seal_entry(&Home::from(paths), &entry)?;
            ask::report(&job::run(paths, Job::TakeIn)?)
        };
        print(&(page::visible(&entry.text) + "\n"))?;
        damage?;
        missing.map_or(Ok(()), |missing| {
            Err(anyhow::anyhow!("words are missing in the text: {missing}. Try another model with `--model`"))
        })
    }
}

fn recording(store: &Store, id: &str) -> anyhow::Result<(Entry, Vec<u8>)> {
    let entry = store.find(id)?;
    let flac = store.recording(entry.id)?.with_context(|| {
        format!(
            "the recording of {} was not kept: with `audio = true` in [history] they are, from then on",
            entry.short_id()
        )
    })?;
    Ok((entry, flac))
}

#[cfg(test)]
mod tests {
    use scout_core::dictation::DictationId;
    use scout_log::vault::Key;

    use super::*;

    #[test]
    fn a_kept_recording_is_read_as_it_was_heard() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &Key::generate().unwrap()).unwrap();
        let entry = Entry::new(DictationId::new(), jiff::Timestamp::UNIX_EPOCH, "default");
        store.record(&entry).unwrap();
        let samples: Vec<f32> = (0..20_000).map(|at| ((at as f32 * 0.05).sin() * 8_000.0).round() / 32_768.0).collect();
        store.keep_recording(entry.id, &samples).unwrap();
        let (_, flac) = recording(&store, &entry.id.to_string()).unwrap();
        let decoded = audio::read_flac(&flac).unwrap();
        assert_eq!(decoded.len(), samples.len());
        assert!(decoded.iter().zip(&samples).all(|(one, other)| (one - other).abs() < 1e-4));
    }
}
