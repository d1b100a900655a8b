//! Microphones that fail, go away, come back, or give nothing.

use super::super::*;
use super::rig::*;
use crate::capture::worker::link::UNHEARD_LIMIT;

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
fn a_device_that_takes_the_place_of_a_lost_one_is_reported_once_as_such() {
    let rig = Rig::new([
        Script::Open("desk", vec![Step::Play(hum(5_000)), Step::Fault(gone())]),
        Script::Open("head", vec![Step::Play(hum(1_000)), Step::Silence]),
    ]);
    let id = rig.start(1, DeviceChoice::Id(device("desk").id));
    rig.ready();
    let Event::Notice { notice, .. } = rig.next() else { panic!("no notice") };
    assert_eq!(notice, Notice::Moved { from: device("desk"), to: device("head") });
    rig.command(Command::Stop { id });
    rig.finished();
}

#[test]
fn who_speaks_in_vain_is_told_when_they_let_go() {
    let rig = Rig::new([Script::Hang]);
    let id = rig.start(1, DeviceChoice::Default);
    rig.wait_for_openings(1);
    std::thread::sleep(UNHEARD_LIMIT);
    rig.command(Command::Stop { id });
    let Event::Failed { error, .. } = rig.next() else { panic!("no failure") };
    assert!(matches!(error, CaptureError::NoSoundServer { .. }), "{error:?}");
}

#[test]
fn a_chosen_device_that_does_not_open_is_replaced_visibly() {
    let busy = CaptureError::Busy { device: "desk".into() };
    let rig = Rig::new([Script::Refuse(busy.clone()), Script::Open("head", vec![Step::Play(hum(1_000))])]);
    rig.start(1, DeviceChoice::Id(device("desk").id));
    let Event::Notice { notice, .. } = rig.next() else { panic!("no notice") };
    assert_eq!(notice, Notice::ChosenDeviceFailed { error: busy, used: device("head") });
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
