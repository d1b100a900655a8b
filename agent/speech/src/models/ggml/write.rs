//! Writes whisper.cpp's format, byte for byte as whisper.cpp's own conversion and quantisation do.

use std::io::{self, Write};

use half::f16;
use half::slice::HalfFloatSliceExt as _;

use super::super::mel;
use super::{Dimensions, MAGIC, Quantisation};

/// Weights that share one scale in `q8_0`.
pub(crate) const BLOCK: usize = 32;

/// How one tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    F32,
    F16,
    Q8_0,
}

impl Storage {
    fn code(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q8_0 => 8,
        }
    }
}

/// Writes everything before the tensors.
pub(crate) fn header(
    out: &mut impl Write,
    dimensions: &Dimensions,
    quantisation: Quantisation,
    tokens: &[Vec<u8>],
) -> io::Result<()> {
    number(out, MAGIC)?;
    dimensions.in_order().into_iter().try_for_each(|side| number(out, side))?;
    number(out, quantisation.file_type())?;
    mel::write(out, dimensions.mels as usize)?;
    number(out, tokens.len() as u32)?;
    tokens.iter().try_for_each(|token| {
        number(out, token.len() as u32)?;
        out.write_all(token)
    })
}

/// Writes one tensor. `shape` is slowest first, as everywhere but in the file.
pub(crate) fn tensor(
    out: &mut impl Write,
    name: &str,
    shape: &[usize],
    storage: Storage,
    values: &[f32],
) -> io::Result<()> {
    number(out, shape.len() as u32)?;
    number(out, name.len() as u32)?;
    number(out, storage.code())?;
    shape.iter().rev().try_for_each(|side| number(out, *side as u32))?;
    out.write_all(name.as_bytes())?;
    out.write_all(&data(storage, values))
}

fn number(out: &mut impl Write, value: u32) -> io::Result<()> {
    out.write_all(&value.to_le_bytes())
}

fn data(storage: Storage, values: &[f32]) -> Vec<u8> {
    match storage {
        Storage::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Storage::F16 => halves(values).into_iter().flat_map(|half| half.to_bits().to_le_bytes()).collect(),
        // whisper.cpp quantises an f16 file, so the weights are rounded to f16 first.
        Storage::Q8_0 => {
            let mut rounded = vec![0.0; values.len()];
            halves(values).convert_to_f32_slice(&mut rounded);
            rounded.chunks(BLOCK).flat_map(quantise).collect()
        }
    }
}

fn halves(values: &[f32]) -> Vec<f16> {
    let mut halves = vec![f16::ZERO; values.len()];
    halves.convert_from_f32_slice(values);
    halves
}

/// One block: the scale as f16, and 32 weights in units of the scale before it was rounded, as ggml's reference does.
fn quantise(block: &[f32]) -> [u8; BLOCK + 2] {
    let largest = block.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = largest / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    let mut bytes = [0; BLOCK + 2];
    bytes[..2].copy_from_slice(&f16::from_f32(scale).to_bits().to_le_bytes());
    for (byte, value) in bytes[2..].iter_mut().zip(block) {
        // Rounds half away from zero, like C's `roundf`.
        *byte = ((value * inverse).round() as i8).cast_unsigned();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_of_zeros_stays_zero() {
        assert_eq!(quantise(&[0.0; BLOCK]), [0; BLOCK + 2]);
    }

    #[test]
    fn the_largest_weight_becomes_127() {
        let mut block = [0.0; BLOCK];
        block[0] = -2.0;
        block[1] = 1.0;
        let bytes = quantise(&block);
        assert_eq!(bytes[2].cast_signed(), -127);
        assert_eq!(bytes[3].cast_signed(), 64, "63.5 is rounded away from zero");
    }

    proptest! {
        #[test]
        fn no_weight_moves_by_more_than_its_share_of_the_scale(block in proptest::collection::vec(-4.0f32..4.0, BLOCK)) {
            let bytes = quantise(&block);
            let scale = f16::from_bits(u16::from_le_bytes([bytes[0], bytes[1]])).to_f32();
            for (byte, value) in bytes[2..].iter().zip(&block) {
                let back = f32::from(byte.cast_signed()) * scale;
                // Half a step, and what rounding the scale to f16 adds: 127 steps of 2^-11.
                prop_assert!((back - value).abs() <= scale * (0.5 + 127.0 / 2048.0) + 1e-6);
            }
        }
    }
}
