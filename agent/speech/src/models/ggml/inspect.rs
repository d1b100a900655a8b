//! Looks a file over before whisper.cpp's C++ sees it: is it a model, and is it whole?

use super::{Dimensions, MAGIC};

/// Why a file is not taken for a model. The caller adds the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InspectError {
    /// It is something else.
    #[error("it is no model in whisper.cpp's format: expected {expected}, found {found}")]
    Foreign {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// It ends too early.
    #[error("it is cut: {what} should end at byte {end}, but the file has {size}")]
    Cut {
        /// What is cut.
        what: String,
        /// Where it should end.
        end: u64,
        /// How long the file is.
        size: u64,
    },
}

/// Bytes for one block of weights, and weights in it, by the file's code for the type.
const TYPES: [(u32, u64, u64); 7] =
    [(0, 4, 1), (1, 2, 1), (2, 18, 32), (3, 20, 32), (6, 22, 32), (7, 24, 32), (8, 34, 32)];
/// No Whisper model has more tensors dimensions than a convolution's three; ggml allows four.
const MOST_DIMENSIONS: u32 = 4;
/// Longer than any name or token; a larger number means that these are not numbers of this format.
const LONGEST_NAME: u32 = 1024;

/// Walks through the whole structure; the weights themselves are not read.
pub(crate) fn inspect(file: &[u8]) -> Result<Dimensions, InspectError> {
    let mut cursor = Cursor { file, at: 0 };
    let magic = cursor.number("the magic number").unwrap_or(0);
    if magic != MAGIC {
        return Err(InspectError::Foreign {
            expected: format!("magic number {MAGIC:#010x}"),
            found: format!("{magic:#010x}"),
        });
    }
    let mut sides = [0; 11];
    for side in &mut sides {
        *side = cursor.number("the dimensions")?;
    }
    let [
        vocabulary,
        audio_context,
        audio_state,
        audio_heads,
        audio_layers,
        text_context,
        text_state,
        text_heads,
        text_layers,
        mels,
        _,
    ] = sides;
    let dimensions = Dimensions {
        vocabulary,
        audio_context,
        audio_state,
        audio_heads,
        audio_layers,
        text_context,
        text_state,
        text_heads,
        text_layers,
        mels,
    };
    let (bands, bins) = (cursor.number("the mel filters")?, cursor.number("the mel filters")?);
    cursor.skip(u64::from(bands) * u64::from(bins) * 4, "the mel filters")?;
    for _ in 0..cursor.number("the vocabulary")? {
        let length = cursor.bounded("a token's length", LONGEST_NAME)?;
        cursor.skip(u64::from(length), "a token")?;
    }
    let mut tensors = 0;
    while cursor.at < file.len() as u64 {
        cursor.tensor()?;
        tensors += 1;
    }
    // Layers have at least a dozen tensors each; a file cut between two tensors is caught here.
    let least = 12 * (audio_layers.saturating_add(text_layers));
    if tensors < least {
        return Err(InspectError::Cut {
            what: format!("the last of at least {least} tensors"),
            end: cursor.at + 1,
            size: file.len() as u64,
        });
    }
    Ok(dimensions)
}

struct Cursor<'a> {
    file: &'a [u8],
    at: u64,
}

impl Cursor<'_> {
    fn skip(&mut self, count: u64, what: &str) -> Result<(), InspectError> {
        let (end, size) = (self.at.saturating_add(count), self.file.len() as u64);
        if end > size {
            return Err(InspectError::Cut { what: what.into(), end, size });
        }
        self.at = end;
        Ok(())
    }

    fn number(&mut self, what: &str) -> Result<u32, InspectError> {
        let start = self.at as usize;
        self.skip(4, what)?;
        let bytes = &self.file[start..start + 4];
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn bounded(&mut self, what: &str, most: u32) -> Result<u32, InspectError> {
        let number = self.number(what)?;
        if number <= most {
            Ok(number)
        } else {
            Err(InspectError::Foreign { expected: format!("{what} of at most {most}"), found: number.to_string() })
        }
    }

    fn tensor(&mut self) -> Result<(), InspectError> {
        let rank = self.bounded("a tensor's rank", MOST_DIMENSIONS)?;
        let name_length = self.bounded("the length of a tensor's name", LONGEST_NAME)?;
        let code = self.number("a tensor's type")?;
        let (_, bytes, block) = *TYPES.iter().find(|(known, ..)| *known == code).ok_or_else(|| {
            InspectError::Foreign { expected: "a type of weights that whisper.cpp has".into(), found: code.to_string() }
        })?;
        let mut count = 1u64;
        for _ in 0..rank {
            count = count.saturating_mul(u64::from(self.number("a tensor's shape")?));
        }
        self.skip(u64::from(name_length), "a tensor's name")?;
        self.skip((count / block).saturating_mul(bytes), "a tensor")
    }
}
