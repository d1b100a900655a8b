//! Silero VAD, version 6, through `rustvani-vad`.

use rustvani_vad::{BYTES_PER_WINDOW, SileroVad};

use scout_core::speech::{HOP, SpeechError, VoiceActivity};

/// Silero VAD v6 with its weights inside the program: no model file, no shared library. One hop takes about 0.3 ms.
///
/// The crate judges 16-bit samples, so quieter detail than one part in 32768 is rounded off first; the golden test holds
/// it to the reference within 1e-4.
pub struct Silero {
    engine: SileroVad,
    bytes: [u8; BYTES_PER_WINDOW],
}

impl Silero {
    /// A detector at the start of a recording.
    pub fn new() -> Result<Self, SpeechError> {
        let engine = SileroVad::new().map_err(|reason| SpeechError::Weights { reason })?;
        Ok(Self { engine, bytes: [0; BYTES_PER_WINDOW] })
    }
}

impl std::fmt::Debug for Silero {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Silero")
    }
}

impl VoiceActivity for Silero {
    fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
        for (bytes, sample) in self.bytes.chunks_exact_mut(2).zip(hop) {
            bytes.copy_from_slice(&quantised(*sample).to_le_bytes());
        }
        self.engine.infer(&self.bytes).map_err(|reason| SpeechError::Detection { reason })
    }

    fn reset(&mut self) {
        self.engine.reset_state();
    }
}

/// Rounded, not cut off: cutting moves every sample towards zero and thins out quiet speech. A float-to-int cast
/// saturates, so loud samples clip.
fn quantised(sample: f32) -> i16 {
    (sample * 32768.0).round() as i16
}
