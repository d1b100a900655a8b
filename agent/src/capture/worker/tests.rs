//! The worker against microphones that do as they are told, good and bad.

use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::capture::file::FileMicrophone;
use crate::capture::microphone::Opened;
use crate::capture::spool::unfinished;
use crate::capture::{DeviceId, Format, Utterance};
use crate::dictation::samples_in;
use crate::speech::{HOP, Silero, spans};

/// Long enough for the busiest machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

const MONO: Format = Format { rate: 16_000, channels: 1 };

/// What a scripted microphone does once it is open.
enum Step {
    Play(Vec<f32>),
    Pause(Duration),
    Fault(CaptureError),
    /// Zeros in real time, for ever: the room falls silent.
    Silence,
}

/// What one call of `open` gives.
enum Script {
    Open(&'static str, Vec<Step>),
    Refuse(CaptureError),
    /// Never comes back, until the test is over.
    Hang,
}

/// Each opening takes the next script. After its steps a microphone stays open and gives nothing.
#[derive(Default)]
struct Scripted {
    scripts: Mutex<VecDeque<Script>>,
    asked: Mutex<Vec<DeviceChoice>>,
}

fn device(name: &str) -> Device {
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

struct Rig {
    worker: Worker,
    events: Receiver<Event>,
    folder: tempfile::TempDir,
    microphone: Arc<Scripted>,
}

impl Rig {
    fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let microphone = Arc::new(Scripted::default());
        microphone.scripts.lock().unwrap().extend(scripts);
        let folder = tempfile::tempdir().unwrap();
        crate::vault::test_spool(folder.path());
        let (worker, events) = spawn(Arc::clone(&microphone) as _, folder.path().to_owned());
        Self { worker, events, folder, microphone }
    }

    fn command(&self, command: Command) {
        self.worker.commands().send(command).unwrap();
    }

    fn start(&self, number: u64, device: DeviceChoice) -> DictationId {
        let id = DictationId::numbered(number);
        let settings = Settings { device, note: json!("note"), ..Settings::default() };
        self.command(Command::Start { id, settings });
        id
    }

    /// The next event that is neither level nor sound.
    fn next(&self) -> Event {
        next(&self.events)
    }

    fn ready(&self) {
        let event = self.next();
        assert!(matches!(event, Event::Ready { .. }), "{event:?}");
    }

    fn finished(&self) -> Utterance {
        finished(&self.events)
    }

    /// Until the microphone was asked to open so many times: each opening has a thread of its own, and these are in no
    /// order.
    fn wait_for_openings(&self, count: usize) {
        let begun = Instant::now();
        while self.microphone.asked.lock().unwrap().len() < count {
            assert!(begun.elapsed() < PATIENCE, "not opened {count} times");
            std::thread::sleep(PACE);
        }
    }

    /// Until the worker has heard so many samples: they are in the spool.
    fn wait_for_spooled(&self, id: DictationId, samples: usize) {
        let path = self.folder.path().join(format!("{id}.sealed"));
        let begun = Instant::now();
        let heard = || {
            std::fs::read(&path).map_or(0, |bytes| crate::vault::count_frames(&bytes)[1..].iter().sum::<usize>() / 2)
        };
        while heard() < samples {
            assert!(begun.elapsed() < PATIENCE, "not spooled: {samples} samples in {}", path.display());
            std::thread::sleep(PACE);
        }
    }
}

fn spawn(microphone: Arc<dyn Microphone>, folder: PathBuf) -> (Worker, Receiver<Event>) {
    let (sender, events) = bounded(64);
    let voice = Box::new(Silero::new().unwrap());
    (Worker::spawn(microphone, voice, Some(folder), sender).unwrap(), events)
}

fn next(events: &Receiver<Event>) -> Event {
    loop {
        match events.recv_timeout(PATIENCE).expect("an event") {
            Event::Level { .. } | Event::Heard { .. } => {}
            event => return event,
        }
    }
}

fn finished(events: &Receiver<Event>) -> Utterance {
    match next(events) {
        Event::Finished { utterance, .. } => utterance,
        event => panic!("{event:?}"),
    }
}

/// No speech, no zeros: a tone at -26 dB whose every sample differs from its neighbours.
fn hum(length: usize) -> Vec<f32> {
    (0..length).map(|i| 0.05 * (i as f32 * 0.1).sin() + 0.001).collect()
}

fn gone() -> CaptureError {
    CaptureError::Lost { device: "desk".into() }
}

fn recording(name: &str) -> Vec<f32> {
    let path = format!("/usr/share/pocketsphinx/test/data/{name}");
    let mut reader = hound::WavReader::open(&path)
        .unwrap_or_else(|error| panic!("{path}: {error}. Install the Debian package pocketsphinx-testdata"));
    reader.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32768.0).collect()
}

#[test]
fn what_is_spoken_arrives_whole_with_its_spans_its_levels_and_its_copy_on_disk() {
    let spoken = recording("cards/005.wav");
    let folder = tempfile::tempdir().unwrap();
    crate::vault::test_spool(folder.path());
    let microphone = FileMicrophone::new(spoken.clone(), MONO);
    let (worker, events) = spawn(Arc::new(microphone), folder.path().to_owned());
    let id = DictationId::new();
    worker.commands().send(Command::Start { id, settings: Settings::default() }).unwrap();
    let (mut levels, mut heard) = (Vec::new(), Vec::new());
    // 3.5 s of speech give 35 levels.
    while levels.len() < 36 {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Level { dbfs, .. } => levels.push(dbfs),
            Event::Heard { samples, probability, .. } => heard.push((samples, probability)),
            Event::Ready { device, .. } => assert_eq!(device.name, "a recording"),
            event => panic!("{event:?}"),
        }
    }
    worker.commands().send(Command::Stop { id }).unwrap();
    let mut utterance = loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::Heard { samples, probability, .. } => heard.push((samples, probability)),
            Event::Finished { utterance, .. } => break utterance,
            event => assert!(matches!(event, Event::Level { .. }), "{event:?}"),
        }
    };
    assert!(heard.iter().rev().skip(1).all(|(samples, _)| samples.len() == HOP));
    assert!(heard.iter().any(|(_, probability)| *probability > 0.9));
    assert_eq!(heard.into_iter().flat_map(|(samples, _)| samples).collect::<Vec<_>>(), *utterance.samples);
    assert_eq!(utterance.samples[..spoken.len()], spoken);
    assert!(utterance.samples[spoken.len()..].iter().all(|&sample| sample == 0.0));
    assert_eq!(utterance.spans, spans(&utterance.samples).unwrap());
    assert_eq!(utterance.spans.len(), 1);
    assert_eq!((utterance.interrupted, utterance.overrun), (None, Duration::ZERO));
    assert!(levels[2..30].iter().any(|&dbfs| dbfs > -25.0), "{levels:?}");
    let spool = utterance.spool.take().unwrap();
    let bytes = std::fs::read(spool.path()).unwrap();
    let frames = crate::vault::open(&bytes, &crate::vault::test_key()).frames.into_iter().skip(1).flatten();
    let copied: Vec<f32> =
        frames.flat_map(|frame| crate::capture::spool::samples_of(&frame).collect::<Vec<_>>()).collect();
    assert_eq!(copied, *utterance.samples);
    spool.discard().unwrap();
    assert!(unfinished(folder.path()).unwrap().is_empty());
}

#[test]
fn samples_that_nobody_wants_to_keep_are_not_kept() {
    let spoken = recording("cards/005.wav");
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(spoken.clone()), Step::Silence])]);
    let id = DictationId::numbered(1);
    rig.command(Command::Start { id, settings: Settings { keep_samples: false, ..Settings::default() } });
    rig.wait_for_spooled(id, spoken.len());
    rig.command(Command::Stop { id });
    let mut heard = Vec::new();
    let utterance = loop {
        match rig.events.recv_timeout(PATIENCE).unwrap() {
            Event::Heard { samples, .. } => heard.extend(samples),
            Event::Finished { utterance, .. } => break utterance,
            _ => {}
        }
    };
    assert_eq!(utterance.samples.len(), 0);
    assert_eq!(utterance.length, heard.len());
    assert_eq!(heard[..spoken.len()], spoken);
    assert_eq!(utterance.spans, spans(&heard).unwrap());
}

#[test]
fn a_device_that_is_lost_is_reopened_and_nothing_heard_is_lost() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Fault(gone())]),
        Script::Open("desk", vec![Step::Play(hum(3_000)), Step::Silence]),
    ]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    let event = rig.next();
    assert!(matches!(event, Event::Notice { notice: Notice::Reopened { .. }, .. }), "{event:?}");
    rig.wait_for_spooled(id, 8_000);
    rig.command(Command::Stop { id });
    let utterance = rig.finished();
    assert_eq!(utterance.samples[..8_000], [hum(5_000), hum(3_000)].concat());
    assert_eq!(utterance.interrupted, None);
    let asked = rig.microphone.asked.lock().unwrap();
    assert_eq!(*asked, [DeviceChoice::Default, DeviceChoice::Id(device("desk").id)]);
}

#[test]
fn a_device_that_does_not_come_back_is_replaced_by_the_default_visibly() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Fault(gone())]),
        Script::Refuse(gone()),
        Script::Open("head", vec![Step::Play(hum(3_000)), Step::Silence]),
    ]);
    let id = rig.start(1, DeviceChoice::Id(device("desk").id));
    rig.ready();
    let Event::Notice { notice, .. } = rig.next() else { panic!("no notice") };
    assert_eq!(notice, Notice::Moved { from: device("desk"), to: device("head") });
    rig.wait_for_spooled(id, 8_000);
    rig.command(Command::Stop { id });
    let utterance = rig.finished();
    assert_eq!(utterance.samples[..8_000], [hum(5_000), hum(3_000)].concat());
    assert_eq!(utterance.device, Some(device("head")));
}

#[test]
fn when_all_are_gone_what_was_heard_is_kept_with_one_message_and_the_next_dictation_works() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Fault(gone())]),
        Script::Refuse(CaptureError::NoSoundServer { reason: "refused".into() }),
        Script::Refuse(CaptureError::NoSoundServer { reason: "refused".into() }),
        Script::Open("desk", vec![Step::Play(hum(1_000)), Step::Silence]),
    ]);
    rig.start(1, DeviceChoice::Default);
    rig.ready();
    let utterance = rig.finished();
    assert_eq!(*utterance.samples, hum(5_000));
    assert_eq!(utterance.interrupted, Some(gone()), "the first failure is the one that matters");
    let id = rig.start(2, DeviceChoice::Default);
    rig.ready();
    rig.command(Command::Stop { id });
    assert_eq!(rig.finished().samples[..1_000], hum(1_000));
}

#[test]
fn letting_go_of_the_key_while_the_microphone_is_lost_gives_what_was_heard() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Pause(PACE * 5), Step::Fault(gone())]),
        Script::Hang,
    ]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    rig.wait_for_openings(2);
    rig.command(Command::Stop { id });
    let utterance = rig.finished();
    assert_eq!(*utterance.samples, hum(5_000));
    assert_eq!(utterance.interrupted, Some(gone()));
}

#[test]
fn no_microphone_is_said_with_its_remedy_and_the_next_dictation_tries_afresh() {
    let rig =
        Rig::new([Script::Refuse(CaptureError::NoMicrophone), Script::Open("desk", vec![Step::Play(hum(1_000))])]);
    rig.start(1, DeviceChoice::Default);
    let Event::Failed { error, .. } = rig.next() else { panic!("no failure") };
    assert_eq!(error, CaptureError::NoMicrophone);
    assert!(error.to_string().contains("plug one in"));
    rig.start(2, DeviceChoice::Default);
    rig.ready();
}

#[test]
fn a_chosen_device_that_is_not_there_is_replaced_visibly() {
    let rig = Rig::new([Script::Open("head", vec![Step::Play(hum(1_000))])]);
    rig.start(1, DeviceChoice::Id(device("desk").id));
    let Event::Notice { notice, .. } = rig.next() else { panic!("no notice") };
    assert_eq!(notice, Notice::ChosenDeviceMissing { used: device("head") });
    rig.ready();
}

#[test]
fn a_chosen_device_that_does_not_open_is_replaced() {
    let busy = CaptureError::Busy { device: "desk".into() };
    let rig = Rig::new([Script::Refuse(busy), Script::Open("head", vec![Step::Play(hum(1_000))])]);
    rig.start(1, DeviceChoice::Id(device("desk").id));
    rig.ready();
}

#[test]
fn a_microphone_that_hangs_while_opening_holds_up_nothing() {
    let rig = Rig::new([Script::Hang, Script::Hang, Script::Open("desk", vec![Step::Play(hum(1_000))])]);
    let first = rig.start(1, DeviceChoice::Default);
    rig.wait_for_openings(1);
    rig.command(Command::Stop { id: first });
    let utterance = rig.finished();
    assert!(utterance.samples.is_empty() && utterance.spans.is_empty() && utterance.spool.is_none());
    let second = rig.start(2, DeviceChoice::Default);
    rig.wait_for_openings(2);
    rig.command(Command::Cancel { id: second });
    rig.start(3, DeviceChoice::Default);
    rig.ready();
}

#[test]
fn a_microphone_that_gives_nothing_at_all_is_an_error() {
    let rig = Rig::new([Script::Open("desk", Vec::new())]);
    rig.start(1, DeviceChoice::Default);
    let Event::Failed { error, .. } = rig.next() else { panic!("no failure") };
    assert!(error.to_string().contains("desk gave no sound"), "{error}");
}

#[test]
fn a_stream_that_stops_without_an_error_is_noticed_and_reopened() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(1_000))]),
        Script::Open("desk", vec![Step::Play(hum(1_000))]),
    ]);
    rig.start(1, DeviceChoice::Default);
    rig.ready();
    let event = rig.next();
    assert!(matches!(event, Event::Notice { notice: Notice::Reopened { .. }, .. }), "{event:?}");
}

#[test]
fn a_muted_microphone_is_noticed_while_the_user_still_speaks() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(vec![0.0; 12_000]), Step::Play(vec![0.0; 1_000])])]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    let event = rig.next();
    assert!(matches!(event, Event::Notice { notice: Notice::OnlyZeros, .. }), "{event:?}");
    rig.command(Command::Stop { id });
    assert!(rig.finished().spans.is_empty());
}

#[test]
fn a_spool_that_fails_is_said_once_and_the_dictation_goes_on() {
    let scripts = vec![Step::Play(hum(1_000)), Step::Pause(PACE * 5), Step::Play(hum(1_000))];
    let rig = Rig::new([Script::Open("desk", scripts)]);
    let path = rig.folder.path().to_owned();
    rig.folder.close().unwrap();
    std::fs::write(&path, "in the way").unwrap();
    let id = DictationId::numbered(1);
    rig.worker.commands().send(Command::Start { id, settings: Settings::default() }).unwrap();
    assert!(matches!(next(&rig.events), Event::Ready { .. }));
    let event = next(&rig.events);
    assert!(matches!(event, Event::Notice { notice: Notice::SpoolFailed { .. }, .. }), "{event:?}");
    std::thread::sleep(PACE * 10);
    rig.worker.commands().send(Command::Stop { id }).unwrap();
    let utterance = finished(&rig.events);
    assert!(utterance.samples.len() >= 1_000 && utterance.spool.is_none());
    std::fs::remove_file(path).unwrap();
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
    assert!(unfinished(rig.folder.path()).unwrap().is_empty());
    assert!(rig.events.iter().all(|event| matches!(event, Event::Level { .. } | Event::Heard { .. })));
}

#[test]
fn shutting_down_leaves_the_recording_for_the_next_start() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(hum(5_000))])]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.wait_for_spooled(id, 5_000);
    drop(rig.worker);
    let left = unfinished(rig.folder.path()).unwrap();
    assert_eq!((left.len(), left[0].id), (1, id));
    let opened = left[0].open(&mut crate::capture::spool::tests::vault(rig.folder.path())).unwrap();
    assert_eq!((opened.note, opened.samples.len()), (json!("note"), 5_000));
}

#[test]
fn a_reader_that_sleeps_holds_up_nothing() {
    let microphone = Arc::new(Scripted::default());
    let steps = vec![Step::Play(hum(20_000)), Step::Pause(PACE * 10), Step::Play(hum(20_000))];
    microphone.scripts.lock().unwrap().push_back(Script::Open("desk", steps));
    let folder = tempfile::tempdir().unwrap();
    crate::vault::test_spool(folder.path());
    let (sender, events) = bounded(1);
    let voice = Box::new(Silero::new().unwrap());
    let worker = Worker::spawn(microphone, voice, Some(folder.path().to_owned()), sender).unwrap();
    let id = DictationId::numbered(1);
    worker.commands().send(Command::Start { id, settings: Settings::default() }).unwrap();
    let path = folder.path().join(format!("{id}.sealed"));
    while std::fs::metadata(&path).map_or(0, |file| file.len()) < 80_000 {
        std::thread::sleep(PACE);
    }
    worker.commands().send(Command::Stop { id }).unwrap();
    assert!(matches!(next(&events), Event::Ready { .. }));
    assert_eq!(finished(&events).samples.len(), 40_000);
}

#[test]
fn an_open_microphone_hears_the_moment_before_the_key() {
    // Each sample tells its place.
    let ramp: Vec<f32> = (0..320_000).map(|i| (i % 30_000) as f32 / 32_768.0 + 0.01).collect();
    let folder = tempfile::tempdir().unwrap();
    crate::vault::test_spool(folder.path());
    let (worker, events) = spawn(Arc::new(FileMicrophone::new(ramp, MONO)), folder.path().to_owned());
    worker.commands().send(Command::KeepOpen(Some(DeviceChoice::Default))).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let id = DictationId::numbered(1);
    worker.commands().send(Command::Start { id, settings: Settings::default() }).unwrap();
    assert!(matches!(next(&events), Event::Ready { after: Duration::ZERO, .. }));
    worker.commands().send(Command::Stop { id }).unwrap();
    let utterance = finished(&events);
    assert!(utterance.samples.len() >= 6_400, "only {} samples", utterance.samples.len());
    for pair in utterance.samples.windows(2) {
        let step = pair[1] - pair[0];
        assert!((step - 1.0 / 32_768.0).abs() < 1e-6 || step < -0.9, "a gap between the pre-roll and the rest");
    }
}
