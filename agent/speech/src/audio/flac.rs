//! The streams of a FLAC file: it has several of them where files were joined, with tags around them.

use std::ops::Range;

use super::mpeg;

/// What a stream begins with: its name, and the header of its first block, which has 34 bytes.
const NAME: &[u8] = b"fLaC";
const FIRST_BLOCK: &[u8] = &[0, 0, 34];
const BLOCK_HEADER: usize = 4;

/// A stream within a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    /// Its bytes, without tags after it.
    pub(super) place: Range<usize>,
    /// The number of bytes that its frames have, as far as the file holds them.
    pub(super) frames: usize,
}

/// Finds all streams of a file.
pub(super) fn streams(bytes: &[u8]) -> Vec<Stream> {
    let mut streams = Vec::new();
    let mut next = begin(bytes, 0);
    while let Some(start) = next {
        let frames = first_frame(bytes, start);
        next = begin(bytes, frames);
        let end = end_without_tags(&bytes[..next.unwrap_or(bytes.len())], frames);
        streams.push(Stream { place: start..end, frames: end - frames });
    }
    streams
}

/// Where the next stream begins.
fn begin(bytes: &[u8], from: usize) -> Option<usize> {
    let is_begin =
        |window: &[u8]| window.starts_with(NAME) && window[5..] == *FIRST_BLOCK && matches!(window[4], 0 | 0x80);
    let place = bytes.get(from..)?.windows(NAME.len() + BLOCK_HEADER).position(is_begin)?;
    Some(from + place)
}

/// Where the first frame of the stream lies that begins here, after all blocks of metadata.
fn first_frame(bytes: &[u8], start: usize) -> usize {
    let mut at = start + NAME.len();
    while let Some([kind, high, middle, low]) = bytes.get(at..at + BLOCK_HEADER) {
        at += BLOCK_HEADER + usize::from(*high) * 0x1_0000 + usize::from(*middle) * 0x100 + usize::from(*low);
        if kind & 0x80 != 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// Where the frames end, without the tags that end where the bytes end.
fn end_without_tags(bytes: &[u8], frames: usize) -> usize {
    let mut end = bytes.len();
    let is_last = |at: &usize, end: usize| mpeg::tag(&bytes[*at..end]).is_some_and(|length| at + length == end);
    while let Some(tag) = (frames..end).rev().find(|at| is_last(at, end)) {
        end = tag;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_without_the_tags_around_them() {
        // A description and a picture, then the frames.
        let stream = |frames: &[u8]| {
            let blocks = [&[0, 0, 0, 34][..], &[7; 34], &[0x86, 0, 0, 12], NAME, &[0, 0, 0, 34], &[0; 4], frames];
            [NAME, &blocks.concat()].concat()
        };
        let id3 = [&b"ID3\x04\0\0\0\0\0\x05"[..], b"title"].concat();
        let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
        let (one, other) = (stream(&[1; 100]), stream(&[2; 50]));
        let file = [&id3[..], &one, &id3v1, &id3, &other, &id3v1].concat();
        let found = streams(&file);
        assert_eq!(found.iter().map(|stream| stream.frames).collect::<Vec<_>>(), [100, 50]);
        assert_eq!(found.iter().map(|stream| &file[stream.place.clone()]).collect::<Vec<_>>(), [&one[..], &other]);
        assert_eq!(streams(&id3), []);
    }
}
