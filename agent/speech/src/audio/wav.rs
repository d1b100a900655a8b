//! Where the sound lies in a WAV file (also RF64 and BW64, for more than 4 GB), by the bytes that are there and not only by what the header says of them.
//!
//! A program that writes to a pipe, or that dies, leaves sizes in the header that it meant to correct later: 0, or as much as
//! fits. Recordings that were joined byte by byte have a header in the middle. Sound may lie in several chunks.

use std::io::{Read, Result, Seek, SeekFrom};
use std::ops::Range;

use super::mpeg;

/// Sizes from here on are no sizes but placeholders: no such program writes 2 GB and then no more.
const PLACEHOLDER: u32 = 0x7ff0_0000;
/// A RIFF header with the form type, and the header of a chunk.
const RIFF_HEADER: u64 = 12;
const CHUNK_HEADER: u64 = 8;
/// The most of a format chunk that is read: the longest that is known has 40 bytes.
const FORMAT_LIMIT: u64 = 1024;
/// Integers and floats, by the format's tag, and a tag for either of them with more fields.
const INTEGERS: u16 = 1;
const FLOATS: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;
/// No recording has more channels: the largest interfaces have 64.
const CHANNELS_MAX: u16 = 256;
/// Encodings that are not decoded here, by the format's tag.
const FOREIGN: [(u16, &str); 4] = [(0x02, "MS ADPCM"), (0x11, "IMA ADPCM"), (0x31, "GSM 6.10"), (0x40, "G.721 ADPCM")];
/// Sound of more bytes does not fit the sizes of a header, and is read as several recordings.
const SOUND_MAX: u64 = 1 << 31;

/// The recordings in a file.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    pub(super) parts: Vec<Part>,
    /// Bytes after the end of the last one, by its header, that are neither another recording nor a tag.
    pub(super) unread: u64,
}

/// A WAV recording within a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The content of its format chunk.
    format: Vec<u8>,
    /// Where its sound lies in the file.
    pub(super) sound: Vec<Range<u64>>,
    /// Bytes of sound that its header promises and the file does not have.
    missing: u64,
    end: u64,
}

impl Part {
    /// Returns a header with the format and the right sizes.
    pub(super) fn header(&self) -> Vec<u8> {
        header(self.format.clone(), length(&self.sound) + self.missing)
    }

    /// Returns the name of its encoding, if that is one that cannot be decoded here.
    pub(super) fn foreign_encoding(&self) -> Option<&'static str> {
        FOREIGN.iter().find(|(tag, _)| field(&self.format, 0) == Some(*tag)).map(|(_, name)| *name)
    }

    /// Returns what in its header cannot be true, if anything.
    pub(super) fn contradiction(&self) -> Option<String> {
        let field = |at| field(&self.format, at);
        let (tag, channels, block, bits) = (field(0)?, field(2)?, field(12)?, field(14)?);
        if !(1..=CHANNELS_MAX).contains(&channels) {
            return Some(format!("by its header it has {channels} channels"));
        }
        let is_sized = |bytes: u16| u32::from(bytes) * u32::from(channels) == u32::from(block);
        let bytes = bits.div_ceil(8);
        // 24 bits are often kept in 32.
        let is_right = is_sized(bytes) || (bytes == 3 && is_sized(4));
        (matches!(tag, INTEGERS | FLOATS | EXTENSIBLE) && !is_right).then(|| {
            format!("its header contradicts itself: {channels} channels of {bits} bits each in blocks of {block} bytes")
        })
    }

    /// Splits it into parts of at most `most` bytes of sound, between two frames.
    fn split(self, most: u64) -> Vec<Self> {
        let block = u64::from(field(&self.format, 12).unwrap_or(1).max(1));
        let most = (most / block).max(1) * block;
        let mut parts = vec![Self { sound: Vec::new(), missing: 0, ..self.clone() }];
        for mut rest in self.sound {
            while !rest.is_empty() {
                let Some(last) = parts.last_mut() else { break };
                let room = most - length(&last.sound);
                if room == 0 {
                    parts.push(Self { sound: Vec::new(), ..parts[0].clone() });
                    continue;
                }
                let end = rest.end.min(rest.start + room);
                last.sound.push(rest.start..end);
                rest.start = end;
            }
        }
        if let Some(last) = parts.last_mut() {
            last.missing = self.missing;
        }
        parts
    }
}

fn length(sound: &[Range<u64>]) -> u64 {
    sound.iter().map(|span| span.end - span.start).sum()
}

/// Returns a number in a format chunk.
fn field(format: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([*format.get(at)?, *format.get(at + 1)?]))
}

/// The sizes of a file that may have more than 4 GB (RF64 and BW64), which are in a chunk of their own. Where they are, the
/// sizes in the usual places say so by [`u32::MAX`].
#[derive(Debug, Clone, Copy)]
struct LargeSizes {
    riff: u64,
    /// 0 if the writer has not come to fill it in.
    data: u64,
}

impl LargeSizes {
    fn read(file: &mut (impl Read + Seek), at: u64, file_end: u64) -> Result<Option<Self>> {
        let mut sizes = [0; 16];
        match chunk(file, at, file_end)? {
            Some((id, size)) if id == *b"ds64" && size >= 16 && file.read_exact(&mut sizes).is_ok() => {
                let size =
                    |at: usize| sizes[at..at + 8].iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte));
                Ok(Some(Self { riff: size(0), data: size(8) }))
            }
            _ => Ok(None),
        }
    }
}

/// The recordings in a file that begins as a WAV file does; none in one that does not, or that has no sound.
pub(super) fn recordings(file: &mut (impl Read + Seek)) -> Result<Recordings> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(part) = part(file, start, end)? {
        start = part.end;
        parts.extend(part.split(SOUND_MAX));
    }
    let unread = if parts.is_empty() { 0 } else { unknown(file, start, end)? };
    Ok(Recordings { parts, unread })
}

/// What is known of a recording while its chunks are read.
#[derive(Default)]
struct Chunks {
    format: Option<Vec<u8>>,
    sound: Vec<Range<u64>>,
    /// Bytes of sound that the header promises and the file does not have.
    missing: u64,
}

impl Chunks {
    fn has_sound(&self) -> bool {
        self.sound.iter().any(|span| !span.is_empty())
    }

    /// The last chunk of sound goes on to this place, whatever its size says.
    fn extend_to(&mut self, end: u64) -> Option<u64> {
        self.sound.last_mut()?.end = end;
        Some(end)
    }
}

fn part(file: &mut (impl Read + Seek), start: u64, file_end: u64) -> Result<Option<Part>> {
    let Some((riff, riff_size)) = chunk(file, start, file_end)? else { return Ok(None) };
    let mut form = [0; 4];
    if !is_recording(riff) || file.read_exact(&mut form).is_err() || form != *b"WAVE" {
        return Ok(None);
    }
    let large = if riff == *b"RIFF" { None } else { LargeSizes::read(file, start + RIFF_HEADER, file_end)? };
    let whole = large.filter(|_| riff_size == u32::MAX).map_or(u64::from(riff_size), |large| large.riff);
    let riff_end = start.saturating_add(CHUNK_HEADER).saturating_add(whole);
    let mut chunks = Chunks::default();
    let mut at = start + RIFF_HEADER;
    let end = loop {
        // The sizes agree: what follows is something else.
        if chunks.has_sound() && (at == riff_end || at == riff_end + riff_end % 2) {
            break Some(at.min(file_end));
        }
        if at >= file_end {
            break Some(file_end);
        }
        let Some((id, size)) = chunk(file, at, file_end)? else { break chunks.extend_to(file_end) };
        let content = at + CHUNK_HEADER;
        let is_large = id == *b"data" && size == u32::MAX;
        let large = large.map(|large| large.data).filter(|size| is_large && *size > 0);
        let length = large.unwrap_or(u64::from(size));
        let content_end = content.saturating_add(length);
        let next = content_end.saturating_add(length % 2);
        let is_placeholder =
            large.is_none() && (size >= PLACEHOLDER || (riff_size >= PLACEHOLDER && content_end > file_end));
        match &id {
            _ if is_recording(id) && !chunks.sound.is_empty() => break Some(at),
            b"data" => {
                chunks.sound.push(content..content_end.min(file_end));
                if is_placeholder {
                    break chunks.extend_to(file_end);
                }
                chunks.missing = content_end.saturating_sub(file_end);
            }
            b"fmt " if content_end <= file_end && u64::from(size) <= FORMAT_LIMIT => {
                let mut format = vec![0; size as usize];
                file.read_exact(&mut format)?;
                chunks.format.get_or_insert(format);
            }
            // What follows the sound is no chunk, so it is sound as well.
            _ if content_end > file_end || !is_name(id) => break chunks.extend_to(file_end),
            _ => {}
        }
        at = next;
    };
    let (Some(end), Some(format), false) = (end, chunks.format, chunks.sound.is_empty()) else { return Ok(None) };
    Ok(Some(Part { format, sound: chunks.sound, missing: chunks.missing, end }))
}

/// Whether a recording begins with this.
fn is_recording(name: [u8; 4]) -> bool {
    matches!(&name, b"RIFF" | b"RF64" | b"BW64")
}

fn is_name(id: [u8; 4]) -> bool {
    id.iter().all(|letter| letter.is_ascii_alphanumeric() || *letter == b' ')
}

/// A header of a recording with one chunk of sound of this size.
fn header(mut format: Vec<u8>, sound: u64) -> Vec<u8> {
    fill_containers(&mut format);
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let padding = format.len() % 2;
    let chunks = CHUNK_HEADER + (format.len() + padding) as u64 + CHUNK_HEADER;
    [
        &b"RIFF"[..],
        &size(4 + chunks + sound),
        b"WAVEfmt ",
        &size(format.len() as u64),
        &format,
        &[0][..padding],
        b"data",
        &size(sound),
    ]
    .concat()
}

/// Integers may have fewer bits than their bytes hold, and use the highest: they are read as those with all bits.
fn fill_containers(format: &mut [u8]) {
    let field = |at: usize| field(format, at);
    let (Some(INTEGERS), Some(channels), Some(block), Some(bits)) = (field(0), field(2), field(12), field(14)) else {
        return;
    };
    let bytes = block.checked_div(channels).filter(|bytes| bytes * channels == block && (1..=4).contains(bytes));
    if let Some(full) = bytes.map(|bytes| bytes * 8)
        && (1..full).contains(&bits)
    {
        format[14..16].copy_from_slice(&full.to_le_bytes());
    }
}

/// How many bytes there are between these places that are neither tags nor zeros, which fill up files.
fn unknown(file: &mut (impl Read + Seek), start: u64, end: u64) -> Result<u64> {
    file.seek(SeekFrom::Start(start))?;
    let mut rest = Vec::new();
    file.take(end.saturating_sub(start)).read_to_end(&mut rest)?;
    let (mut at, mut unknown) = (0, 0);
    while let Some(bytes) = rest.get(at..).filter(|bytes| !bytes.is_empty()) {
        if let Some(length) = mpeg::tag(bytes) {
            at += length;
        } else {
            unknown += u64::from(bytes[0] != 0);
            at += 1;
        }
    }
    Ok(unknown)
}

/// The chunk at this place: its name and its size.
fn chunk(file: &mut (impl Read + Seek), at: u64, file_end: u64) -> Result<Option<([u8; 4], u32)>> {
    if at + CHUNK_HEADER > file_end {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    let (mut id, mut size) = ([0; 4], [0; 4]);
    file.read_exact(&mut id)?;
    file.read_exact(&mut size)?;
    Ok(Some((id, u32::from_le_bytes(size))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_that_is_too_long_for_a_header_is_split_between_frames() {
        let mut format = vec![0; 16];
        format[12] = 4;
        let part = Part { format, sound: vec![10..20, 30..52], missing: 3, end: 60 };
        let parts = part.split(13);
        let sound: Vec<(u64, u64)> =
            parts.iter().flat_map(|part| part.sound.iter().map(|span| (span.start, span.end))).collect();
        assert_eq!(sound, [(10, 20), (30, 32), (32, 44), (44, 52)]);
        assert_eq!(parts.iter().map(|part| length(&part.sound)).collect::<Vec<_>>(), [12, 12, 8]);
        let missing: Vec<u64> = parts.iter().map(|part| part.missing).collect();
        assert_eq!(missing, [0, 0, 3]);
    }
}
