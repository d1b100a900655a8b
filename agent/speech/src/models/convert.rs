//! From `CTranslate2`'s arrays to whisper.cpp's tensors.
//!
//! Nothing is transposed: both store linear weights as `[out, in]`. What differs are the names, that `CTranslate2` fuses the
//! projections of attention into one array, and which tensors are f32: those of one dimension, the biases of the convolutions
//! and the positional embeddings; all others are f16. Of these the two-dimensional ones are quantised, the convolutions not.

use std::io::{self, Write};

use super::ctranslate2::{Arrays, Ct2Error};
use super::ggml::write::{BLOCK, Storage, header, tensor};
use super::ggml::{Dimensions, Quantisation};
use super::vocabulary::{VocabularyError, base_tokens};

/// Why a model was not converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The weights are cut, foreign or of a kind that is not known.
    #[error(transparent)]
    Weights(#[from] Ct2Error),
    /// The vocabulary does not fit.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// The result could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes the model as a file of whisper.cpp.
pub(crate) fn convert(
    arrays: &Arrays<'_>,
    tokens: &[String],
    quantisation: Quantisation,
    out: &mut impl Write,
) -> Result<(), ConvertError> {
    let dimensions = dimensions(arrays)?;
    let tokens = base_tokens(tokens, dimensions.vocabulary as usize)?;
    header(out, &dimensions, quantisation, &tokens)?;
    Converter { arrays, state: dimensions.text_state as usize, quantisation, out }.tensors(&dimensions)
}

fn dimensions(arrays: &Arrays<'_>) -> Result<Dimensions, Ct2Error> {
    let side = |name: &str, rank: usize, place: usize| -> Result<u32, Ct2Error> {
        let shape = &arrays.get(name)?.shape;
        if shape.len() == rank {
            Ok(shape[place] as u32)
        } else {
            Err(wrong(name, &format!("of {rank} dimensions"), format!("{shape:?}")))
        }
    };
    let embedding = "decoder/embeddings/weight";
    let encodings = |stack: &str| format!("{stack}/position_encodings/encodings");
    Ok(Dimensions {
        vocabulary: side(embedding, 2, 0)?,
        audio_context: side(&encodings("encoder"), 2, 0)?,
        audio_state: side(&encodings("encoder"), 2, 1)?,
        audio_heads: arrays.number("encoder/num_heads")? as u32,
        audio_layers: arrays.layers("encoder") as u32,
        text_context: side(&encodings("decoder"), 2, 0)?,
        text_state: side(embedding, 2, 1)?,
        text_heads: arrays.number("decoder/num_heads")? as u32,
        text_layers: arrays.layers("decoder") as u32,
        mels: side("encoder/conv1/weight", 3, 1)?,
    })
}

fn wrong(name: &str, expected: &str, found: impl Into<String>) -> Ct2Error {
    Ct2Error::Array { name: name.into(), expected: expected.into(), found: found.into() }
}

struct Converter<'a, 'b, W> {
    arrays: &'a Arrays<'b>,
    /// The width of both stacks, which is the same in every Whisper model.
    state: usize,
    quantisation: Quantisation,
    out: &'a mut W,
}

impl<W: Write> Converter<'_, '_, W> {
    /// All tensors, in the order in which `OpenAI`'s files and so whisper.cpp's converter have them.
    fn tensors(&mut self, dimensions: &Dimensions) -> Result<(), ConvertError> {
        let state = self.state;
        let audio_context = dimensions.audio_context as usize;
        self.exact("encoder.positional_embedding", "encoder/position_encodings/encodings", &[audio_context, state])?;
        for (convolution, inputs) in [("conv1", dimensions.mels as usize), ("conv2", state)] {
            let source = format!("encoder/{convolution}");
            let values = self.values(&format!("{source}/weight"), &[state, inputs, 3])?;
            let shape = [state, inputs, 3];
            tensor(self.out, &format!("encoder.{convolution}.weight"), &shape, Storage::F16, &values)?;
            // whisper.cpp adds it along the second axis, hence the two dimensions.
            let values = self.values(&format!("{source}/bias"), &[state])?;
            tensor(self.out, &format!("encoder.{convolution}.bias"), &[state, 1], Storage::F32, &values)?;
        }
        for layer in 0..dimensions.audio_layers {
            let (name, source) = (format!("encoder.blocks.{layer}"), format!("encoder/layer_{layer}"));
            self.self_attention(&name, &source)?;
            self.feed_forward(&name, &source)?;
        }
        self.norm("encoder.ln_post", "encoder/layer_norm")?;

        let (text_context, vocabulary) = (dimensions.text_context as usize, dimensions.vocabulary as usize);
        self.exact("decoder.positional_embedding", "decoder/position_encodings/encodings", &[text_context, state])?;
        let values = self.values("decoder/embeddings/weight", &[vocabulary, state])?;
        self.weight("decoder.token_embedding.weight", &[vocabulary, state], &values)?;
        for layer in 0..dimensions.text_layers {
            let (name, source) = (format!("decoder.blocks.{layer}"), format!("decoder/layer_{layer}"));
            self.self_attention(&name, &source)?;
            self.cross_attention(&name, &source)?;
            self.feed_forward(&name, &source)?;
        }
        self.norm("decoder.ln", "decoder/layer_norm")
    }

    /// Query, key and value come as one array of three blocks of rows.
    fn self_attention(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        let (attention, source) = (format!("{name}.attn"), format!("{source}/self_attention"));
        let rows = self.state * self.state;
        let weight = self.values(&format!("{source}/linear_0/weight"), &[3 * self.state, self.state])?;
        let bias = self.values(&format!("{source}/linear_0/bias"), &[3 * self.state])?;
        self.square(&format!("{attention}.query"), &weight[..rows], Some(&bias[..self.state]))?;
        self.key(&attention, &source, &weight[rows..2 * rows], &bias[self.state..2 * self.state])?;
        self.square(&format!("{attention}.value"), &weight[2 * rows..], Some(&bias[2 * self.state..]))?;
        self.linear(&format!("{attention}.out"), &format!("{source}/linear_1"), [self.state; 2])?;
        self.norm(&format!("{name}.attn_ln"), &format!("{source}/layer_norm"))
    }

    /// Here the query is on its own, and key and value are one array of two blocks.
    fn cross_attention(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        let (attention, source) = (format!("{name}.cross_attn"), format!("{source}/attention"));
        let rows = self.state * self.state;
        self.linear(&format!("{attention}.query"), &format!("{source}/linear_0"), [self.state; 2])?;
        let weight = self.values(&format!("{source}/linear_1/weight"), &[2 * self.state, self.state])?;
        let bias = self.values(&format!("{source}/linear_1/bias"), &[2 * self.state])?;
        self.key(&attention, &source, &weight[..rows], &bias[..self.state])?;
        self.square(&format!("{attention}.value"), &weight[rows..], Some(&bias[self.state..]))?;
        self.linear(&format!("{attention}.out"), &format!("{source}/linear_2"), [self.state; 2])?;
        self.norm(&format!("{name}.cross_attn_ln"), &format!("{source}/layer_norm"))
    }

    fn feed_forward(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        let (inner, source) = (4 * self.state, format!("{source}/ffn"));
        self.linear(&format!("{name}.mlp.0"), &format!("{source}/linear_0"), [inner, self.state])?;
        self.linear(&format!("{name}.mlp.2"), &format!("{source}/linear_1"), [self.state, inner])?;
        self.norm(&format!("{name}.mlp_ln"), &format!("{source}/layer_norm"))
    }

    /// Whisper's keys have no bias; `CTranslate2` fills its place with zeros.
    fn key(&mut self, attention: &str, source: &str, weight: &[f32], bias: &[f32]) -> Result<(), ConvertError> {
        if bias.iter().any(|value| *value != 0.0) {
            return Err(wrong(&format!("{source} key bias"), "zero", "something else").into());
        }
        self.square(&format!("{attention}.key"), weight, None)
    }

    fn square(&mut self, name: &str, weight: &[f32], bias: Option<&[f32]>) -> Result<(), ConvertError> {
        self.weight(&format!("{name}.weight"), &[self.state; 2], weight)?;
        if let Some(bias) = bias {
            tensor(self.out, &format!("{name}.bias"), &[bias.len()], Storage::F32, bias)?;
        }
        Ok(())
    }

    fn linear(&mut self, name: &str, source: &str, shape: [usize; 2]) -> Result<(), ConvertError> {
        let values = self.values(&format!("{source}/weight"), &shape)?;
        self.weight(&format!("{name}.weight"), &shape, &values)?;
        self.exact(&format!("{name}.bias"), &format!("{source}/bias"), &shape[..1])
    }

    fn norm(&mut self, name: &str, source: &str) -> Result<(), ConvertError> {
        self.exact(&format!("{name}.weight"), &format!("{source}/gamma"), &[self.state])?;
        self.exact(&format!("{name}.bias"), &format!("{source}/beta"), &[self.state])
    }

    /// A tensor that stays f32.
    fn exact(&mut self, name: &str, source: &str, shape: &[usize]) -> Result<(), ConvertError> {
        let values = self.values(source, shape)?;
        Ok(tensor(self.out, name, shape, Storage::F32, &values)?)
    }

    fn weight(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<(), ConvertError> {
        let storage = match self.quantisation {
            Quantisation::F16 => Storage::F16,
            Quantisation::Q8_0 if shape.last().is_some_and(|row| row % BLOCK == 0) => Storage::Q8_0,
            Quantisation::Q8_0 => {
                return Err(wrong(name, &format!("of rows in blocks of {BLOCK}"), format!("{shape:?}")).into());
            }
        };
        Ok(tensor(self.out, name, shape, storage, values)?)
    }

    fn values(&self, source: &str, shape: &[usize]) -> Result<Vec<f32>, Ct2Error> {
        self.arrays.shaped(source, shape)?.values(source)
    }
}
