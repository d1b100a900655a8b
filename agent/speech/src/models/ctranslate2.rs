//! Reads `CTranslate2`'s `model.bin`: a list of named arrays, little endian, nothing aligned.
//!
//! ```text
//! u32 format version, string "WhisperSpec", u32 revision, u32 number of arrays,
//! for each: string name, u8 rank, u32 dimension * rank, u8 type, u32 bytes, the values,
//! u32 number of aliases, for each: string alias, string target
//! ```
//! A string is a u16 length, which counts the closing NUL, the bytes, and the NUL. The file ends after the aliases.

use std::collections::BTreeMap;

use half::f16;
use half::slice::HalfFloatSliceExt as _;

/// The file format's version that this reader knows; there has been no later one since 2021.
const FORMAT: u32 = 6;
/// The revision of the Whisper layout that this reader knows.
const REVISION: u32 = 3;
/// What the file says it is.
const SPECIFICATION: &str = "WhisperSpec";
/// More dimensions than any array of any model has.
const MOST_DIMENSIONS: usize = 4;

/// Why a `model.bin` was not taken. The caller adds the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Ct2Error {
    /// The file ends too early.
    #[error("it is cut: {what} should be at byte {at}, where the file of {size} bytes ends. Fetch it again")]
    Cut {
        /// What is missing.
        what: String,
        /// Where it begins.
        at: usize,
        /// How long the file is.
        size: usize,
    },
    /// It is something else.
    #[error("it is no CTranslate2 Whisper model: expected {expected}, found {found}")]
    Foreign {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The weights are stored in a way that cannot be taken over without loss or guesswork.
    #[error(
        "array {name} is stored as {found}: expected float16 (or float32, bfloat16), so take the model's float16 conversion"
    )]
    Type {
        /// Which array.
        name: String,
        /// The type found.
        found: String,
    },
    /// An array that a Whisper model has is not there, or has another shape.
    #[error("array {name} should be {expected}, but is {found}")]
    Array {
        /// Which array.
        name: String,
        /// The shape or property it should have.
        expected: String,
        /// The shape it has, or `missing`.
        found: String,
    },
}

/// The arrays of one model; their values stay where they are in the file.
pub(crate) struct Arrays<'a> {
    arrays: BTreeMap<&'a str, Array<'a>>,
}

/// One array.
#[derive(Debug, Clone)]
pub(crate) struct Array<'a> {
    /// Its dimensions, slowest first. Empty for a single number.
    pub shape: Vec<usize>,
    kind: Kind,
    bytes: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F32,
    I8,
    I16,
    I32,
    F16,
    Bf16,
}

impl Kind {
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::F32,
            1 => Self::I8,
            2 => Self::I16,
            3 => Self::I32,
            4 => Self::F16,
            5 => Self::Bf16,
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::F32 | Self::I32 => 4,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
        }
    }
}

impl<'a> Arrays<'a> {
    /// Reads the whole file's structure.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, Ct2Error> {
        let mut cursor = Cursor { file, at: 0 };
        expect("format version", FORMAT, cursor.u32("the format version")?)?;
        let specification = cursor.string("the specification's name")?;
        if specification != SPECIFICATION {
            return Err(Ct2Error::Foreign { expected: SPECIFICATION.into(), found: specification.into() });
        }
        expect("revision", REVISION, cursor.u32("the revision")?)?;
        let mut arrays = BTreeMap::new();
        for _ in 0..cursor.u32("the number of arrays")? {
            let name = cursor.string("an array's name")?;
            let array = cursor.array(name)?;
            arrays.insert(name, array);
        }
        // Aliases name the output projection, which is the embedding; whisper.cpp takes that for granted.
        for _ in 0..cursor.u32("the number of aliases")? {
            cursor.string("an alias")?;
            cursor.string("an alias's target")?;
        }
        if cursor.at != file.len() {
            return Err(Ct2Error::Foreign {
                expected: format!("the end of the file at byte {}", cursor.at),
                found: format!("{} bytes more", file.len() - cursor.at),
            });
        }
        Ok(Self { arrays })
    }

    /// The array of that name.
    pub(crate) fn get(&self, name: &str) -> Result<&Array<'a>, Ct2Error> {
        self.arrays.get(name).ok_or_else(|| Ct2Error::Array {
            name: name.into(),
            expected: "there".into(),
            found: "missing".into(),
        })
    }

    /// The array of that name, which must have these dimensions.
    pub(crate) fn shaped(&self, name: &str, shape: &[usize]) -> Result<&Array<'a>, Ct2Error> {
        let array = self.get(name)?;
        if array.shape == shape {
            Ok(array)
        } else {
            Err(Ct2Error::Array {
                name: name.into(),
                expected: format!("{shape:?}"),
                found: format!("{:?}", array.shape),
            })
        }
    }

    /// A single whole number, such as a count of heads.
    pub(crate) fn number(&self, name: &str) -> Result<usize, Ct2Error> {
        let array = self.get(name)?;
        let value = match (array.kind, array.bytes) {
            (Kind::I8, &[a]) => i64::from(a.cast_signed()),
            (Kind::I16, &[a, b]) => i64::from(i16::from_le_bytes([a, b])),
            (Kind::I32, &[a, b, c, d]) => i64::from(i32::from_le_bytes([a, b, c, d])),
            _ => -1,
        };
        usize::try_from(value).map_err(|_| Ct2Error::Array {
            name: name.into(),
            expected: "one whole number".into(),
            found: format!("{} of {}", array.kind.name(), array.bytes.len()),
        })
    }

    /// How many layers a stack (`encoder`, `decoder`) has.
    pub(crate) fn layers(&self, stack: &str) -> usize {
        // No model has more layers than arrays.
        (0..self.arrays.len())
            .take_while(|layer| {
                let prefix = format!("{stack}/layer_{layer}/");
                self.arrays.range(prefix.as_str()..).next().is_some_and(|(name, _)| name.starts_with(&prefix))
            })
            .count()
    }
}

impl Array<'_> {
    /// All values, in order.
    pub(crate) fn values(&self, name: &str) -> Result<Vec<f32>, Ct2Error> {
        let words = || self.bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        match self.kind {
            Kind::F32 => Ok(self
                .bytes
                .chunks_exact(4)
                .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                .collect()),
            Kind::F16 => {
                let halves: Vec<f16> = words().map(f16::from_bits).collect();
                let mut values = vec![0.0; halves.len()];
                halves.convert_to_f32_slice(&mut values);
                Ok(values)
            }
            Kind::Bf16 => Ok(words().map(|bits| half::bf16::from_bits(bits).to_f32()).collect()),
            other => Err(Ct2Error::Type { name: name.into(), found: other.name().into() }),
        }
    }
}

fn expect(what: &str, expected: u32, found: u32) -> Result<(), Ct2Error> {
    if expected == found {
        Ok(())
    } else {
        Err(Ct2Error::Foreign { expected: format!("{what} {expected}"), found: format!("{what} {found}") })
    }
}

struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], Ct2Error> {
        let bytes = self
            .at
            .checked_add(count)
            .and_then(|end| self.file.get(self.at..end))
            .ok_or_else(|| Ct2Error::Cut { what: what.into(), at: self.at, size: self.file.len() })?;
        self.at += count;
        Ok(bytes)
    }

    fn u8(&mut self, what: &str) -> Result<u8, Ct2Error> {
        Ok(self.take(1, what)?[0])
    }

    fn u32(&mut self, what: &str) -> Result<u32, Ct2Error> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn string(&mut self, what: &str) -> Result<&'a str, Ct2Error> {
        let length = self.take(2, what)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let foreign = |found: &str| Ct2Error::Foreign { expected: format!("{what} in text"), found: found.into() };
        match self.take(length, what)?.split_last() {
            Some((0, text)) => std::str::from_utf8(text).map_err(|_| foreign("other bytes")),
            _ => Err(foreign("no end of it")),
        }
    }

    fn array(&mut self, name: &str) -> Result<Array<'a>, Ct2Error> {
        let rank = usize::from(self.u8(name)?);
        if rank > MOST_DIMENSIONS {
            return Err(Ct2Error::Array {
                name: name.into(),
                expected: format!("of at most {MOST_DIMENSIONS} dimensions"),
                found: format!("of {rank}"),
            });
        }
        let shape = (0..rank).map(|_| Ok(self.u32(name)? as usize)).collect::<Result<Vec<_>, Ct2Error>>()?;
        let code = self.u8(name)?;
        let kind = Kind::from_code(code)
            .ok_or_else(|| Ct2Error::Type { name: name.into(), found: format!("unknown type {code}") })?;
        let size = self.u32(name)? as usize;
        let expected = shape.iter().try_fold(kind.width(), |product, side| product.checked_mul(*side));
        if expected != Some(size) {
            return Err(Ct2Error::Array {
                name: name.into(),
                expected: format!("{shape:?} of {}", kind.name()),
                found: format!("{size} bytes"),
            });
        }
        Ok(Array { shape, kind, bytes: self.take(size, name)? })
    }
}
