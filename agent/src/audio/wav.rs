//! Where the sound lies in a WAV file, by the bytes that are there and not only by what the header says of them.
//!
//! A program that writes to a pipe, or that dies, leaves sizes in the header that it meant to correct later: 0, or as much as
//! fits. Recordings that were joined byte by byte have a header in the middle.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// Sizes from here on are no sizes but placeholders: no such program writes 2 GB and then no more.
const PLACEHOLDER: u32 = 0x7ff0_0000;
/// A RIFF header with the form type, and the header of a chunk.
const RIFF_HEADER: u64 = 12;
const CHUNK_HEADER: u64 = 8;

/// A WAV recording within a file, with those sizes in its header that had to be corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    start: u64,
    end: u64,
    /// Bytes that stand for others, by their place in the part.
    patches: Vec<(u64, [u8; 4])>,
}

/// The recordings in a file that begins as a WAV file does; none in one that does not, or that has no sound.
pub(super) fn parts(file: &mut (impl Read + Seek)) -> Result<Vec<Part>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(part) = part(file, start, end)? {
        start = part.end;
        parts.push(part);
    }
    Ok(parts)
}

fn part(file: &mut (impl Read + Seek), start: u64, file_end: u64) -> Result<Option<Part>> {
    let Some((riff, riff_size)) = chunk(file, start, file_end)? else { return Ok(None) };
    let mut form = [0; 4];
    if riff != *b"RIFF" || file.read_exact(&mut form).is_err() || form != *b"WAVE" {
        return Ok(None);
    }
    let mut at = start + RIFF_HEADER;
    let (data, data_size) = loop {
        match chunk(file, at, file_end)? {
            Some((id, size)) if id == *b"data" => break (at + CHUNK_HEADER, size),
            Some((_, size)) => at += CHUNK_HEADER + u64::from(size) + u64::from(size % 2),
            None => return Ok(None),
        }
    };
    let data_end = data + u64::from(data_size);
    let (end, patches) = if data_size >= PLACEHOLDER || (riff_size >= PLACEHOLDER && data_end > file_end) {
        (file_end, sizes(file_end - start, data - start))
    } else if data_end > file_end {
        // A file that was cut: the reader says how much is missing.
        (file_end, Vec::new())
    } else if let Some(end) = end_of_chunks(file, data_end + u64::from(data_size % 2), file_end)? {
        (end, sizes_of(end - start, data - start, data_size))
    } else {
        // What follows the sound is no chunk, so it is sound as well.
        (file_end, sizes(file_end - start, data - start))
    };
    Ok(Some(Part { start, end, patches }))
}

/// Sizes for sound that goes on to the part's end.
fn sizes(length: u64, data: u64) -> Vec<(u64, [u8; 4])> {
    sizes_of(length, data, u32::try_from(length - data).unwrap_or(u32::MAX))
}

fn sizes_of(length: u64, data: u64, data_size: u32) -> Vec<(u64, [u8; 4])> {
    let riff_size = u32::try_from(length - CHUNK_HEADER).unwrap_or(u32::MAX);
    vec![(4, riff_size.to_le_bytes()), (data - 4, data_size.to_le_bytes())]
}

/// Where the chunks from here on end: at the file's end or at the next recording. `None` if something else is there.
fn end_of_chunks(file: &mut (impl Read + Seek), mut at: u64, file_end: u64) -> Result<Option<u64>> {
    while at < file_end {
        let Some((id, size)) = chunk(file, at, file_end)? else { return Ok(None) };
        if id == *b"RIFF" {
            return Ok(Some(at));
        }
        let end = at + CHUNK_HEADER + u64::from(size);
        if !id.iter().all(|letter| letter.is_ascii_alphanumeric() || *letter == b' ') || end > file_end {
            return Ok(None);
        }
        at = end + u64::from(size % 2);
    }
    // The byte that makes the last size even may be missing.
    Ok(Some(file_end))
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

/// A part of a file, as a source of its own.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    part: Part,
    /// From the part's beginning.
    at: u64,
}

impl Source {
    pub(super) fn new(file: File, part: Part) -> Self {
        Self { file, part, at: 0 }
    }

    fn len(&self) -> u64 {
        self.part.end - self.part.start
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.len().saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        self.file.seek(SeekFrom::Start(self.part.start + self.at))?;
        let read = self.file.read(&mut buffer[..wanted])?;
        for (place, bytes) in &self.part.patches {
            for (place, byte) in (*place..).zip(bytes) {
                let within = place.checked_sub(self.at).and_then(|place| usize::try_from(place).ok());
                if let Some(here) = within.and_then(|place| buffer[..read].get_mut(place)) {
                    *here = *byte;
                }
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}
