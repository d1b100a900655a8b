//! A copy of the files that were taken over last, for a start at which the user's files cannot be used.

use std::io::{self, Write as _};
use std::path::Path;

use scout_platform::files::create_private_dir;
use scout_platform::regular_file;

use scout_core::config::file::Files;
use scout_core::config::limits;

/// Which settings the agent works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// Those that were taken over from the user's files while this agent runs.
    Taken,
    /// Those that an earlier agent took over last.
    LastGood,
    /// The defaults.
    Defaults,
}

impl std::fmt::Display for InForce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Taken => "the former settings stay in force",
            Self::LastGood => "the last good configuration is in force",
            Self::Defaults => "the default settings are in force",
        })
    }
}

/// Keeps a copy. The former one is replaced as a whole: a crash leaves one of the two.
pub fn keep(path: &Path, files: &Files) -> io::Result<()> {
    if read(path).as_ref() == Some(files) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    create_private_dir(folder)?;
    // Readable by the user alone, as temporary files are.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(files)?)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The copy, if there is one that can be read.
pub fn read(path: &Path) -> Option<Files> {
    serde_json::from_slice(&regular_file::read(path, limits::LAST_GOOD).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::config::file::File;

    #[test]
    fn a_copy_is_private_and_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/last.json");
        let files = |text: &str| Files {
            config: File { path: "config.toml".into(), text: text.into() },
            profiles: vec![File { path: "profiles/a.toml".into(), text: "[[match]]".into() }],
            vocabulary: Vec::new(),
        };
        assert_eq!(read(&path), None);
        for text in ["[key]", "[key]\nchord = 'F8'"] {
            keep(&path, &files(text)).unwrap();
            assert_eq!(read(&path), Some(files(text)));
        }
        assert!(scout_platform::files::is_private(&path).unwrap());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        std::fs::write(&path, "{").unwrap();
        assert_eq!(read(&path), None);
        keep(&path, &files("")).unwrap();
        assert_eq!(read(&path), Some(files("")));
    }
}
