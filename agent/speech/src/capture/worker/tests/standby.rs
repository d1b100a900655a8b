//! Between dictations: an open microphone, and one that is listened to for a voice.

use scout_core::dictation::{duration_of, samples_in};

use super::super::*;
use super::rig::*;
use super::spool::MemorySpool;
use crate::capture::file::FileMicrophone;
use crate::capture::{Standby, Utterance};
use crate::vad::spans;

fn watch() -> Command {
    let standby = Standby { device: DeviceChoice::Default, pre_roll: Duration::ZERO, watch: true };
    Command::StandBy(Some(standby))
}

fn by_voice(id: DictationId, end_after: Duration) -> Command {
    Command::Start { id, settings: Box::new(Settings { end_after: Some(end_after), ..Settings::default() }) }
}

#[test]
fn an_open_microphone_hears_the_moment_before_the_key() {
    // Each sample tells its place.
    let ramp: Vec<f32> = (0..320_000).map(|i| (i % 30_000) as f32 / 32_768.0 + 0.01).collect();
    let (worker, events) = spawn(Arc::new(FileMicrophone::new(ramp, MONO)), &MemorySpool::default());
    let pre_roll = Duration::from_millis(400);
    let standby = Standby { device: DeviceChoice::Default, pre_roll, watch: false };
    worker.commands().send(Command::StandBy(Some(standby))).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let id = DictationId::numbered(1);
    worker.commands().send(Command::Start { id, settings: Box::default() }).unwrap();
    assert!(matches!(next(&events), Event::Ready { after: Duration::ZERO, .. }));
    worker.commands().send(Command::Stop { id }).unwrap();
    let utterance = finished(&events);
    assert!(utterance.samples.len() >= 6_400, "only {} samples", utterance.samples.len());
    for pair in utterance.samples.windows(2) {
        let step = pair[1] - pair[0];
        assert!((step - 1.0 / 32_768.0).abs() < 1e-6 || step < -0.9, "a gap between the pre-roll and the rest");
    }
}

/// Where these samples are in the clip.
fn place_in(clip: &[f32], samples: &[f32]) -> Option<usize> {
    clip.windows(samples.len()).position(|window| window == samples)
}

fn wait_for_a_voice(events: &Receiver<Event>) {
    let event = next(events);
    assert!(matches!(event, Event::Voice), "{event:?}");
}

#[test]
fn a_voice_is_told_and_what_it_says_is_recorded_from_its_beginning_until_it_falls_silent() {
    let pause = Duration::from_millis(600);
    let quiet = |millis| vec![0.0002; samples_in(Duration::from_millis(millis))];
    let (one, two) = (recording("cards/005.wav"), recording("cards/001.wav"));
    let clip = [quiet(700), one, quiet(1_500), two, quiet(1_500)].concat();
    let said = spans(&clip).unwrap();
    let spool = MemorySpool::default();
    let (worker, events) = spawn(Arc::new(FileMicrophone::new(clip.clone(), MONO)), &spool);
    worker.commands().send(watch()).unwrap();
    let mut heard: Vec<Utterance> = Vec::new();
    for number in 1..=2 {
        wait_for_a_voice(&events);
        assert_eq!(spool.left().len(), heard.len(), "nothing is kept before a dictation");
        worker.commands().send(by_voice(DictationId::numbered(number), pause)).unwrap();
        let event = next(&events);
        assert!(matches!(event, Event::Ready { after: Duration::ZERO, .. }), "{event:?}");
        heard.push(finished(&events));
    }
    for (utterance, expected) in heard.iter().zip([&said[..said.len() - 1], &said[said.len() - 1..]]) {
        let begin = place_in(&clip, &utterance.samples).expect("what was played, without a gap");
        let (first, last) = (expected.first().unwrap(), expected.last().unwrap());
        assert!(begin + samples_in(Duration::from_millis(100)) < first.start, "{begin}, {first:?}");
        let silence = duration_of(begin + utterance.length - last.end);
        assert!((pause / 2..pause + PACE * 10).contains(&silence), "{silence:?} after the last word");
    }
}

#[test]
fn a_recording_that_was_taken_over_is_not_ended_by_silence() {
    let spoken = recording("cards/001.wav");
    let rig = Rig::new([Script::Open("desk", vec![Step::Play(spoken), Step::Silence])]);
    let id = DictationId::numbered(1);
    rig.command(by_voice(id, Duration::from_millis(300)));
    rig.command(Command::HoldOn { id });
    rig.ready();
    rig.wait_for_spooled(id, samples_in(Duration::from_secs(4)));
    assert!(rig.events.try_iter().all(|event| !matches!(event, Event::Finished { .. })));
    rig.command(Command::Stop { id });
    assert!(rig.finished().length >= samples_in(Duration::from_secs(4)));
}

#[test]
fn a_microphone_that_fails_while_it_is_listened_to_is_opened_again_and_told_if_in_vain() {
    let spoken = recording("cards/001.wav");
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Fault(gone())]),
        Script::Refuse(gone()),
        Script::Open("desk", vec![Step::Play(spoken), Step::Fault(gone())]),
    ]);
    rig.command(watch());
    assert!(matches!(rig.next(), Event::Voice));
    let event = rig.next();
    assert!(matches!(event, Event::Deaf { .. }), "{event:?}");
    // And the next dictation tries afresh.
    rig.microphone.scripts.lock().unwrap().push_back(Script::Open("desk", vec![Step::Play(hum(1_000))]));
    rig.start(1, DeviceChoice::Default);
    rig.ready();
}

/// Which microphone is open between dictations now.
fn open_now(rig: &Rig) -> Option<Device> {
    match rig.events.recv_timeout(PATIENCE).expect("an event") {
        Event::Open { device } => device,
        event => panic!("{event:?}"),
    }
}

#[test]
fn an_open_microphone_that_is_lost_or_superseded_is_replaced_and_named() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(1_000)), Step::Fault(gone())]),
        Script::Open("head", vec![Step::Play(hum(1_000)), Step::Supersede]),
        Script::Open("table", vec![Step::Play(hum(1_000)), Step::Silence]),
    ]);
    let standby = Standby { device: DeviceChoice::Default, pre_roll: Duration::ZERO, watch: false };
    rig.command(Command::StandBy(Some(standby)));
    for name in ["desk", "head", "table"] {
        assert_eq!(open_now(&rig), Some(device(name)));
    }
    let id = rig.start(1, DeviceChoice::Default);
    rig.ready();
    rig.command(Command::Stop { id });
    assert_eq!(rig.finished().device, Some(device("table")));
}

#[test]
fn a_dictation_stays_with_its_microphone_when_another_would_be_opened_now() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(1_000)), Step::Supersede, Step::Play(hum(1_000)), Step::Silence]),
        Script::Open("head", vec![Step::Play(hum(1_000)), Step::Silence]),
    ]);
    for (number, name) in [(1, "desk"), (2, "head")] {
        let id = rig.start(number, DeviceChoice::Default);
        rig.ready();
        rig.wait_for_spooled(id, 1_000);
        rig.command(Command::Stop { id });
        assert_eq!(rig.finished().device, Some(device(name)));
    }
}

#[test]
fn a_microphone_that_nobody_listens_to_any_more_is_closed() {
    let rig = Rig::new([Script::Open("desk", vec![Step::Silence]), Script::Open("desk", vec![Step::Play(hum(1_000))])]);
    rig.command(watch());
    rig.wait_for_openings(1);
    rig.command(Command::StandBy(None));
    rig.start(1, DeviceChoice::Default);
    rig.wait_for_openings(2);
    rig.ready();
}
