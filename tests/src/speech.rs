//! Real speech with its reference text, from Debian's package `pocketsphinx-testdata`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::place::Place;

const FOLDER: &str = "/usr/share/pocketsphinx/test/data";

/// The package's short clips are raw samples at this rate, as are its WAV files.
pub(crate) const RATE: u32 = 16_000;

/// Quiet before and after the clips: some begin and end in the middle of a breath, which no user's key does.
const QUIET_SECONDS: f64 = 0.3;

/// One spoken sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The recording, 16 kHz mono.
    pub wav: PathBuf,
    /// What was said, in lower case and without punctuation.
    pub reference: String,
}

/// Twelve utterances by several speakers, from one second to seven. The recordings are made in `place`.
pub fn utterances(place: &Place) -> Result<Vec<Utterance>> {
    let mut all = vec![
        prepare(place, "goforward.raw", "go forward ten meters")?,
        prepare(place, "something.raw", "go somewhere and do something")?,
    ];
    let cards = ["ten of clubs", "four queen of clubs", "seven of clubs", "five five"];
    for (number, reference) in cards.into_iter().enumerate() {
        all.push(prepare(place, &format!("cards/{:03}.wav", number + 1), reference)?);
    }
    all.push(prepare(place, "cards/005.wav", "eight of spades four of clubs seven of hearts")?);
    for number in [870, 880, 890, 920, 930] {
        all.push(austen(place, number)?);
    }
    Ok(all)
}

/// One sentence that is clear and short, where a single one is enough.
pub fn sentence(place: &Place) -> Result<Utterance> {
    prepare(place, "goforward.raw", "go forward ten meters")
}

/// How much of a clip's surroundings is kept, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Quiet before the first sound.
    pub before: f64,
    /// Quiet after the last one.
    pub after: f64,
}

/// The first sound of "go forward ten meters" in its recording, and the end of its last one, in seconds: where its level
/// rises above that of the room, and falls to it again.
const FIRST_SOUND: f64 = 0.48;
const LAST_SOUND: f64 = 2.40;

/// "Go forward ten meters", cut close to its first and last sounds.
pub fn edged(place: &Place, edge: Edge) -> Result<Utterance> {
    let samples = read(&Path::new(FOLDER).join("goforward.raw"))?;
    let at = |seconds: f64| (seconds * f64::from(RATE)) as usize;
    let quiet = |seconds: f64| vec![0; at(seconds)];
    let wav = place.file("speech-edged.wav");
    write(&wav, &[&quiet(edge.before), &samples[at(FIRST_SOUND)..at(LAST_SOUND)], &quiet(edge.after)].concat())?;
    Ok(Utterance { wav, reference: "go forward ten meters".to_owned() })
}

/// The same sentence as [`sentence`], 34 dB quieter.
pub fn quiet(place: &Place) -> Result<Utterance> {
    const THIRTY_FOUR_DECIBELS: f64 = 50.1;
    let loud = sentence(place)?;
    let samples: Vec<i16> = read(&loud.wav)?.iter().map(|it| (f64::from(*it) / THIRTY_FOUR_DECIBELS) as i16).collect();
    let wav = place.file("speech-quiet.wav");
    write(&wav, &samples)?;
    Ok(Utterance { wav, ..loud })
}

/// A sentence to show: long enough to be worth dictating.
pub fn presentation(place: &Place) -> Result<Utterance> {
    austen(place, 920)
}

/// Sentences that no recording has, such as commands, spoken by a synthesiser with a second of quiet between them.
pub fn synthetic(place: &Place, name: &str, sentences: &[&str]) -> Result<Utterance> {
    let mut samples = Vec::new();
    for (number, sentence) in sentences.iter().enumerate() {
        let spoken = place.file(&format!("spoken-{name}-{number}.wav"));
        let mut command = place.command("flite");
        // The clearest of its voices.
        command.args(["-voice", "slt", "-o"]).arg(&spoken).args(["-t", sentence]);
        crate::process::output_of(&mut command).context("`packaging/setup.sh test` installs flite")?;
        let quiet = vec![0; RATE as usize];
        samples.extend([quiet.clone(), read(&spoken)?].concat());
    }
    samples.extend(vec![0; RATE as usize / 2]);
    let wav = place.file(&format!("spoken-{name}.wav"));
    write(&wav, &perturbed(samples))?;
    Ok(Utterance { wav, reference: sentences.join(" ") })
}

/// The same as what one of four channels holds; the others are silent.
pub fn on_input(place: &Place, utterance: &Utterance, input: usize) -> Result<PathBuf> {
    const INPUTS: u16 = 4;
    let wav = place.file(&format!("input-{input}.wav"));
    let samples = read(&utterance.wav)?;
    let on_all =
        samples.iter().flat_map(|sample| (0..usize::from(INPUTS)).map(move |at| if at == input { *sample } else { 0 }));
    let spec = hound::WavSpec {
        channels: INPUTS,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&wav, spec)?;
    for sample in on_all {
        writer.write_sample(sample)?;
    }
    writer.finalize()?;
    Ok(wav)
}

/// Three seconds in which nobody says anything.
pub fn silence(place: &Place) -> Result<Utterance> {
    let wav = place.file("silence.wav");
    write(&wav, &vec![0; 3 * RATE as usize])?;
    Ok(Utterance { wav, reference: String::new() })
}

/// Joins utterances to a longer one, with a pause between them.
pub fn joined(place: &Place, name: &str, parts: &[Utterance]) -> Result<Utterance> {
    let mut samples = Vec::new();
    for part in parts {
        samples.extend(read(&part.wav)?);
    }
    let references: Vec<&str> = parts.iter().map(|part| part.reference.as_str()).collect();
    let wav = place.file(&format!("{name}.wav"));
    write(&wav, &samples)?;
    Ok(Utterance { wav, reference: references.join(" ") })
}

/// Joins utterances to a longer one, with so many seconds of quiet around each: noise of a quiet room, or nothing at all.
pub fn apart(place: &Place, name: &str, parts: &[Utterance], seconds: f64, is_noisy: bool) -> Result<Utterance> {
    /// The amplitude of the noise: 64 dB below full scale.
    const NOISE: i16 = 20;
    let mut random = 1_u32;
    let mut quiet = || -> Vec<i16> {
        let mut sample = |_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if is_noisy { (random >> 16) as i16 % (NOISE + 1) } else { 0 }
        };
        (0..(seconds * f64::from(RATE)) as u32).map(&mut sample).collect()
    };
    let mut samples = quiet();
    for part in parts {
        samples.extend(read(&part.wav)?);
        samples.extend(quiet());
    }
    let references: Vec<&str> = parts.iter().map(|part| part.reference.as_str()).collect();
    let wav = place.file(&format!("{name}.wav"));
    write(&wav, &samples)?;
    Ok(Utterance { wav, reference: references.join(" ") })
}

/// A sentence of "Sense and Sensibility", read by a volunteer of `LibriVox`, by its number in the package.
fn austen(place: &Place, number: u32) -> Result<Utterance> {
    let reference = match number {
        870 => {
            "and mister john dashwood had then leisure to consider \
             how much there might be prudently in his power to do for them"
        }
        880 => "he was not an ill disposed young man",
        890 => "unless to be rather cold hearted and rather selfish is to be ill disposed",
        920 => {
            "had he married a more amiable woman \
             he might have been made still more respectable than he was"
        }
        _ => "he might even have been made amiable himself",
    };
    prepare(place, &format!("librivox/sense_and_sensibility_01_austen_64kb-{number:04}.wav"), reference)
}

fn prepare(place: &Place, name: &str, reference: &str) -> Result<Utterance> {
    let source = Path::new(FOLDER).join(name);
    let quiet = vec![0; (QUIET_SECONDS * f64::from(RATE)) as usize];
    let samples = [quiet.clone(), read(&source)?, quiet].concat();
    let wav = place.file(&format!("speech-{}.wav", name.replace(['/', '.'], "-")));
    write(&wav, &perturbed(samples))?;
    Ok(Utterance { wav, reference: reference.to_owned() })
}

/// The samples as another microphone, in another room, would hear them, where `SCOUT_TEST_PERTURB` gives a seed: another
/// level, a little noise, a few milliseconds later. What a recogniser makes of a borderline voice differs from processor to
/// processor, and a sentence that it hears alike through several seeds has the margin that a test needs.
fn perturbed(mut samples: Vec<i16>) -> Vec<i16> {
    const LONGEST_SHIFT_MS: u32 = 20;
    const NOISE_BELOW_SPEECH_DB: f64 = 28.0;
    let Some(seed) = std::env::var("SCOUT_TEST_PERTURB").ok().and_then(|seed| seed.parse::<u32>().ok()) else {
        return samples;
    };
    let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    let gain = 0.4 + 0.8 * random();
    let shift = (random() * f64::from(LONGEST_SHIFT_MS * RATE / 1_000)) as usize;
    let power = samples.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    // A uniform distribution from -a to a has the power a²/3.
    let noise = (3.0 * power).sqrt() * 10_f64.powf(-NOISE_BELOW_SPEECH_DB / 20.0);
    for sample in &mut samples {
        let disturbed = gain * (f64::from(*sample) + noise * (2.0 * random() - 1.0));
        *sample = disturbed.clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16;
    }
    [vec![0; shift], samples].concat()
}

fn read(file: &Path) -> Result<Vec<i16>> {
    let missing = || format!("no speech at {}; `packaging/setup.sh test` installs what the tests need", file.display());
    if file.extension().is_some_and(|extension| extension == "raw") {
        let bytes = std::fs::read(file).with_context(missing)?;
        return Ok(bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect());
    }
    let mut reader = hound::WavReader::open(file).with_context(missing)?;
    anyhow::ensure!(reader.spec().sample_rate == RATE && reader.spec().channels == 1, "{} changed", file.display());
    Ok(reader.samples().collect::<Result<_, _>>()?)
}

pub(crate) fn write(file: &Path, samples: &[i16]) -> Result<()> {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(file, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    Ok(writer.finalize()?)
}
