//! What is being dictated, on disk as it arrives: a killed agent offers it at the next start.
//!
//! A dictation is one WAV file (16 kHz, mono, 16 bits), named by its id, with a JSON file beside it that says what the
//! dictation was for. The WAV header is brought up to date once a second, and reading goes by the file's length rather
//! than by the header: a file that was cut at any byte gives every whole sample before it. While a dictation is being
//! worked on, its file is locked, so that nobody takes it for a leftover.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dictation::{DictationId, SAMPLE_RATE, duration_of};

/// Bytes before the first sample.
const HEADER: usize = 44;
const BYTES_PER_SAMPLE: usize = 2;

/// How much is written between two updates of the header, in samples: a second.
const HEADER_INTERVAL: usize = SAMPLE_RATE as usize;

/// Why the spool cannot be used. The dictation itself goes on in memory.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Make room, or make the folder writable.
    #[error("the recording cannot be kept in {path}: {source}. It is safe only while Scout runs")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Make the folder readable.
    #[error("an unfinished dictation cannot be read from {path}: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A dictation that is being written, or is written and not yet dealt with. Dropping it leaves it on disk, for recovery.
#[derive(Debug)]
pub struct Spooled {
    path: PathBuf,
    /// Open and locked for as long as the dictation is in this process's hands.
    file: File,
    samples: usize,
    samples_in_header: usize,
}

impl Spooled {
    /// Begins the file of a dictation. `note` is written beside it and comes back in [`Unfinished::note`].
    pub fn create(folder: &Path, id: DictationId, note: &serde_json::Value) -> Result<Self, SpoolError> {
        let write_error = |path: &Path| {
            let path = path.to_owned();
            move |source| SpoolError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(write_error(folder))?;
        let path = folder.join(format!("{id}.wav"));
        // Temporary files are readable by their owner alone (mode 0600), and get their name only once they are locked and
        // whole, so no reader ever meets one in between.
        let mut audio = tempfile::NamedTempFile::new_in(folder).map_err(write_error(folder))?;
        // A file system without locks is no reason to go without the spool.
        let _unlockable = audio.as_file().lock();
        audio.write_all(&header(0)).map_err(write_error(&path))?;
        let file = audio.persist(&path).map_err(|error| error.error).map_err(write_error(&path))?;
        let spooled = Self { path, file, samples: 0, samples_in_header: 0 };
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(write_error(folder))?;
        let note_path = note_path(&spooled.path);
        beside.write_all(note.to_string().as_bytes()).map_err(write_error(&note_path))?;
        beside.persist(&note_path).map_err(|error| error.error).map_err(write_error(&note_path))?;
        Ok(spooled)
    }

    /// Appends samples, straight to the file: what was written survives this process.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), SpoolError> {
        let bytes: Vec<u8> = samples.iter().flat_map(|&sample| quantised(sample).to_le_bytes()).collect();
        self.file.write_all(&bytes).map_err(|source| self.error(source))?;
        self.samples += samples.len();
        if self.samples - self.samples_in_header >= HEADER_INTERVAL { self.update_header() } else { Ok(()) }
    }

    /// Brings the header up to date, so that any player can play the file.
    pub fn update_header(&mut self) -> Result<(), SpoolError> {
        let header = header(self.samples);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&header));
        let back = self.file.seek(SeekFrom::End(0));
        written.and(back).map_err(|source| self.error(source))?;
        self.samples_in_header = self.samples;
        Ok(())
    }

    /// Where the audio is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes it: the dictation was delivered, or cancelled.
    pub fn discard(self) -> Result<(), SpoolError> {
        remove(&self.path)
    }

    fn error(&self, source: io::Error) -> SpoolError {
        SpoolError::Write { path: self.path.clone(), source }
    }
}

/// A dictation that a killed agent left behind. Locked while it is held, so that nobody else recovers it too.
#[derive(Debug)]
pub struct Unfinished {
    /// Its id.
    pub id: DictationId,
    /// What was written beside it; null when that is lost.
    pub note: serde_json::Value,
    path: PathBuf,
    file: File,
    samples: usize,
}

impl Unfinished {
    /// How much was heard.
    pub fn duration(&self) -> Duration {
        duration_of(self.samples)
    }

    /// Where the audio is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its samples, 16 kHz mono.
    pub fn load(&self) -> Result<Vec<f32>, SpoolError> {
        let mut bytes = Vec::with_capacity(HEADER + self.samples * BYTES_PER_SAMPLE);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(|source| SpoolError::Read { path: self.path.clone(), source })?;
        let samples = bytes.get(HEADER..).unwrap_or_default().chunks_exact(BYTES_PER_SAMPLE);
        Ok(samples.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0).collect())
    }

    /// Deletes it: it was recovered, or the user does not want it.
    pub fn discard(self) -> Result<(), SpoolError> {
        remove(&self.path)
    }
}

/// The dictations that were left behind, oldest first. Those that hold no sample are deleted; those that an agent is still
/// working on are left out.
pub fn unfinished(folder: &Path) -> Result<Vec<Unfinished>, SpoolError> {
    let read_error = |source| SpoolError::Read { path: folder.to_owned(), source };
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(read_error)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(read_error)?.path();
        let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        let (Some(id), true) = (id, path.extension().is_some_and(|extension| extension == "wav")) else { continue };
        // One unreadable file must not hide the others.
        let Ok(file) = File::open(&path) else { continue };
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            continue;
        }
        let length = file.metadata().map_or(0, |metadata| metadata.len() as usize);
        let samples = length.saturating_sub(HEADER) / BYTES_PER_SAMPLE;
        if samples == 0 {
            remove(&path)?;
            continue;
        }
        let note = std::fs::read(note_path(&path)).unwrap_or_default();
        let note = serde_json::from_slice(&note).unwrap_or_default();
        found.push(Unfinished { id, note, path, file, samples });
    }
    found.sort_by_key(|unfinished| unfinished.id);
    Ok(found)
}

fn note_path(audio: &Path) -> PathBuf {
    audio.with_extension("json")
}

/// Deletes the note first: a note without audio would stay for ever, audio without a note is still recovered.
fn remove(audio: &Path) -> Result<(), SpoolError> {
    for path in [note_path(audio), audio.to_owned()] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SpoolError::Write { path, source: error });
            }
            _ => {}
        }
    }
    Ok(())
}

fn quantised(sample: f32) -> i16 {
    (sample * 32768.0).round() as i16
}

/// A WAV header for that many samples of 16-bit mono PCM.
fn header(samples: usize) -> [u8; HEADER] {
    let data = (samples * BYTES_PER_SAMPLE) as u32;
    let mut header = [0; HEADER];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &(data + HEADER as u32 - 8).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        // PCM, one channel.
        &1_u16.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &SAMPLE_RATE.to_le_bytes(),
        &(SAMPLE_RATE * BYTES_PER_SAMPLE as u32).to_le_bytes(),
        &(BYTES_PER_SAMPLE as u16).to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ];
    let mut rest = header.as_mut_slice();
    for field in fields {
        let (place, others) = std::mem::take(&mut rest).split_at_mut(field.len());
        place.copy_from_slice(field);
        rest = others;
    }
    header
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ramp(length: usize) -> Vec<f32> {
        (0..length).map(|i| (i as f32 / 32768.0) - 0.5).collect()
    }

    #[test]
    fn what_a_killed_agent_left_is_found_with_its_note_and_gone_once_discarded() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (DictationId::numbered(1), DictationId::numbered(2));
        for id in [second, first] {
            let mut spooled = Spooled::create(folder.path(), id, &json!({ "for": id })).unwrap();
            spooled.write(&ramp(100)).unwrap();
            spooled.write(&ramp(50)).unwrap();
            // Dropped without being discarded, as by a crash.
        }
        let found = unfinished(folder.path()).unwrap();
        assert_eq!(found.iter().map(|left| left.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(found[0].note, json!({ "for": first }));
        assert_eq!(found[0].duration(), duration_of(150));
        assert_eq!(found[0].load().unwrap(), [ramp(100), ramp(50)].concat());
        for left in found {
            left.discard().unwrap();
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_file_cut_at_any_byte_gives_every_whole_sample() {
        let folder = tempfile::tempdir().unwrap();
        let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
        spooled.write(&ramp(40)).unwrap();
        let whole = std::fs::read(spooled.path()).unwrap();
        spooled.discard().unwrap();
        for cut in 0..=whole.len() {
            let path = folder.path().join(format!("{}.wav", DictationId::numbered(1)));
            std::fs::write(&path, &whole[..cut]).unwrap();
            let found = unfinished(folder.path()).unwrap();
            let samples: Vec<f32> = found.iter().flat_map(|left| left.load().unwrap()).collect();
            assert_eq!(samples, ramp(cut.saturating_sub(HEADER) / 2), "cut after {cut} bytes");
            // Nothing to recover, nothing left behind.
            assert_eq!(path.exists(), !found.is_empty());
        }
    }

    #[test]
    fn any_player_reads_it_even_before_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
        for _ in 0..5 {
            spooled.write(&ramp(10_000)).unwrap();
        }
        let length = || hound::WavReader::open(spooled.path()).unwrap().duration();
        assert!(length() >= 50_000 - 16_000, "the header is more than a second behind: {}", length());
        let mut spooled = spooled;
        spooled.update_header().unwrap();
        let mut reader = hound::WavReader::open(spooled.path()).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels, reader.duration()), (16_000, 1, 50_000));
        let samples: Vec<f32> = reader.samples::<i16>().map(|s| f32::from(s.unwrap()) / 32768.0).collect();
        assert_eq!(samples, ramp(10_000).repeat(5));
    }

    #[test]
    fn what_is_still_being_worked_on_is_no_leftover() {
        let folder = tempfile::tempdir().unwrap();
        let mut spooled = Spooled::create(folder.path(), DictationId::numbered(1), &json!(null)).unwrap();
        spooled.write(&ramp(100)).unwrap();
        assert_eq!(unfinished(folder.path()).unwrap().len(), 0);
        drop(spooled);
        let recovering = unfinished(folder.path()).unwrap();
        assert_eq!(recovering.len(), 1);
        assert_eq!(unfinished(folder.path()).unwrap().len(), 0, "two recover the same dictation");
    }

    #[test]
    fn a_spool_that_cannot_be_written_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Spooled::create(&file.join("spool"), DictationId::numbered(1), &json!(null)).unwrap_err();
        assert!(error.to_string().contains("cannot be kept"), "{error}");
        assert_eq!(unfinished(&folder.path().join("absent")).unwrap().len(), 0);
    }
}
