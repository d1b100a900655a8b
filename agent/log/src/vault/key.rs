//! The key: 32 random bytes, and the keys that are derived from them.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use hpke::{Kem as _, Serializable as _};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// X25519 with HKDF-SHA256 of RFC 9180.
pub(super) type Kem = hpke::kem::X25519HkdfSha256;
pub(super) type Kdf = hpke::kdf::HkdfSha256;
pub(super) type Export = hpke::aead::ExportOnlyAead;

/// The bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// The bytes of a key's public name: enough that two keys of one user never share a name.
pub(super) const ID_BYTES: usize = 8;

/// The key to everything that was dictated. It is wiped from memory when it is dropped, and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// Generates a new key. Fails if the system provides no random bytes.
    pub fn generate() -> std::io::Result<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// Creates a key from its bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Creates a key from its bytes; `None` if the length is wrong.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }

    /// Returns the bytes to store. The caller must not leave copies of them in memory.
    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Returns the name of the key, which reveals nothing about it.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.key_pair().1)
    }

    /// Returns the key of the database, in the notation of `SQLCipher` for raw keys, which need no derivation from a
    /// passphrase.
    pub(crate) fn of_database(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("x'{}'", hex(self.bytes_of_database().as_slice()).as_str()))
    }

    /// Returns the key of the database as bytes.
    pub(crate) fn bytes_of_database(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        self.derived("database")
    }

    /// Returns the key pair that opens and seals files.
    pub(super) fn key_pair(&self) -> (<Kem as hpke::Kem>::PrivateKey, <Kem as hpke::Kem>::PublicKey) {
        Kem::derive_keypair(self.derived("sealed files").as_slice())
    }

    /// Returns an authentication code of `content` as hexadecimal digits: only who has the key can make it.
    pub(crate) fn code_of(&self, content: &[u8]) -> Option<Zeroizing<String>> {
        let keyed = Hmac::<Sha256>::new_from_slice(self.derived("authentication").as_slice()).ok()?;
        Some(hex(&keyed.chain_update(content).finalize().into_bytes()))
    }

    /// Derives the key for one purpose. It reveals nothing about the keys for other purposes.
    fn derived(&self, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let digest = Sha256::new()
            .chain_update("scout 1 ")
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(self.0.as_slice());
        Zeroizing::new(digest.finalize().into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, secret)", self.id())
    }
}

/// The public name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub(super) [u8; ID_BYTES]);

impl KeyId {
    /// Returns the name of the key with this public half: a digest of it.
    pub(super) fn of(public: &<Kem as hpke::Kem>::PublicKey) -> Self {
        let digest = Sha256::digest(public.to_bytes());
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&digest[..ID_BYTES]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not the name of a key.
#[derive(Debug, thiserror::Error)]
#[error("a key's name has {} hexadecimal digits", 2 * ID_BYTES)]
pub struct NoKeyId;

impl FromStr for KeyId {
    type Err = NoKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = unhex(text).ok_or(NoKeyId)?;
        Ok(Self(bytes.as_slice().try_into().map_err(|_| NoKeyId)?))
    }
}

/// Parses hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.as_bytes().chunks(2);
    let byte =
        |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok();
    digits.map(byte).collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

/// Formats bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_do_not_show_themselves() {
        let (one, two) = (Key::generate().unwrap(), Key::generate().unwrap());
        assert_ne!(one, two);
        assert_ne!(one.id(), two.id());
        assert_eq!(one.id().to_string().parse::<KeyId>().unwrap(), one.id());
        assert!("12".parse::<KeyId>().is_err() && "zz".repeat(8).parse::<KeyId>().is_err());
        let shown = format!("{one:?}");
        assert!(!shown.contains(hex(one.expose()).as_str()), "{shown}");
    }

    #[test]
    fn what_is_derived_for_one_purpose_is_not_the_key_itself() {
        let key = Key::from_bytes([1; 32]);
        assert_eq!(key.of_database().len(), 3 + 64);
        assert!(!key.of_database().contains(hex(key.expose()).as_str()));
        assert_eq!(unhex(&hex(key.expose())).unwrap().as_slice(), key.expose());
    }
}
