//! The model itself, without a desktop: speech in, words out.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Result, ensure};
use scout::config::paths::Paths;
use scout_core::dictation::{DictationId, SAMPLE_RATE};
use scout_core::transcript::{Abort, Options, TranscribeError, Transcript};
use scout_speech::audio;
use scout_speech::models::{Catalogue, Installed, Store};
use scout_speech::transcribe::{Answer, Job, Reply};
use scout_speech::transcribe::{Event, Transcriber, Transcription, Whisper, transcribe_recording};
use scout_speech::vad;
use scout_tests::speech::Utterance;
use scout_tests::wer::WordErrors;
use scout_tests::{Agent, Place, WholePass, speech};

/// As in the dictation tests: the smallest model mishears some words of these recordings.
const BROKEN: f64 = 0.25;

/// The folder of models: the one of whoever runs the tests, or the one that `SCOUT_TEST_MODELS` names.
fn store() -> Store {
    let of_user = || Paths::of_user().unwrap_or_else(|error| panic!("{error}")).models;
    Store::at(std::env::var_os("SCOUT_TEST_MODELS").map_or_else(of_user, PathBuf::from))
}

fn default_model() -> Installed {
    let store = store();
    let name = &Catalogue::builtin().default;
    store
        .find(name)
        .unwrap_or_else(|error| panic!("{error}; `make model` gets it, SCOUT_TEST_MODELS names another folder"))
}

/// One model for all tests: it takes one clip at a time anyway.
fn whisper() -> MutexGuard<'static, Whisper> {
    static WHISPER: LazyLock<Mutex<Whisper>> =
        LazyLock::new(|| Mutex::new(Whisper::load(&default_model()).unwrap_or_else(|error| panic!("{error}"))));
    WHISPER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn transcribe(clip: &[f32], options: &Options) -> Result<Transcript, TranscribeError> {
    whisper().transcribe(clip, options, &Abort::default())
}

fn words(clip: &[f32]) -> Result<String> {
    Ok(transcribe(clip, &Options::default())?.text)
}

/// What `scout transcribe` says of a file: whether it worked, its text, and its complaint.
fn transcribed(file: &std::path::Path) -> Result<(bool, String, String)> {
    let output = std::process::Command::new(Agent::binary()?)
        .args(["transcribe", "--model"])
        .arg(&default_model().path)
        .arg(file)
        .output()?;
    let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    Ok((output.status.success(), said(output.stdout), said(output.stderr)))
}

#[test]
fn a_file_without_words_is_never_an_empty_success() -> Result<()> {
    let place = Place::new()?;
    let file = place.file("recording.wav");
    let spoken = std::fs::read(speech::sentence(&place)?.wav)?;
    let header = &spoken[..44];

    // Its writer died before it knew the sizes.
    let unfinished = [&header[..4], &36_u32.to_le_bytes(), &header[8..40], &[0; 4], &spoken[44..]].concat();
    std::fs::write(&file, unfinished)?;
    let (worked, text, complaint) = transcribed(&file)?;
    ensure!(worked && text.starts_with("Go forward"), "{text:?} {complaint}");

    let nothing = [&header[..4], &36_u32.to_le_bytes(), &header[8..40], &[0; 4]].concat();
    std::fs::write(&file, nothing)?;
    let (worked, text, complaint) = transcribed(&file)?;
    ensure!(!worked && text.is_empty() && complaint.contains("recording.wav: there is no sound in it"), "{complaint}");

    let (worked, text, complaint) = transcribed(&speech::silence(&place)?.wav)?;
    ensure!(!worked && text.is_empty() && complaint.contains("nobody speaks in it"), "{complaint}");
    Ok(())
}

/// A short sentence and a long one: in one pass, models lose the second after a long pause, or repeat the first.
fn far_apart(place: &Place, seconds: f64, is_noisy: bool) -> Result<Utterance> {
    let sentences = speech::utterances(place)?;
    speech::apart(place, "far-apart", &[sentences[0].clone(), sentences[7].clone()], seconds, is_noisy)
}

#[test]
fn no_sentence_of_a_file_is_lost_repeated_or_made_up_however_long_the_pauses_are() -> Result<()> {
    let place = Place::new()?;
    for (seconds, is_noisy) in [(15.0, false), (45.0, false), (60.0, true), (120.0, false), (120.0, true)] {
        let spoken = far_apart(&place, seconds, is_noisy)?;
        let (worked, text, complaint) = transcribed(&spoken.wav)?;
        println!("{seconds} s, noisy: {is_noisy}: {text}");
        let errors = WordErrors::between(&spoken.reference, &text);
        ensure!(worked && errors.rate() < BROKEN, "{seconds} s: {text:?} {complaint}");
    }
    let sentence = speech::sentence(&place)?;
    for seconds in [60.0, 120.0] {
        let spoken = speech::apart(&place, "late", std::slice::from_ref(&sentence), seconds, false)?;
        let (worked, text, complaint) = transcribed(&spoken.wav)?;
        ensure!(worked && WordErrors::between(&spoken.reference, &text).total() == 0, "{text:?} {complaint}");
    }
    Ok(())
}

#[test]
fn speech_on_a_large_offset_is_understood() -> Result<()> {
    const OFFSET: i16 = 29_491;
    let place = Place::new()?;
    let spoken = speech::sentence(&place)?;
    let mut bytes = std::fs::read(&spoken.wav)?;
    for sample in bytes[44..].chunks_exact_mut(2) {
        let lifted = (i16::from_le_bytes([sample[0], sample[1]]) / 8).saturating_add(OFFSET);
        sample.copy_from_slice(&lifted.to_le_bytes());
    }
    let file = place.file("offset.wav");
    std::fs::write(&file, bytes)?;
    let (worked, text, complaint) = transcribed(&file)?;
    ensure!(worked && WordErrors::between(&spoken.reference, &text).total() == 0, "{text:?} {complaint}");
    Ok(())
}

#[test]
fn the_default_model_is_byte_for_byte_what_the_catalogue_says() {
    default_model().verify().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn sentences_are_understood_as_well_as_by_a_whole_pass() -> Result<()> {
    let place = Place::new()?;
    let (mut ours, mut whole) = (Vec::new(), Vec::new());
    let mut yardstick = WholePass::load(&default_model(), "en")?;
    for utterance in speech::utterances(&place)? {
        let clip = audio::read(&utterance.wav)?;
        let transcript = transcribe(&clip, &Options::default())?;
        ensure!(transcript.timings.audio_ctx >= 640 && transcript.timings.audio_ctx < 1500);
        let read_whole = yardstick.transcribe(&clip, None)?;
        for (errors, text) in [(&mut ours, &transcript.text), (&mut whole, &read_whole)] {
            errors.push(WordErrors::between(&utterance.reference, text));
        }
        println!("{:?}  |  {:?}  <-  {:?}", transcript.text, read_whole, utterance.reference);

        ensure!(transcript.language.as_deref() == Some("en"));
        let mut at = 0.0;
        for segment in &transcript.segments {
            ensure!(segment.start >= at && segment.end >= segment.start, "{transcript:?}");
            ensure!(segment.avg_logprob <= 0.0 && (0.0..=1.0).contains(&segment.no_speech_probability));
            at = segment.start;
            ensure!(f64::from(segment.end) <= transcript.timings.audio_seconds + 0.01, "{transcript:?}");
        }
    }
    let [ours, whole] = [ours, whole].map(|errors| errors.into_iter().sum::<WordErrors>());
    println!("word error rate: {:.2} %, in a whole pass {:.2} %", ours.rate() * 100.0, whole.rate() * 100.0);
    ensure!(ours.rate() < BROKEN);
    // Single clips go either way by a word or two.
    ensure!(ours.total() <= whole.total() + 4, "{ours:?} against {whole:?}");
    Ok(())
}

#[test]
fn a_dictation_of_more_than_half_a_minute_is_understood_to_its_end() -> Result<()> {
    let place = Place::new()?;
    let sentences: Vec<_> = speech::utterances(&place)?.into_iter().skip(7).collect();
    let long = speech::joined(&place, "long", &[sentences.as_slice(), &sentences].concat())?;
    let clip = audio::read(&long.wav)?;
    ensure!(clip.len() > 32 * SAMPLE_RATE as usize, "{} samples", clip.len());
    let transcript = transcribe(&clip, &Options::default())?;
    let errors = WordErrors::between(&long.reference, &transcript.text);
    println!("{:.2} %: {}", errors.rate() * 100.0, transcript.text);
    ensure!(errors.rate() < BROKEN, "{}", transcript.text);
    ensure!(transcript.segments.len() > 2);
    Ok(())
}

#[test]
fn short_clips_and_none_at_all_are_no_errors() -> Result<()> {
    ensure!(transcribe(&[], &Options::default())? == Transcript::default());
    for samples in [1, 100, 8_000, 15_999] {
        transcribe(&vec![0.01; samples], &Options::default())?;
    }
    let place = Place::new()?;
    let clip = audio::read(&speech::sentence(&place)?.wav)?;
    // "Go", and half of "forward".
    let text = words(&clip[..SAMPLE_RATE as usize])?;
    ensure!(text.to_lowercase().contains("go"), "{text}");
    Ok(())
}

#[test]
fn one_clip_leaves_no_trace_in_the_next() -> Result<()> {
    let place = Place::new()?;
    let utterances = speech::utterances(&place)?;
    let clips = [&utterances[0], &utterances[9]].map(|utterance| audio::read(&utterance.wav));
    let [first, second] = clips;
    let (first, second) = (first?, second?);
    let alone = transcribe(&first, &Options::default())?;
    transcribe(&second, &Options { prompt: Some("Elinor, Marianne".into()), ..Options::default() })?;
    let after = transcribe(&first, &Options::default())?;
    ensure!(alone.segments == after.segments, "{alone:?} became {after:?}");
    Ok(())
}

#[test]
fn a_prompt_of_any_length_is_taken() -> Result<()> {
    let place = Place::new()?;
    let clip = audio::read(&speech::sentence(&place)?.wav)?;
    for prompt in ["", " ", "Go forward.", "nul\0nul", &"A long story, ".repeat(1_000), &"漢字\u{1F600}".repeat(500)]
    {
        transcribe(&clip, &Options { prompt: Some(prompt.into()), ..Options::default() })?;
    }
    Ok(())
}

#[test]
fn a_language_that_the_model_does_not_know_is_refused() {
    let with = |language: &str| {
        transcribe(&vec![0.0; 32_000], &Options { language: Some(language.into()), ..Options::default() })
    };
    for language in ["", "xx", "englisch", "e\0n"] {
        assert!(matches!(with(language), Err(TranscribeError::UnknownLanguage(_))), "{language:?}");
    }
    let message = with("de").unwrap_err().to_string();
    assert!(message.contains("tiny.en") && message.contains("multilingual"), "{message}");
}

#[test]
fn silence_never_reaches_the_model() -> Result<()> {
    let place = Place::new()?;
    let mut voice = vad::detector()?;
    let mut text = |clip: &[f32]| -> Result<Transcript> {
        Ok(transcribe_recording(&mut *whisper(), &mut voice, clip, &Options::default())?.transcript)
    };
    let silence = text(&audio::read(&speech::silence(&place)?.wav)?)?;
    ensure!(silence.text.is_empty() && silence.timings.passes == 0, "{silence:?}");
    let speech = text(&audio::read(&speech::sentence(&place)?.wav)?)?;
    ensure!(speech.timings.passes > 0 && !speech.text.is_empty(), "{speech:?}");
    Ok(())
}

#[test]
fn a_running_transcription_ends_when_it_is_cancelled_and_the_next_one_works() -> Result<()> {
    let place = Place::new()?;
    let clip: Arc<[f32]> = audio::read(&speech::sentence(&place)?.wav)?.into();
    let (sender, events) = std::sync::mpsc::channel();
    let loader = |name: &str| Whisper::load(&store().find(name)?);
    let worker = Transcription::with_loader(loader, move |event| drop(sender.send(event)))?;
    worker.load(&Catalogue::builtin().default)?;
    ensure!(matches!(events.recv()?, Event::Loaded { .. }));

    // Long enough to be still under way when it is cancelled.
    let endless: Arc<[f32]> = clip.iter().copied().cycle().take(300 * SAMPLE_RATE as usize).collect();
    let (answer, answers) = crossbeam_channel::unbounded();
    let submit = |number, audio: &Arc<[f32]>| {
        let abort = Abort::default();
        let reply = Reply::new(DictationId::numbered(number), 1, answer.clone());
        let (model, audio) = (Catalogue::builtin().default.clone(), Arc::clone(audio));
        let options = Options::default();
        worker.passes().submit(Job { model, audio, options, abort: abort.clone(), reply });
        abort
    };
    let abort = submit(1, &endless);
    submit(2, &clip);
    let canceller = thread::spawn(move || abort.set());
    let answers: Vec<Answer> = answers.iter().take(2).collect();
    canceller.join().expect("the flag is set");
    ensure!(matches!(answers[0].result, Err(TranscribeError::Aborted)), "{answers:?}");
    ensure!(answers[1].id == DictationId::numbered(2) && answers[1].result.is_ok(), "{answers:?}");
    Ok(())
}
