use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use scout_core::microphone::DeviceId;
use scout_core::session::NotUndone;
use scout_platform::tray_host::TrayHostError;
use scout_platform::{GrabError, HookError};

use super::*;
use crate::config::ConfigError;
use crate::config::edit::EditError;
use crate::config::last_good::InForce;
use crate::config::watch::WatchError;
use crate::rewriter::RewriteError;
use crate::ui::NoTray;
use scout_log::history::{Doubt, HistoryError, News};
use scout_speech::capture::Device;
use scout_speech::transcribe::SubmitError;

/// What the user is told to do, in one of these words.
const REMEDIES: [&str; 22] = [
    "finish ",
    "run `",
    "`scout ",
    "plug",
    "choose",
    "check",
    "restart",
    "start ",
    "close ",
    "permit",
    "free ",
    "connect ",
    "make room",
    "repeat",
    "press ",
    "remove it",
    "corrected",
    "say or type",
    "release",
    "bind a key",
    "save",
    "raise",
];

fn device(name: &str) -> Device {
    Device { id: DeviceId(name.into()), name: name.into(), is_default: false }
}

fn not_heard() -> Vec<Trouble> {
    let headset = || "Headset".to_owned();
    let server = |reason: &str| CaptureError::NoSoundServer { reason: reason.to_owned() };
    let waited = Duration::from_secs(3);
    let errors = [
        (CaptureError::NoMicrophone, false),
        (CaptureError::NoMicrophone, true),
        (server("the sound server has ended"), true),
        (server("no answer within 2 s"), false),
        (CaptureError::Denied { reason: "the portal refused".into() }, false),
        (CaptureError::Busy { device: headset() }, false),
        (CaptureError::Lost { device: headset() }, false),
        (CaptureError::NoSamples { device: headset(), waited }, false),
        (CaptureError::NoSamples { device: headset(), waited }, true),
        (CaptureError::Unusable { device: headset(), reason: "it has no channels".into() }, false),
        (CaptureError::AlreadyListening, false),
        (CaptureError::Crashed, false),
        (CaptureError::Crashed, true),
        (CaptureError::NoThread { reason: "limit".into() }, false),
    ];
    errors.into_iter().map(|(error, kept)| Trouble::NotHeard { error, kept }).collect()
}

fn while_recording() -> Vec<Trouble> {
    use scout_speech::capture::Notice;
    let notices = [
        Notice::ChosenDeviceMissing { used: device("Desk") },
        Notice::ChosenDeviceFailed { error: CaptureError::Busy { device: "Headset".into() }, used: device("Desk") },
        Notice::Muted { name: "Headset".into() },
        Notice::Reopened { device: device("Headset") },
        Notice::Moved { from: device("Headset"), to: device("Desk") },
        Notice::OnlyZeros,
        Notice::Overrun,
        Notice::SpoolFailed { reason: "the disk is full: make room on it".into() },
    ];
    notices.into_iter().map(|notice| Trouble::Recording { notice, device: Some("Headset".into()) }).collect()
}

fn of_dictations() -> Vec<Trouble> {
    let notifications = [
        Notification::Held { reason: HoldReason::Failed, problem: Some("the window is gone".into()) },
        Notification::Held { reason: HoldReason::Failed, problem: None },
        Notification::Held { reason: HoldReason::FocusMoved, problem: None },
        Notification::Held { reason: HoldReason::Locked, problem: None },
        Notification::KeyNotPressed("The screen is locked".into()),
        Notification::NotTranscribed { reason: "the model failed".into(), kept: true },
        Notification::NotTranscribed { reason: "the model failed".into(), kept: false },
        Notification::NotUndone(NotUndone::Failed("keys cannot be pressed".into())),
        Notification::NotRewritten,
        Notification::HandsFreeOver(Duration::from_mins(5)),
    ];
    notifications.into_iter().map(Trouble::Dictation).collect()
}

fn of_parts() -> Vec<Trouble> {
    let parts =
        [Part::Recording, Part::Recognition, Part::Delivery, Part::Focus, Part::Field, Part::Log, Part::Overlay];
    let more = [Part::Sounds, Part::Notifications];
    let restarted = |part| [Fault::Panicked, Fault::Hung].map(|fault| Trouble::Restarted { part, fault, kept: false });
    parts.into_iter().chain(more).flat_map(|part| restarted(part).into_iter().chain([Trouble::Died(part)])).collect()
}

fn others() -> Vec<Trouble> {
    let model = |error| Trouble::NoModel(Arc::new(error));
    let path = || PathBuf::from("/log");
    vec![
        Trouble::HandsFreeFailed(CaptureError::NoMicrophone),
        model(LoadError::Store(StoreError::Missing {
            name: "tiny.en".into(),
            dir: "models".into(),
            remedy: "run `make model`".into(),
        })),
        model(LoadError::Refused { path: "model.bin".into(), reason: "no memory".into() }),
        Trouble::ModelNotChanged(SubmitError::Busy),
        Trouble::ModelNotChanged(SubmitError::Gone),
        Trouble::NotRewritten(RewriteError::NoKey { host: "example.org".into() }),
        Trouble::LogFailing(HistoryError::DiskFull { path: path() }),
        Trouble::LogSealed(HistoryError::Locked { path: path() }),
        Trouble::LogNews(News::Encrypted),
        Trouble::OverLimits(20, None),
        Trouble::OverLimits(20, Some(Doubt::Jumped(30))),
        Trouble::NoBackup(HistoryError::DiskFull { path: path() }),
        Trouble::NoKeychain,
        Trouble::Recoverable(1),
        Trouble::Recoverable(2),
        Trouble::NoKeys(HookError::Interrupted { service: "KDE's service for shortcuts" }),
        Trouble::KeyShared(GrabError::Taken { chord: "F9".parse().unwrap() }),
        Trouble::NoTray(NoTray::NoDisplay),
        Trouble::NoTray(NoTray::NoSessionBus { reason: "no address".into() }),
        Trouble::NoTray(NoTray::NoHost(TrayHostError::NoHost)),
        Trouble::ConfigurationRefused { error: ConfigError::Invalid(Vec::new()), in_force: InForce::LastGood },
        Trouble::ConfigurationNotWatched(WatchError::Limit),
        Trouble::SettingNotSaved(EditError::Unwritable { path: path(), source: io::Error::other("no") }),
        Trouble::ProgramNotStarted { program: "firefox".into(), error: io::Error::other("no such file") },
        Trouble::Ended,
    ]
}

fn all() -> Vec<Trouble> {
    [not_heard(), while_recording(), of_dictations(), of_parts(), others()].into_iter().flatten().collect()
}

/// A number for each kind of trouble. One that is new has to be given a number, and an example above.
fn number(trouble: &Trouble) -> usize {
    match trouble {
        Trouble::NotHeard { .. } => 0,
        Trouble::Recording { .. } => 1,
        Trouble::HandsFreeFailed(_) => 2,
        Trouble::NoModel(_) => 3,
        Trouble::ModelNotChanged(_) => 4,
        Trouble::Dictation(_) => 5,
        Trouble::NotRewritten(_) => 6,
        Trouble::LogFailing(_) => 7,
        Trouble::LogSealed(_) => 8,
        Trouble::LogNews(_) => 9,
        Trouble::OverLimits(..) => 10,
        Trouble::NoBackup(_) => 11,
        Trouble::NoKeychain => 12,
        Trouble::Recoverable(_) => 13,
        Trouble::NoKeys(_) => 14,
        Trouble::KeyShared(_) => 15,
        Trouble::NoTray(_) => 16,
        Trouble::ConfigurationRefused { .. } => 17,
        Trouble::ConfigurationNotWatched(_) => 18,
        Trouble::SettingNotSaved(_) => 19,
        Trouble::ProgramNotStarted { .. } => 20,
        Trouble::Restarted { .. } => 21,
        Trouble::Died(_) => 22,
        Trouble::Ended => 23,
    }
}

#[test]
fn every_trouble_has_words_of_its_own_and_says_what_to_do() {
    let mut words = BTreeSet::new();
    for trouble in all() {
        let Notice { title, body, .. } = trouble.notice();
        assert!(title.len() < 45 && !title.ends_with('.'), "{title}");
        assert!(body.len() > title.len() / 2 && body.ends_with(['.', '?', '!']) && !body.contains(".."), "{body}");
        assert!(!body.starts_with(char::is_lowercase), "{body}");
        let lower = body.to_lowercase();
        assert!(REMEDIES.iter().any(|remedy| lower.contains(remedy)), "{title}: {body}");
        // That one is the other one, which the capture thread tells in its own way.
        let is_same = matches!(&trouble, Trouble::NotHeard { error: CaptureError::Crashed, kept: false });
        assert!(
            words.insert((title, body.clone())) || matches!(trouble, Trouble::Restarted { .. }) || is_same,
            "{body}"
        );
    }
    let numbers: BTreeSet<usize> = all().iter().map(number).collect();
    assert_eq!(numbers, (0..=23).collect(), "each kind of trouble has an example");
}

#[test]
fn each_trouble_of_the_microphone_is_told_from_the_others() {
    let lost = || CaptureError::Lost { device: "Headset".into() };
    let server = || CaptureError::NoSoundServer { reason: "the sound server has ended".into() };
    for (error, kept, part, title, remedy) in [
        (server(), true, Part::SoundServer, "The sound system does not answer", "Nothing heard so far is lost"),
        (server(), false, Part::SoundServer, "The sound system does not answer", "systemctl --user restart"),
        (CaptureError::NoMicrophone, false, Part::Microphone, "No microphone", "Plug one in"),
        (
            CaptureError::NoMicrophone,
            true,
            Part::Microphone,
            "The microphone was disconnected",
            "Plug the microphone in",
        ),
        (lost(), true, Part::Microphone, "The microphone was disconnected", "Nothing heard so far is lost"),
        (lost(), false, Part::Microphone, "The microphone does not work", "plug it in again"),
        (CaptureError::Crashed, true, Part::Recording, "A part of Scout failed", "Nothing heard so far is lost"),
        (CaptureError::Crashed, false, Part::Recording, "A part of Scout failed", "`scout doctor`"),
    ] {
        let notice = Trouble::NotHeard { error, kept }.notice();
        assert_eq!((notice.part, notice.title), (part, title), "{notice:?}");
        assert!(notice.body.contains(remedy), "{notice:?}");
    }
    let titles: Vec<&str> = while_recording().iter().map(|trouble| trouble.notice().title).collect();
    assert_eq!(
        titles,
        [
            "Your microphone is not there",
            "Your microphone does not work",
            "The microphone is muted",
            "Some words may be missing",
            "The microphone was disconnected",
            "The microphone is silent",
            "Some words may be missing",
            "Recordings are not saved as they come",
        ]
    );
}

#[test]
fn what_is_kept_is_said_and_how_to_get_it() {
    for (notification, remedy) in [
        (Notification::Held { reason: HoldReason::FocusMoved, problem: None }, "paste-last"),
        (Notification::Held { reason: HoldReason::Failed, problem: Some("The window is gone".into()) }, "paste-last"),
        (Notification::NotTranscribed { reason: "The model failed".into(), kept: true }, "history recover"),
    ] {
        let body = Trouble::Dictation(notification).notice().body;
        assert!(body.contains(remedy), "{body}");
    }
}

#[test]
fn no_dictation_succeeds_without_ears_words_or_hands_and_any_other_part_is_missed_alone() {
    for trouble in all() {
        let notice = trouble.notice();
        let lasts = matches!(notice.effect, NothingWorks | WithoutPart);
        let is_needed = matches!(
            notice.part,
            Part::Microphone
                | Part::SoundServer
                | Part::Recording
                | Part::Model
                | Part::Recognition
                | Part::Delivery
                | Part::Scout
        );
        assert!(!lasts || (notice.effect == NothingWorks) == is_needed, "{notice:?}");
    }
}
