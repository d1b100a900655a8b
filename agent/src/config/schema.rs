//! What the rooms are given: plain nested structs, one per section of the file.
//!
//! They only map values. What a user may write, and what they are told otherwise, is in [`options`](super::options).

use std::time::Duration;

use scout_platform::Chord;
use serde::{Deserialize, Serialize};

mod text;

pub use text::{FirstLetter, FullStop, Numbers, RewriteSettings, TextSettings, VocabularySettings};

use super::language::Language;
use super::lists::{Replacement, UserCommand};
use crate::capture::DeviceChoice;

/// All settings. Two of them can be compared, section by section, to see what has to be set up anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The key to hold while speaking.
    pub key: KeySettings,
    /// Dictating without a key.
    pub hands_free: HandsFreeSettings,
    /// Where the sound comes from.
    pub microphone: MicrophoneSettings,
    /// What turns sound into words.
    pub model: ModelSettings,
    /// How the text gets to the application.
    pub delivery: DeliverySettings,
    /// What becomes of the words on their way.
    pub text: TextSettings,
    /// Words that are expected.
    pub vocabulary: VocabularySettings,
    /// A language model that has the last word on the text.
    pub rewrite: RewriteSettings,
    /// The log of dictations.
    pub history: HistorySettings,
    /// How the user is told what happens.
    pub cues: CueSettings,
    /// What the program writes about itself.
    pub log: LogSettings,
    /// Commands of the user's own.
    #[serde(rename = "command", skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<UserCommand>,
    /// What is written in place of what was heard.
    #[serde(rename = "replace", skip_serializing_if = "Vec::is_empty")]
    pub replacements: Vec<Replacement>,
}

/// A time in milliseconds, as it is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u32);

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Self::from_millis(u64::from(millis.0))
    }
}

/// The key to hold while speaking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySettings {
    /// The key or chord.
    #[serde(with = "chord_as_text")]
    pub chord: Chord,
    /// What pressing it and letting it go mean.
    pub mode: KeyMode,
    /// In [`KeyMode::Hybrid`], a shorter press is a tap.
    pub tap_ms: Millis,
    /// Throws the dictation away while the user speaks. `None` is written `"none"`.
    #[serde(with = "optional_chord_as_text")]
    pub cancel: Option<Chord>,
    /// Whether the keyboards themselves are listened to, below the desktop.
    pub devices: bool,
}

/// What pressing the key and letting it go mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyMode {
    /// Push-to-talk: speech lasts as long as the key is down.
    #[default]
    Hold,
    /// One press starts, the next ends.
    Toggle,
    /// A tap starts and the next ends; a longer press is push-to-talk.
    Hybrid,
}

/// Dictating without a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandsFreeSettings {
    /// Whether it is on when Scout starts.
    pub enabled: bool,
    /// The silence that ends a dictation.
    pub pause_ms: Millis,
    /// Minutes without a word after which it turns itself off; zero never does.
    pub off_after_minutes: u32,
}

/// Where the sound comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrophoneSettings {
    /// Which one: the system's default, or that with a stable id.
    pub device: DeviceChoice,
    /// How long to go on listening after the key came up.
    pub tail_ms: Millis,
    /// Whether the microphone is open all the time.
    pub open: bool,
    /// With an open microphone: how much from before the key press is kept.
    pub preroll_ms: Millis,
}

/// What turns sound into words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// The model's name in the catalogue or the store.
    pub name: String,
    /// The language spoken.
    pub language: Language,
    /// Whether the text is to be English, whatever is spoken.
    pub translate: bool,
    /// Threads for recognition; zero chooses by the number of cores.
    pub threads: u32,
    /// Minutes without a dictation after which the model is let go; zero keeps it.
    pub unload_minutes: u32,
}

/// How the text gets to the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliverySettings {
    /// The way it takes.
    pub method: Method,
    /// What pastes in the application.
    pub paste_chord: PasteChord,
    /// What a line break becomes.
    pub newline: Newline,
    /// What is pressed after the text. `None` is written `"none"`.
    #[serde(with = "optional_chord_as_text")]
    pub submit: Option<Chord>,
    /// Pause between typed characters.
    pub gap_ms: Millis,
    /// How long to wait for held modifiers before typing.
    pub modifier_wait_ms: Millis,
    /// What happens when the focus moved since the key went down.
    pub guard: Guard,
    /// Whether words are typed while the user still speaks.
    pub live: bool,
}

/// The way text takes to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Whatever is faster and safer for the text.
    #[default]
    Auto,
    /// Simulated keystrokes.
    Type,
    /// Through the clipboard, with a receipt.
    Paste,
    /// Onto the clipboard, for the user to paste.
    Clipboard,
    /// Nowhere: the log has it.
    None,
}

/// What pastes in an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PasteChord(pub Chord);

impl Default for PasteChord {
    /// Ctrl and V, as nearly everywhere.
    fn default() -> Self {
        let modifiers = [scout_platform::keys::Modifier::Control].into();
        Self(Chord { modifiers, key: scout_platform::Key::Named("V") })
    }
}

impl TryFrom<String> for PasteChord {
    type Error = scout_platform::keys::KeyNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<PasteChord> for String {
    fn from(chord: PasteChord) -> Self {
        chord.0.to_string()
    }
}

/// What a line break becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Newline {
    /// The Enter key.
    #[default]
    Enter,
    /// Shift and Enter.
    ShiftEnter,
    /// A space.
    Space,
}

/// What happens when another window has the focus than when the key went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The text is kept, and the user told.
    #[default]
    Hold,
    /// The text goes to the window that has the focus.
    Follow,
}

/// The log of dictations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HistorySettings {
    /// Whether dictations are kept.
    pub log: bool,
    /// Whether the window's title is kept with them.
    pub title: bool,
    /// Whether the recording is kept with them.
    pub audio: bool,
    /// After how many days they are deleted; zero keeps them.
    pub keep_days: u32,
    /// How many are kept; zero keeps all.
    pub keep_count: u32,
    /// Days between two copies; zero makes none.
    pub backup_days: u32,
    /// How many copies are kept.
    pub backups: u32,
}

/// How the user is told what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CueSettings {
    /// Sounds at the start and the end of listening.
    pub sound: bool,
    /// Notifications of what needs the user.
    pub notify: bool,
    /// Show state and text so far at the bottom of the screen, where the desktop offers that.
    pub overlay: bool,
}

/// What the program writes about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The least important message that is written.
    pub level: LogLevel,
}

/// The least important message that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Nothing at all.
    Off,
    /// What went wrong.
    Error,
    /// What may go wrong.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// How it happens.
    Debug,
    /// Everything, private things included.
    Trace,
}

impl LogLevel {
    /// The name, as log filters know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

// The defaults, each section's in one place. `config/default.toml` gives the reasons to the user; a test compares the two.

impl Default for KeySettings {
    fn default() -> Self {
        Self {
            chord: Chord { modifiers: std::collections::BTreeSet::new(), key: scout_platform::Key::Named("F9") },
            mode: KeyMode::default(),
            tap_ms: Millis(250),
            cancel: None,
            devices: false,
        }
    }
}

impl Default for HandsFreeSettings {
    fn default() -> Self {
        Self { enabled: false, pause_ms: Millis(1500), off_after_minutes: 5 }
    }
}

impl Default for MicrophoneSettings {
    fn default() -> Self {
        Self { device: DeviceChoice::Default, tail_ms: Millis(300), open: false, preroll_ms: Millis(400) }
    }
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self { name: "tiny.en".to_owned(), language: Language::Auto, translate: false, threads: 0, unload_minutes: 0 }
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            method: Method::default(),
            paste_chord: PasteChord::default(),
            newline: Newline::default(),
            submit: None,
            gap_ms: Millis(0),
            modifier_wait_ms: Millis(1000),
            guard: Guard::default(),
            live: false,
        }
    }
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { log: true, title: false, audio: false, keep_days: 0, keep_count: 0, backup_days: 7, backups: 4 }
    }
}

impl Default for CueSettings {
    fn default() -> Self {
        Self { sound: false, notify: true, overlay: true }
    }
}

/// How "no key" is written: TOML has no word for nothing, and an option that is left out keeps its default.
pub const NO_CHORD: &str = "none";

mod chord_as_text {
    use scout_platform::Chord;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(chord: &Chord, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(chord)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Chord, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

pub(crate) mod optional_chord_as_text {
    use scout_platform::Chord;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::ref_option)] // serde calls it with a reference to the field
    pub(crate) fn serialize<S: Serializer>(chord: &Option<Chord>, serializer: S) -> Result<S::Ok, S::Error> {
        match chord {
            Some(chord) => serializer.collect_str(chord),
            None => serializer.serialize_str(super::NO_CHORD),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Chord>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == super::NO_CHORD { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}
