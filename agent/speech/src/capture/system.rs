//! The microphones of this machine, by the way that suits it.

use scout_core::microphone::DeviceChoice;

use super::cpal::Cpal;
use super::microphone::Opened;
use super::pulse::{self, Failure};
use super::{CaptureError, Device, Microphone};

/// Opens the microphones of this machine: those of the sound server on Linux; where there is none, and on other systems,
/// those of the system's own sound interface.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Microphone for System {
    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        match pulse::devices() {
            Ok(devices) => Ok(devices),
            Err(Failure::NoServer(_)) => Cpal.devices(),
            Err(Failure::Failed(error)) => Err(error),
        }
    }

    fn open(&self, choice: &DeviceChoice) -> Result<Opened, CaptureError> {
        match pulse::open(choice) {
            Ok(opened) => Ok(opened),
            // What the last resort says helps nobody whose sound server is down.
            Err(Failure::NoServer(error)) => {
                Cpal.open(choice).map_err(|own| if Cpal::is_last_resort() { error } else { own })
            }
            Err(Failure::Failed(error)) => Err(error),
        }
    }
}
