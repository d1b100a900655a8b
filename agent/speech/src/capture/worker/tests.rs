//! The worker against microphones that do as they are told, good and bad.

mod devices;
mod rig;
mod spool;
mod standby;

use crossbeam_channel::unbounded;
use scout_core::transcript::{Abort, Options, Recognition, TranscribeError, Transcript};
use serde_json::json;

use super::*;
use crate::capture::file::FileMicrophone;
use crate::transcribe::{Recognised, Transcriber, Transcription};
use crate::vad::{Silero, spans};
use rig::*;
use spool::MemorySpool;

#[test]
fn what_is_spoken_arrives_whole_with_its_spans_its_levels_and_its_copy_on_disk() {
    let spoken = recording("cards/005.wav");
    let spool = MemorySpool::default();
    let microphone = FileMicrophone::new(spoken.clone(), MONO);
    let (worker, events) = spawn(Arc::new(microphone), &spool);
    let id = DictationId::new();
    worker.commands().send(Command::Start { id, settings: Box::default() }).unwrap();
    let mut levels = Vec::new();
    // 3.5 s of speech give 35 levels.
    while levels.len() < 36 {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Level { dbfs, .. } => levels.push(dbfs),
            Event::Ready { device, .. } => assert_eq!(device.name, "a recording"),
            event => panic!("{event:?}"),
        }
    }
    worker.commands().send(Command::Stop { id }).unwrap();
    let mut utterance = loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Finished { utterance, .. } => break utterance,
            event => assert!(matches!(event, Event::Level { .. }), "{event:?}"),
        }
    };
    assert_eq!(utterance.samples[..spoken.len()], spoken);
    assert!(utterance.samples[spoken.len()..].iter().all(|&sample| sample == 0.0));
    assert_eq!(utterance.spans, spans(&utterance.samples).unwrap());
    assert_eq!(utterance.spans.len(), 1);
    assert_eq!((utterance.interrupted, utterance.overrun), (None, Duration::ZERO));
    assert!(levels[2..30].iter().any(|&dbfs| dbfs > -25.0), "{levels:?}");
    assert_eq!(spool.left()[&id].1, *utterance.samples);
    utterance.spool.take().unwrap().discard().unwrap();
    assert!(spool.left().is_empty());
}

#[test]
fn samples_that_nobody_wants_to_keep_are_not_kept() {
    let spoken = recording("cards/005.wav");
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(spoken.clone()), Step::Silence])]);
    let id = DictationId::numbered(1);
    rig.command(Command::Start { id, settings: Box::new(Settings { keep_samples: false, ..Settings::default() }) });
    rig.wait_for_spooled(id, spoken.len());
    rig.command(Command::Stop { id });
    rig.ready();
    let utterance = rig.finished();
    assert_eq!(utterance.samples.len(), 0);
    assert!(utterance.length >= spoken.len());
    let mut heard = spoken;
    heard.resize(utterance.length, 0.0);
    assert_eq!(utterance.spans, spans(&heard).unwrap());
}

#[test]
fn a_spool_that_fails_is_said_once_and_the_dictation_goes_on() {
    let scripts = vec![Step::Play(hum(1_000)), Step::Pause(PACE * 5), Step::Play(hum(1_000))];
    let rig = Rig::new([Script::Open("desk", scripts)]);
    rig.spool.fail();
    let id = DictationId::numbered(1);
    rig.worker.commands().send(Command::Start { id, settings: Box::default() }).unwrap();
    assert!(matches!(next(&rig.events), Event::Ready { .. }));
    let event = next(&rig.events);
    assert!(matches!(event, Event::Notice { notice: Notice::SpoolFailed { .. }, .. }), "{event:?}");
    std::thread::sleep(PACE * 10);
    rig.worker.commands().send(Command::Stop { id }).unwrap();
    let utterance = finished(&rig.events);
    assert!(utterance.samples.len() >= 1_000 && utterance.spool.is_none());
}

#[test]
fn what_finds_no_room_in_the_ring_is_said() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(hum(80_000))])]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    let event = rig.next();
    assert!(matches!(event, Event::Notice { notice: Notice::Overrun, .. }), "{event:?}");
    rig.command(Command::Stop { id });
    let utterance = rig.finished();
    assert_eq!(utterance.duration() + utterance.overrun, Duration::from_secs(5));
}

#[test]
fn cancelling_leaves_nothing_and_stopping_another_dictation_does_nothing() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(hum(5_000))])]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    rig.wait_for_spooled(id, 5_000);
    rig.command(Command::Stop { id: DictationId::numbered(9) });
    rig.command(Command::Cancel { id: DictationId::numbered(9) });
    rig.start(2, DeviceChoice::Default);
    let Event::Failed { error, .. } = rig.next() else { panic!("two at once") };
    assert_eq!(error, CaptureError::AlreadyListening);
    rig.command(Command::Cancel { id });
    drop(rig.worker);
    assert!(rig.spool.left().is_empty());
    assert!(rig.events.iter().all(|event| matches!(event, Event::Level { .. })));
}

#[test]
fn shutting_down_leaves_the_recording_for_the_next_start() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(hum(5_000))])]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.wait_for_spooled(id, 5_000);
    drop(rig.worker);
    let left = rig.spool.left();
    assert_eq!((left.len(), &left[&id].0, left[&id].1.len()), (1, &json!("note"), 5_000));
}

/// Says how many samples there are.
struct Counter;

impl Transcriber for Counter {
    fn transcribe(&mut self, audio: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
        Ok(Transcript { text: format!("{} samples are here.", audio.len()), ..Transcript::default() })
    }
}

#[test]
fn what_is_said_is_transcribed_and_its_words_follow_the_recording() {
    let spoken = recording("cards/005.wav");
    let transcription = Transcription::with_loader(|_| Ok(Counter), drop).unwrap();
    let (sender, events) = unbounded();
    let (words, captured) = (sender.clone(), sender);
    let recogniser = Recogniser::new(transcription.passes(), move |event| drop(words.send(Err(event))));
    let microphone = Arc::new(Scripted::default());
    let scripts = [
        Script::Open("desk", vec![Step::Play(spoken), Step::Silence]),
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Silence]),
    ];
    microphone.scripts.lock().unwrap().extend(scripts);
    let voice = Box::new(Silero::new().unwrap());
    let send = move |event| drop(captured.send(Ok(event)));
    let worker = Worker::spawn(microphone, voice, None, Some(recogniser), send).unwrap();
    let recognition = Recognition { model: "counter".into(), ..Recognition::default() };
    // Of the second one nothing is said, so that nothing is looked for.
    for number in 1..=2 {
        let id = DictationId::numbered(number);
        let settings = Settings { recognition: recognition.clone(), ..Settings::default() };
        worker.commands().send(Command::Start { id, settings: Box::new(settings) }).unwrap();
        let mut story = Vec::new();
        loop {
            let step = match events.recv_timeout(PATIENCE).unwrap() {
                Ok(Event::Ready { .. }) => {
                    worker.commands().send(Command::Stop { id }).unwrap();
                    "ready"
                }
                Ok(Event::Finished { utterance, .. }) if utterance.spans.is_empty() => "silence",
                Ok(Event::Finished { .. }) => "finished",
                Err(Recognised::Words(of, words)) => {
                    assert_eq!((of, words.unwrap().model.as_deref()), (id, Some("counter")));
                    "words"
                }
                Ok(_) | Err(Recognised::Partial(..)) => continue,
            };
            story.push(step);
            if matches!(step, "words" | "silence") {
                break;
            }
        }
        assert_eq!(story, [&["ready", "finished", "words"][..], &["ready", "silence"]][number as usize - 1]);
    }
}
