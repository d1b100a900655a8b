//! What there is to see, in plain data.

use scout_core::dictation::Recent;

use crate::control::State;

/// Everything that the tray shows. Built whole by the agent whenever something changed; the tray finds out what differs.
#[allow(clippy::struct_excessive_bools)] // each is shown on its own
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What the agent is doing.
    pub state: State,
    /// The key or chord that starts a dictation, as the user would write it.
    pub key: String,
    /// The profile in use: that of the dictation under way, else that of the next one where it is known.
    pub profile: String,
    /// All profiles, by name.
    pub profiles: Vec<String>,
    /// The profile that was chosen for the next dictation only.
    pub profile_once: Option<String>,
    /// Microphones that are connected.
    pub microphones: Vec<Choice>,
    /// Id of the microphone that the user chose; `None` is the system's default.
    pub microphone: Option<String>,
    /// Names of the speech models that are here.
    pub models: Vec<String>,
    /// The model in use.
    pub model: Option<String>,
    /// The latest dictations, the newest first.
    pub recent: Vec<Recent>,
    /// Whether a text waits to be pasted.
    pub held: bool,
    /// Whether the microphone is listened to for a voice that begins a dictation.
    pub hands_free: bool,
    /// Whether the last text can be taken back.
    pub can_undo: bool,
    /// Whether Scout works with other settings than the user wrote, because of a mistake in them.
    pub misconfigured: bool,
    /// What does not work as it should, one sentence each.
    pub warnings: Vec<String>,
    /// The other machine that texts may be sent to, to be rewritten.
    pub rewrites_at: Option<String>,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Stable id, as it stands in the configuration.
    pub id: String,
    /// What the user knows it by.
    pub label: String,
}

impl Default for View {
    fn default() -> Self {
        Self {
            state: State::Idle,
            key: "F9".into(),
            profile: "default".into(),
            profiles: Vec::new(),
            profile_once: None,
            microphones: Vec::new(),
            microphone: None,
            models: Vec::new(),
            model: None,
            recent: Vec::new(),
            held: false,
            hands_free: false,
            can_undo: false,
            misconfigured: false,
            warnings: Vec::new(),
            rewrites_at: None,
        }
    }
}
