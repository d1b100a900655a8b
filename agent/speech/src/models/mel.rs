//! The mel filter bank that every Whisper file carries: how the 201 frequency bins of a 400-sample window at 16 kHz are
//! summed into mel bands.
//!
//! These are Slaney's triangular filters with unit area, as librosa computes them and as the Whisper models were trained
//! with. The arithmetic follows librosa's steps and roundings, so that the published values come out bit for bit.

use std::io::{self, Write};

/// Bins of the spectrum: half a window of 400 samples (25 ms), and the constant term.
pub(crate) const BINS: usize = 201;
/// Half the sample rate: the highest bin's frequency, and the highest filter's upper edge, in Hz.
const NYQUIST: f64 = 8000.0;
/// The mel scale is linear below this frequency, in Hz, and logarithmic above (Slaney 1998).
const BREAK_HZ: f64 = 1000.0;
/// Hz for each mel in the linear part.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
/// The mel at the break.
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;

/// Natural logarithm of the step between mels above the break: 27 of them for each factor of 6.4.
fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

fn mel_of_nyquist() -> f64 {
    BREAK_MEL + (NYQUIST / BREAK_HZ).ln() / log_step()
}

fn hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * HZ_PER_MEL } else { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() }
}

/// The filters, one after the other: `bands * BINS` weights.
pub(crate) fn filters(bands: usize) -> Vec<f32> {
    let step = mel_of_nyquist() / (bands + 1) as f64;
    let edges: Vec<f64> =
        (0..=bands).map(|band| hz(band as f64 * step)).chain(std::iter::once(hz(mel_of_nyquist()))).collect();
    edges
        .windows(3)
        .flat_map(|edge| {
            let (low, centre, high) = (edge[0], edge[1], edge[2]);
            let area = 2.0 / (high - low);
            (0..BINS).map(move |bin| {
                let frequency = NYQUIST * bin as f64 / (BINS - 1) as f64;
                let rising = -(low - frequency) / (centre - low);
                let falling = (high - frequency) / (high - centre);
                // Not `max(0.0)`: the published table has a negative zero in its first place, which this keeps.
                let height = rising.min(falling);
                let height = if height < 0.0 { 0.0 } else { height } as f32;
                (f64::from(height) * area) as f32
            })
        })
        .collect()
}

/// Writes the filters as whisper.cpp's files hold them: bands, bins, then the weights.
pub(crate) fn write(out: &mut impl Write, bands: usize) -> io::Result<()> {
    out.write_all(&(bands as u32).to_le_bytes())?;
    out.write_all(&(BINS as u32).to_le_bytes())?;
    filters(bands).into_iter().try_for_each(|weight| out.write_all(&weight.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::sum::Sum;
    use super::*;

    /// Sums of `mel_80` and `mel_128` in `mel_filters.npz` of openai-whisper 20250625, without the header.
    const PUBLISHED: [(usize, &str); 2] = [
        (80, "4f2701b1d287d74a0dc9871026e9519d98cb76426615f2539b0d151a0ae4ec2e"),
        (128, "2a5f9822897750e047c85dea37cc268d3be0ecfd23c28a5f10da129d99d05afe"),
    ];

    #[test]
    fn the_filters_are_those_the_models_were_trained_with_bit_for_bit() {
        for (bands, published) in PUBLISHED {
            let bytes: Vec<u8> = filters(bands).into_iter().flat_map(f32::to_le_bytes).collect();
            assert_eq!(bytes.len(), bands * BINS * 4);
            assert_eq!(Sum::of(&bytes).to_string(), published, "{bands} bands");
        }
    }
}
