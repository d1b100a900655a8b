//! Sealed files: writing them needs only the public key, reading them needs the key.
//!
//! A file begins with a header: a magic number, the name of the key, and the encapsulated key of RFC 9180, from which
//! writer and reader derive the key of the file. Frames follow, each with a length and a ciphertext
//! (`ChaCha20-Poly1305`, with the number of the frame as the nonce). Of a truncated file, every complete frame can be
//! read; of a damaged one, every frame that is not damaged. The lengths are not authenticated, so that a length is
//! trusted only if its frame opens. After a damaged length, the next frame is searched byte by byte.

use std::fs::File;
use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use super::key::{Export, ID_BYTES, KEY_BYTES, Kdf, Kem, Key, KeyId};
use super::recipient::Recipient;

/// The first bytes of a sealed file; the last digit is the format's version.
const MAGIC: &[u8; 8] = b"SCOUTSL1";
/// The bytes of an encapsulated X25519 key.
const ENCAPSULATED: usize = 32;
/// The bytes before the first frame.
const HEADER: usize = MAGIC.len() + ID_BYTES + ENCAPSULATED;
/// The purpose of the file's key, which RFC 9180 calls `info`.
const PURPOSE: &[u8] = b"scout sealed file 1";
/// The bytes of a frame's length.
const LENGTH: usize = 4;
/// The bytes that authenticate a frame.
const TAG: usize = 16;
/// The longest frame that is searched for after damage: two seconds of sound, several times as much as is written at
/// once. Four random bytes are rarely a length below this bound, so that an hour of sound is searched in a second.
const SOUGHT_MAX: usize = 64 * 1024;
/// The number of damaged frames in a row after which the next frame is still found.
const SKIPPED_MAX: u64 = 4;

/// A sealed file that is being written.
pub(crate) struct SealedFile {
    file: File,
    cipher: ChaCha20Poly1305,
    frames: u64,
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedFile({} frames)", self.frames)
    }
}

impl SealedFile {
    /// Releases a lock on the file, if there is one.
    pub(crate) fn unlock(&self) {
        // A file system without locks has none to release.
        let _unlockable = self.file.unlock();
    }

    /// Writes the header.
    pub(crate) fn begin(mut file: File, recipient: &Recipient) -> io::Result<Self> {
        let (encapsulated, context) =
            hpke::setup_sender::<Export, Kdf, Kem>(&OpModeS::Base, &recipient.public, PURPOSE).map_err(other)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&recipient.id.0);
        header.extend_from_slice(&encapsulated.to_bytes());
        file.write_all(&header)?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        context.export(PURPOSE, key.as_mut_slice()).map_err(other)?;
        Ok(Self { file, cipher: ChaCha20Poly1305::new(&(*key).into()), frames: 0 })
    }

    /// Appends one frame to the file, without a buffer.
    pub(crate) fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        let sealed = self.cipher.encrypt(&nonce(self.frames), plain).map_err(other)?;
        let length = u32::try_from(sealed.len()).map_err(other)?;
        let mut frame = Vec::with_capacity(LENGTH + sealed.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&sealed);
        self.frames += 1;
        // In one call, so that a killed process leaves complete frames.
        self.file.write_all(&frame)
    }

    /// Waits until everything is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// The content of a sealed file.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The frames in order; `None` for a damaged one.
    pub(crate) frames: Vec<Option<Zeroizing<Vec<u8>>>>,
    /// The number of bytes that could not be opened, without a truncated last frame.
    pub damaged: usize,
}

impl Frames {
    /// Creates the content of a file of which nothing could be opened.
    pub(super) fn unopened(bytes: usize) -> Self {
        Self { frames: Vec::new(), damaged: bytes }
    }

    /// Returns whether a frame could be opened, which proves that the key is the right one.
    pub(super) fn is_open(&self) -> bool {
        self.frames.iter().any(Option::is_some)
    }
}

/// What is known of a sealed file without the key, if its lengths are not damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The number of plain bytes in each complete frame.
    pub(crate) frames: Vec<usize>,
    /// The number of bytes after the last complete frame.
    pub rest: usize,
}

/// Returns the name of the key that opens this file; `None` without a complete header.
pub(super) fn key_of(bytes: &[u8]) -> Option<KeyId> {
    let header = bytes.get(..HEADER)?.strip_prefix(MAGIC)?;
    header.get(..ID_BYTES)?.try_into().ok().map(KeyId)
}

/// Estimates the content of a sealed file without the key. The lengths are not authenticated, so that nothing may be
/// deleted because of it.
pub(crate) fn outline(bytes: &[u8]) -> Outline {
    let (mut frames, mut at) = (Vec::new(), HEADER);
    while let Some((frame, end)) = frame_at(bytes, at) {
        frames.push(frame.len().saturating_sub(TAG));
        at = end;
    }
    Outline { frames, rest: bytes.len().saturating_sub(at) }
}

/// Opens a sealed file with a key, whatever key its header names, because the header may be damaged. Returns no frames
/// if it was sealed to another key.
pub(crate) fn open(bytes: &[u8], key: &Key) -> Frames {
    let opened = Opening::begin(bytes, key).map(Opening::run).filter(Frames::is_open);
    opened.unwrap_or_else(|| Frames::unopened(bytes.len()))
}

/// Returns the sealed frame that begins at this byte, and its end, according to its length.
fn frame_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (length, after) = bytes.get(at..)?.split_first_chunk::<LENGTH>()?;
    let frame = after.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    Some((frame, at + LENGTH + frame.len()))
}

/// The state of opening a sealed file.
struct Opening<'a> {
    bytes: &'a [u8],
    cipher: ChaCha20Poly1305,
    found: Frames,
}

impl<'a> Opening<'a> {
    fn begin(bytes: &'a [u8], key: &Key) -> Option<Self> {
        let encapsulated = bytes.get(HEADER - ENCAPSULATED..HEADER)?;
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        let (private, _) = key.key_pair();
        let context =
            hpke::setup_receiver::<Export, Kdf, Kem>(&OpModeR::Base, &private, &encapsulated, PURPOSE).ok()?;
        let mut file_key = Zeroizing::new([0; KEY_BYTES]);
        context.export(PURPOSE, file_key.as_mut_slice()).ok()?;
        Some(Self { bytes, cipher: ChaCha20Poly1305::new(&(*file_key).into()), found: Frames::default() })
    }

    fn run(mut self) -> Frames {
        let mut at = HEADER;
        while at < self.bytes.len() {
            let number = self.found.frames.len() as u64;
            if let Some((sealed, end)) = frame_at(self.bytes, at)
                && let Some(plain) = self.decrypt(sealed, number)
            {
                self.found.frames.push(Some(plain));
                at = end;
                continue;
            }
            let Some((next, next_number)) = self.next_frame(at, number) else {
                self.last_frame(at, number);
                break;
            };
            // A single frame may have only a damaged length.
            let alone = next_number == number + 1;
            let plain = alone.then(|| self.decrypt(&self.bytes[at + LENGTH..next], number)).flatten();
            if plain.is_none() {
                self.found.damaged += next - at;
            }
            self.found.frames.push(plain);
            self.found.frames.extend((number + 1..next_number).map(|_| None));
            at = next;
        }
        self.found
    }

    /// Finds the beginning and the number of the next frame after one that does not open. Tries the length of that
    /// frame first; if no frame is there, the length is damaged, and every byte is tried.
    fn next_frame(&self, at: usize, number: u64) -> Option<(usize, u64)> {
        let opens = |start: usize, sealed: &[u8]| {
            let mut numbers = number + 1..=number + SKIPPED_MAX;
            numbers.find(|&number| self.decrypt(sealed, number).is_some()).map(|number| (start, number))
        };
        let by_length = frame_at(self.bytes, at).and_then(|(_, end)| opens(end, frame_at(self.bytes, end)?.0));
        by_length.or_else(|| {
            (at + LENGTH + TAG..self.bytes.len()).find_map(|start| {
                let (sealed, end) = frame_at(self.bytes, start)?;
                let is_likely = sealed.len() >= TAG && (sealed.len() <= SOUGHT_MAX || end == self.bytes.len());
                is_likely.then(|| opens(start, sealed)).flatten()
            })
        })
    }

    /// Handles a last frame that does not open: it is damaged, or truncated by a kill or a full disk, or only its
    /// length is damaged.
    fn last_frame(&mut self, at: usize, number: u64) {
        let rest = &self.bytes[at..];
        if let Some(plain) = rest.get(LENGTH..).and_then(|sealed| self.decrypt(sealed, number)) {
            self.found.frames.push(Some(plain));
            return;
        }
        let is_cut = frame_at(self.bytes, at).is_none() && rest.len() <= SOUGHT_MAX;
        if !is_cut {
            self.found.frames.push(None);
            self.found.damaged += rest.len();
        }
    }

    fn decrypt(&self, sealed: &[u8], number: u64) -> Option<Zeroizing<Vec<u8>>> {
        self.cipher.decrypt(&nonce(number), sealed).ok().map(Zeroizing::new)
    }
}

/// Returns the nonce of a frame. Every file has its own key, so that the number of the frame is a unique nonce.
fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce.into()
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// Reads a whole file that may still be growing.
pub(crate) fn read_all(file: &File) -> io::Result<Vec<u8>> {
    use std::io::Seek as _;
    let mut file = file;
    file.seek(io::SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(key: &Key, frames: &[&[u8]]) -> Vec<u8> {
        let place = tempfile::NamedTempFile::new().unwrap();
        let mut sealed = SealedFile::begin(place.reopen().unwrap(), &Recipient::of(key)).unwrap();
        for frame in frames {
            sealed.write(frame).unwrap();
        }
        std::fs::read(place.path()).unwrap()
    }

    fn plain(bytes: &[u8], key: &Key) -> Vec<Option<Vec<u8>>> {
        open(bytes, key).frames.into_iter().map(|frame| frame.map(|frame| frame.to_vec())).collect()
    }

    #[test]
    fn only_the_key_opens_it() {
        let (key, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let bytes = written(&key, &[b"one", b"", b"three"]);
        assert_eq!(key_of(&bytes), Some(key.id()));
        assert_eq!(plain(&bytes, &key), [Some(b"one".to_vec()), Some(vec![]), Some(b"three".to_vec())]);
        assert!(plain(&bytes, &other).is_empty());
        assert_eq!(outline(&bytes), Outline { frames: vec![3, 0, 5], rest: 0 });
        assert!(!bytes.windows(3).any(|window| window == b"one"));
    }

    #[test]
    fn a_cut_anywhere_leaves_every_whole_frame() {
        let key = Key::from_bytes([1; 32]);
        let bytes = written(&key, &[b"one", b"two"]);
        let first_end = HEADER + LENGTH + TAG + 3;
        for cut in 0..=bytes.len() {
            let frames = plain(&bytes[..cut], &key);
            let expected = usize::from(cut >= first_end) + usize::from(cut == bytes.len());
            assert_eq!(frames.len(), expected, "cut after {cut}");
            assert!(frames.iter().all(Option::is_some));
        }
    }

    #[test]
    fn a_damaged_frame_does_not_take_the_others_along() {
        let key = Key::from_bytes([1; 32]);
        let mut bytes = written(&key, &[b"one", b"two", b"three"]);
        bytes[HEADER + LENGTH + TAG + 3 + LENGTH] ^= 1;
        assert_eq!(plain(&bytes, &key), [Some(b"one".to_vec()), None, Some(b"three".to_vec())]);
    }

    #[test]
    fn one_flipped_bit_anywhere_costs_at_most_the_frame_that_it_is_in() {
        let key = Key::from_bytes([1; 32]);
        let frames: [&[u8]; 4] = [b"a note", &[1; 300], &[2; 20], b"three"];
        let bytes = written(&key, &frames);
        let whole: Vec<Option<Vec<u8>>> = frames.iter().map(|frame| Some(frame.to_vec())).collect();
        let mut starts = vec![HEADER];
        for frame in frames {
            starts.push(starts[starts.len() - 1] + LENGTH + TAG + frame.len());
        }
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bit;
                let opened = open(&damaged, &key);
                let found: Vec<_> =
                    opened.frames.iter().map(|frame| frame.as_ref().map(|frame| frame.to_vec())).collect();
                let frame = starts.iter().rposition(|&start| start <= at);
                let mut expected = whole.clone();
                match frame {
                    // The magic number and the name of the key are not needed to open the file.
                    None if at < HEADER - ENCAPSULATED => {}
                    // Bits of the encapsulated key do, but for the one that X25519 ignores.
                    None if found == whole => {}
                    None => expected.clear(),
                    // A length.
                    Some(frame) if at < starts[frame] + LENGTH => {}
                    Some(frame) => expected[frame] = None,
                }
                assert_eq!(found, expected, "bit {bit:#x} of byte {at}");
                assert_eq!(opened.damaged == 0, expected == whole, "bit {bit:#x} of byte {at}");
            }
        }
    }

    #[test]
    fn what_is_no_sealed_file_gives_nothing() {
        let key = Key::from_bytes([1; 32]);
        for rubbish in [&b""[..], b"RIFF", &[0; 200], MAGIC] {
            assert!(plain(rubbish, &key).is_empty());
        }
    }
}
