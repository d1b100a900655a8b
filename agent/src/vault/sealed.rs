//! Files that anybody on this machine can write, and only the owner of the key can read.
//!
//! A file begins with a header: a magic number, the name of the key, and the encapsulated key of RFC 9180, from which writer
//! and reader derive the file's own key. Frames follow, each a length and a ciphertext (`ChaCha20-Poly1305`, its number as the
//! nonce). A file that was cut at any byte gives every whole frame before the cut; a frame that was damaged gives nothing,
//! and the ones after it are still read.

use std::fs::File;
use std::io::{self, Read, Write};

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use super::key::{ID_BYTES, KEY_BYTES, Kem, Key, KeyId};
use super::recipient::Recipient;

type Kdf = hpke::kdf::HkdfSha256;
type Export = hpke::aead::ExportOnlyAead;

/// What a sealed file begins with; the last digit is the format's version.
const MAGIC: &[u8; 8] = b"SCOUTSL1";
/// Bytes of an encapsulated X25519 key.
const ENCAPSULATED: usize = 32;
/// Bytes before the first frame.
const HEADER: usize = MAGIC.len() + ID_BYTES + ENCAPSULATED;
/// What the file's key is for, as RFC 9180 wants to know.
const PURPOSE: &[u8] = b"scout sealed file 1";
/// Bytes of a frame's length.
const LENGTH: usize = 4;
/// What authenticates a frame.
const TAG: usize = 16;

/// A sealed file that is being written.
pub struct SealedFile {
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
    /// Begins the file with its header.
    pub fn begin(mut file: File, recipient: &Recipient) -> io::Result<Self> {
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

    /// Appends one frame, straight to the file.
    pub fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        let sealed = self.cipher.encrypt(&nonce(self.frames), plain).map_err(other)?;
        let length = u32::try_from(sealed.len()).map_err(other)?;
        let mut frame = Vec::with_capacity(LENGTH + sealed.len());
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(&sealed);
        self.frames += 1;
        // In one call, so that a kill leaves whole frames.
        self.file.write_all(&frame)
    }

    /// Brings everything to the disk itself.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// The file.
    pub fn into_file(self) -> File {
        self.file
    }
}

/// What was in a sealed file.
#[derive(Debug, Default)]
pub struct Frames {
    /// The frames in order; `None` for one that is damaged.
    pub frames: Vec<Option<Zeroizing<Vec<u8>>>>,
}

/// The name of the key that opens this file; `None` if it is no sealed file, or was cut within its header.
pub fn key_of(bytes: &[u8]) -> Option<KeyId> {
    let header = bytes.get(..HEADER)?.strip_prefix(MAGIC)?;
    header.get(..ID_BYTES)?.try_into().ok().map(KeyId)
}

/// Plain bytes in each whole frame, which shows without the key.
pub fn count_frames(bytes: &[u8]) -> Vec<usize> {
    sealed_frames(bytes).map(|frame| frame.len().saturating_sub(TAG)).collect()
}

/// Opens a sealed file with the key that [`key_of`] names. Gives no frames when it was sealed to another one.
pub fn open(bytes: &[u8], key: &Key) -> Frames {
    opened(bytes, key).unwrap_or_default()
}

fn opened(bytes: &[u8], key: &Key) -> Option<Frames> {
    if key_of(bytes)? != key.id() {
        return None;
    }
    let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(&bytes[HEADER - ENCAPSULATED..HEADER]).ok()?;
    let (private, _) = key.key_pair();
    let context = hpke::setup_receiver::<Export, Kdf, Kem>(&OpModeR::Base, &private, &encapsulated, PURPOSE).ok()?;
    let mut file_key = Zeroizing::new([0; KEY_BYTES]);
    context.export(PURPOSE, file_key.as_mut_slice()).ok()?;
    let cipher = ChaCha20Poly1305::new(&(*file_key).into());
    let frames = sealed_frames(bytes)
        .zip(0..)
        .map(|(frame, number)| cipher.decrypt(&nonce(number), frame).ok().map(Zeroizing::new))
        .collect();
    Some(Frames { frames })
}

/// The whole frames of a file, still sealed.
fn sealed_frames(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
        let frame = behind.get(..u32::from_le_bytes(*length) as usize)?;
        rest = &behind[frame.len()..];
        Some(frame)
    })
}

/// Every file has a key of its own, so that the frame's number may be the nonce.
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
        assert_eq!(count_frames(&bytes), [3, 0, 5]);
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
    fn what_is_no_sealed_file_gives_nothing() {
        let key = Key::from_bytes([1; 32]);
        for rubbish in [&b""[..], b"RIFF", &[0; 200], MAGIC] {
            assert!(plain(rubbish, &key).is_empty());
        }
    }
}
