//! Which microphones there are, and which one is used.

use std::fmt;

use scout_core::microphone::{DeviceChoice, DeviceId};
use serde::Serialize;

use super::CaptureError;

/// A microphone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its stable id, for the configuration.
    pub id: DeviceId,
    /// Its name, for people.
    pub name: String,
    /// Whether the system would choose it.
    pub is_default: bool,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What [`choose`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen<'a> {
    /// The device to open.
    pub device: &'a Device,
    /// Whether it stands in for a chosen one that is not there.
    pub is_substitute: bool,
}

/// The device to use: the one with the chosen id, else the system's default, else the first. A loudspeaker's monitor is
/// never used, not even where it was chosen: recording what the speakers play instead of the voice is worse than to say
/// that there is no microphone.
pub(crate) fn choose<'a>(devices: &'a [Device], choice: &DeviceChoice) -> Result<Chosen<'a>, CaptureError> {
    let wanted = match choice {
        DeviceChoice::Id(id) => devices.iter().find(|device| device.id == *id && !device.id.is_monitor()),
        DeviceChoice::Default => None,
    };
    if let Some(device) = wanted {
        return Ok(Chosen { device, is_substitute: false });
    }
    let microphones = || devices.iter().filter(|device| !device.id.is_monitor());
    let device = microphones().find(|device| device.is_default).or_else(|| microphones().next());
    let device = device.ok_or(CaptureError::NoMicrophone)?;
    Ok(Chosen { device, is_substitute: matches!(choice, DeviceChoice::Id(_)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Devices, choice, expected device and whether it is a substitute.
    type Row<'a> = (&'a [&'a Device], DeviceChoice, Option<(&'a str, bool)>);

    fn device(id: &str, is_default: bool) -> Device {
        Device { id: DeviceId(id.into()), name: id.into(), is_default }
    }

    #[test]
    fn the_chosen_device_else_the_default_else_the_first_never_a_monitor_unasked() {
        let desk = device("desk", true);
        let head = device("head", false);
        let speaker = device("speaker.monitor", false);
        let default_speaker = device("speaker.monitor", true);
        let id = |id: &str| DeviceChoice::Id(DeviceId(id.into()));
        let table: &[Row] = &[
            (&[&head, &desk], DeviceChoice::Default, Some(("desk", false))),
            (&[&head, &desk], id("head"), Some(("head", false))),
            (&[&head, &desk], id("gone"), Some(("desk", true))),
            (&[&default_speaker, &head], DeviceChoice::Default, Some(("head", false))),
            (&[&speaker], DeviceChoice::Default, None),
            (&[&default_speaker], DeviceChoice::Default, None),
            (&[&default_speaker], id("head"), None),
            (&[&default_speaker], id("speaker.monitor"), None),
            (&[&speaker, &desk], id("speaker.monitor"), Some(("desk", true))),
            (&[], DeviceChoice::Default, None),
        ];
        for (devices, choice, expected) in table {
            let devices: Vec<Device> = devices.iter().map(|&device| device.clone()).collect();
            let found = choose(&devices, choice);
            let found = found.as_ref().map(|chosen| (chosen.device.id.0.as_str(), chosen.is_substitute)).ok();
            assert_eq!(found, *expected, "{choice:?} of {devices:?}");
        }
    }
}
