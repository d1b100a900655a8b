//! Writes files that the user asked for and that are not encrypted: exports and recordings.
//!
//! Such a file appears complete or not at all, and a process that is killed meanwhile leaves nothing of it to be read: it has
//! no name until it is complete. Where that is impossible it is `FILE.part` until then, which is noted in the data folder
//! before it exists, so that the next command, the next start of the agent and `delete --everything` remove it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use scout_core::dictation::DictationId;
use scout_platform::files::{create_private_dir, open_private};
use scout_platform::unnamed_file;

use super::error::HistoryError;
use super::files::{self, with_ending};
use super::home::Home;

/// The exit code of a command that a signal ends.
const INTERRUPTED: i32 = 130;

/// Writes a file that only its owner can read, completely or not at all. A pipe or a device is written to as it is, and a
/// link is followed.
pub fn write_plain(
    home: &Home,
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let path = &files::followed(path);
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return write_buffered(&OpenOptions::new().write(true).open(path)?, write);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(file) = unnamed_file::create(folder) else { return write_part(home, path, write) };
    write_buffered(&file, write)?;
    file.sync_all()?;
    match unnamed_file::give_name(&file, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // A name that exists can only be given to a file that has another one already.
            let part = Part::note(home, path)?;
            unnamed_file::give_name(&file, &part.path)?;
            part.complete(path)
        }
        named => Ok(named?),
    }
}

fn write_buffered(
    file: &File,
    write: impl FnOnce(&mut dyn Write) -> Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let mut output = BufWriter::new(file);
    write(&mut output)?;
    Ok(output.flush()?)
}

/// Writes a file that has a name before it is complete.
fn write_part(
    home: &Home,
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let part = Part::note(home, path)?;
    let file = open_private(&part.path, OpenOptions::new().create_new(true).write(true))?;
    let (plain, note) = (part.path.clone(), part.note_path.clone());
    let on_signal = ctrlc::set_handler(move || {
        if let Err(error) = files::wipe(&plain).and_then(|()| files::remove(&note)) {
            tracing::error!(%error, "an unfinished file could not be removed");
        }
        std::process::exit(INTERRUPTED);
    });
    if let Err(error) = on_signal {
        tracing::debug!(%error, "a signal leaves the unfinished file to the next command");
    }
    write_buffered(&file, write)?;
    file.sync_all()?;
    part.complete(path)
}

/// An unfinished file, and the note of it. Dropping it removes both.
struct Part {
    path: PathBuf,
    note_path: PathBuf,
    /// Locked while this process writes the file.
    _note: File,
}

impl Part {
    /// Notes that an unfinished file will be at a path that nothing has yet.
    fn note(home: &Home, path: &Path) -> Result<Self, HistoryError> {
        let mut part = with_ending(path, ".part");
        let mut number = 1;
        while part.symlink_metadata().is_ok() {
            number += 1;
            part = with_ending(path, &format!(".part{number}"));
        }
        let part = std::path::absolute(part)?;
        let name = part
            .to_str()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "its name is not UTF-8: choose another one"))?;
        let fail = |error: io::Error| HistoryError::of_io(&home.outputs, &error);
        create_private_dir(&home.outputs).map_err(fail)?;
        let note_path = home.outputs.join(DictationId::new().to_string());
        let mut note = open_private(&note_path, OpenOptions::new().create_new(true).write(true)).map_err(fail)?;
        note.lock().or_else(|error| if error.kind() == io::ErrorKind::Unsupported { Ok(()) } else { Err(error) })?;
        note.write_all(name.as_bytes()).and_then(|()| note.sync_all()).map_err(fail)?;
        Ok(Self { path: part, note_path, _note: note })
    }

    /// Gives the file its name.
    fn complete(self, path: &Path) -> Result<(), HistoryError> {
        Ok(std::fs::rename(&self.path, path)?)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // The unfinished file is gone if it was completed.
        if let Err(error) = files::wipe(&self.path).and_then(|()| files::remove(&self.note_path)) {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished file could not be removed");
        }
    }
}

/// Removes the unfinished files of processes that were killed.
pub fn remove_unfinished(home: &Home) -> Result<(), HistoryError> {
    let notes = match home.outputs.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        notes => notes.map_err(|error| HistoryError::of_io(&home.outputs, &error))?,
    };
    for note in notes.flatten() {
        let note = note.path();
        let Ok(file) = File::open(&note) else { continue };
        if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            continue;
        }
        let part = std::fs::read_to_string(&note).map(|name| PathBuf::from(OsString::from(name)));
        part.and_then(|part| if part.as_os_str().is_empty() { Ok(()) } else { files::wipe(&part) })
            .and_then(|()| files::remove(&note))
            .map_err(|error| HistoryError::of_io(&note, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"what was said";

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path(), &folder.path().join("log"), &folder.path().join("spool"));
        (folder, home)
    }

    fn text(output: &mut dyn Write) -> Result<(), HistoryError> {
        Ok(output.write_all(TEXT)?)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            folder.read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_complete_and_replaces_a_former_one() {
        let (folder, home) = home();
        let path = folder.path().join("export");
        for _ in 0..2 {
            write_plain(&home, &path, text).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), TEXT);
            std::fs::write(&path, "former").unwrap();
        }
        assert!(write_plain(&home, &path, |_| Err(io::Error::other("no").into())).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "former");
        assert!(names(&home.outputs).is_empty());
        assert_eq!(names(folder.path()), ["export", "outputs"]);
    }

    #[test]
    fn while_it_is_written_nothing_of_it_has_a_name() {
        let (_folder, home) = home();
        let other = tempfile::tempdir().unwrap();
        if unnamed_file::create(other.path()).is_err() {
            return;
        }
        let seen = |output: &mut dyn Write| {
            text(output)?;
            output.flush()?;
            assert!(names(other.path()).is_empty());
            Ok(())
        };
        write_plain(&home, &other.path().join("export"), seen).unwrap();
        assert_eq!(names(other.path()), ["export"]);
    }

    #[test]
    fn an_unfinished_file_of_a_killed_process_is_removed_and_one_that_is_being_written_is_not() {
        let (folder, home) = home();
        let path = folder.path().join("export");
        let part = Part::note(&home, &path).unwrap();
        std::fs::write(&part.path, TEXT).unwrap();
        remove_unfinished(&home).unwrap();
        assert!(part.path.exists());
        // The process is killed: its lock is gone, and its files stay.
        let (plain, note) = (part.path.clone(), std::fs::read(&part.note_path).unwrap());
        let kept = home.outputs.join("killed");
        drop(part);
        std::fs::write(&plain, TEXT).unwrap();
        std::fs::write(&kept, note).unwrap();
        remove_unfinished(&home).unwrap();
        assert!(!plain.exists() && !kept.exists());
    }

    #[test]
    fn a_file_that_needs_a_name_is_complete_when_it_has_its_own() {
        let (folder, home) = home();
        let path = folder.path().join("export");
        write_part(&home, &path, |output| {
            text(output)?;
            assert!(folder.path().join("export.part").exists() && !path.exists());
            Ok(())
        })
        .unwrap();
        assert_eq!(names(folder.path()), ["export", "outputs"]);
        assert!(write_part(&home, &path, |_| Err(io::Error::other("no").into())).is_err());
        assert_eq!(names(folder.path()), ["export", "outputs"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_what_is_no_file_are_written_through() {
        let (folder, home) = home();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        std::os::unix::fs::symlink("target", &link).unwrap();
        for _ in 0..2 {
            write_plain(&home, &link, text).unwrap();
            assert!(link.is_symlink());
            assert_eq!(std::fs::read(&target).unwrap(), TEXT);
        }
        std::fs::remove_file(&link).unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink("pipe", &link).unwrap();
        let read = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe)
        });
        write_plain(&home, &link, text).unwrap();
        assert!(link.is_symlink());
        let kind = std::fs::metadata(&pipe).unwrap().file_type();
        assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind), "the pipe was replaced");
        assert_eq!(read.join().unwrap().unwrap(), TEXT);
    }
}
