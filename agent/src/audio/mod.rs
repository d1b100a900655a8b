//! Audio files, as people have them: WAV (8 to 32 bits, floats), FLAC and MP3, of any sample rate and number of channels.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::capture::Format;
use crate::capture::resample::Resampler;

/// MP3 files say only roughly how long they are, and begin and end with broken frames quite often. Of the other formats,
/// a part that is missing or broken is damage.
const LENIENT: &str = "mp3";

/// Why a file could not be read. Every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum AudioFileError {
    /// It is not there, or may not be read.
    #[error("{}: {source}", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is something else, or in a way that is not known here.
    #[error(
        "{} cannot be read ({reason}): Scout reads WAV, FLAC and MP3. Convert it, for example with `ffmpeg -i FILE out.wav`",
        path.display()
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// It ends before its time.
    #[error("{} is cut: it should last {expected:.1} s, but ends after {found:.1} s. Copy or record it again", path.display())]
    Cut {
        /// The file.
        path: PathBuf,
        /// How long it says it is, in seconds.
        expected: f64,
        /// How long it is, in seconds.
        found: f64,
    },
    /// It is broken inside.
    #[error("{} is damaged: {reason}. Copy or record it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
}

/// Reads a whole file as mono samples at [`SAMPLE_RATE`](crate::dictation::SAMPLE_RATE), within -1 to 1. Channels are
/// mixed by their mean.
pub fn read(path: &Path) -> Result<Vec<f32>, AudioFileError> {
    decode(path, open(path)?)
}

/// Reads a FLAC file that is in memory, and need not lie on the disk in plain.
pub fn read_flac(flac: Vec<u8>) -> Result<Vec<f32>, AudioFileError> {
    let path = Path::new("the recording");
    let stream = MediaSourceStream::new(Box::new(std::io::Cursor::new(flac)), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.with_extension("flac");
    decode(path, probe(path, &hint, stream)?)
}

fn decode(path: &Path, mut reader: Box<dyn FormatReader>) -> Result<Vec<f32>, AudioFileError> {
    let unsupported = |reason: String| AudioFileError::Unsupported { path: path.into(), reason };
    let damaged = |reason: String| AudioFileError::Damaged { path: path.into(), reason };
    let lenient = reader.format_info().short_name == LENIENT;
    let track = reader.default_track(TrackType::Audio).ok_or_else(|| unsupported("there is no sound in it".into()))?;
    let (track_id, promised) = (track.id, track.num_frames);
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(|| unsupported("its encoding is unknown".into()))?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| unsupported(error.to_string()))?;

    let mut format: Option<Format> = None;
    let mut resampler = None;
    let (mut samples, mut mono, mut frames, mut broken) = (Vec::new(), Vec::new(), 0, None);
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track_id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(Error::IoError(source)) => return Err(AudioFileError::Access { path: path.into(), source }),
            Err(error) => return Err(damaged(error.to_string())),
        };
        let audio = match decoder.decode(&packet) {
            Ok(sound) => sound,
            Err(Error::DecodeError(reason)) if lenient => {
                broken = Some(reason);
                continue;
            }
            Err(error) => return Err(damaged(error.to_string())),
        };
        let here = Format { rate: audio.spec().rate(), channels: audio.spec().channels().count() as u16 };
        if *format.get_or_insert(here) != here {
            return Err(unsupported("the sample rate changes in the middle".into()));
        }
        let resampler = match &mut resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(here).map_err(|error| unsupported(error.to_string()))?),
        };
        frames += audio.frames() as u64;
        audio.copy_to_vec_interleaved::<f32>(&mut samples);
        resampler.push(&samples, &mut mono);
    }
    if let (None, Some(reason)) = (&resampler, broken) {
        return Err(damaged(reason.into()));
    }
    if let Some(resampler) = &mut resampler {
        resampler.finish(&mut mono);
    }
    if let (Some(promised), Some(rate), false) = (promised, parameters_rate(format), lenient)
        && frames < promised
    {
        let (expected, found) = (promised as f64 / rate, frames as f64 / rate);
        return Err(AudioFileError::Cut { path: path.into(), expected, found });
    }
    Ok(mono)
}

fn parameters_rate(format: Option<Format>) -> Option<f64> {
    format.map(|format| f64::from(format.rate))
}

fn open(path: &Path) -> Result<Box<dyn FormatReader>, AudioFileError> {
    let access = |source| AudioFileError::Access { path: path.into(), source };
    let file = File::open(path).map_err(access)?;
    if file.metadata().map_err(access)?.is_dir() {
        return Err(access(ErrorKind::IsADirectory.into()));
    }
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    probe(path, &hint, stream)
}

fn probe(
    path: &Path,
    hint: &Hint,
    stream: MediaSourceStream<'static>,
) -> Result<Box<dyn FormatReader>, AudioFileError> {
    symphonia::default::get_probe()
        .probe(hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| AudioFileError::Unsupported { path: path.into(), reason: error.to_string() })
}

#[cfg(test)]
mod tests;
