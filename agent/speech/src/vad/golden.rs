//! The detector and the segmenter against the reference implementation.
//!
//! `golden.txt` was made with `silero_vad.onnx` of the Python package `silero-vad` 6.2.3 in ONNX Runtime 1.31.1 (one
//! thread, state and the 64 samples of context carried from hop to hop, the last hop padded with zeros), and that
//! package's `get_speech_timestamps_from_probs` with its defaults (`spans250`) and with `min_speech_duration_ms=100`
//! (`spans100`). The clips come from Debian's package `pocketsphinx-testdata`, or are made by [`samples_of`].

use scout_core::speech::{HOP, VoiceActivity as _};

use super::*;

/// The detector may differ from the reference by this much: both compute in 32-bit floats, but add in another order.
const TOLERANCE: f32 = 1e-4;

struct Golden {
    name: &'static str,
    length: usize,
    spans250: Vec<SpeechSpan>,
    spans100: Vec<SpeechSpan>,
    probabilities: Vec<f32>,
}

fn golden() -> Vec<Golden> {
    let spans = |text: &str| {
        let pairs = text.split_whitespace().skip(1).map(|pair| pair.split_once('-').unwrap());
        pairs.map(|(start, end)| SpeechSpan { start: start.parse().unwrap(), end: end.parse().unwrap() }).collect()
    };
    let lines: Vec<&str> = include_str!("golden.txt").lines().collect();
    let clips = lines.chunks_exact(4).map(|lines| {
        let mut head = lines[0].split_whitespace().skip(1);
        Golden {
            name: head.next().unwrap(),
            length: head.next().unwrap().parse().unwrap(),
            spans250: spans(lines[1]),
            spans100: spans(lines[2]),
            probabilities: lines[3].split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect(),
        }
    });
    clips.collect()
}

/// A noise that every language computes alike: a linear congruential generator's upper bits.
fn noise(length: usize, divisor: i16) -> Vec<i16> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) as u16).cast_signed() / divisor
    };
    (0..length).map(|_| next()).collect()
}

fn recording(name: &str) -> Vec<i16> {
    let path = format!("/usr/share/pocketsphinx/test/data/{name}");
    let mut reader = hound::WavReader::open(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}. Install the Debian package pocketsphinx-testdata"));
    reader.samples().map(Result::unwrap).collect()
}

fn samples_of(clip: &Golden) -> Vec<f32> {
    let samples: Vec<i16> = match clip.name {
        "silence" => vec![0; clip.length],
        // White noise at -20 dB of full scale.
        "noise" => noise(clip.length, 6),
        // 444 Hz.
        "square" => (0..clip.length).map(|i| if (i / 18) % 2 == 0 { 3000 } else { -3000 }).collect(),
        // Six bursts of 4 ms a second.
        "clicks" => noise(clip.length, 3)
            .into_iter()
            .enumerate()
            .map(|(i, sample)| if i % 2600 < 64 { sample } else { 0 })
            .collect(),
        name => match name.strip_prefix("quiet:") {
            // 34 dB below the recording.
            Some(loud) => recording(loud).iter().map(|&sample| ((i32::from(sample) * 5) >> 8) as i16).collect(),
            None => recording(name),
        },
    };
    assert_eq!(samples.len(), clip.length, "{} is another recording than the reference heard", clip.name);
    samples.iter().map(|&sample| f32::from(sample) / 32768.0).collect()
}

#[test]
fn probabilities_are_those_of_the_reference() {
    let mut detector = Silero::new().unwrap();
    for clip in golden() {
        detector.reset();
        let mut samples = samples_of(&clip);
        samples.resize(clip.length.next_multiple_of(HOP), 0.0);
        assert_eq!(samples.len() / HOP, clip.probabilities.len());
        for (index, (hop, expected)) in samples.chunks_exact(HOP).zip(&clip.probabilities).enumerate() {
            let found = detector.probability(hop.try_into().unwrap()).unwrap();
            assert!((found - expected).abs() < TOLERANCE, "{} hop {index}: {found}, not {expected}", clip.name);
        }
    }
}

#[test]
fn spans_are_those_of_the_reference() {
    let mut detector = Silero::new().unwrap();
    for clip in golden() {
        let samples = samples_of(&clip);
        assert_eq!(spans_with(&mut detector, Rules::REFERENCE, &samples).unwrap(), clip.spans250, "{}", clip.name);
        assert_eq!(spans_with(&mut detector, Rules::DICTATION, &samples).unwrap(), clip.spans100, "{}", clip.name);
    }
}

#[test]
fn short_and_quiet_speech_is_kept() {
    for name in ["cards/001.wav", "quiet:cards/001.wav"] {
        let clip = golden().into_iter().find(|clip| clip.name == name).unwrap();
        let spans = spans(&samples_of(&clip)).unwrap();
        let [span] = spans[..] else { panic!("{name}: {spans:?}") };
        // "Ten of clubs" begins at 0.2 s and lasts until the end of the clip.
        assert!(span.start < 3_600 && span.end > 17_000, "{name}: {span:?}");
    }
}

#[test]
fn what_is_no_speech_gives_no_span() {
    let noise: Vec<f32> = noise(16_000 * 10, 6).iter().map(|&sample| f32::from(sample) / 32768.0).collect();
    let tone = |hertz: f32| -> Vec<f32> {
        (0..16_000 * 5).map(|i| 0.3 * (std::f32::consts::TAU * hertz * i as f32 / 16_000.0).sin()).collect()
    };
    let clips =
        [("silence", vec![0.0; 16_000 * 60]), ("noise", noise), ("200 Hz", tone(200.0)), ("1 kHz", tone(1000.0))];
    for (name, samples) in clips {
        assert_eq!(spans(&samples).unwrap(), [], "{name}");
    }
    for clip in golden().iter().filter(|clip| ["silence", "noise", "square", "clicks"].contains(&clip.name)) {
        assert_eq!(spans(&samples_of(clip)).unwrap(), [], "{}", clip.name);
    }
    assert_eq!(spans(&[]).unwrap(), []);
}
