//! The table of words: one row for each trouble.

use scout_core::delivery::HoldReason;
use scout_core::session::Notification;

use super::{Effect, Fault, Notice, Part, Trouble};
use Effect::{Advice, NothingWorks, Once, WithoutPart};
use scout_speech::capture::{self, CaptureError};
use scout_speech::models::StoreError;
use scout_speech::transcribe::LoadError;

/// Where a recording ended early.
const IS_TRANSCRIBED: &str = "Nothing heard so far is lost: it is being transcribed.";

/// Where a text is kept.
const DELIVER_HERE: &str = "choose \u{201c}Deliver here\u{201d} in the tray, or run `scout ctl paste-last`";

/// Where a part does not come back by itself.
const RESTART: &str = "Restart Scout: run `scout ctl quit`, then `scout run`.";

impl Trouble {
    /// The trouble in words, with what is to be shown of it.
    #[allow(clippy::too_many_lines)] // a table: one row for each trouble
    pub fn notice(&self) -> Notice {
        let (part, effect, title, body) = match self {
            Self::NotHeard { error: CaptureError::Crashed, kept } => {
                return Self::Restarted { part: Part::Recording, fault: Fault::Panicked, kept: *kept }.notice();
            }
            Self::NotHeard { error: CaptureError::NoMicrophone, kept: false } => (
                Part::Microphone,
                NothingWorks,
                "No microphone",
                "Plug one in, or choose another under \u{201c}Microphone\u{201d} in the tray. `scout doctor` lists what is \
                 found."
                    .to_owned(),
            ),
            Self::NotHeard { error: CaptureError::NoMicrophone | CaptureError::Lost { .. }, kept: true } => (
                Part::Microphone,
                NothingWorks,
                "The microphone was disconnected",
                format!("{IS_TRANSCRIBED} Plug the microphone in again before the next dictation."),
            ),
            Self::NotHeard { error: CaptureError::NoSoundServer { reason }, kept } => {
                let kept = if *kept { format!(" {IS_TRANSCRIBED}") } else { String::new() };
                (
                    Part::SoundServer,
                    NothingWorks,
                    "The sound system does not answer",
                    format!(
                        "No microphone can be heard, because {reason}.{kept} Restart PipeWire or PulseAudio before the next \
                         dictation: run `systemctl --user restart pipewire pipewire-pulse`, or `systemctl --user restart \
                         pulseaudio`."
                    ),
                )
            }
            Self::NotHeard { error: error @ CaptureError::AlreadyListening, .. } => {
                (Part::Recording, Once, "The dictation did not begin", error.to_string())
            }
            Self::NotHeard { error, kept: true } => (
                Part::Microphone,
                NothingWorks,
                "The microphone does not work",
                format!("{IS_TRANSCRIBED} But {error}"),
            ),
            Self::NotHeard { error, kept: false } => {
                (Part::Microphone, NothingWorks, "The microphone does not work", error.to_string())
            }
            Self::Recording { notice, device } => recording(notice, device.as_deref()),
            Self::HandsFreeFailed(error) => {
                let part = match error {
                    CaptureError::NoSoundServer { .. } => Part::SoundServer,
                    _ => Part::Microphone,
                };
                (part, NothingWorks, "Hands-free mode is off", error.to_string())
            }
            Self::NoModel(error) => {
                let title = match **error {
                    LoadError::Store(StoreError::Missing { .. } | StoreError::Unknown { .. }) => "No speech model",
                    _ => "The speech model cannot be used",
                };
                let body = format!("{error}. `scout models list` shows which models there are.");
                (Part::Model, NothingWorks, title, body)
            }
            Self::ModelNotChanged(error) => (Part::Model, Once, "The speech model was not changed", error.to_string()),
            Self::Dictation(notification) => dictation(notification),
            Self::NotRewritten(error) => (
                Part::Rewriting,
                WithoutPart,
                "Texts are not rewritten",
                format!("{error}. Until then, texts are delivered as they were composed."),
            ),
            Self::LogFailing(error) => (
                Part::Log,
                WithoutPart,
                "Dictations are not being logged",
                format!("Dictation goes on. {}", capitalised(&error.to_string())),
            ),
            Self::LogSealed(error) => (
                Part::Log,
                WithoutPart,
                "The log cannot be opened",
                format!(
                    "Dictation goes on, and what you say is kept encrypted until it can. {}",
                    capitalised(&error.to_string())
                ),
            ),
            Self::LogNews(news) => {
                (Part::Log, Once, "The log", format!("{news}. `scout history status` shows how the log is now."))
            }
            Self::OverLimits(count, None) => (
                Part::Limits,
                Advice,
                "Dictations are over a limit",
                format!(
                    "{count} dictations are over a limit of the log, and are kept until you agree: `scout history limits` shows \
                     them."
                ),
            ),
            Self::OverLimits(count, Some(doubt)) => (
                Part::Limits,
                WithoutPart,
                "Old dictations are kept",
                format!(
                    "{count} dictations are over a limit of the log, and are kept until you agree, because {doubt}: `scout \
                     history limits` shows them."
                ),
            ),
            Self::NoBackup(error) => (Part::Backups, WithoutPart, "The log was not copied", error.to_string()),
            Self::NoKeychain => (
                Part::Keychain,
                Advice,
                "No keychain",
                "No keychain answered, so the key of the log lies in a file that only you can read: with a keychain, `scout \
                 history key move keychain` puts it there."
                    .to_owned(),
            ),
            Self::Recoverable(1) => (
                Part::Spool,
                Once,
                "A dictation was interrupted",
                "Its recording is safe: `scout history recover` turns it into text.".to_owned(),
            ),
            Self::Recoverable(count) => (
                Part::Spool,
                Once,
                "Dictations were interrupted",
                format!("{count} recordings are safe: `scout history recover` turns them into text."),
            ),
            Self::NoKeys(error) => (Part::Keyboard, WithoutPart, "The dictation key is not heard", error.to_string()),
            Self::KeyShared(error) => {
                (Part::KeyGrab, WithoutPart, "Applications see the dictation key too", error.to_string())
            }
            Self::NoTray(why) => (Part::Tray, WithoutPart, "No tray icon", why.to_string()),
            Self::ConfigurationRefused { error, in_force } => (
                Part::Configuration,
                WithoutPart,
                "The configuration was not taken over",
                format!("{error}. Until this is corrected and saved, {in_force}."),
            ),
            Self::ConfigurationNotWatched(error) => (
                Part::ConfigurationWatch,
                WithoutPart,
                "Changes of the configuration are not noticed",
                error.to_string(),
            ),
            Self::SettingNotSaved(error) => {
                (Part::Configuration, Once, "The setting was not saved", format!("{error}. Then choose it again."))
            }
            Self::ProgramNotStarted { program, error } => (
                Part::Programs,
                Once,
                "A command was not carried out",
                format!("`{program}` cannot be started ({error}): check the command in your configuration."),
            ),
            Self::Restarted { part, fault, kept } => {
                let (title, what) = match fault {
                    Fault::Panicked => ("A part of Scout failed", "ended unexpectedly"),
                    Fault::Hung => ("A part of Scout did not answer", "did not answer any more"),
                };
                let kept = match (part, fault, kept) {
                    (_, _, true) => format!(" {IS_TRANSCRIBED}"),
                    (Part::Recording, Fault::Hung, false) => " What was heard of a dictation under way is on disk: restart \
                         Scout, then `scout history recover` turns it into text."
                        .to_owned(),
                    _ => String::new(),
                };
                let body = format!("The {part} {what} and was started again.{kept} If this comes back, run `scout doctor`.");
                (*part, Once, title, body)
            }
            Self::Died(part) => {
                let effect = match part {
                    Part::Recording | Part::Recognition | Part::Delivery => NothingWorks,
                    _ => WithoutPart,
                };
                let body = format!("The {part} failed several times. {RESTART} Nothing that was said is lost.");
                (*part, effect, "A part of Scout does not work", body)
            }
            Self::Ended => (
                Part::Scout,
                NothingWorks,
                "Scout has stopped",
                "It met a fault of its own. Where it runs as a service it starts again by itself; otherwise start it again. What \
                 was being dictated is kept: `scout history recover` turns it into text."
                    .to_owned(),
            ),
        };
        Notice { part, effect, title, body: as_sentences(&body) }
    }
}

type Row = (Part, Effect, &'static str, String);

/// What happened while the recording went on.
fn recording(notice: &capture::Notice, device: Option<&str>) -> Row {
    match notice {
        capture::Notice::ChosenDeviceMissing { used } => (
            Part::Microphone,
            Once,
            "Your microphone is not there",
            format!(
                "The microphone that you have chosen is not connected, or is no microphone but what a loudspeaker plays, so {} \
                 is used. Connect yours, or choose another under \u{201c}Microphone\u{201d} in the tray.",
                used.name
            ),
        ),
        capture::Notice::ChosenDeviceFailed { error, used } => (
            Part::Microphone,
            Once,
            "Your microphone does not work",
            format!("The microphone that you have chosen does not open: {error}. {} is used for now.", used.name),
        ),
        capture::Notice::Muted { name } => (
            Part::Microphone,
            Once,
            "The microphone is muted",
            format!(
                "What you say while it is muted is not heard. Unmute {name} in the sound settings, or press the key for it on \
                 your keyboard or headset."
            ),
        ),
        capture::Notice::Moved { to, .. } => (
            Part::Microphone,
            Once,
            "The microphone was disconnected",
            format!("Nothing heard so far is lost. Recording goes on with {}. Plug yours in again to use it.", to.name),
        ),
        capture::Notice::OnlyZeros => (
            Part::Microphone,
            Once,
            "The microphone is silent",
            format!(
                "{} delivers no sound at all: check that it is switched on and not muted.",
                device.unwrap_or("The microphone")
            ),
        ),
        capture::Notice::SpoolFailed { reason } => (
            Part::Spool,
            Once,
            "Recordings are not saved as they come",
            format!("Dictation goes on, but a crash would lose what is being said. {}", capitalised(reason)),
        ),
        notice @ (capture::Notice::Reopened { .. } | capture::Notice::Overrun) => (
            Part::Recording,
            Once,
            "Some words may be missing",
            format!("{notice}. Please check the text, and repeat what is missing."),
        ),
    }
}

/// What became of a dictation.
fn dictation(notification: &Notification) -> Row {
    match notification {
        Notification::Held { reason: HoldReason::Failed, problem } => (
            Part::Delivery,
            Once,
            "Your text was not typed",
            format!("{}. It is kept: {DELIVER_HERE}.", problem.as_deref().unwrap_or("Typing stopped working")),
        ),
        Notification::Held { reason, .. } => {
            (Part::Delivery, Once, "Your text is waiting", format!("{reason}. Where you want it, {DELIVER_HERE}."))
        }
        Notification::KeyNotPressed(reason) => (
            Part::Delivery,
            Once,
            "A key was not pressed",
            format!("{reason}. What was to follow the text, such as Enter, is left to you: press it yourself."),
        ),
        Notification::NotTranscribed { reason, kept: false } => (
            Part::Recognition,
            Once,
            "What you said was not transcribed",
            format!("{reason}. Nothing is kept of it, since it was for a password field: say or type it again."),
        ),
        Notification::NotTranscribed { reason, kept: true } => (
            Part::Recognition,
            Once,
            "What you said was not transcribed",
            format!("{reason}. The recording is kept: `scout history recover` tries again."),
        ),
        Notification::NotUndone(reason) => (
            Part::Delivery,
            Once,
            "The text was not taken back",
            format!("{reason}. Remove it yourself where it is not wanted."),
        ),
        Notification::NotRewritten => (
            Part::Rewriting,
            WithoutPart,
            "The language model was not asked",
            format!("The text is delivered as it was composed. {RESTART}"),
        ),
        Notification::HandsFreeOver(silence) => (
            Part::HandsFree,
            Once,
            "Hands-free mode is off",
            format!(
                "Nobody has spoken for {} min, so the microphone was closed. Turn it on again in the tray, or run `scout ctl \
                 hands-free`.",
                silence.as_secs() / 60
            ),
        ),
    }
}

/// Reasons come as sentences and as parts of one: with and without a capital letter and a full stop.
fn as_sentences(text: &str) -> String {
    let mut text = capitalised(text).replace(".. ", ". ").replace("?. ", "? ");
    while text.ends_with(['.', ' ']) {
        text.pop();
    }
    if !text.ends_with(['?', '!']) {
        text.push('.');
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

#[cfg(test)]
mod tests;
