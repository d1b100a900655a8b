//! Microphones that do as they are told, and a worker that records them.

use std::sync::Mutex;

use crossbeam_channel::unbounded;
use scout_core::dictation::samples_in;
use scout_core::microphone::DeviceId;
use serde_json::json;

use super::super::*;
use super::spool::MemorySpool;
use crate::capture::microphone::Opened;
use crate::capture::{Format, Utterance};
use crate::vad::Silero;

/// Long enough for the busiest machine; a test that waits so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) const MONO: Format = Format { rate: 16_000, channels: 1 };

/// What a scripted microphone does once it is open.
pub(super) enum Step {
    Play(Vec<f32>),
    Pause(Duration),
    Fault(CaptureError),
    /// Another one would be opened now.
    Supersede,
    /// Zeros in real time, for ever: the room falls silent.
    Silence,
}

/// What one call of `open` gives.
pub(super) enum Script {
    Open(&'static str, Vec<Step>),
    Refuse(CaptureError),
    /// Never comes back, until the test is over.
    Hang,
}

/// Each opening takes the next script. After its steps a microphone stays open and gives nothing.
#[derive(Default)]
pub(super) struct Scripted {
    pub(super) scripts: Mutex<VecDeque<Script>>,
    pub(super) asked: Mutex<Vec<DeviceChoice>>,
}

pub(super) fn device(name: &str) -> Device {
    Device { id: DeviceId(format!("test:{name}")), name: name.into(), is_default: false }
}

impl Microphone for Scripted {
    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        Ok(Vec::new())
    }

    fn open(&self, choice: &DeviceChoice) -> Result<Opened, CaptureError> {
        let script = self.scripts.lock().unwrap().pop_front();
        // Last, as tests wait for it.
        self.asked.lock().unwrap().push(choice.clone());
        match script.unwrap_or(Script::Refuse(CaptureError::NoMicrophone)) {
            Script::Refuse(error) => Err(error),
            Script::Hang => {
                std::thread::sleep(PATIENCE);
                Err(CaptureError::NoMicrophone)
            }
            Script::Open(name, steps) => {
                let substitute = matches!(choice, DeviceChoice::Id(id) if *id != device(name).id);
                let (mut writer, opened) = Opened::ring(device(name), substitute, MONO)?;
                let health = Arc::clone(&opened.health);
                std::thread::spawn(move || {
                    for step in steps {
                        match step {
                            Step::Play(samples) => writer.write(&samples, |sample| sample),
                            Step::Pause(pause) => std::thread::sleep(pause),
                            Step::Fault(error) => health.fail(|| error),
                            Step::Supersede => health.supersede(),
                            Step::Silence => {
                                while !writer.is_abandoned() {
                                    std::thread::sleep(PACE);
                                    writer.write(&vec![0.0; samples_in(PACE)], |sample: f32| sample);
                                }
                            }
                        }
                    }
                    while !writer.is_abandoned() {
                        std::thread::sleep(PACE);
                    }
                });
                Ok(opened)
            }
        }
    }
}

pub(super) struct Rig {
    pub(super) worker: Worker,
    pub(super) events: Receiver<Event>,
    pub(super) spool: MemorySpool,
    pub(super) microphone: Arc<Scripted>,
}

impl Rig {
    pub(super) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let microphone = Arc::new(Scripted::default());
        microphone.scripts.lock().unwrap().extend(scripts);
        let spool = MemorySpool::default();
        let (worker, events) = spawn(Arc::clone(&microphone) as _, &spool);
        Self { worker, events, spool, microphone }
    }

    pub(super) fn command(&self, command: Command) {
        self.worker.commands().send(command).unwrap();
    }

    pub(super) fn start(&self, number: u64, device: DeviceChoice) -> DictationId {
        let id = DictationId::numbered(number);
        let settings = Settings { device, note: json!("note"), ..Settings::default() };
        self.command(Command::Start { id, settings: Box::new(settings) });
        id
    }

    /// The next event that is no level, and does not tell which microphone is open between dictations.
    pub(super) fn next(&self) -> Event {
        next(&self.events)
    }

    pub(super) fn ready(&self) {
        let event = self.next();
        assert!(matches!(event, Event::Ready { .. }), "{event:?}");
    }

    pub(super) fn finished(&self) -> Utterance {
        finished(&self.events)
    }

    /// Until the microphone was asked to open so many times: each opening has a thread of its own, and these are in no
    /// order.
    pub(super) fn wait_for_openings(&self, count: usize) {
        let begun = Instant::now();
        while self.microphone.asked.lock().unwrap().len() < count {
            assert!(begun.elapsed() < PATIENCE, "not opened {count} times");
            std::thread::sleep(PACE);
        }
    }

    /// Until the worker has heard so many samples: they are in the spool.
    pub(super) fn wait_for_spooled(&self, id: DictationId, samples: usize) {
        let begun = Instant::now();
        while self.spool.left().get(&id).is_none_or(|(_, heard)| heard.len() < samples) {
            assert!(begun.elapsed() < PATIENCE, "not spooled: {samples} samples");
            std::thread::sleep(PACE);
        }
    }
}

pub(super) fn spawn(microphone: Arc<dyn Microphone>, spool: &MemorySpool) -> (Worker, Receiver<Event>) {
    let (sender, events) = unbounded();
    let voice = Box::new(Silero::new().unwrap());
    let send = move |event| drop(sender.send(event));
    (Worker::spawn(microphone, voice, Some(Box::new(spool.clone())), None, send).unwrap(), events)
}

pub(super) fn next(events: &Receiver<Event>) -> Event {
    loop {
        match events.recv_timeout(PATIENCE).expect("an event") {
            Event::Level { .. } | Event::Open { .. } => {}
            event => return event,
        }
    }
}

pub(super) fn finished(events: &Receiver<Event>) -> Utterance {
    match next(events) {
        Event::Finished { utterance, .. } => utterance,
        event => panic!("{event:?}"),
    }
}

/// No speech, no zeros: a tone at -26 dB whose every sample differs from its neighbours.
pub(super) fn hum(length: usize) -> Vec<f32> {
    (0..length).map(|i| 0.05 * (i as f32 * 0.1).sin() + 0.001).collect()
}

pub(super) fn gone() -> CaptureError {
    CaptureError::Lost { device: "desk".into() }
}

pub(super) fn recording(name: &str) -> Vec<f32> {
    let path = format!("/usr/share/pocketsphinx/test/data/{name}");
    let mut reader = hound::WavReader::open(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}. Install the Debian package pocketsphinx-testdata"));
    reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0).collect()
}
