//! Audio files, as people have them: WAV (8 to 32 bits, floats; RF64 and BW64), FLAC and MP3, of any sample rate and number of channels.

mod flac;
mod mpeg;
mod spans;
mod wav;

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::ops::RangeInclusive;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use scout_core::dictation::duration_of;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::capture::Format;
use crate::capture::resample::Resampler;

/// MP3 files say only roughly how long they are, and begin and end with broken frames quite often: what is missing is counted.
/// Of the other formats, a part that is missing or broken is damage.
const MP3: &str = "mp3";

/// FLAC files may consist of several streams, and have checksums.
const FLAC: &str = "flac";

/// Samples per second of a recording. Others are mistakes in a header: a second of sound would last for hours, or no time.
const RATES: RangeInclusive<u32> = 1_000..=768_000;
/// Floats that hold integers of 16 bits go up to here. Larger ones are no sound, and their squares are infinite.
const LARGEST_SAMPLE: f32 = 32_768.0;
/// The length of an `ID3v1` tag, at the very end of a file.
const ID3V1: u64 = 128;

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
        "{} cannot be read ({reason}): Scout reads WAV, FLAC and MP3. Convert it, for example with `{}`, and read that",
        path.display(),
        conversion(path)
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

/// Returns the command that converts a file to one that can be read.
fn conversion(path: &Path) -> String {
    let quoted = |path: &Path| {
        let text = path.to_string_lossy();
        let is_plain = text.chars().all(|letter| letter.is_alphanumeric() || "/\\:._-".contains(letter));
        if is_plain { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
    };
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push("-converted.wav");
    format!("ffmpeg -i {} -c:a pcm_s16le {}", quoted(path), quoted(&path.with_file_name(name)))
}

/// What is in a file.
#[derive(Debug, Default)]
pub struct Sound {
    /// Mono samples at [`SAMPLE_RATE`](scout_core::dictation::SAMPLE_RATE), within -1 to 1.
    pub samples: Vec<f32>,
    /// How much of it could not be decoded and is missing.
    pub lost: Duration,
    /// How much of that was in the middle of it, not before its first or after its last frame.
    pub hole: Duration,
    /// Whether more may be missing there than these tell.
    pub is_torn: bool,
    /// Bytes after the end that the header gives, which were not read.
    pub unread: u64,
}

/// Reads a whole file as mono samples at [`SAMPLE_RATE`](scout_core::dictation::SAMPLE_RATE), within -1 to 1. Channels are
/// mixed as those of a microphone. What could not be decoded is left out.
pub fn read(path: &Path) -> Result<Vec<f32>, AudioFileError> {
    Ok(sound(path)?.samples)
}

/// Reads a whole file, and tells how much of it is missing. Of a file with more missing than there is, nothing is given.
pub fn sound(path: &Path) -> Result<Sound, AudioFileError> {
    // A decoder that does not expect what it finds panics.
    catch_unwind(|| decoded(path)).unwrap_or_else(|_| {
        let reason = "its decoder fails".to_owned();
        Err(AudioFileError::Damaged { path: path.into(), reason })
    })
}

fn decoded(path: &Path) -> Result<Sound, AudioFileError> {
    let access = |source| AudioFileError::Access { path: path.into(), source };
    let mut file = File::open(path).map_err(access)?;
    if file.metadata().map_err(access)?.is_dir() {
        return Err(access(ErrorKind::IsADirectory.into()));
    }
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let mut samples = Vec::new();
    let wav::Recordings { parts, unread } = wav::recordings(&mut file).map_err(access)?;
    let is_wav = !parts.is_empty();
    for part in parts {
        if let Some(encoding) = part.foreign_encoding() {
            let reason = format!("its sound is encoded as {encoding}");
            return Err(AudioFileError::Unsupported { path: path.into(), reason });
        }
        if let Some(reason) = part.contradiction() {
            return Err(AudioFileError::Damaged { path: path.into(), reason });
        }
        let source = spans::Source::new(file.try_clone().map_err(access)?, part.header(), part.sound);
        samples.append(&mut decode(path, probe(path, &hint, Box::new(source))?)?);
    }
    if is_wav {
        return Ok(Sound { samples, unread, ..Sound::default() });
    }
    let end = end_before_tag(&mut file).map_err(access)?;
    let reader = probe(path, &hint, Box::new(spans::Source::new(file, Vec::new(), std::iter::once(0..end).collect())))?;
    if reader.format_info().short_name == MP3 {
        let bytes = std::fs::read(path).map_err(access)?;
        return frames(path, mpeg::survey(&bytes));
    }
    if reader.format_info().short_name == FLAC {
        let bytes = std::fs::read(path).map_err(access)?;
        return Ok(Sound { samples: streams(path, &bytes)?, ..Sound::default() });
    }
    Ok(Sound { samples: decode(path, reader)?, ..Sound::default() })
}

/// Where a file ends, without the tag that music players write there.
fn end_before_tag(file: &mut File) -> std::io::Result<u64> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut name = [0; 3];
    if let Some(tag) = end.checked_sub(ID3V1) {
        file.seek(SeekFrom::Start(tag))?;
        file.read_exact(&mut name)?;
        if name == *b"TAG" {
            return Ok(tag);
        }
    }
    Ok(end)
}

/// Reads a FLAC file that is in memory, and need not lie on the disk in plain.
pub fn read_flac(flac: &[u8]) -> Result<Vec<f32>, AudioFileError> {
    streams(Path::new("the recording"), flac)
}

/// Decodes the streams of a FLAC file, one after the other.
fn streams(path: &Path, bytes: &[u8]) -> Result<Vec<f32>, AudioFileError> {
    let mut hint = Hint::new();
    hint.with_extension(FLAC);
    let mut samples = Vec::new();
    for stream in flac::streams(bytes) {
        let source = std::io::Cursor::new(bytes[stream.place].to_vec());
        samples.append(&mut decode_frames(path, probe(path, &hint, Box::new(source))?, Some(stream.frames))?);
    }
    Ok(samples)
}

/// Decodes the frames that were found in an MP3 file.
fn frames(path: &Path, survey: mpeg::Survey) -> Result<Sound, AudioFileError> {
    let mut hint = Hint::new();
    hint.with_extension(MP3);
    let mut sound = Sound { lost: survey.skipped, hole: survey.hole, is_torn: survey.is_torn, ..Sound::default() };
    for run in survey.runs {
        let duration = run.duration();
        match probe(path, &hint, Box::new(mpeg::Source::new(run))).and_then(|reader| decode(path, reader)) {
            Ok(mut found) => {
                sound.lost += duration.saturating_sub(duration_of(found.len()));
                sound.samples.append(&mut found);
            }
            Err(error) => {
                tracing::debug!(%error, "frames cannot be decoded");
                sound.lost += duration;
            }
        }
    }
    if sound.lost >= duration_of(sound.samples.len()) {
        let reason = "most of it cannot be decoded".to_owned();
        return Err(AudioFileError::Damaged { path: path.into(), reason });
    }
    // What was cut out leaves no other trace than the number of frames.
    sound.lost = sound.lost.max(survey.missing);
    sound.hole = sound.hole.max(survey.missing);
    Ok(sound)
}

fn decode(path: &Path, reader: Box<dyn FormatReader>) -> Result<Vec<f32>, AudioFileError> {
    decode_frames(path, reader, None)
}

/// Decodes a recording whose frames have this many bytes in all, if that is known.
fn decode_frames(
    path: &Path,
    mut reader: Box<dyn FormatReader>,
    bytes: Option<usize>,
) -> Result<Vec<f32>, AudioFileError> {
    let unsupported = |reason: String| AudioFileError::Unsupported { path: path.into(), reason };
    let damaged = |reason: String| AudioFileError::Damaged { path: path.into(), reason };
    let lenient = reader.format_info().short_name == MP3;
    let track = reader.default_track(TrackType::Audio).ok_or_else(|| unsupported("there is no sound in it".into()))?;
    let (track_id, promised) = (track.id, track.num_frames);
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(|| unsupported("its encoding is unknown".into()))?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default().verify(true))
        .map_err(|error| unsupported(error.to_string()))?;

    let mut format: Option<Format> = None;
    let mut resampler = None;
    let (mut samples, mut mono, mut frames, mut replaced, mut read) = (Vec::new(), Vec::new(), 0, 0_usize, 0);
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track_id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(Error::IoError(source)) => return Err(AudioFileError::Access { path: path.into(), source }),
            Err(error) => return Err(damaged(error.to_string())),
        };
        read += packet.data.len();
        let audio = match decoder.decode(&packet) {
            Ok(sound) => sound,
            // Whoever asked for it sees that it is shorter than it should be.
            Err(Error::DecodeError(_)) if lenient => continue,
            Err(error) => return Err(damaged(error.to_string())),
        };
        let here = Format { rate: audio.spec().rate(), channels: audio.spec().channels().count() as u16 };
        if *format.get_or_insert(here) != here {
            return Err(unsupported("the sample rate changes in the middle".into()));
        }
        if !RATES.contains(&here.rate) {
            return Err(unsupported(format!("its sample rate is {} Hz, not 1,000 to 768,000 Hz", here.rate)));
        }
        let resampler = match &mut resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(here).map_err(|error| unsupported(error.to_string()))?),
        };
        frames += audio.frames() as u64;
        audio.copy_to_vec_interleaved::<f32>(&mut samples);
        for sample in samples.iter_mut().filter(|sample| !sample.is_finite() || sample.abs() > LARGEST_SAMPLE) {
            *sample = 0.0;
            replaced += 1;
        }
        resampler.push(&samples, &mut mono);
    }
    if replaced > 0 {
        tracing::warn!(file = %path.display(), replaced, "samples that are no numbers are read as silence");
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
    // Frames that are broken are passed over.
    if let Some(unread) = bytes.map(|bytes| bytes.saturating_sub(read)).filter(|unread| *unread > 0) {
        return Err(damaged(format!("{unread} bytes of its sound cannot be decoded")));
    }
    if decoder.finalize().verify_ok == Some(false) {
        return Err(damaged("its sound is not the one that its checksum was made of".to_owned()));
    }
    Ok(mono)
}

fn parameters_rate(format: Option<Format>) -> Option<f64> {
    format.map(|format| f64::from(format.rate))
}

fn probe(path: &Path, hint: &Hint, source: Box<dyn MediaSource>) -> Result<Box<dyn FormatReader>, AudioFileError> {
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    symphonia::default::get_probe()
        .probe(hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| AudioFileError::Unsupported { path: path.into(), reason: error.to_string() })
}

#[cfg(test)]
mod tests;
