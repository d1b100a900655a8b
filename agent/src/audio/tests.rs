use std::f64::consts::TAU;

use super::*;
use crate::dictation::SAMPLE_RATE;

/// The tone that all test files hold.
const FREQUENCY: f64 = 440.0;
const AMPLITUDE: f64 = 0.5;

fn tone(rate: u32, seconds: f64) -> impl Iterator<Item = f64> {
    let frames = (f64::from(rate) * seconds) as u32;
    (0..frames).map(move |frame| AMPLITUDE * (TAU * FREQUENCY * f64::from(frame) / f64::from(rate)).sin())
}

/// Writes half a second of the tone; integers of that many bits, or floats for 0.
fn write_wav(path: &Path, rate: u32, channels: u16, bits: u16) {
    let (sample_format, bits_per_sample) =
        if bits == 0 { (hound::SampleFormat::Float, 32) } else { (hound::SampleFormat::Int, bits) };
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in tone(rate, 0.5) {
        for _ in 0..channels {
            if bits == 0 {
                writer.write_sample(sample as f32).unwrap();
            } else {
                writer.write_sample((sample * f64::from(i32::MAX >> (32 - bits))) as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
}

/// How the tone lies in the middle of a clip: its amplitude, its shift against a sine that begins with the clip, in
/// samples, and the root mean square of what is not the tone.
fn fit(samples: &[f32]) -> (f64, f64, f64) {
    let angle = |place: usize| TAU * FREQUENCY * place as f64 / f64::from(SAMPLE_RATE);
    let middle = samples.len() / 4..samples.len() * 3 / 4;
    let count = middle.len() as f64;
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for place in middle {
        let sample = f64::from(samples[place]);
        sine += 2.0 / count * sample * angle(place).sin();
        cosine += 2.0 / count * sample * angle(place).cos();
        power += sample * sample / count;
    }
    let amplitude = sine.hypot(cosine);
    let shift = cosine.atan2(sine) / angle(1);
    (amplitude, shift, (power - amplitude * amplitude / 2.0).max(0.0).sqrt())
}

fn assert_is_the_tone(samples: &[f32], what: &str) {
    let expected = SAMPLE_RATE as usize / 2;
    assert!(samples.len().abs_diff(expected) <= 1, "{what}: {} samples", samples.len());
    let (amplitude, shift, rest) = fit(samples);
    assert!((amplitude - AMPLITUDE).abs() < 0.01, "{what}: amplitude {amplitude}");
    assert!(shift.abs() <= 1.0, "{what}: shifted by {shift} samples");
    // In 8 bits, the steps alone make 0.002.
    assert!(rest < 0.01, "{what}: {rest} besides the tone");
}

#[test]
fn the_same_sound_comes_out_of_every_kind_of_wav() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tone.wav");
    for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
        for (channels, bits) in [(1, 16), (2, 16), (1, 8), (2, 24), (1, 32), (2, 0), (6, 16)] {
            write_wav(&path, rate, channels, bits);
            let samples = read(&path).unwrap_or_else(|error| panic!("{rate} Hz, {channels} * {bits}: {error}"));
            assert_is_the_tone(&samples, &format!("{rate} Hz, {channels} channels, {bits} bits"));
        }
    }
}

#[test]
fn flac_and_mp3_are_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audio/fixtures");
    assert_is_the_tone(&read(&fixtures.join("tone.flac")).unwrap(), "FLAC");
    let mp3 = read(&fixtures.join("tone.mp3")).unwrap();
    // The encoder adds silence before and after, up to 0.1 s in all.
    assert!((8_000..=9_700).contains(&mp3.len()), "{} samples", mp3.len());
    let (amplitude, _, rest) = fit(&mp3);
    assert!((amplitude - AMPLITUDE).abs() < 0.03 && rest < 0.02, "{amplitude}, {rest} besides");
}

#[test]
fn the_name_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recording.mp3");
    write_wav(&path, 16_000, 1, 16);
    assert_is_the_tone(&read(&path).unwrap(), "a WAV with another name");
}

#[test]
fn nothing_is_read_from_an_empty_recording() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    hound::WavWriter::create(&path, spec).unwrap().finalize().unwrap();
    assert!(read(&path).unwrap().is_empty());
}

#[test]
fn a_file_that_is_cut_foreign_or_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("speech.wav");
    let message = |path: &Path| {
        let message = read(path).unwrap_err().to_string();
        assert!(message.contains(&*path.to_string_lossy()), "{message}");
        message
    };
    assert!(message(&path).contains(&std::fs::read(&path).unwrap_err().to_string()));
    assert!(matches!(read(dir.path()), Err(AudioFileError::Access { .. })));
    for text in [&b""[..], b"RIFF", b"This is a text and no sound, whatever its name may say. ".repeat(20).as_slice()] {
        std::fs::write(&path, text).unwrap();
        assert!(message(&path).contains("WAV, FLAC and MP3"), "{}", message(&path));
    }
    write_wav(&path, 16_000, 1, 16);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(message(&path).contains("should last 0.5 s"), "{}", message(&path));

    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audio/fixtures/tone.flac");
    let whole = std::fs::read(fixture).unwrap();
    let path = dir.path().join("speech.flac");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    message(&path);
}
