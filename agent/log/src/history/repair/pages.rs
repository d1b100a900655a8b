//! Reads the pages of a database one by one, without `SQLite`, so that a damaged page costs no other one.
//!
//! `SQLCipher` encrypts each page by itself (AES-256 in CBC mode) and authenticates it with its number (HMAC-SHA512). Only
//! the key of the authentication depends on another page: it is derived from the salt in the first 16 bytes of the database.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::history::files;
use crate::vault::Key;

/// The bytes of a page.
const PAGE: usize = 4096;
/// The salt takes the place of the header's first bytes, in the first page.
const SALT: usize = 16;
/// At the end of an encrypted page: the initialisation vector, then the authentication code.
const IV: usize = 16;
const CODE: usize = 64;
/// The number of content bytes of an encrypted page.
const ENCRYPTED_CONTENT: usize = PAGE - IV - CODE;
/// What `SQLCipher` changes in each byte of the salt to derive the key of the authentication.
const SALT_MASK: u8 = 0x3a;

/// The header of a write-ahead log, and of each of its frames, which one page follows.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

type AesCbc = cbc::Decryptor<aes::Aes256>;
type HmacSha512 = Hmac<Sha512>;

/// The content of one page.
#[derive(Debug)]
pub(super) struct Page {
    bytes: Zeroizing<Vec<u8>>,
    usable: usize,
}

impl Page {
    /// Returns the bytes that hold content.
    pub(super) fn content(&self) -> &[u8] {
        &self.bytes[..self.usable]
    }
}

/// The pages of a database and its write-ahead log. The database, the log or both may be damaged, cut or missing.
pub(super) struct Pages {
    database: Option<File>,
    log: Option<File>,
    /// Where the log has versions of a page, the oldest first.
    logged: HashMap<u32, Vec<u64>>,
    count: u32,
    /// `None` for a database that is not encrypted.
    cipher: Option<Cipher>,
}

struct Cipher {
    key: Zeroizing<[u8; 32]>,
    /// `None` if the salt is lost: what was written can be decrypted, but not be proven.
    authentication: Option<HmacSha512>,
}

impl Pages {
    /// Opens the pages of the database at `path`, and of the write-ahead log next to it if they are encrypted.
    pub(super) fn open(path: &Path, key: Option<&Key>) -> io::Result<Self> {
        // A database that is not encrypted was closed into one file before it was encrypted.
        let mut pages = Self::locate(path, key.is_some())?;
        if let Some(key) = key {
            pages.cipher = Some(pages.cipher_of(key));
        }
        Ok(pages)
    }

    /// Finds the pages, which are not decrypted yet.
    fn locate(path: &Path, with_log: bool) -> io::Result<Self> {
        let database = open_if_present(path)?;
        let log = if with_log { open_if_present(&files::with_ending(path, "-wal"))? } else { None };
        let mut pages = Self { database, log, logged: HashMap::new(), count: 0, cipher: None };
        if let Some(database) = &pages.database {
            pages.count = u32::try_from(database.metadata()?.len() / PAGE as u64).unwrap_or(u32::MAX);
        }
        pages.read_log()?;
        Ok(pages)
    }

    /// Returns the number of pages.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Reads the newest version of a page that is not damaged. Pages are numbered from 1.
    pub(super) fn read(&self, number: u32) -> Option<Page> {
        self.versions(number).find_map(|raw| match &self.cipher {
            Some(cipher) => cipher.decrypt(number, raw),
            None => Some(Page { bytes: raw, usable: PAGE }),
        })
    }

    /// Returns the versions of a page as they are on the disk, the newest first.
    fn versions(&self, number: u32) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
        let logged = self.logged.get(&number).map_or(&[][..], Vec::as_slice).iter().rev().copied();
        let from_log = logged.filter_map(|at| read_page(self.log.as_ref()?, at));
        let at = place_of(number);
        from_log.chain(std::iter::once_with(move || read_page(self.database.as_ref()?, at)).flatten())
    }

    /// Notes where the write-ahead log has pages of complete transactions.
    fn read_log(&mut self) -> io::Result<()> {
        let Some(mut log) = self.log.as_ref() else { return Ok(()) };
        let mut header = [0; WAL_HEADER];
        if log.read_exact(&mut header).is_err() {
            return Ok(());
        }
        let salts = &header[16..24];
        let end = log.metadata()?.len();
        let (mut at, mut pending) = (WAL_HEADER as u64, Vec::new());
        while at + (FRAME_HEADER + PAGE) as u64 <= end {
            let mut frame = [0; FRAME_HEADER];
            log.seek(SeekFrom::Start(at))?;
            log.read_exact(&mut frame)?;
            // What follows was left by an earlier round of writes, and is older than the database.
            if &frame[8..16] != salts {
                break;
            }
            pending.push((number_at(&frame, 0), at + FRAME_HEADER as u64));
            let committed = number_at(&frame, 4);
            if committed > 0 {
                for (number, at) in pending.drain(..) {
                    self.logged.entry(number).or_default().push(at);
                }
                self.count = self.count.max(committed);
            }
            at += (FRAME_HEADER + PAGE) as u64;
        }
        Ok(())
    }

    /// Returns the cipher with the salt under which a page proves to be genuine.
    fn cipher_of(&self, key: &Key) -> Cipher {
        let key = key.bytes_of_database();
        let salts = self.versions(1).map(|first| first[..SALT].to_vec());
        let with_salt = |salt: Vec<u8>| Cipher { key: key.clone(), authentication: authentication(&key, &salt) };
        let is_right = |cipher: &Cipher| {
            (1..=self.count)
                .any(|number| self.versions(number).any(|raw| cipher.is_authentic(number, &raw) == Some(true)))
        };
        salts.map(with_salt).find(is_right).unwrap_or_else(|| {
            tracing::warn!("no page of the log can be authenticated: its salt is lost, or its key is another one");
            Cipher { key, authentication: None }
        })
    }
}

/// Returns whether the write-ahead log next to a database was written for another database: the database has a page that
/// its salt proves, and the log has pages, but none that this salt proves.
pub(super) fn has_foreign_log(path: &Path, key: &Key) -> io::Result<bool> {
    let pages = Pages::locate(path, true)?;
    let (Some(database), Some(log)) = (&pages.database, &pages.log) else { return Ok(false) };
    let Some(first) = read_page(database, 0) else { return Ok(false) };
    let key = key.bytes_of_database();
    let cipher = Cipher { authentication: authentication(&key, &first[..SALT]), key };
    let is_proven = |file: &File, number: u32, at: u64| {
        read_page(file, at).is_some_and(|raw| cipher.is_authentic(number, &raw) == Some(true))
    };
    let is_of_database = (1..=pages.count).any(|number| is_proven(database, number, place_of(number)));
    let mut logged = pages.logged.iter().flat_map(|(number, places)| places.iter().map(|at| (*number, *at)));
    Ok(is_of_database && !pages.logged.is_empty() && !logged.any(|(number, at)| is_proven(log, number, at)))
}

/// Returns where a page is in the file of the database.
fn place_of(number: u32) -> u64 {
    u64::from(number.saturating_sub(1)) * PAGE as u64
}

impl Cipher {
    /// Returns whether a page is as it was written; `None` if that is not known.
    fn is_authentic(&self, number: u32, raw: &[u8]) -> Option<bool> {
        let code = self.authentication.clone()?;
        let start = if number == 1 { SALT } else { 0 };
        let (signed, expected) = raw.split_at(PAGE - CODE);
        Some(code.chain_update(&signed[start..]).chain_update(number.to_le_bytes()).verify_slice(expected).is_ok())
    }

    fn decrypt(&self, number: u32, mut raw: Zeroizing<Vec<u8>>) -> Option<Page> {
        if self.is_authentic(number, &raw) == Some(false) {
            return None;
        }
        let start = if number == 1 { SALT } else { 0 };
        let (content, rest) = raw.split_at_mut(ENCRYPTED_CONTENT);
        let cipher = AesCbc::new_from_slices(self.key.as_slice(), &rest[..IV]).ok()?;
        cipher.decrypt_padded::<NoPadding>(&mut content[start..]).ok()?;
        Some(Page { bytes: raw, usable: ENCRYPTED_CONTENT })
    }
}

/// Derives the key of the authentication: PBKDF2 with HMAC-SHA512 and two rounds.
fn authentication(key: &[u8; 32], salt: &[u8]) -> Option<HmacSha512> {
    let masked: Vec<u8> = salt.iter().map(|byte| byte ^ SALT_MASK).collect();
    let keyed = HmacSha512::new_from_slice(key).ok()?;
    let first = keyed.clone().chain_update(&masked).chain_update(1_u32.to_be_bytes()).finalize().into_bytes();
    let second = keyed.chain_update(first).finalize().into_bytes();
    let derived: Zeroizing<Vec<u8>> =
        Zeroizing::new(first.iter().zip(second).map(|(one, other)| one ^ other).collect());
    HmacSha512::new_from_slice(&derived[..key.len()]).ok()
}

fn open_if_present(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

/// Reads one page; `None` if the file ends before, or if the disk cannot read it.
fn read_page(mut file: &File, at: u64) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; PAGE]);
    file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes)).ok()?;
    Some(bytes)
}

/// Returns the number at this place, in the order of bytes that `SQLite` uses. The caller has checked the length.
pub(super) fn number_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}
