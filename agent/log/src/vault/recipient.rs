//! The public half of the key. It is on disk next to the files that are sealed to it.

use std::io;
use std::path::{Path, PathBuf};

use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};

use super::durable;
use super::key::{Export, Kdf, Kem, Key, KeyId, hex, unhex};

/// The name of the file in the folder of sealed files.
const FILE: &str = "recipient";

/// The public key that files are sealed to. It is not a secret.
#[derive(Clone)]
pub struct Recipient {
    pub(super) id: KeyId,
    pub(super) public: <Kem as hpke::Kem>::PublicKey,
}

impl Recipient {
    /// Returns the public half of a key.
    pub fn of(key: &Key) -> Self {
        Self { id: key.id(), public: key.key_pair().1 }
    }

    /// Returns the name of the key whose public half it is.
    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    /// Reads it from a folder; `None` if it is missing or not valid. The name of the key is a digest of the public key,
    /// which shows whether it was damaged or changed.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file(folder)).ok()?;
        let (id, public) = text.trim().split_once(' ')?;
        let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&unhex(public)?).ok()?;
        let id: KeyId = id.parse().ok()?;
        (id == KeyId::of(&public)).then_some(Self { id, public })
    }

    /// Returns whether this key opens files that are sealed to it. Tries it.
    pub(crate) fn is_of(&self, key: &Key) -> bool {
        let trial = || -> Result<bool, hpke::HpkeError> {
            const PURPOSE: &[u8] = b"scout trial 1";
            let (mut sealed, mut opened) = ([0; 32], [0; 32]);
            let (encapsulated, sender) = hpke::setup_sender::<Export, Kdf, Kem>(&OpModeS::Base, &self.public, PURPOSE)?;
            sender.export(PURPOSE, &mut sealed)?;
            let (private, _) = key.key_pair();
            hpke::setup_receiver::<Export, Kdf, Kem>(&OpModeR::Base, &private, &encapsulated, PURPOSE)?
                .export(PURPOSE, &mut opened)?;
            Ok(sealed == opened)
        };
        self.id == key.id() && trial().unwrap_or(false)
    }

    /// Returns whether the folder has a file for it, valid or not.
    pub(super) fn is_there(folder: &Path) -> bool {
        file(folder).exists()
    }

    /// Writes it into a folder, and replaces a former one.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        scout_platform::files::create_private_dir(folder)?;
        let content = format!("{} {}\n", self.id, hex(&self.public.to_bytes()).as_str());
        durable::write(&file(folder), content.as_bytes())
    }

    /// Removes it from a folder. Nothing can be sealed there any more.
    pub(crate) fn remove(folder: &Path) -> io::Result<()> {
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
    }

    #[test]
    fn one_that_was_damaged_or_changed_is_not_sealed_to() {
        let folder = tempfile::tempdir().unwrap();
        let (key, stranger) = (Key::from_bytes([3; 32]), Key::from_bytes([4; 32]));
        Recipient::of(&key).write(folder.path()).unwrap();
        assert!(Recipient::read(folder.path()).unwrap().is_of(&key));
        let text = std::fs::read_to_string(file(folder.path())).unwrap();
        for (at, digit) in text.trim().char_indices() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if digit == '0' { b'1' } else { b'0' };
            std::fs::write(file(folder.path()), changed).unwrap();
            assert!(Recipient::read(folder.path()).is_none(), "byte {at}");
        }
        // The stranger's public key under our name, and under the stranger's.
        let public = hex(&stranger.key_pair().1.to_bytes());
        std::fs::write(file(folder.path()), format!("{} {}\n", key.id(), public.as_str())).unwrap();
        assert!(Recipient::read(folder.path()).is_none());
        Recipient::of(&stranger).write(folder.path()).unwrap();
        assert!(!Recipient::read(folder.path()).unwrap().is_of(&key));
    }

    #[test]
    fn removing_what_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        Recipient::remove(folder.path()).unwrap();
        Recipient::remove(folder.path()).unwrap();
    }
}
