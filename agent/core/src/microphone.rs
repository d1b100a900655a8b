//! Which microphone the user wants.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How [`DeviceChoice::Default`] is written. Ids hold a colon, so none is called so.
const DEFAULT: &str = "default";

/// Names a device on this machine, the same after a restart, e.g. `pulseaudio:alsa_input.pci-0000_00_1f.3.analog-stereo`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DeviceId {
    /// Whether this is what a loudspeaker plays rather than what a microphone hears. `PulseAudio` and `PipeWire` name
    /// such sources after their sink, and make one the default when the last microphone is gone.
    pub fn is_monitor(&self) -> bool {
        self.0.ends_with(".monitor")
    }
}

/// Which microphone the user wants. Written as the id, or as `default`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DeviceChoice {
    /// The one with this id; the default while it is not there, which is said.
    Id(DeviceId),
    /// Whatever the system's settings say at that moment.
    #[default]
    Default,
}

impl From<String> for DeviceChoice {
    fn from(text: String) -> Self {
        if text == DEFAULT { Self::Default } else { Self::Id(DeviceId(text)) }
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Id(id) => id.0,
            DeviceChoice::Default => DEFAULT.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_written_as_people_write_them() {
        for (text, choice) in
            [("\"default\"", DeviceChoice::Default), ("\"alsa:hw:0\"", DeviceChoice::Id(DeviceId("alsa:hw:0".into())))]
        {
            assert_eq!(serde_json::from_str::<DeviceChoice>(text).unwrap(), choice);
            assert_eq!(serde_json::to_string(&choice).unwrap(), text);
        }
    }
}
