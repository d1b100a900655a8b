//! What a microphone is: something that fills a lock-free ring with samples until it is let go.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use scout_core::microphone::DeviceChoice;

use super::{CaptureError, Device};

/// How much the ring holds. The capture thread empties it fifty times a second; this is for the times when the machine
/// is so busy, or the disk so slow, that it does not get to it. At 48 kHz stereo it is 1.5 MB.
const RING: Duration = Duration::from_secs(4);

/// Rates outside of this are no sound cards but faults.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;

/// How the samples in a ring are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames per second.
    pub rate: u32,
    /// Samples per frame; a frame's samples lie side by side.
    pub channels: u16,
}

impl Format {
    /// How many samples of all channels last so long.
    pub(crate) fn samples_in(self, duration: Duration) -> usize {
        let frames = duration.as_micros() as u64 * u64::from(self.rate) / 1_000_000;
        frames as usize * usize::from(self.channels)
    }
}

/// What goes wrong behind the ring's back: set by the audio callbacks, read by the capture thread.
#[derive(Debug, Default)]
pub struct Health {
    fault: OnceLock<CaptureError>,
    overrun: AtomicU64,
    superseded: AtomicBool,
    muted: AtomicBool,
}

impl Health {
    /// Says that the stream is dead. Only the first fault counts: a broken ALSA device reports fifty thousand a second.
    pub(crate) fn fail(&self, error: impl FnOnce() -> CaptureError) {
        self.fault.get_or_init(error);
    }

    /// Why the stream is dead, if it is.
    pub fn fault(&self) -> Option<&CaptureError> {
        self.fault.get()
    }

    /// Says that another microphone would be opened now: the chosen one is back, or the default is another one.
    pub(crate) fn supersede(&self) {
        self.superseded.store(true, Ordering::Relaxed);
    }

    /// Whether another microphone would be opened now.
    pub(crate) fn is_superseded(&self) -> bool {
        self.superseded.load(Ordering::Relaxed)
    }

    /// Says that the microphone is muted now, or no longer.
    pub fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Whether the microphone is muted, as far as the system says so.
    pub(crate) fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Relaxed)
    }

    /// Samples of all channels that found the ring full.
    pub(crate) fn overrun(&self) -> u64 {
        self.overrun.load(Ordering::Relaxed)
    }
}

/// The end of the ring that an audio callback writes to. Never allocates, locks or waits.
#[derive(Debug)]
pub(crate) struct RingWriter {
    samples: rtrb::Producer<f32>,
    channels: usize,
    health: Arc<Health>,
}

impl RingWriter {
    /// Takes interleaved samples, converting each. What finds no room is counted and dropped, in whole frames, so that
    /// channels never change places.
    pub(crate) fn write<T: Copy>(&mut self, samples: &[T], convert: impl Fn(T) -> f32) {
        let room = self.samples.slots().min(samples.len()) / self.channels * self.channels;
        if let Ok(chunk) = self.samples.write_chunk_uninit(room) {
            chunk.fill_from_iter(samples.iter().map(|&sample| convert(sample)));
        }
        if room < samples.len() {
            self.health.overrun.fetch_add((samples.len() - room) as u64, Ordering::Relaxed);
        }
    }

    /// Whether nobody reads any more.
    #[cfg(test)]
    pub(crate) fn is_abandoned(&self) -> bool {
        self.samples.is_abandoned()
    }
}

/// A microphone that was opened, on the thread that opened it.
pub struct Opened {
    /// Which one it is.
    pub device: Device,
    /// Whether it stands in for a chosen one that was not there.
    pub is_substitute: bool,
    /// How to read the samples.
    pub(crate) format: Format,
    /// Where the samples arrive.
    pub samples: rtrb::Consumer<f32>,
    /// What goes wrong.
    pub health: Arc<Health>,
    /// Whatever must live for samples to come. Dropped on the thread that opened it.
    pub(crate) keep: Box<dyn Any>,
}

impl Opened {
    /// Makes the ring for a device. The writer goes to the callback; what else the callback needs goes into `keep`
    /// afterwards.
    pub(crate) fn ring(
        device: Device,
        is_substitute: bool,
        format: Format,
    ) -> Result<(RingWriter, Self), CaptureError> {
        if !RATES.contains(&format.rate) || format.channels == 0 {
            let reason = format!("it offers {} Hz and {} channels", format.rate, format.channels);
            return Err(CaptureError::Unusable { device: device.name, reason });
        }
        let (producer, consumer) = rtrb::RingBuffer::new(format.samples_in(RING));
        let health = Arc::new(Health::default());
        let writer =
            RingWriter { samples: producer, channels: usize::from(format.channels), health: Arc::clone(&health) };
        Ok((writer, Self { device, is_substitute, format, samples: consumer, health, keep: Box::new(()) }))
    }
}

/// Opens microphones. Its functions may block for as long as the sound system does: the capture thread never calls them
/// itself.
pub trait Microphone: Send + Sync {
    /// The microphones that there are now.
    fn devices(&self) -> Result<Vec<Device>, CaptureError>;

    /// Opens one. Samples need not have arrived when it returns.
    fn open(&self, choice: &DeviceChoice) -> Result<Opened, CaptureError>;
}

/// A microphone that runs. Letting it go closes it, without waiting for that.
pub(super) struct Stream {
    pub(super) device: Device,
    pub(super) is_substitute: bool,
    pub(super) format: Format,
    pub(super) samples: rtrb::Consumer<f32>,
    pub(super) health: Arc<Health>,
    /// Nothing is ever sent: its end is the signal to close.
    _open: Sender<()>,
}

/// Opens a microphone on a thread of its own, which keeps it until the [`Stream`] is let go. A sound system that hangs in
/// opening or closing (ALSA's does when its server dies) then hangs nothing but that thread.
pub(super) fn open_aside(
    microphone: Arc<dyn Microphone>,
    choice: DeviceChoice,
) -> Receiver<Result<Stream, CaptureError>> {
    // One answer, and room for it, so that the thread never waits for a reader that has given up.
    let (answer, opening) = bounded(1);
    let failure = answer.clone();
    let keeper = move || {
        let opened = match microphone.open(&choice) {
            Ok(opened) => opened,
            Err(error) => return drop(answer.send(Err(error))),
        };
        let Opened { device, is_substitute, format, samples, health, keep } = opened;
        let (open, closed) = bounded(0);
        let stream = Stream { device, is_substitute, format, samples, health, _open: open };
        // If nobody waits for it any more, it comes back in the error and is dropped. If whoever waited gives up now, it lies
        // in the channel, and goes with our end of that. Either way the next line but one returns at once.
        drop(answer.send(Ok(stream)));
        drop(answer);
        let _closed = closed.recv();
        drop(keep);
    };
    if let Err(error) = std::thread::Builder::new().name("microphone".into()).spawn(keeper) {
        drop(failure.send(Err(CaptureError::NoThread { reason: error.to_string() })));
    }
    opening
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::microphone::DeviceId;

    fn ring(format: Format) -> (RingWriter, Opened) {
        let device = Device { id: DeviceId("test".into()), name: "Test".into(), is_default: true };
        Opened::ring(device, false, format).unwrap()
    }

    #[test]
    fn a_full_ring_counts_what_it_drops_and_keeps_channels_apart() {
        let (mut writer, mut opened) = ring(Format { rate: 8_000, channels: 2 });
        let left_and_right: Vec<f32> = (0..70_000).map(|i| if i % 2 == 0 { -1.0 } else { 1.0 }).collect();
        for chunk in left_and_right.chunks(1_002) {
            writer.write(chunk, |sample| sample);
        }
        let held = opened.samples.slots();
        assert_eq!(held as u64 + opened.health.overrun(), 70_000);
        assert_eq!(held, 64_000);
        let chunk = opened.samples.read_chunk(held).unwrap();
        assert!(chunk.into_iter().eq(left_and_right[..held].iter().copied()));
    }

    #[test]
    fn only_the_first_fault_counts() {
        let (_writer, opened) = ring(Format { rate: 8_000, channels: 1 });
        opened.health.fail(|| CaptureError::NoMicrophone);
        opened.health.fail(|| CaptureError::AlreadyListening);
        assert_eq!(opened.health.fault(), Some(&CaptureError::NoMicrophone));
    }

    /// Tells when it is closed.
    struct Told(Sender<()>);

    impl Microphone for Told {
        fn devices(&self) -> Result<Vec<Device>, CaptureError> {
            Ok(Vec::new())
        }

        fn open(&self, _: &DeviceChoice) -> Result<Opened, CaptureError> {
            let (_writer, mut opened) = ring(Format { rate: 8_000, channels: 1 });
            opened.keep = Box::new(self.0.clone());
            Ok(opened)
        }
    }

    #[test]
    fn a_microphone_that_is_given_up_just_as_it_opens_is_closed() {
        let (open, closed) = bounded(0);
        let opening = open_aside(Arc::new(Told(open)), DeviceChoice::Default);
        while opening.is_empty() {
            std::thread::yield_now();
        }
        drop(opening);
        let still_open = closed.recv_timeout(Duration::from_mins(1));
        assert_eq!(still_open, Err(crossbeam_channel::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn absurd_formats_are_refused() {
        let device = Device { id: DeviceId("test".into()), name: "Test".into(), is_default: true };
        for format in [Format { rate: 0, channels: 1 }, Format { rate: 48_000, channels: 0 }] {
            assert!(Opened::ring(device.clone(), false, format).is_err());
        }
    }
}
