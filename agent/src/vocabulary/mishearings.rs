//! The file of mishearings: the words that the user corrected.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use scout_core::text::vocabulary::learn::Mishearing;

/// The mishearings that were kept. A file that is not there holds none; lines that cannot be read are passed over.
pub fn read(file: &Path) -> std::io::Result<Vec<Mishearing>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps mishearings, in a file that only its owner can read.
pub fn keep(file: &Path, mishearings: &[Mishearing]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut all = read(file)?;
    all.extend_from_slice(mishearings);
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
}
