//! What whisper.cpp makes of a clip with its own defaults: the yardstick that Scout's way to transcribe is compared with.

use anyhow::{Context as _, Result};
use scout_speech::models::Installed;
use scout_speech::transcribe::limits;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

/// Candidates after a failure: as `whisper_full_default_params` of v1.8.3 sets it for greedy sampling.
const CANDIDATES: i32 = 5;

/// A model that reads each clip as a whole: the encoder's context of 30 s, and five candidates where the first one fails.
///
/// The clip is padded, and the number of threads is chosen, as Scout does it, so that the difference is how it is transcribed.
pub struct WholePass {
    context: WhisperContext,
    state: WhisperState,
    language: String,
}

impl WholePass {
    /// Loads a model for clips in this language, an ISO 639-1 code.
    pub fn load(model: &Installed, language: &str) -> Result<Self> {
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::default();
        // As Scout loads it: on the CPU it is slower.
        parameters.flash_attn(false);
        let context = WhisperContext::new_with_params(&model.path, parameters)
            .with_context(|| format!("{} cannot be loaded", model.path.display()))?;
        let state = context.create_state()?;
        Ok(Self { context, state, language: language.to_owned() })
    }

    /// Forgets all that it heard. Where it is unsure whisper.cpp draws lots, and goes on in the same row of lots from clip to
    /// clip.
    pub fn renew(&mut self) -> Result<()> {
        self.state = self.context.create_state()?;
        Ok(())
    }

    /// The text of a clip: mono samples at 16 kHz. `threads` as in [`scout_core::transcript::Options`].
    pub fn transcribe(&mut self, audio: &[f32], threads: Option<usize>) -> Result<String> {
        let mut clip = audio.to_vec();
        clip.resize(limits::padded(audio.len()), 0.0);
        let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: CANDIDATES });
        parameters.set_language(Some(&self.language));
        parameters.set_n_threads(i32::try_from(threads.unwrap_or_else(limits::threads_here).max(1))?);
        // What was said in another clip is no context for this one.
        parameters.set_no_context(true);
        parameters.set_print_progress(false);
        parameters.set_print_realtime(false);
        parameters.set_print_special(false);
        parameters.set_print_timestamps(false);
        self.state.full(parameters, &clip)?;
        let mut segments = Vec::new();
        for segment in self.state.as_iter() {
            segments.push(segment.to_str_lossy()?.trim().to_owned());
        }
        segments.retain(|segment| !segment.is_empty());
        Ok(segments.join(" "))
    }
}
