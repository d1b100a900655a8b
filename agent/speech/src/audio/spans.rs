//! Bytes of a file that do not lie together, as one source.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

/// A header of its own, and then parts of a file, one after the other.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    header: Vec<u8>,
    /// Within the file.
    spans: Vec<Range<u64>>,
    /// From the header's beginning.
    at: u64,
}

impl Source {
    pub(super) fn new(file: File, header: Vec<u8>, spans: Vec<Range<u64>>) -> Self {
        Self { file, header, spans, at: 0 }
    }

    fn len(&self) -> u64 {
        self.header.len() as u64 + self.spans.iter().map(|span| span.end - span.start).sum::<u64>()
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let header = usize::try_from(self.at).ok().and_then(|at| self.header.get(at..)).unwrap_or_default();
        let read = if header.is_empty() {
            let mut at = self.at - self.header.len() as u64;
            let mut read = 0;
            for span in &self.spans {
                let length = span.end - span.start;
                if at < length {
                    let left = usize::try_from(length - at).unwrap_or(usize::MAX).min(buffer.len());
                    self.file.seek(SeekFrom::Start(span.start + at))?;
                    read = self.file.read(&mut buffer[..left])?;
                    break;
                }
                at -= length;
            }
            read
        } else {
            let length = header.len().min(buffer.len());
            buffer[..length].copy_from_slice(&header[..length]);
            length
        };
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
