//! whisper.cpp's file format (`ggml-*.bin`), little endian, nothing aligned:
//!
//! ```text
//! u32 magic, i32 * 11 dimensions, mel filter bank, i32 number of tokens, for each: i32 length and bytes,
//! tensors up to the end: i32 rank, i32 length of the name, i32 type, i32 side * rank (fastest first), name, data
//! ```

pub(crate) mod inspect;
pub(super) mod write;

/// `ggml` read as one number; the file's first four bytes are `lmgg`.
pub(crate) const MAGIC: u32 = 0x6767_6d6c;

/// The dimensions of a model, in the file's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dimensions {
    /// Tokens.
    pub vocabulary: u32,
    /// Positions of the encoder: 1500 for 30 s.
    pub(crate) audio_context: u32,
    /// Width of the encoder.
    pub(crate) audio_state: u32,
    /// Attention heads of the encoder.
    pub(crate) audio_heads: u32,
    /// Layers of the encoder.
    pub(crate) audio_layers: u32,
    /// Positions of the decoder: 448.
    pub(crate) text_context: u32,
    /// Width of the decoder.
    pub(crate) text_state: u32,
    /// Attention heads of the decoder.
    pub(crate) text_heads: u32,
    /// Layers of the decoder.
    pub(crate) text_layers: u32,
    /// Mel bands: 80, or 128 for large-v3.
    pub(crate) mels: u32,
}

impl Dimensions {
    /// As the file holds them.
    pub(crate) fn in_order(&self) -> [u32; 10] {
        [
            self.vocabulary,
            self.audio_context,
            self.audio_state,
            self.audio_heads,
            self.audio_layers,
            self.text_context,
            self.text_state,
            self.text_heads,
            self.text_layers,
            self.mels,
        ]
    }

    /// Whether it is one of the large models, whose encoders all have 32 layers.
    pub(crate) fn large(&self) -> bool {
        self.audio_layers >= 32
    }
}

/// How an imported model's weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantisation {
    /// 8 bits and one scale for each 32 weights: half the size of f16, as accurate, as fast.
    #[default]
    Q8_0,
    /// Half-precision floats: exactly what the weights are.
    F16,
}

impl Quantisation {
    /// As it is written in file names and in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q8_0 => "q8_0",
            Self::F16 => "f16",
        }
    }

    /// The file's own code for it; 2000 is version 2 of the quantised formats.
    pub(crate) fn file_type(self) -> u32 {
        match self {
            Self::Q8_0 => 2007,
            Self::F16 => 1,
        }
    }
}
