//! A tiny Whisper model in `CTranslate2`'s format, for tests: one layer of 32 numbers, made up.

use half::f16;

/// Width of both stacks: the smallest that can be quantised.
pub(crate) const STATE: usize = 32;
/// Tokens: three ordinary ones, the end of text, one special one.
pub(crate) const VOCABULARY: &str = "a\nĠb\n\n<|endoftext|>\n<|startoftranscript|>\n";
const TOKENS: usize = 5;
const MELS: usize = 80;
const AUDIO_CONTEXT: usize = 6;
const TEXT_CONTEXT: usize = 4;

/// A `model.bin` under construction.
pub(crate) struct Builder {
    pub(crate) format: u32,
    pub(crate) specification: &'static str,
    pub(crate) revision: u32,
    pub(crate) arrays: Vec<(String, Vec<usize>, u8, Vec<u8>)>,
}

impl Builder {
    /// A sound model.
    pub(crate) fn new() -> Self {
        let mut builder = Self { format: 6, specification: "WhisperSpec", revision: 3, arrays: Vec::new() };
        let inner = 4 * STATE;
        for stack in ["encoder", "decoder"] {
            builder.arrays.push((format!("{stack}/num_heads"), vec![], 2, 1u16.to_le_bytes().to_vec()));
            builder.norm(&format!("{stack}/layer_norm"));
            let layer = format!("{stack}/layer_0");
            builder.linear(&format!("{layer}/self_attention/linear_0"), 3 * STATE, STATE, STATE..2 * STATE);
            builder.linear(&format!("{layer}/self_attention/linear_1"), STATE, STATE, 0..0);
            builder.norm(&format!("{layer}/self_attention/layer_norm"));
            builder.linear(&format!("{layer}/ffn/linear_0"), inner, STATE, 0..0);
            builder.linear(&format!("{layer}/ffn/linear_1"), STATE, inner, 0..0);
            builder.norm(&format!("{layer}/ffn/layer_norm"));
        }
        builder.linear("decoder/layer_0/attention/linear_0", STATE, STATE, 0..0);
        builder.linear("decoder/layer_0/attention/linear_1", 2 * STATE, STATE, 0..STATE);
        builder.linear("decoder/layer_0/attention/linear_2", STATE, STATE, 0..0);
        builder.norm("decoder/layer_0/attention/layer_norm");
        builder.halves("encoder/position_encodings/encodings", &[AUDIO_CONTEXT, STATE], 0..0);
        builder.halves("decoder/position_encodings/encodings", &[TEXT_CONTEXT, STATE], 0..0);
        builder.halves("decoder/embeddings/weight", &[TOKENS, STATE], 0..0);
        builder.halves("encoder/conv1/weight", &[STATE, MELS, 3], 0..0);
        builder.halves("encoder/conv2/weight", &[STATE, STATE, 3], 0..0);
        for convolution in ["conv1", "conv2"] {
            builder.halves(&format!("encoder/{convolution}/bias"), &[STATE], 0..0);
        }
        builder
    }

    fn norm(&mut self, name: &str) {
        self.halves(&format!("{name}/gamma"), &[STATE], 0..0);
        self.halves(&format!("{name}/beta"), &[STATE], 0..0);
    }

    fn linear(&mut self, name: &str, out: usize, into: usize, zero_bias: std::ops::Range<usize>) {
        self.halves(&format!("{name}/weight"), &[out, into], 0..0);
        self.halves(&format!("{name}/bias"), &[out], zero_bias);
    }

    /// An array of f16 values that differ from each other, but for those that are to be zero.
    fn halves(&mut self, name: &str, shape: &[usize], zero: std::ops::Range<usize>) {
        let seed = self.arrays.len();
        let bytes = (0..shape.iter().product())
            .map(|place| if zero.contains(&place) { 0.0 } else { ((place * 7 + seed * 13) % 201) as f32 / 100.0 - 1.0 })
            .flat_map(|value| f16::from_f32(value).to_bits().to_le_bytes())
            .collect();
        self.arrays.push((name.into(), shape.into(), 4, bytes));
    }

    /// The array of that name, to be spoilt.
    pub(crate) fn array(&mut self, name: &str) -> &mut (String, Vec<usize>, u8, Vec<u8>) {
        self.arrays.iter_mut().find(|(other, ..)| other == name).expect("an array of the model")
    }

    /// The file.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut file = self.format.to_le_bytes().to_vec();
        string(&mut file, self.specification);
        file.extend(self.revision.to_le_bytes());
        file.extend((self.arrays.len() as u32).to_le_bytes());
        for (name, shape, kind, bytes) in &self.arrays {
            string(&mut file, name);
            file.push(shape.len() as u8);
            file.extend(shape.iter().flat_map(|side| (*side as u32).to_le_bytes()));
            file.push(*kind);
            file.extend((bytes.len() as u32).to_le_bytes());
            file.extend(bytes);
        }
        file.extend(1u32.to_le_bytes());
        string(&mut file, "decoder/projection/weight");
        string(&mut file, "decoder/embeddings/weight");
        file
    }
}

fn string(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u16 + 1).to_le_bytes());
    file.extend(text.as_bytes());
    file.push(0);
}
