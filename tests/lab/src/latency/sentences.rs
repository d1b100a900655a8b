//! What is spoken in a benchmark: recordings of sentences, put together to dictations of a given length.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use scout_speech::audio;
use scout_speech::vad;

use scout_core::dictation::samples_in;

/// Where Debian's package `pocketsphinx-testdata` keeps five sentences of a novel, and five short phrases.
const INSTALLED: [&str; 2] = ["/usr/share/pocketsphinx/test/data/librivox", "/usr/share/pocketsphinx/test/data/cards"];

/// The pause between two sentences: what readers leave.
const BETWEEN: Duration = Duration::from_millis(400);

/// Kept behind the last word, which the detector's span may cut a little short.
const LAST_SOUND: Duration = Duration::from_millis(30);

/// A dictation is at most one part in so many longer than asked.
const ROUGHLY: usize = 10;

/// Recorded sentences.
pub(crate) struct Sentences(Vec<Vec<f32>>);

impl Sentences {
    /// Reads a recording, or all of a folder in the order of their names; without either, what a package has installed.
    pub(crate) fn read(source: Option<&Path>) -> anyhow::Result<Self> {
        let sources = source.map_or(INSTALLED.map(PathBuf::from).to_vec(), |source| vec![source.to_owned()]);
        let mut files = Vec::new();
        for source in &sources {
            if source.is_dir() {
                let entries = std::fs::read_dir(source).with_context(|| format!("cannot read {}", source.display()))?;
                let mut found: Vec<PathBuf> =
                    entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
                found.retain(|file| is_recording(file.as_path()));
                found.sort();
                files.extend(found);
            } else {
                files.push(source.clone());
            }
        }
        let mut sentences = Vec::new();
        for file in files {
            let clip = audio::read(&file).with_context(|| {
                "there is no speech to measure with: name recordings with --speech, or install pocketsphinx-testdata"
            })?;
            let spans = vad::spans(&clip)?;
            if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
                let end = clip.len().min(last.end + samples_in(LAST_SOUND));
                sentences.push(clip[first.start..end].to_vec());
            }
        }
        if sentences.is_empty() {
            bail!("nobody speaks in {sources:?}");
        }
        Ok(Self(sentences))
    }

    /// A dictation of about this length that ends with the sound of a word. `turn` chooses the sentence that it begins with.
    pub(crate) fn dictation(&self, length: Duration, turn: usize) -> anyhow::Result<Vec<f32>> {
        let (wanted, between) = (samples_in(length), samples_in(BETWEEN));
        let (mut samples, mut next) = (Vec::new(), turn);
        loop {
            // The next one that still fits, in their order; where none does, the shortest makes the beginning.
            let mut indices = (0..self.0.len()).map(|step| (next + step) % self.0.len());
            let fits = |index: &usize| samples.len() + between + self.0[*index].len() <= wanted + wanted / ROUGHLY;
            let Some(index) = indices.find(fits) else { break };
            // Each begins after a breath, the first one too, as after the cue.
            samples.resize(samples.len() + between, 0.0);
            samples.extend_from_slice(&self.0[index]);
            next = index + 1;
        }
        if samples.is_empty() {
            samples.resize(between, 0.0);
            samples.extend_from_slice(self.0.iter().min_by_key(|sentence| sentence.len()).context("nobody speaks")?);
        }
        // Whoever says less than that has thought before the first word.
        let quiet = vec![0.0; wanted.saturating_sub(samples.len())];
        Ok([quiet, samples].concat())
    }
}

fn is_recording(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    ["wav", "flac", "mp3"].contains(&extension.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::dictation::duration_of;

    #[test]
    fn dictations_are_about_as_long_as_asked_and_end_with_a_word() {
        let sentences = Sentences::read(None).unwrap();
        for (seconds, turn) in [(2, 0), (5, 3), (10, 1), (30, 9)] {
            let samples = sentences.dictation(Duration::from_secs(seconds), turn).unwrap();
            let length = duration_of(samples.len()).as_secs_f64();
            assert!((1.0..1.3).contains(&(length / seconds as f64)), "{length} s instead of {seconds} s");
            let last = *vad::spans(&samples).unwrap().last().unwrap();
            assert!(samples.len() - last.end < samples_in(Duration::from_millis(100)));
        }
    }
}
