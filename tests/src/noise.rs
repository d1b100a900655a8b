//! Sounds that are no speech, as rooms are full of them.

use std::f64::consts::TAU;

use anyhow::Result;

use crate::place::Place;
use crate::speech::{RATE, Utterance, write};

/// A sound in which nobody says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// A muted room: nothing but zeros.
    Silence,
    /// White noise at -30 dB of full scale, as of a fan.
    White,
    /// Chords that change every half second.
    Music,
    /// Bursts of 4 ms, some each second, in a quiet hiss.
    Keys,
    /// Noise that swells and fades with the pace of breathing.
    Breath,
}

/// All of them.
pub const NOISES: [Noise; 5] = [Noise::Silence, Noise::White, Noise::Music, Noise::Keys, Noise::Breath];

impl Noise {
    /// So many seconds of it, within -1 to 1, the same each time.
    pub fn samples(self, seconds: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 23) - 1.0
        };
        let mut low = 0.0;
        let sample = |index: usize| {
            let time = index as f64 / f64::from(RATE);
            match self {
                Self::Silence => 0.0,
                Self::White => random() * 0.055,
                Self::Music => {
                    let root = 220.0 * 2_f64.powf([0.0, 5.0, 7.0, 3.0][(time * 2.0) as usize % 4] / 12.0);
                    [1.0, 1.25, 1.5, 2.0].iter().map(|ratio| (TAU * root * ratio * time).sin()).sum::<f64>() * 0.06
                }
                Self::Keys => {
                    let within = index % (RATE as usize * 16 / 100);
                    random() * if within < 64 { 0.3 } else { 0.001 }
                }
                Self::Breath => {
                    low += (random() - low) * 0.2;
                    low * 0.1 * (TAU * time / 4.0).sin().max(0.0).powi(2)
                }
            }
        };
        (0..seconds * RATE as usize).map(sample).map(|sample| sample as f32).collect()
    }

    /// So many seconds of it as a recording.
    pub fn recording(self, place: &Place, seconds: usize) -> Result<Utterance> {
        let wav = place.file(&format!("noise-{self:?}.wav"));
        let samples: Vec<i16> = self.samples(seconds).iter().map(|sample| (sample * 32_767.0) as i16).collect();
        write(&wav, &samples)?;
        Ok(Utterance { wav, reference: String::new() })
    }
}
