use scout_platform::Desktop as _;
use scout_platform::fake::{Failure, FakeDesktop, Handle};

use scout_platform::files;

use super::*;
use crate::vault::key::hex;
use crate::vault::storage::secret_name;

struct Place {
    folder: tempfile::TempDir,
    desktop: FakeDesktop,
    handle: Handle,
}

impl Place {
    fn new() -> Self {
        let desktop = FakeDesktop::new();
        let handle = desktop.handle();
        Self { folder: tempfile::tempdir().unwrap(), desktop, handle }
    }

    /// As a program sees it that has just started.
    fn vault(&self) -> Vault {
        Vault::new(self.folder.path(), &self.folder.path().join("spool"), self.desktop.secrets())
    }

    fn files_with(&self, needle: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.is_file() && std::fs::read_to_string(path).unwrap().contains(needle)).collect()
    }
}

#[test]
fn the_key_is_created_once_and_is_only_in_the_keychain() {
    let place = Place::new();
    let key = place.vault().ensure(false).unwrap();
    assert_eq!(place.vault().ensure(true).unwrap(), key);
    assert_eq!(place.vault().custody(), Some(Custody::Keychain));
    assert!(place.files_with(&hex(key.expose())).is_empty());
    assert_eq!(Recipient::read(&place.folder.path().join("spool")).unwrap().id(), key.id());
}

#[test]
fn without_a_keychain_the_key_is_in_a_private_file_and_that_is_known() {
    let place = Place::new();
    place.handle.fail_secrets(Some(Failure::NotOffered));
    let key = place.vault().ensure(false).unwrap();
    assert_eq!(place.vault().custody(), Some(Custody::File));
    let files = place.files_with(&hex(key.expose()));
    assert_eq!(files.len(), 1);
    assert!(files::is_private(&files[0]).unwrap());
    assert_eq!(place.vault().current().unwrap(), key);
    // A keychain that comes later changes nothing by itself.
    place.handle.fail_secrets(None);
    assert_eq!(place.vault().ensure(true).unwrap(), key);
    place.vault().relocate(Custody::Keychain).unwrap();
    assert!(place.files_with(&hex(key.expose())).is_empty());
    assert_eq!(place.vault().current().unwrap(), key);
    place.vault().relocate(Custody::File).unwrap();
    assert_eq!(place.vault().current().unwrap(), key);
}

#[test]
fn a_locked_or_absent_keychain_creates_no_second_key() {
    let place = Place::new();
    let key = place.vault().ensure(false).unwrap();
    for (failure, expected) in [(Failure::Permission, "locked"), (Failure::NotOffered, "does not answer")] {
        place.handle.fail_secrets(Some(failure));
        let message = place.vault().ensure(true).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
    place.handle.fail_secrets(None);
    assert_eq!(place.vault().ensure(true).unwrap(), key);
}

#[test]
fn a_locked_keychain_at_the_very_first_start_is_waited_for() {
    let place = Place::new();
    place.handle.fail_secrets(Some(Failure::Permission));
    assert!(matches!(place.vault().ensure(false), Err(KeyError::Locked)));
    assert_eq!(place.vault().custody(), None);
}

#[test]
fn a_key_that_is_gone_is_an_error_and_is_restored_by_an_import() {
    let place = Place::new();
    let key = place.vault().ensure(false).unwrap();
    place.desktop.secrets().delete(&secret_name(key.id())).unwrap();
    assert!(matches!(place.vault().ensure(true), Err(KeyError::Gone { id }) if id == key.id()));
    place.vault().adopt(&key, Custody::Keychain).unwrap();
    assert_eq!(place.vault().current().unwrap(), key);
    // The note about the keys is gone instead.
    std::fs::remove_file(keyslot::file(place.folder.path())).unwrap();
    assert!(matches!(place.vault().ensure(true), Err(KeyError::Unnamed { .. })));
}

#[test]
fn a_change_of_keys_keeps_both_until_the_old_one_is_deleted() {
    let place = Place::new();
    let mut vault = place.vault();
    let old = vault.ensure(false).unwrap();
    let new = vault.prepare().unwrap();
    assert_eq!(place.vault().keys().unwrap(), [old.clone(), new.clone()]);
    vault.adopt(&new, Custody::Keychain).unwrap();
    assert_eq!(place.vault().keys().unwrap(), [new.clone(), old.clone()]);
    vault.retire_all_but(new.id()).unwrap();
    assert_eq!(place.vault().keys().unwrap(), std::slice::from_ref(&new));
    assert!(place.desktop.secrets().get(&secret_name(old.id())).unwrap().is_none());
    vault.note_deletion().unwrap();
    vault.delete_noted().unwrap();
    assert_eq!(place.vault().current().unwrap(), new, "a key in use was deleted");
    vault.note_deletion().unwrap();
    vault.begin_anew().unwrap();
    vault.delete_noted().unwrap();
    assert!(place.desktop.secrets().get(&secret_name(new.id())).unwrap().is_none());
    assert!(matches!(place.vault().current(), Err(KeyError::NoneYet)));
}

#[test]
fn a_key_file_is_replaced_as_a_whole_and_not_touched_if_it_is_right() {
    let place = Place::new();
    place.handle.fail_secrets(Some(Failure::NotOffered));
    let key = place.vault().ensure(false).unwrap();
    let file = place.folder.path().join(format!("key-{}", key.id()));
    let right = std::fs::read(&file).unwrap();
    let (same, former) = (place.folder.path().join("same"), place.folder.path().join("former"));
    std::fs::hard_link(&file, &same).unwrap();
    place.vault().adopt(&key, Custody::File).unwrap();
    std::fs::write(&same, "half").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"half", "a right file was written again");

    std::fs::hard_link(&file, &former).unwrap();
    place.vault().adopt(&key, Custody::File).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), right);
    assert_eq!(std::fs::read(&former).unwrap(), b"half", "a wrong file was written in place");
    assert!(files::is_private(&file).unwrap());
}
