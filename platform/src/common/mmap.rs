//! Files that are read in place, without a copy in memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// A whole file, mapped for reading.
#[derive(Debug)]
pub struct MappedFile {
    map: memmap2::Mmap,
}

impl MappedFile {
    /// Maps a file that nobody changes in place: one of Scout's own store, where files appear whole by being renamed to
    /// their name and are replaced the same way.
    ///
    /// # Errors
    /// Whatever opening and mapping a file may meet; the caller knows the path and says it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: a mapping is undefined only if the file is changed or cut while it is mapped. Files of the store are never
        // written again after their rename, and replacing one leaves the mapped file itself alone until it is unmapped.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Self { map })
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_file_is_its_bytes_even_after_it_was_replaced() {
        let place = tempfile::tempdir().unwrap();
        let (path, newer) = (place.path().join("model"), place.path().join("newer"));
        std::fs::write(&path, "weights").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        std::fs::write(&newer, "others").unwrap();
        std::fs::rename(&newer, &path).unwrap();
        assert_eq!(&*mapped, b"weights");
        assert_eq!(&*MappedFile::open(&path).unwrap(), b"others");
    }

    #[test]
    fn a_missing_file_is_an_error() {
        assert!(MappedFile::open(Path::new("/nonexistent/model")).is_err());
    }
}
