//! Microphone to 16 kHz mono samples: device, ring, resampling, spool.
//!
//! An audio callback writes what a [`Microphone`] hears into a lock-free ring. The capture thread ([`worker`]) empties
//! it, brings it to 16 kHz mono ([`resample`]), writes it to disk as it arrives ([`spool`]) and finds the voice in it
//! ([`crate::speech`]).

pub mod cpal;
pub mod devices;
mod errors;
pub mod microphone;
pub mod resample;

pub use devices::{Device, DeviceChoice, DeviceId};
pub use errors::CaptureError;
pub use microphone::{Format, Microphone};
