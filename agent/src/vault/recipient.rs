//! The public half of the key, on disk beside the files that are sealed to it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hpke::{Deserializable as _, Serializable as _};

use super::key::{Kem, Key, KeyId, hex, unhex};

/// Its file's name in the folder of sealed files.
const FILE: &str = "recipient";

/// Whom files are sealed to. Not a secret.
#[derive(Clone)]
pub struct Recipient {
    pub(super) id: KeyId,
    pub(super) public: <Kem as hpke::Kem>::PublicKey,
}

impl Recipient {
    /// The public half of a key.
    pub fn of(key: &Key) -> Self {
        Self { id: key.id(), public: key.key_pair().1 }
    }

    /// The name of the key whose public half it is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Reads it from a folder. `None` if there is none, or none that could be used.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file(folder)).ok()?;
        let (id, public) = text.trim().split_once(' ')?;
        let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&unhex(public)?).ok()?;
        Some(Self { id: id.parse().ok()?, public })
    }

    /// Writes it into a folder, in place of another.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        scout_platform::files::create_private_dir(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(new, "{} {}", self.id, hex(&self.public.to_bytes()).as_str())?;
        new.as_file().sync_all()?;
        new.persist(file(folder)).map(drop).map_err(|error| error.error)
    }

    /// Removes it from a folder: nothing can be sealed there any more.
    pub fn remove(folder: &Path) -> io::Result<()> {
        match std::fs::remove_file(file(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_from_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Recipient::read(folder.path()).is_none());
        let key = Key::from_bytes([3; 32]);
        Recipient::of(&key).write(folder.path()).unwrap();
        let read = Recipient::read(folder.path()).unwrap();
        assert_eq!(read.id(), key.id());
        assert_eq!(read.public, key.key_pair().1);
        std::fs::write(file(folder.path()), "rubbish").unwrap();
        assert!(Recipient::read(folder.path()).is_none());
        Recipient::remove(folder.path()).unwrap();
        Recipient::remove(folder.path()).unwrap();
    }
}
