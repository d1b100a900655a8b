//! The file of mishearings: the words that the user corrected.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use scout_core::text::vocabulary::learn::Mishearing;

/// This many mishearings are kept, the newest ones: more are of no help, and the file is written as a whole each time.
const MOST_KEPT: usize = 2_000;

/// Words of more bytes are not names, and are not kept.
const LONGEST: usize = 200;

/// The mishearings that were kept. A file that is not there holds none; lines that cannot be read are passed over.
pub fn read(file: &Path) -> std::io::Result<Vec<Mishearing>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps mishearings, in a file that only its owner can read. Drops the oldest ones if there are too many.
pub fn keep(file: &Path, mishearings: &[Mishearing]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut all = read(file)?;
    all.extend_from_slice(mishearings);
    all.retain(|mishearing| mishearing.heard.len().max(mishearing.meant.len()) <= LONGEST);
    all.drain(..all.len().saturating_sub(MOST_KEPT));
    // A temporary file belongs to its owner alone from the start.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    for mishearing in &all {
        writeln!(new, "{}", serde_json::to_string(mishearing)?)?;
    }
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use scout_core::text::vocabulary::learn::compare;

    use super::*;

    #[test]
    fn what_was_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/mishearings.jsonl");
        assert!(read(&file).unwrap().is_empty());
        let one = compare("Maints", "Maintz");
        keep(&file, &one).unwrap();
        keep(&file, &one).unwrap();
        assert_eq!(read(&file).unwrap(), [one.clone(), one].concat());
    }

    #[test]
    fn the_file_of_mishearings_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mishearings.jsonl");
        let of = |number: usize| Mishearing { heard: format!("heard{number}"), meant: format!("Meant{number}") };
        let many: Vec<Mishearing> = (0..MOST_KEPT).map(of).collect();
        keep(&file, &many).unwrap();
        keep(&file, &[Mishearing { heard: "x".repeat(100_000), meant: "x".into() }, of(MOST_KEPT)]).unwrap();
        let kept = read(&file).unwrap();
        assert_eq!((kept.len(), &kept[0], kept.last()), (MOST_KEPT, &of(1), Some(&of(MOST_KEPT))));
    }
}
