//! What the user must be told, in words, and the thread that says it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use scout_platform::Notifier;

use super::NoTray;
use crate::config::last_good::InForce;

/// Notices that wait while the notification service is slow. Each is for a human, who cannot read more at a time; when it is
/// full, the newest is only logged.
const WAITING_MAX: usize = 8;

/// The same notice is not shown again within this time: a failing device reports itself through several rooms, and the user
/// wants one clear message.
const QUIET_FOR: Duration = Duration::from_secs(10);

/// Something that the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// There is no microphone to record from.
    NoMicrophone,
    /// The microphone cannot be opened.
    MicrophoneFailed {
        /// What the system said, with its remedy.
        reason: String,
    },
    /// The microphone went away while listening. What was heard is kept.
    MicrophoneLost {
        /// The one that recording goes on with.
        replacement: Option<String>,
    },
    /// The chosen microphone is not there, so that another one is used.
    ChosenMicrophoneMissing {
        /// The one that is used.
        used: String,
    },
    /// The chosen microphone does not open: another one is used.
    ChosenMicrophoneFailed {
        /// Why, with the remedy.
        reason: String,
        /// The one that is used.
        used: String,
    },
    /// The microphone is muted in the system's sound settings.
    MicrophoneMuted {
        /// The microphone.
        name: String,
    },
    /// The sound server has ended, or does not answer.
    SoundServerFailed {
        /// What it does instead of answering.
        reason: String,
        /// Whether something was heard before.
        kept: bool,
    },
    /// The recording has a gap, and went on.
    MicrophoneInterrupted {
        /// What happened.
        reason: String,
    },
    /// The microphone delivers only digital silence.
    MicrophoneSilent {
        /// Its name.
        name: String,
    },
    /// Nobody has spoken for so long that hands-free mode was turned off.
    HandsFreeOver {
        /// For how long.
        silence: Duration,
    },
    /// Hands-free mode was turned off, since the microphone cannot be listened to.
    HandsFreeFailed {
        /// Why, with the remedy.
        reason: String,
    },
    /// There is no speech model.
    ModelMissing {
        /// The one that is configured.
        name: String,
    },
    /// The speech model cannot be used.
    ModelFailed {
        /// Why, with the remedy.
        reason: String,
    },
    /// What was said could not be transcribed.
    TranscriptionFailed {
        /// Why.
        reason: String,
        /// Whether the audio is kept.
        kept: bool,
    },
    /// The text was not typed, on purpose. It is kept.
    TextHeld {
        /// Why.
        reason: String,
    },
    /// The text was not typed, or not all of it. It is kept.
    TypingFailed {
        /// Why, with the remedy.
        reason: String,
    },
    /// The text has arrived, and a key that was to follow it was not pressed.
    KeyNotPressed {
        /// Why.
        reason: String,
    },
    /// The last text was not taken back.
    NotUndone {
        /// Why.
        reason: String,
    },
    /// The log does not take new dictations.
    HistoryFailing {
        /// Why, with the remedy.
        reason: String,
    },
    /// The key of the log cannot be had; dictations are sealed until it can.
    LogSealed {
        /// Why, with the remedy.
        reason: String,
    },
    /// Something happened to the log.
    LogNews {
        /// What.
        news: String,
    },
    /// Dictations over a limit of the log are kept, because the clock may be wrong.
    LimitsDoubtful {
        /// Why, with what to do.
        reason: String,
    },
    /// The audio under way is not saved to disk as it comes.
    SpoolFailing {
        /// Why, with the remedy.
        reason: String,
    },
    /// A program that the user's own command starts cannot be started.
    CommandFailed {
        /// Why, with the remedy.
        reason: String,
    },
    /// An earlier agent ended in the middle of these many dictations.
    Recoverable {
        /// How many.
        count: usize,
    },
    /// Keys are not heard.
    NoKeys {
        /// Why, with the remedy.
        reason: String,
    },
    /// The applications see the dictation key as well.
    KeyShared {
        /// Why, with the remedy.
        reason: String,
    },
    /// No keychain.
    NoKeychain {
        /// Why, with the remedy.
        reason: String,
    },
    /// No tray icon.
    NoTray(NoTray),
    /// The configuration was changed, but cannot be used as it is.
    ConfigurationRefused {
        /// What is wrong, and in which line.
        reason: String,
        /// What Scout works with instead.
        in_force: InForce,
    },
    /// A part of Scout ended unexpectedly.
    PartFailed {
        /// What the user knows it by.
        part: String,
        /// Whether something was heard before.
        kept: bool,
    },
    /// A part of Scout ended unexpectedly, and is not started again.
    PartDied {
        /// What the user knows it by.
        part: String,
    },
    /// Scout itself ends unexpectedly.
    Ended,
}

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What happened, in a few words.
    pub title: String,
    /// What it means, and what to do.
    pub body: String,
}

impl Notice {
    /// The notice in words.
    #[allow(clippy::too_many_lines)] // a table: one row for each notice
    pub fn message(&self) -> Message {
        let (title, body) = match self {
            Self::NoMicrophone => (
                "No microphone",
                "Plug one in, or choose another under \u{201c}Microphone\u{201d} in the tray. `scout doctor` lists what is found.".to_owned(),
            ),
            Self::MicrophoneFailed { reason } => ("The microphone does not work", reason.clone()),
            Self::MicrophoneLost { replacement: Some(name) } => {
                ("The microphone was disconnected", format!("Nothing heard so far is lost. Recording goes on with {name}."))
            }
            Self::MicrophoneLost { replacement: None } => (
                "The microphone was disconnected",
                "Nothing heard so far is lost: it is being transcribed. Plug the microphone in again before the next dictation."
                    .to_owned(),
            ),
            Self::ChosenMicrophoneMissing { used } => (
                "Your microphone is not there",
                format!(
                    "The microphone that you have chosen is not connected, or is no microphone but what a loudspeaker plays, so {used} is used. Connect yours, or choose another under \u{201c}Microphone\u{201d} in the tray."
                ),
            ),
            Self::ChosenMicrophoneFailed { reason, used } => (
                "Your microphone does not work",
                format!("The microphone that you have chosen does not open: {reason}. {used} is used for now."),
            ),
            Self::MicrophoneMuted { name } => (
                "The microphone is muted",
                format!("What you say while it is muted is not heard. Unmute {name} in the sound settings, or with the key on your keyboard or headset."),
            ),
            Self::SoundServerFailed { reason, kept } => {
                let kept = if *kept { " Nothing heard so far is lost: it is being transcribed." } else { "" };
                (
                    "The sound system does not answer",
                    format!(
                        "No microphone can be heard, because {reason}.{kept} Restart PipeWire or PulseAudio before the next dictation: run `systemctl --user restart pipewire pipewire-pulse`, or `systemctl --user restart pulseaudio`."
                    ),
                )
            }
            Self::MicrophoneInterrupted { reason } => {
                ("Some words may be missing", format!("{reason}. Please check the text, and repeat what is missing."))
            }
            Self::MicrophoneSilent { name } => (
                "The microphone is silent",
                format!("{name} delivers no sound at all: check that it is switched on and not muted."),
            ),
            Self::HandsFreeOver { silence } => (
                "Hands-free mode is off",
                format!("Nobody has spoken for {} min, so the microphone was closed.", silence.as_secs() / 60),
            ),
            Self::HandsFreeFailed { reason } => ("Hands-free mode is off", reason.clone()),
            Self::ModelMissing { name } => (
                "No speech model",
                format!("The model {name} is not on this machine: `scout models list` shows what is, and how to get it."),
            ),
            Self::ModelFailed { reason } => ("The speech model cannot be used", reason.clone()),
            Self::TranscriptionFailed { reason, kept: false } => (
                "What you said was not transcribed",
                format!("{reason}. Nothing is kept of it, since it was for a password field: say or type it again."),
            ),
            Self::TranscriptionFailed { reason, kept: true } => (
                "What you said was not transcribed",
                format!("{reason}. The recording is kept: `scout history recover` tries again."),
            ),
            Self::TextHeld { reason } => (
                "Your text is waiting",
                format!("{reason}. Choose \u{201c}Deliver here\u{201d} in the tray, or run `scout ctl paste-last`, where you want it."),
            ),
            Self::TypingFailed { reason } => (
                "Your text was not typed",
                format!("{reason}. It is kept: choose \u{201c}Deliver here\u{201d} in the tray, or run `scout ctl paste-last`."),
            ),
            Self::KeyNotPressed { reason } => (
                "A key was not pressed",
                format!("{reason}. What was to follow the text, such as Enter, is left to you."),
            ),
            Self::NotUndone { reason } => (
                "The text was not taken back",
                format!("{reason}."),
            ),
            Self::HistoryFailing { reason } => {
                ("Dictations are not being logged", format!("Dictation goes on. {reason}"))
            }
            Self::LogSealed { reason } => (
                "The log cannot be opened",
                format!("Dictation goes on, and what you say is kept encrypted until it can. {reason}"),
            ),
            Self::LogNews { news } => ("The log", news.clone()),
            Self::LimitsDoubtful { reason } => ("Old dictations are kept", reason.clone()),
            Self::SpoolFailing { reason } => (
                "Recordings are not saved as they come",
                format!("Dictation goes on, but a crash would lose what is being said. {reason}"),
            ),
            Self::CommandFailed { reason } => ("A command was not carried out", reason.clone()),
            Self::Recoverable { count: 1 } => (
                "A dictation was interrupted",
                "Its recording is safe: `scout history recover` turns it into text.".to_owned(),
            ),
            Self::Recoverable { count } => (
                "Dictations were interrupted",
                format!("{count} recordings are safe: `scout history recover` turns them into text."),
            ),
            Self::NoKeys { reason } => ("The dictation key is not heard", reason.clone()),
            Self::KeyShared { reason } => ("Applications see the dictation key too", reason.clone()),
            Self::NoKeychain { reason } => ("No keychain", reason.clone()),
            Self::NoTray(reason) => ("No tray icon", reason.to_string()),
            Self::ConfigurationRefused { reason, in_force } => (
                "The configuration was not taken over",
                format!("{reason}. Until this is corrected and saved, {in_force}."),
            ),
            Self::PartDied { part } => (
                "A part of Scout failed",
                format!(
                    "The {part} ended unexpectedly. Restart Scout: `scout ctl quit`, then `scout run`. Nothing that was said is lost."
                ),
            ),
            Self::PartFailed { part, kept } => {
                let kept = if *kept { " Nothing heard so far is lost: it is being transcribed." } else { "" };
                (
                    "A part of Scout failed",
                    format!(
                        "The {part} ended unexpectedly and was started again.{kept} If this comes back, run `scout doctor`."
                    ),
                )
            }
            Self::Ended => (
                "Scout has stopped",
                "It met a fault of its own. Where it runs as a service it starts again by itself; otherwise start it again. What was being dictated is kept: `scout history recover` turns it into text."
                    .to_owned(),
            ),
        };
        Message { title: title.to_owned(), body: as_sentences(&body) }
    }
}

/// Reasons come as sentences and as parts of one: with and without a capital letter and a full stop.
fn as_sentences(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let text = first.chain(characters).collect::<String>().replace(".. ", ". ").replace("?. ", "? ");
    text.strip_suffix("..").map(|text| format!("{text}.")).unwrap_or(text)
}

/// What the thread is given.
#[derive(Debug)]
enum Item {
    Tell(Notice),
    /// Everything before this has been shown when the other end is closed.
    Shown(Sender<()>),
}

/// Tells the user things, on a thread of its own, since a notification service may be slow. Clones share the thread.
#[derive(Debug, Clone)]
pub struct Notices {
    waiting: Sender<Item>,
    /// The user wants none: they go to the log alone.
    muted: Arc<AtomicBool>,
}

impl Notices {
    /// Starts the thread. It ends when the last clone is gone.
    pub fn start(notifier: Box<dyn Notifier>) -> io::Result<Self> {
        let (waiting, notices) = bounded(WAITING_MAX);
        let muted = Arc::new(AtomicBool::new(false));
        let is_muted = Arc::clone(&muted);
        thread::Builder::new().name("notices".into()).spawn(move || tell(&notices, notifier, &is_muted))?;
        Ok(Self { waiting, muted })
    }

    /// Shows no more notifications from now on, or shows them again. The log has them all the same.
    pub fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Tells the user. Never blocks.
    pub fn tell(&self, notice: Notice) {
        if let Err(TrySendError::Full(Item::Tell(notice)) | TrySendError::Disconnected(Item::Tell(notice))) =
            self.waiting.try_send(Item::Tell(notice))
        {
            tracing::warn!(title = notice.message().title, "a notice was not shown");
        }
    }

    /// Waits until everything that was told before has been shown, but no longer than this.
    pub fn settle(&self, limit: Duration) {
        let (shown, is_shown) = bounded(0);
        if self.waiting.send_timeout(Item::Shown(shown), limit).is_ok() {
            // Nothing is ever sent: its end is the news.
            let _closed = is_shown.recv_timeout(limit);
        }
    }
}

fn tell(items: &Receiver<Item>, mut notifier: Box<dyn Notifier>, muted: &AtomicBool) {
    let mut shown = Shown::default();
    for item in items {
        let notice = match item {
            Item::Tell(notice) => notice,
            Item::Shown(shown) => {
                drop(shown);
                continue;
            }
        };
        let message = notice.message();
        if !shown.is_news(&message, Instant::now()) {
            continue;
        }
        // The log has it too, since not every desktop shows notifications.
        tracing::warn!("{}: {}", message.title, message.body);
        if muted.load(Ordering::Relaxed) {
            continue;
        }
        if let Err(error) = notifier.notify(&message.title, &message.body) {
            tracing::debug!(%error, "the notification service did not take a notice");
        }
    }
}

/// What was shown lately.
#[derive(Debug, Default)]
struct Shown {
    messages: Vec<(Message, Instant)>,
}

impl Shown {
    /// Whether the message was not shown within [`QUIET_FOR`]; if so, it counts as shown now.
    fn is_news(&mut self, message: &Message, now: Instant) -> bool {
        self.messages.retain(|(_, at)| now.duration_since(*at) < QUIET_FOR);
        let is_news = self.messages.iter().all(|(shown, _)| shown != message);
        if is_news {
            self.messages.push((message.clone(), now));
        }
        is_news
    }
}

#[cfg(test)]
mod tests;
