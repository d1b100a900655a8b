use std::f64::consts::TAU;

use scout_core::dictation::SAMPLE_RATE;

use super::*;

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

/// The bytes of half a second of the tone, 16 kHz, 16 bits, mono.
fn wav() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tone.wav");
    write_wav(&path, 16_000, 1, 16);
    std::fs::read(path).unwrap()
}

fn sound_of(bytes: &[u8]) -> Result<Sound, AudioFileError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    sound(file.path())
}

/// Where a header has its sizes, if it is as short as those of [`wav`].
const RIFF_SIZE: usize = 4;
const DATA_SIZE: usize = 40;

#[test]
fn a_wav_is_read_to_its_end_whatever_sizes_its_writer_left_in_the_header() {
    let whole = wav();
    let right = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
    let (riff, data) = (right(RIFF_SIZE), right(DATA_SIZE));
    for (riff, data) in [
        (riff, data),
        // Written by a program that died.
        (0, 0),
        (36, 0),
        (riff, 0),
        // Written to a pipe.
        (0x7fff_f024, 0x7fff_f000),
        (0x8000_0024, 0x8000_0000),
        (u32::MAX, u32::MAX),
        (u32::MAX, u32::MAX - 36),
        (0, u32::MAX),
        // Of one size alone.
        (0, data),
        (u32::MAX, data),
    ] {
        let mut bytes = whole.clone();
        bytes[RIFF_SIZE..RIFF_SIZE + 4].copy_from_slice(&riff.to_le_bytes());
        bytes[DATA_SIZE..DATA_SIZE + 4].copy_from_slice(&data.to_le_bytes());
        let sound = sound_of(&bytes).unwrap_or_else(|error| panic!("{riff:#x}, {data:#x}: {error}"));
        assert_is_the_tone(&sound.samples, &format!("{riff:#x}, {data:#x}"));
    }
    // What follows the sound is no sound.
    let list = [&b"LIST"[..], &26_u32.to_le_bytes(), b"INFOISFT", &14_u32.to_le_bytes(), b"a writer of it\0"].concat();
    let mut tagged = [whole.as_slice(), &list[..34]].concat();
    tagged[RIFF_SIZE..RIFF_SIZE + 4].copy_from_slice(&(riff + 34).to_le_bytes());
    assert_is_the_tone(&sound_of(&tagged).unwrap().samples, "a chunk behind the sound");
    let joined = sound_of(&[whole.as_slice(), &whole].concat()).unwrap();
    assert_eq!(joined.samples.len(), 16_000, "two recordings in one file");
}

fn mp3() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audio/fixtures/tone.mp3")).unwrap()
}

#[test]
fn an_mp3_is_read_to_its_last_frame_and_what_is_broken_is_counted() {
    let one = mp3();
    let single = sound_of(&one).unwrap();
    assert_eq!(single.lost, Duration::ZERO);
    let id3 = [&b"ID3\x04\0\0\0\0\x02\0"[..], &[0xff; 256]].concat();
    let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
    for (what, bytes) in [
        ("joined", [one.as_slice(), &one].concat()),
        ("with tags", [id3.as_slice(), &one, &id3v1, &id3, &one, &id3v1].concat()),
        ("filled up", [one.as_slice(), &[0; 3_000], &one, &[0; 3_000]].concat()),
    ] {
        let sound = sound_of(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        // The first frame of a stream has a part of the one before it.
        assert!(sound.samples.len().abs_diff(single.samples.len() * 2) < 100, "{what}: {}", sound.samples.len());
        assert!(sound.lost < Duration::from_millis(20), "{what}: {:?}", sound.lost);
    }

    // A part in the middle of it is something else.
    let mut broken = [one.as_slice(), &one, &one, &one].concat();
    let part = one.len() + one.len() / 2..one.len() * 5 / 2;
    let lost = single.samples.len();
    broken[part].fill(0x55);
    let sound = sound_of(&broken).unwrap();
    assert!(sound.samples.len().abs_diff(lost * 3) < 4_000, "{} of {}", sound.samples.len(), lost * 4);
    let missing = duration_of(lost).abs_diff(sound.lost);
    assert!(missing < Duration::from_millis(200), "{:?} are told of {:?}", sound.lost, duration_of(lost));
    broken[one.len()..].fill(0x55);
    assert!(matches!(sound_of(&broken), Err(AudioFileError::Damaged { .. })));
}

#[test]
fn channels_that_cancel_each_other_are_heard() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("balanced.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for sample in tone(16_000, 0.5) {
        let sample = (sample * f64::from(i16::MAX)) as i16;
        writer.write_sample(sample).unwrap();
        writer.write_sample(-sample).unwrap();
    }
    writer.finalize().unwrap();
    assert_is_the_tone(&read(&path).unwrap(), "two channels of opposite phase");
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

/// A chunk of a WAV file.
fn chunk(id: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&id[..], &size, content, &[0][..content.len() % 2]].concat()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(*b"RIFF", &[b"WAVE".to_vec(), chunks.concat()].concat())
}

/// The format of a mono WAV; `tag` is 1 for integers, 3 for floats.
fn format(tag: u16, rate: u32, bits: u16, block: u16) -> Vec<u8> {
    let (tag, rate, per_second) = (tag.to_le_bytes(), rate.to_le_bytes(), (rate * u32::from(block)).to_le_bytes());
    let fields = [&tag[..], &1_u16.to_le_bytes(), &rate, &per_second, &block.to_le_bytes(), &bits.to_le_bytes()];
    chunk(*b"fmt ", &fields.concat())
}

/// Half a second of the tone in integers of that many bytes, the highest bits of which are used.
fn integers(bytes: usize) -> Vec<u8> {
    tone(16_000, 0.5)
        .flat_map(|sample| ((sample * f64::from(i32::MAX)) as i32).to_le_bytes()[4 - bytes..].to_vec())
        .collect()
}

#[test]
fn a_wav_is_read_whole_whatever_the_order_and_number_of_its_chunks() {
    let (format, data) = (format(1, 16_000, 16, 2), integers(2));
    let (one, other) = data.split_at(6_000);
    let note = chunk(*b"LIST", b"INFOISFT\x04\0\0\0test");
    for (what, chunks) in [
        ("two data chunks", vec![format.clone(), chunk(*b"data", one), chunk(*b"data", other)]),
        ("a note in between", vec![format.clone(), chunk(*b"data", one), note.clone(), chunk(*b"data", other), note]),
        ("the format at the end", vec![chunk(*b"data", &data), format.clone()]),
    ] {
        let sound = sound_of(&riff(&chunks)).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_is_the_tone(&sound.samples, what);
    }
}

#[test]
fn integers_with_fewer_bits_than_their_bytes_have_are_read() {
    for (bits, bytes) in [(24, 4), (20, 3), (12, 2)] {
        let wav = riff(&[format(1, 16_000, bits, bytes), chunk(*b"data", &integers(bytes.into()))]);
        let what = format!("{bits} bits in {bytes} bytes");
        let sound = sound_of(&wav).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_is_the_tone(&sound.samples, &what);
    }
}

#[test]
fn what_follows_the_end_of_a_wav_is_no_sound() {
    let whole = wav();
    let garbage: Vec<u8> = (0..9_000_u32).map(|place| (place * place / 7 % 251) as u8).collect();
    for (what, after) in
        [("garbage", garbage), ("a tag", [&b"TAG"[..], &[b'x'; 125]].concat()), ("zeros", vec![0; 4_096])]
    {
        let sound = sound_of(&[whole.as_slice(), &after].concat()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_is_the_tone(&sound.samples, what);
        assert_eq!(sound.unread > 0, what == "garbage", "{what}: {} bytes", sound.unread);
    }
}

#[test]
fn samples_that_are_no_numbers_are_silence() {
    for (what, bad) in [("NaN", f32::NAN), ("infinite", f32::INFINITY), ("largest", f32::MAX)] {
        let mut samples: Vec<f32> = tone(16_000, 0.5).map(|sample| sample as f32).collect();
        samples[100] = bad;
        let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let sound = sound_of(&riff(&[format(3, 16_000, 32, 4), chunk(*b"data", &data)])).unwrap();
        assert!(sound.samples.iter().all(|sample| sample.abs() <= 40_000.0), "{what}");
        assert_is_the_tone(&sound.samples, what);
    }
}

#[test]
fn a_rate_that_no_recording_has_is_an_error() {
    for rate in [0, 1, 999, 768_001, u32::MAX / 2] {
        let data = chunk(*b"data", &[0; 2_000]);
        let error = sound_of(&riff(&[format(1, rate, 16, 2), data])).unwrap_err().to_string();
        assert!(error.contains(&format!("its sample rate is {rate} Hz, not 1,000 to 768,000 Hz")), "{error}");
    }
}

#[test]
fn a_tag_at_the_end_of_a_flac_is_no_damage() {
    let flac = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audio/fixtures/tone.flac")).unwrap();
    let tagged = [flac.as_slice(), b"TAG", &[b'x'; 125]].concat();
    assert_is_the_tone(&sound_of(&tagged).unwrap().samples, "a tagged FLAC");
}

#[test]
fn a_hole_in_an_mp3_is_counted() {
    let one = mp3();
    let mut holed = [one.as_slice(), &one].concat();
    let hole = one.len() / 2..one.len() / 2 + 1_000;
    holed[hole].fill(0);
    let sound = sound_of(&holed).unwrap();
    assert!(sound.hole > Duration::from_millis(50) && sound.lost >= sound.hole, "{:?}, {:?}", sound.hole, sound.lost);
    // A file that was filled up, and then joined with another one, has no hole.
    let joined = sound_of(&[one.as_slice(), &[0; 3_000], &one, &[0; 3_000]].concat()).unwrap();
    assert_eq!(joined.hole, Duration::ZERO);
}

/// A file for more than 4 GB: its sizes are in a chunk of their own. `data` is the size of the sound there.
fn large(name: [u8; 4], data: u64, sound: &[u8], after: &[u8]) -> Vec<u8> {
    let (whole, frames) = (60_u64 + sound.len() as u64 + after.len() as u64, data / 2);
    let sizes = [&whole.to_le_bytes()[..], &data.to_le_bytes(), &frames.to_le_bytes(), &0_u32.to_le_bytes()].concat();
    let unknown = u32::MAX.to_le_bytes();
    let head = [&name[..], &unknown, b"WAVE", &chunk(*b"ds64", &sizes), &format(1, 16_000, 16, 2), b"data", &unknown];
    [&head.concat()[..], sound, after].concat()
}

#[test]
fn a_file_for_more_than_4_gb_is_read_by_its_own_sizes() {
    let sound = integers(2);
    let length = sound.len() as u64;
    let list = chunk(*b"LIST", &[0x55; 5_000]);
    for name in [*b"RF64", *b"BW64"] {
        for (data, after) in [(length, &list[..]), (length, &[]), (0, &[])] {
            let read = sound_of(&large(name, data, &sound, after)).unwrap();
            assert_is_the_tone(&read.samples, &format!("{data} bytes, {} after them", after.len()));
            assert_eq!(read.unread, 0);
        }
        let cut = sound_of(&large(name, 2 * length, &sound, &[])).unwrap_err();
        assert!(matches!(cut, AudioFileError::Cut { .. }), "{cut}");
    }
    let twice = [large(*b"RF64", length, &sound, &list), wav()].concat();
    assert_eq!(sound_of(&twice).unwrap().samples.len(), 16_000);
}

#[test]
fn what_is_encoded_in_another_way_is_named_with_the_command_that_converts_it() {
    let folder = tempfile::tempdir().unwrap();
    for (tag, name) in [(0x11, "IMA ADPCM"), (2, "MS ADPCM")] {
        let path = folder.path().join("the boss's call.wav");
        std::fs::write(&path, riff(&[format(tag, 16_000, 4, 1024), chunk(*b"data", &[0; 4096])])).unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
        let folder = folder.path().display();
        let command = format!(
            r"`ffmpeg -i '{folder}/the boss'\''s call.wav' -c:a pcm_s16le '{folder}/the boss'\''s call-converted.wav'`"
        );
        assert!(message.contains(&command), "{message}");
    }
}

#[test]
fn a_wav_whose_header_cannot_be_true_is_an_error() {
    // Mono, 16 bits, in blocks of 4 bytes.
    let error = sound_of(&riff(&[format(1, 16_000, 16, 4), chunk(*b"data", &integers(2))])).unwrap_err().to_string();
    assert!(
        error.contains("its header contradicts itself: 1 channels of 16 bits each in blocks of 4 bytes"),
        "{error}"
    );
    let mut many = wav();
    many[22..24].copy_from_slice(&u16::MAX.to_le_bytes());
    let error = sound_of(&many).unwrap_err().to_string();
    assert!(error.contains("by its header it has 65535 channels"), "{error}");
    // Nor does it end the program where no sound follows.
    assert!(sound_of(&many[..36]).is_err());
}

fn flac() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audio/fixtures/tone.flac")).unwrap()
}

/// The number of samples in its header, and the checksum of its sound: none, as in a file that was written to a pipe.
fn without_length_and_checksum(mut flac: Vec<u8>) -> Vec<u8> {
    flac[21] &= 0xf0;
    flac[22..42].fill(0);
    flac
}

#[test]
fn all_streams_of_a_flac_are_read() {
    let one = flac();
    let id3 = [&b"ID3\x04\0\0\0\0\x02\0"[..], &[0x20; 256]].concat();
    for (what, bytes) in [
        ("joined", [one.as_slice(), &one].concat()),
        ("of unknown length", [without_length_and_checksum(one.clone()), one.clone()].concat()),
        ("with tags", [id3.as_slice(), &one, &id3, &one, b"TAG", &[b'x'; 125]].concat()),
    ] {
        let sound = sound_of(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(sound.samples.len(), 16_000, "{what}");
        assert_is_the_tone(&sound.samples[8_000..], what);
    }
}

#[test]
fn a_flac_of_which_a_bit_is_wrong_or_that_is_cut_is_never_read_in_part() {
    let one = flac();
    let unknown = without_length_and_checksum(one.clone());
    assert_is_the_tone(&sound_of(&unknown).unwrap().samples, "of unknown length");
    let frames = flac::streams(&one)[0].frames;
    for at in [one.len() - frames + 20, one.len() - frames / 2, one.len() - 1_000, one.len() - 1] {
        for file in [&one, &unknown] {
            let mut broken = file.clone();
            broken[at] ^= 0x10;
            assert!(sound_of(&broken).is_err(), "a bit of byte {at}");
            assert!(sound_of(&file[..at]).is_err(), "cut at {at}");
        }
    }
    // A frame of another recording: each frame is right in itself.
    let mut other = one.clone();
    other[30] ^= 1;
    let error = sound_of(&other).unwrap_err().to_string();
    assert!(error.contains("is damaged") && error.contains("checksum"), "{error}");
}

/// The lengths of the frames of the MP3, which all are of one kind: the first one tells how many there are.
fn mp3_frames(mp3: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    let mut rest = mp3;
    while !rest.is_empty() {
        let next = (4..rest.len()).find(|at| rest[*at..].starts_with(&mp3[..2])).unwrap_or(rest.len());
        frames.push(&rest[..next]);
        rest = &rest[next..];
    }
    frames
}

#[test]
fn frames_that_an_mp3_should_have_and_does_not_are_counted() {
    let one = mp3();
    let frames = mp3_frames(&one);
    assert_eq!(frames.len(), 23, "its first frame tells of 22 others");
    let whole = sound_of(&one).unwrap();
    assert_eq!((whole.lost, whole.hole, whole.is_torn), (Duration::ZERO, Duration::ZERO, false));
    let frame = Duration::from_millis(26);
    for (what, bytes, least) in [
        ("five frames in the middle", [&frames[..8], &frames[13..]].concat().concat(), 5 * frame),
        ("the last third", frames[..15].concat(), 8 * frame),
        ("a single frame", [&frames[..8], &frames[9..]].concat().concat(), Duration::from_millis(20)),
    ] {
        let sound = sound_of(&bytes).unwrap();
        assert!(sound.hole >= least && sound.lost >= least, "{what}: {:?}, {:?}", sound.lost, sound.hole);
    }
    // Without that frame, the place where it is broken off shows.
    let torn = [&frames[1..8].concat()[..], &frames[8][..100], &frames[12][90..], &frames[13..].concat()].concat();
    assert!(sound_of(&torn).unwrap().is_torn);
}
