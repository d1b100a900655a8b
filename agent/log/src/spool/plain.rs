//! Recordings that a Scout without encryption left: sealed at the first start of this one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use scout_core::spool::{SpoolWriteError, SpooledRecording as _};

use super::{SpoolError, Spooled, id_of, remove, samples_of};
use crate::vault;

/// Bytes of a WAV header before the first sample.
const WAV_HEADER: usize = 44;

/// Seals the plain recordings in this folder and wipes them. Tells how many there were.
pub(crate) fn seal_plain(folder: &Path) -> Result<usize, SpoolError> {
    let Ok(entries) = folder.read_dir() else { return Ok(0) };
    let mut sealed = 0;
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(id) = id_of(&path, "wav") else { continue };
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let note_path = path.with_extension("json");
        let bytes = vault::read_all(&file).map_err(|source| SpoolError::Read { path: path.clone(), source })?;
        let samples: Vec<f32> = samples_of(bytes.get(WAV_HEADER..).unwrap_or_default()).collect();
        if !samples.is_empty() {
            let note = std::fs::read(&note_path).ok().and_then(|note| serde_json::from_slice(&note).ok());
            let mut spooled = Spooled::create(folder, id, &note.unwrap_or_default())?;
            spooled.write(&samples)?;
            spooled.file.sync().map_err(|source| SpoolWriteError::Write { path: path.clone(), source })?;
            sealed += 1;
        }
        for plain in [&path, &note_path] {
            // What cannot be overwritten is at least deleted.
            let _best_effort = wipe(plain);
            remove(plain)?;
        }
    }
    Ok(sealed)
}

/// Overwrites a file with zeros. A file system that writes elsewhere keeps the old blocks until it needs them.
fn wipe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::Read::take(io::repeat(0), length), &mut file)?;
    file.flush()?;
    file.sync_all()
}
