//! Exports the key to a text that a passphrase opens, for another machine or a lost keychain, and imports it.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::{KEY_BYTES, Key, hex, unhex};

/// The format that this program writes.
const VERSION: u32 = 1;

/// The cost of trying one passphrase, for Argon2id: 64 MiB, three passes, one lane, the second recommendation of RFC
/// 9106.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// The most memory that a file may request, in KiB: a forged file must not exhaust the machine.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;

/// The most passes, for the same reason.
const PASSES_MAX: u32 = 64;

/// The bytes of the salt, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;

/// Why a key could not be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Type the passphrase again.
    #[error("this passphrase does not open the key: try again")]
    Wrong,
    /// Choose another file.
    #[error("this is not an exported key of Scout: {reason}")]
    NotAKey {
        /// What is wrong with the file.
        reason: String,
    },
    /// Update Scout.
    #[error("this key was exported by a newer Scout: update Scout")]
    Newer,
    /// Choose another passphrase.
    #[error("an empty passphrase protects nothing: choose a longer one")]
    Empty,
    /// Close some programs, to free memory.
    #[error("the passphrase could not be processed: {reason}")]
    System {
        /// The reason.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Exported {
    scout_key: u32,
    id: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    sealed: String,
}

/// Exports the key as a text that only the passphrase opens.
pub fn export(key: &Key, passphrase: &str) -> Result<String, PassphraseError> {
    if passphrase.is_empty() {
        return Err(PassphraseError::Empty);
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| system(&error))?;
    let id = key.id().to_string();
    let cipher = cipher(passphrase, &salt, MEMORY_KIB, PASSES, LANES)?;
    // Each salt gives a key that encrypts only this message, so that the nonce may be zero.
    let payload = Payload { msg: key.expose(), aad: id.as_bytes() };
    let sealed = cipher.encrypt(&Nonce::default(), payload).map_err(|error| system(&error))?;
    let exported = Exported {
        scout_key: VERSION,
        id,
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        lanes: LANES,
        salt: hex(&salt).to_string(),
        sealed: hex(&sealed).to_string(),
    };
    serde_json::to_string_pretty(&exported).map(|text| text + "\n").map_err(|error| system(&error))
}

/// Imports the key from an exported text.
pub fn import(text: &str, passphrase: &str) -> Result<Key, PassphraseError> {
    let broken = |reason: &str| PassphraseError::NotAKey { reason: reason.to_owned() };
    let exported: Exported = serde_json::from_str(text).map_err(|error| broken(&error.to_string()))?;
    if exported.scout_key > VERSION {
        return Err(PassphraseError::Newer);
    }
    if exported.memory_kib > MEMORY_KIB_MAX || exported.passes > PASSES_MAX {
        return Err(broken("it asks for more memory or time than any that Scout wrote"));
    }
    let salt = unhex(&exported.salt).ok_or_else(|| broken("its salt is damaged"))?;
    let sealed = unhex(&exported.sealed).ok_or_else(|| broken("its content is damaged"))?;
    let cipher = cipher(passphrase, &salt, exported.memory_kib, exported.passes, exported.lanes)?;
    let payload = Payload { msg: sealed.as_slice(), aad: exported.id.as_bytes() };
    let bytes = cipher.decrypt(&Nonce::default(), payload).map(Zeroizing::new).map_err(|_| PassphraseError::Wrong)?;
    Key::from_slice(&bytes)
        .filter(|key| key.id().to_string() == exported.id)
        .ok_or_else(|| broken("its key is damaged"))
}

fn cipher(
    passphrase: &str,
    salt: &[u8],
    memory: u32,
    passes: u32,
    lanes: u32,
) -> Result<ChaCha20Poly1305, PassphraseError> {
    let parameters = argon2::Params::new(memory, passes, lanes, Some(KEY_BYTES)).map_err(|error| system(&error))?;
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    argon2.hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice()).map_err(|error| system(&error))?;
    Ok(ChaCha20Poly1305::new(&(*key).into()))
}

fn system(error: &impl std::fmt::Display) -> PassphraseError {
    PassphraseError::System { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passphrase_and_nothing_else_opens_the_key() {
        let key = Key::from_bytes([9; 32]);
        let text = export(&key, "correct horse").unwrap();
        assert!(!text.contains(hex(key.expose()).as_str()));
        assert_eq!(import(&text, "correct horse").unwrap(), key);
        assert!(matches!(import(&text, "wrong horse"), Err(PassphraseError::Wrong)));
        assert!(matches!(export(&key, ""), Err(PassphraseError::Empty)));
    }

    #[test]
    fn a_forged_or_damaged_file_is_refused() {
        let text = export(&Key::from_bytes([9; 32]), "p").unwrap();
        assert!(matches!(import("{}", "p"), Err(PassphraseError::NotAKey { .. })));
        assert!(matches!(import(&text.replace("65536", "4000000000"), "p"), Err(PassphraseError::NotAKey { .. })));
        assert!(matches!(
            import(&text.replace("\"scout_key\": 1", "\"scout_key\": 2"), "p"),
            Err(PassphraseError::Newer)
        ));
        let id = Key::from_bytes([9; 32]).id().to_string();
        assert!(matches!(import(&text.replace(&id, "0011223344556677"), "p"), Err(PassphraseError::Wrong)));
    }
}
