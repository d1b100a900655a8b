use scout_platform::NotifyError;

use super::*;

fn all() -> Vec<Notice> {
    let reason = || "the thing failed: do this.".to_owned();
    vec![
        Notice::NoMicrophone,
        Notice::MicrophoneFailed { reason: reason() },
        Notice::MicrophoneLost { replacement: None },
        Notice::MicrophoneLost { replacement: Some("Headset".into()) },
        Notice::ChosenMicrophoneMissing { used: "Headset".into() },
        Notice::ChosenMicrophoneFailed { reason: reason(), used: "Headset".into() },
        Notice::MicrophoneMuted { name: "Headset".into() },
        Notice::SoundServerFailed { reason: "the sound server has ended".into(), kept: true },
        Notice::SoundServerFailed { reason: "no answer within 2 s".into(), kept: false },
        Notice::MicrophoneInterrupted { reason: "the machine was too busy".into() },
        Notice::MicrophoneSilent { name: "Headset".into() },
        Notice::HandsFreeOver { silence: Duration::from_mins(5) },
        Notice::HandsFreeFailed { reason: reason() },
        Notice::ModelMissing { name: "tiny.en".into() },
        Notice::ModelFailed { reason: reason() },
        Notice::TranscriptionFailed { reason: reason(), kept: true },
        Notice::TranscriptionFailed { reason: reason(), kept: false },
        Notice::TextHeld { reason: reason() },
        Notice::TypingFailed { reason: reason() },
        Notice::KeyNotPressed { reason: "the thing failed".into() },
        Notice::NotUndone { reason: reason() },
        Notice::HistoryFailing { reason: reason() },
        Notice::SpoolFailing { reason: reason() },
        Notice::CommandFailed { reason: reason() },
        Notice::Recoverable { count: 1 },
        Notice::Recoverable { count: 2 },
        Notice::NoKeys { reason: reason() },
        Notice::KeyShared { reason: reason() },
        Notice::NoKeychain { reason: reason() },
        Notice::NoTray(NoTray::NoDisplay),
        Notice::ConfigurationRefused { reason: reason(), in_force: InForce::LastGood },
        Notice::PartFailed { part: "transcriber".into(), kept: false },
        Notice::PartFailed { part: "recording".into(), kept: true },
        Notice::Ended,
    ]
}

#[test]
fn every_notice_has_a_short_title_and_says_more_in_its_body() {
    for notice in all() {
        let Message { title, body } = notice.message();
        assert!(title.len() < 45 && !title.ends_with('.'), "{title}");
        assert!(body.len() > title.len() / 2 && !body.contains(".."), "{body}");
        assert!(!body.starts_with(char::is_lowercase), "{body}");
    }
}

#[test]
fn what_is_kept_is_said_and_how_to_get_it() {
    for (notice, remedy) in [
        (Notice::TextHeld { reason: "The focus moved".into() }, "paste-last"),
        (Notice::TypingFailed { reason: "The window is gone".into() }, "paste-last"),
        (Notice::TranscriptionFailed { reason: "The model failed".into(), kept: true }, "history recover"),
        (Notice::Recoverable { count: 1 }, "history recover"),
        (Notice::MicrophoneLost { replacement: None }, "Nothing heard so far is lost"),
        (Notice::ModelMissing { name: "base".into() }, "models list"),
    ] {
        assert!(notice.message().body.contains(remedy), "{notice:?}");
    }
}

#[test]
fn the_same_is_said_once_and_again_after_a_while() {
    let (mut shown, start) = (Shown::default(), Instant::now());
    let (lost, missing) = (Notice::NoMicrophone.message(), Notice::ModelMissing { name: "base".into() }.message());
    assert!(shown.is_news(&lost, start));
    assert!(!shown.is_news(&lost, start + QUIET_FOR / 2), "the same");
    assert!(shown.is_news(&missing, start + QUIET_FOR / 2), "something else");
    assert!(shown.is_news(&lost, start + QUIET_FOR), "after a while, counted from when it was shown");
}

#[test]
fn a_failing_notification_service_does_not_end_the_thread() {
    struct Failing(Sender<String>);
    impl Notifier for Failing {
        fn check(&mut self) -> Result<(), NotifyError> {
            Ok(())
        }

        fn notify(&mut self, title: &str, _: &str) -> Result<(), NotifyError> {
            self.0.send(title.to_owned()).unwrap();
            Err(NotifyError::Absent { reason: "none".into() })
        }
    }
    let (sender, tried) = bounded(4);
    let notices = Notices::start(Box::new(Failing(sender))).unwrap();
    notices.tell(Notice::NoMicrophone);
    notices.tell(Notice::NoMicrophone);
    notices.tell(Notice::Recoverable { count: 1 });
    drop(notices);
    assert_eq!(tried.iter().collect::<Vec<_>>(), ["No microphone", "A dictation was interrupted"]);
}
