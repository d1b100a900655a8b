//! The frames of an MP3 file, one by one: all of them, whatever a tag says of their number, and how much lies between them
//! that is neither a frame nor a tag.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};
use std::time::Duration;

use symphonia::core::io::MediaSource;

/// Kilobits per second by the index in a frame's header, for layer III of MPEG 1, and of MPEG 2 and 2.5.
const BITRATES: [[u32; 14]; 2] = [
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples per second of MPEG 1; MPEG 2 has half of them, and MPEG 2.5 a quarter.
const RATES: [u32; 3] = [44_100, 48_000, 32_000];
const HEADER: usize = 4;

/// Frames of one kind that follow one another: they are decoded by one decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    kind: Kind,
    /// The frames, without tags and what else was between them.
    pub(super) bytes: Vec<u8>,
    pub(super) frames: u32,
}

impl Run {
    /// How long it is, if all of it can be decoded.
    pub(super) fn duration(&self) -> Duration {
        self.kind.frame() * self.frames
    }
}

/// What frames must have in common to be decoded by one decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    rate: u32,
    is_mono: bool,
    is_first_version: bool,
}

impl Kind {
    /// The length of one frame.
    fn frame(self) -> Duration {
        let samples = if self.is_first_version { 1152 } else { 576 };
        Duration::from_secs_f64(f64::from(samples) / f64::from(self.rate))
    }
}

/// What was found in a file.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) runs: Vec<Run>,
    /// How long the sound would be that lies in bytes which are neither frames nor tags.
    pub(super) skipped: Duration,
    /// How much of that lies between frames.
    pub(super) hole: Duration,
    /// Whether frames are broken off in the middle, where more may be missing than there are bytes.
    pub(super) is_torn: bool,
    /// How long the frames are that the file should have and does not.
    pub(super) missing: Duration,
}

/// What the first frame of a stream says of its frames.
#[derive(Debug, Clone, Copy)]
struct Promise {
    kind: Kind,
    frames: u32,
    /// All bytes of the stream, with this frame.
    bytes: Option<usize>,
    /// What was found of them.
    found: (u32, usize),
}

impl Promise {
    fn read(frame: &[u8], kind: Kind) -> Option<Self> {
        let number = |at: usize| Some(u32::from_be_bytes(frame.get(at..at + 4)?.try_into().ok()?));
        let (frames, bytes) = match about_the_file(frame, kind)? {
            About::Xing(place) => {
                let flags = number(place + 4)?;
                let bytes = if flags & 2 == 0 { None } else { number(place + 12) };
                (if flags & 1 == 0 { None } else { number(place + 8) }?, bytes)
            }
            About::Vbri(place) => (number(place + 14)?, number(place + 10)),
        };
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        Some(Self { kind, frames, bytes, found: (0, frame.len()) })
    }

    /// How long the frames are that were not found. Some writers count the first one, which has no sound.
    fn missing(self) -> Duration {
        let missing = self.frames.saturating_sub(self.found.0);
        let counts_itself = missing == 1 && self.bytes.is_none_or(|bytes| self.found.1 >= bytes);
        if counts_itself { Duration::ZERO } else { self.kind.frame() * missing }
    }
}

/// Finds all frames.
pub(super) fn survey(bytes: &[u8]) -> Survey {
    let mut runs: Vec<Run> = Vec::new();
    let (mut at, mut junk, mut holes, mut follows) = (0, 0_usize, 0_usize, false);
    // What lies between the last frame and this place: bytes that are no zeros, and zeros.
    let (mut foreign, mut zeros) = (0_usize, 0_usize);
    let (mut promises, mut is_torn): (Vec<Promise>, bool) = (Vec::new(), false);
    while at < bytes.len() {
        let rest = &bytes[at..];
        if let Some(length) = tag(rest) {
            at += length;
            continue;
        }
        let frame = header(rest).filter(|(kind, length)| {
            let is_expected = follows && runs.last().is_some_and(|run| run.kind == *kind);
            rest.len() >= *length && (is_expected || is_confirmed(*kind, &rest[*length..]))
        });
        let Some((kind, length)) = frame else {
            foreign += usize::from(rest[0] != 0);
            zeros += usize::from(rest[0] == 0);
            (at, follows) = (at + 1, false);
            continue;
        };
        if !runs.is_empty() && (foreign > 0 || !begins_stream(&rest[..length], kind)) {
            holes += foreign + zeros;
            is_torn |= foreign + zeros > 0 && !begins_stream(&rest[..length], kind);
        } else {
            // Files are filled up with zeros.
            junk += foreign;
        }
        (foreign, zeros) = (0, 0);
        if about_the_file(&rest[..length], kind).is_some() {
            promises.extend(Promise::read(&rest[..length], kind));
        } else {
            if let Some(promise) = promises.last_mut() {
                promise.found = (promise.found.0 + 1, promise.found.1 + length);
            }
            match runs.last_mut().filter(|run| run.kind == kind) {
                Some(run) => {
                    run.bytes.extend_from_slice(&rest[..length]);
                    run.frames += 1;
                }
                None => runs.push(Run { kind, bytes: rest[..length].to_vec(), frames: 1 }),
            }
        }
        (at, follows) = (at + length, true);
    }
    let found: usize = runs.iter().map(|run| run.bytes.len()).sum();
    let duration: Duration = runs.iter().map(Run::duration).sum();
    let lasting = |bytes: usize| if found > 0 { duration.mul_f64(bytes as f64 / found as f64) } else { Duration::ZERO };
    let missing = promises.into_iter().map(Promise::missing).sum();
    Survey { runs, skipped: lasting(junk + foreign + holes), hole: lasting(holes), is_torn, missing }
}

/// Whether something follows that may follow a frame of this kind.
fn is_confirmed(kind: Kind, rest: &[u8]) -> bool {
    rest.is_empty() || tag(rest).is_some() || header(rest).is_some_and(|(next, _)| next == kind)
}

/// The kind and the length of the frame that begins here.
fn header(bytes: &[u8]) -> Option<(Kind, usize)> {
    let header = u32::from_be_bytes(bytes.get(..HEADER)?.try_into().ok()?);
    let field = |shift: u32, bits: u32| (header >> shift) & ((1 << bits) - 1);
    let (sync, version, layer) = (field(21, 11), field(19, 2), field(17, 2));
    if sync != 0x7ff || version == 1 || layer != 1 {
        return None;
    }
    let is_first_version = version == 3;
    let index = usize::try_from(field(12, 4)).ok()?.checked_sub(1)?;
    let bitrate = *BITRATES[usize::from(!is_first_version)].get(index)?;
    let rate = *RATES.get(field(10, 2) as usize)?;
    let rate = match version {
        3 => rate,
        2 => rate / 2,
        _ => rate / 4,
    };
    let slots = if is_first_version { 144 } else { 72 };
    let length = slots * bitrate * 1000 / rate + field(9, 1);
    Some((Kind { rate, is_mono: field(6, 2) == 3, is_first_version }, length as usize))
}

/// The length of the tag that begins here: ID3 of either version, or APE.
pub(super) fn tag(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"ID3") {
        let header = bytes.get(..10)?;
        let size =
            header[6..].iter().try_fold(0, |size, byte| (*byte < 0x80).then(|| (size << 7) | usize::from(*byte)))?;
        let footer = if header[5] & 0x10 == 0 { 0 } else { 10 };
        return Some(10 + size + footer);
    }
    if bytes.starts_with(b"TAG") {
        return Some(128);
    }
    if bytes.starts_with(b"APETAGEX") {
        let size = u32::from_le_bytes(bytes.get(12..16)?.try_into().ok()?);
        return Some(32 + size as usize);
    }
    None
}

/// Whether a frame may be the first of a stream: it needs nothing of the frames before it.
fn begins_stream(frame: &[u8], kind: Kind) -> bool {
    let has_checksum = frame.get(1).is_some_and(|byte| byte & 1 == 0);
    let side = HEADER + if has_checksum { 2 } else { 0 };
    let needed = match (kind.is_first_version, frame.get(side), frame.get(side + 1)) {
        (true, Some(high), Some(low)) => (u16::from(*high) << 1) | u16::from(low >> 7),
        (false, Some(needed), _) => u16::from(*needed),
        _ => 0,
    };
    needed == 0 || about_the_file(frame, kind).is_some()
}

/// A description of the file within a frame, in either of two forms, and its place.
enum About {
    Xing(usize),
    Vbri(usize),
}

/// Finds the description in a frame that holds no sound but tells of the file: how many frames it has, where to seek.
fn about_the_file(frame: &[u8], kind: Kind) -> Option<About> {
    let side_information = match (kind.is_first_version, kind.is_mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let is_at = |place: usize, name: &[u8]| frame.get(place..place + name.len()) == Some(name);
    let place = HEADER + side_information;
    if is_at(place, b"Xing") || is_at(place, b"Info") {
        return Some(About::Xing(place));
    }
    is_at(HEADER + 32, b"VBRI").then_some(About::Vbri(HEADER + 32))
}

/// Frames as a source of which nobody guesses the length, to stop there.
pub(super) struct Source(Cursor<Vec<u8>>);

impl Source {
    pub(super) fn new(run: Run) -> Self {
        Self(Cursor::new(run.bytes))
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.0.seek(to)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        false
    }

    fn byte_len(&self) -> Option<u64> {
        None
    }
}
