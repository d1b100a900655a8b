//! Whisper, through whisper.cpp.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use scout_core::dictation::{SAMPLE_RATE, duration_of};
use scout_core::incremental::checks::{is_guessed, is_short, runs_in_circles};
use scout_core::transcript::{FULL_CONTEXT, LEAST_CONTEXT, Segment, is_aborted};
use scout_platform::cpu::{BaselineError, check_baseline};
use scout_platform::mmap::MappedFile;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperSegment, WhisperState,
};

use super::{Abort, Options, TranscribeError, Transcriber, Transcript, limits};
use crate::models::ggml::inspect::{InspectError, inspect};
use crate::models::{Installed, StoreError};

/// Where decoding starts over when it fails, whisper.cpp's own figure. Without it, loops run on to the window's end.
const TEMPERATURE_STEP: f32 = 0.2;
/// Candidates after a failure. More were not more accurate on short clips.
const CANDIDATES: i32 = 1;
/// No probability of silence is above this.
const NEVER_SILENT: f32 = 1.0;
/// whisper.cpp gives times in units of 10 ms.
const TICKS_PER_SECOND: f32 = 100.0;

/// What whisper.cpp was compiled for, in its own words: `AVX = 1 | AVX2 = 1 | ...`.
pub fn compiled_for() -> &'static str {
    whisper_rs::print_system_info()
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not there, or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This machine is too old for the program as it was built.
    #[error(transparent)]
    Processor(#[from] BaselineError),
    /// The file cannot be read.
    #[error("{}: {source}. Run `scout models list` to see what is there", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no whole model.
    #[error("{}: {reason}. Import the model again", path.display())]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InspectError,
    },
    /// whisper.cpp refuses it.
    #[error("{} cannot be loaded ({reason}): run `scout models verify`; a model this large may also need more memory", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What whisper.cpp said.
        reason: String,
    },
}

/// A loaded Whisper model. Holds the memory for one transcription, so transcribes one clip at a time.
pub struct Whisper {
    name: String,
    reducible: bool,
    takes_text_before: bool,
    context: WhisperContext,
    state: WhisperState,
    /// Parameters by language. whisper-rs leaks the language's text and the callback each time they are set, so they are set
    /// once for each language and cloned for each clip.
    parameters: HashMap<&'static str, FullParams<'static, 'static>>,
    /// Who may end the clip at hand. The callback has to outlive the clip, hence it looks here.
    current: Arc<Mutex<Abort>>,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("name", &self.name).field("reducible", &self.reducible).finish_non_exhaustive()
    }
}

impl Whisper {
    /// Loads a model, as [`Store::find`](crate::models::Store::find) gives it, through a memory map: whisper.cpp copies the
    /// weights to where it wants them, so one copy is all there ever is.
    pub fn load(model: &Installed) -> Result<Self, LoadError> {
        check_baseline()?;
        whisper_rs::install_logging_hooks();
        let path = || model.path.clone();
        let started = Instant::now();
        let file = MappedFile::open(&model.path).map_err(|source| LoadError::Access { path: path(), source })?;
        let dimensions = inspect(&file).map_err(|reason| LoadError::NotAModel { path: path(), reason })?;
        let mut parameters = WhisperContextParameters::default();
        // On the CPU it is slower, and with a short context it lets through rows of the previous clip.
        parameters.flash_attn(false);
        let refused = |error: WhisperError| LoadError::Refused { path: path(), reason: error.to_string() };
        let context = WhisperContext::new_from_buffer_with_params(&file, parameters).map_err(refused)?;
        let state = context.create_state().map_err(refused)?;
        tracing::debug!(model = model.name, elapsed = ?started.elapsed(), "model loaded");
        Ok(Self {
            name: model.name.clone(),
            reducible: model.known.map_or(!dimensions.large(), |(model, _)| model.audio_ctx),
            takes_text_before: model.known.is_some_and(|(model, _)| model.text_before),
            context,
            state,
            parameters: HashMap::new(),
            current: Arc::default(),
        })
    }

    /// Whether it knows more than English.
    pub fn multilingual(&self) -> bool {
        self.context.is_multilingual()
    }

    /// The language to transcribe in, and how sure the model is of it when it was asked.
    fn language(
        &mut self,
        audio: &[f32],
        options: &Options,
        threads: usize,
    ) -> Result<(&'static str, Option<f32>), TranscribeError> {
        const ENGLISH: &str = "en";
        if let Some(language) = &options.language {
            let unknown = || TranscribeError::UnknownLanguage(language.clone());
            // The lookup goes through a C string.
            let id = if language.contains('\0') { None } else { whisper_rs::get_lang_id(language) };
            let code = id.and_then(whisper_rs::get_lang_str).ok_or_else(unknown)?;
            if !self.multilingual() && code != ENGLISH {
                return Err(TranscribeError::EnglishOnly { model: self.name.clone(), language: language.clone() });
            }
            return Ok((code, None));
        }
        if !self.multilingual() {
            return Ok((ENGLISH, None));
        }
        self.state.pcm_to_mel(audio, threads).map_err(|error| failed(&error))?;
        let (id, probabilities) = self.state.lang_detect(0, threads).map_err(|error| failed(&error))?;
        let allowed: Vec<i32> = options.candidates.iter().filter_map(|code| whisper_rs::get_lang_id(code)).collect();
        let probability = |id: i32| probabilities.get(id as usize).copied().unwrap_or(0.0);
        let id =
            allowed.iter().copied().max_by(|one, two| probability(*one).total_cmp(&probability(*two))).unwrap_or(id);
        // Of those that it may be.
        let all = if allowed.is_empty() { 1.0 } else { allowed.iter().copied().map(probability).sum::<f32>() };
        let probability = if all > 0.0 { probability(id) / all } else { 0.0 };
        Ok((whisper_rs::get_lang_str(id).unwrap_or(ENGLISH), Some(probability)))
    }

    fn parameters(&mut self, language: &'static str) -> FullParams<'static, 'static> {
        let current = &self.current;
        self.parameters
            .entry(language)
            .or_insert_with(|| {
                let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: CANDIDATES });
                parameters.set_language(Some(language));
                parameters.set_temperature_inc(TEMPERATURE_STEP);
                // What was said in another clip is no context for this one.
                parameters.set_no_context(true);
                parameters.set_print_progress(false);
                parameters.set_print_realtime(false);
                parameters.set_print_special(false);
                parameters.set_print_timestamps(false);
                let current = Arc::clone(current);
                // Boxed before it is handed over: whisper-rs calls through the type it is given, but stores a box.
                let callback: Box<dyn FnMut() -> bool> =
                    Box::new(move || is_aborted(&current.lock().unwrap_or_else(PoisonError::into_inner)));
                parameters.set_abort_callback_safe(callback);
                parameters
            })
            .clone()
    }

    /// One pass over the clip.
    fn pass(
        &mut self,
        audio: &[f32],
        seconds: f32,
        parameters: FullParams<'_, '_>,
        abort: &Abort,
    ) -> Result<Vec<Segment>, TranscribeError> {
        self.state
            .full(parameters, audio)
            .map_err(|error| if is_aborted(abort) { TranscribeError::Aborted } else { failed(&error) })?;
        // A callback that comes between two steps ends the loop without an error.
        if is_aborted(abort) {
            return Err(TranscribeError::Aborted);
        }
        let end_of_text = self.context.token_eot();
        Ok(self.state.as_iter().map(|segment| read(&segment, seconds, end_of_text)).collect())
    }
}

impl Transcriber for Whisper {
    fn transcribe(&mut self, audio: &[f32], options: &Options, abort: &Abort) -> Result<Transcript, TranscribeError> {
        let started = Instant::now();
        let mut transcript = Transcript::default();
        transcript.timings.audio_seconds = duration_of(audio.len()).as_secs_f64();
        if audio.is_empty() {
            return Ok(transcript);
        }
        if is_aborted(abort) {
            return Err(TranscribeError::Aborted);
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = abort.clone();

        let mut clip = std::borrow::Cow::Borrowed(audio);
        if audio.len() < limits::padded(audio.len()) {
            clip.to_mut().resize(limits::padded(audio.len()), 0.0);
        }
        let threads = options.threads.unwrap_or_else(limits::threads_here).max(1);
        let (language, probability) = self.language(&clip, options, threads)?;
        let mut parameters = self.parameters(language);
        parameters.set_n_threads(i32::try_from(threads).unwrap_or(i32::MAX));
        parameters.set_translate(options.translate && self.multilingual());
        let least = options.least_context.unwrap_or(LEAST_CONTEXT).clamp(1, FULL_CONTEXT);
        let mut context = limits::audio_context(clip.len(), self.reducible, least);
        if clip.len() <= limits::LONGEST_REDUCED * SAMPLE_RATE as usize {
            // Whether somebody speaks in a clip of one window was decided by the voice detector. By its own rule whisper.cpp
            // drops what it is unsure of: spelled letters and digits above all.
            parameters.set_no_speech_thold(NEVER_SILENT);
        }
        let seconds = duration_of(audio.len()).as_secs_f32();
        let mut before = options.before.as_deref().filter(|_| self.takes_text_before);
        loop {
            let prompt = self.prompt([options.prompt.as_deref(), before])?;
            let mut attempt = parameters.clone();
            if !prompt.is_empty() {
                attempt.set_tokens(&prompt);
            }
            attempt.set_audio_ctx(context.cast_signed());
            transcript.segments = self.pass(&clip, seconds, attempt, abort)?;
            transcript.text = join(&transcript.segments);
            transcript.timings.passes += 1;
            transcript.timings.audio_ctx = context;
            transcript.doubtful = runs_in_circles(&transcript.text)
                || is_guessed(&transcript.segments)
                || (before.is_some() && is_short(&transcript.text, seconds));
            if !transcript.doubtful || (context == 0 && before.is_none()) {
                break;
            }
            tracing::debug!(context, "the transcript is doubtful: once more with the full context");
            // The words before may be what led it astray.
            (context, before) = (0, None);
        }
        transcript.language = Some(language.to_owned());
        transcript.language_probability = probability;
        transcript.timings.set_total(started.elapsed());
        Ok(transcript)
    }

    /// The first pass touches all of the weights and lays out the working memory.
    fn warm_up(&mut self) {
        let silence = vec![0.0; limits::LEAST_SAMPLES];
        let mut parameters = self.parameters("en");
        parameters.set_n_threads(i32::try_from(limits::threads_here()).unwrap_or(i32::MAX));
        let context = limits::audio_context(silence.len(), self.reducible, LEAST_CONTEXT);
        parameters.set_audio_ctx(context.cast_signed());
        let abort = Abort::default();
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = abort.clone();
        // One pass, whatever it makes of the silence: it is not looked at.
        if let Err(error) = self.pass(&silence, 1.0, parameters, &abort) {
            tracing::warn!(%error, "the first pass over silence failed");
        }
    }
}

impl Whisper {
    /// A prompt's tokens. Text that was spoken before begins with a space in Whisper's training.
    fn prompt(&self, parts: [Option<&str>; 2]) -> Result<Vec<i32>, TranscribeError> {
        let mut text = String::new();
        for part in parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()) {
            text.push(' ');
            text.push_str(part);
        }
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let text = text.replace('\0', " ");
        // There are never more tokens than bytes; a smaller limit makes whisper-rs read past its buffer.
        self.context.tokenize(&text, text.len() + 1).map_err(|error| failed(&error))
    }
}

fn failed(error: &WhisperError) -> TranscribeError {
    TranscribeError::Failed { reason: error.to_string() }
}

fn join(segments: &[Segment]) -> String {
    segments.iter().map(|segment| segment.text.as_str()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `seconds` is the clip's length before it was padded.
fn read(segment: &WhisperSegment<'_>, seconds: f32, end_of_text: i32) -> Segment {
    let place = |ticks: i64| (ticks as f32 / TICKS_PER_SECOND).clamp(0.0, seconds);
    let words: Vec<f32> = (0..segment.n_tokens())
        .filter_map(|token| segment.get_token(token))
        // Time stamps and other special tokens say nothing of the words.
        .filter(|token| token.token_id() < end_of_text)
        .map(|token| token.token_data().plog)
        .collect();
    Segment {
        start: place(segment.start_timestamp()),
        end: place(segment.end_timestamp()),
        // A character may be cut between two segments; what is lost of it cannot be shown anyway.
        text: segment.to_str_lossy().map(|text| text.trim().to_owned()).unwrap_or_default(),
        avg_logprob: if words.is_empty() { 0.0 } else { words.iter().sum::<f32>() / words.len() as f32 },
        no_speech_probability: segment.no_speech_probability(),
    }
}

#[cfg(test)]
mod tests {
    /// ggml switches them off by itself where packagers set `SOURCE_DATE_EPOCH`.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn whisper_is_compiled_for_the_baseline() {
        let features = super::compiled_for();
        for feature in ["AVX", "AVX2", "FMA", "F16C", "BMI2"] {
            let there =
                features.split('|').any(|it| it.trim().trim_start_matches("CPU : ") == format!("{feature} = 1"));
            assert!(there, "{feature} is missing: {features}");
        }
    }
}
