//! The way to the microphone: opened on a thread of its own, lost, and opened again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};
use scout_core::microphone::DeviceChoice;

use super::State;
use crate::capture::live_stream::{LiveStream, Status};
use crate::capture::microphone::{Stream, open_aside};
use crate::capture::tail::DeliveryClock;
use crate::capture::{CaptureError, Device, Event, Notice};

/// How long a microphone may take to open: longer than the sound server's own limits, so that its reason is the one
/// that is told. A Bluetooth headset takes two seconds to change to its microphone.
const OPEN_LIMIT: Duration = Duration::from_secs(5);

/// Pause before each further try after a device was lost: a plug that lost its contact for a moment, and a sound server
/// that was restarted, need some time.
pub(super) const TRY_PAUSE: Duration = Duration::from_millis(300);

/// How long the user may have held the key without being heard before they are told. Who lets go sooner has said nothing.
pub(super) const UNHEARD_LIMIT: Duration = Duration::from_secs(1);

/// What is between us and the microphone.
pub(super) enum Link {
    Closed,
    /// A try that begins later.
    Waiting {
        until: Instant,
        choice: DeviceChoice,
    },
    Opening {
        since: Instant,
        choice: DeviceChoice,
        answer: Receiver<Result<Stream, CaptureError>>,
    },
    Open {
        live: Box<LiveStream>,
        choice: DeviceChoice,
    },
}

impl State {
    pub(super) fn open(&mut self, choice: DeviceChoice, now: Instant) {
        let answer = open_aside(Arc::clone(&self.microphone), choice.clone());
        self.link = Link::Opening { since: now, choice, answer };
    }

    pub(super) fn advance_link(&mut self, now: Instant) {
        match std::mem::replace(&mut self.link, Link::Closed) {
            Link::Closed => {}
            Link::Waiting { until, choice } if now >= until => self.open(choice, now),
            waiting @ Link::Waiting { .. } => self.link = waiting,
            Link::Opening { since, choice, answer } => match answer.try_recv() {
                Ok(Ok(stream)) => self.opened(stream, choice, now),
                Ok(Err(error)) => self.failed(error, now),
                Err(TryRecvError::Empty) if now.duration_since(since) < OPEN_LIMIT => {
                    self.link = Link::Opening { since, choice, answer };
                }
                Err(_) => {
                    let reason = format!("no answer within {} s", OPEN_LIMIT.as_secs());
                    self.failed(CaptureError::NoSoundServer { reason }, now);
                }
            },
            Link::Open { mut live, choice } => {
                let mut heard = Vec::new();
                let status = live.read(now, &mut heard);
                let device = live.device().clone();
                let device_name = device.name.clone();
                let first = !live.announced && !heard.is_empty() && self.recording.is_some();
                live.announced |= first;
                if self.recording.is_none() {
                    live.keep_pre_roll(&heard, self.watch.pre_roll());
                }
                let (is_current, is_muted) = (live.is_current(), live.is_muted());
                self.link = Link::Open { live, choice };
                if self.recording.is_none() {
                    self.listen_for_a_voice(&heard);
                    if !is_current && status == Status::Flowing {
                        return self.rest();
                    }
                }
                if first {
                    self.ready(device, now);
                }
                self.hear(&heard, now);
                if is_muted {
                    self.report_muted(device_name);
                }
                match status {
                    Status::Flowing => {}
                    Status::Overrun(lost) => self.overrun(lost),
                    Status::Dead(error) => {
                        self.link = Link::Closed;
                        self.failed(error, now);
                    }
                }
            }
        }
    }

    fn opened(&mut self, stream: Stream, choice: DeviceChoice, now: Instant) {
        let (device, is_substitute) = (stream.device.clone(), stream.is_substitute);
        match LiveStream::new(stream, now) {
            Ok(live) => self.link = Link::Open { live: Box::new(live), choice },
            Err(error) => return self.failed(error, now),
        }
        if self.recording.is_none() {
            self.send(Event::Open { device: Some(device) });
        } else if self.lost.is_none() {
            // The tries before this one failed.
            if let Some(error) = self.cause.clone() {
                self.notice(Notice::ChosenDeviceFailed { error, used: device });
            } else if is_substitute {
                self.notice(Notice::ChosenDeviceMissing { used: device });
            }
        }
    }

    /// The microphone is muted: reported once for a dictation.
    fn report_muted(&mut self, name: String) {
        let Some(recording) = &mut self.recording else { return };
        if !std::mem::replace(&mut recording.is_muted_known, true) {
            self.notice(Notice::Muted { name });
        }
    }

    /// The first real samples of a device arrived.
    fn ready(&mut self, device: Device, now: Instant) {
        let Some(recording) = &mut self.recording else { return };
        let (id, after) = (recording.id, now.duration_since(recording.begun));
        let is_first = !recording.has_heard();
        recording.device = Some(device.clone());
        // Another stream keeps another time.
        recording.clock = DeliveryClock::default();
        if is_first {
            self.send(Event::Ready { id, device: device.clone(), after });
        }
        self.cause = None;
        if let Some(lost) = self.lost.take() {
            let notice = if lost.id == device.id {
                Notice::Reopened { device }
            } else {
                Notice::Moved { from: lost, to: device }
            };
            self.notice(notice);
        }
    }

    /// The link broke or could not be made: the next try, or the end of the dictation.
    fn failed(&mut self, error: CaptureError, now: Instant) {
        self.link = Link::Closed;
        let Some(recording) = &mut self.recording else {
            return self.failed_between_dictations(error, now);
        };
        let lost_now = self.lost.is_none() && recording.has_heard();
        if lost_now && recording.tail.is_none() {
            let again = recording.device.as_ref().map(|device| DeviceChoice::Id(device.id.clone()));
            self.next_tries = again.into_iter().chain([DeviceChoice::Default, DeviceChoice::Default]).collect();
            self.lost.clone_from(&recording.device);
        }
        let cause = self.cause.get_or_insert(error).clone();
        if recording.tail.is_some() {
            return self.finish(Some(cause));
        }
        let has_heard = recording.has_heard();
        match self.next_tries.pop_front() {
            Some(choice) if has_heard && !lost_now => {
                self.link = Link::Waiting { until: now + TRY_PAUSE, choice };
            }
            Some(choice) => self.open(choice, now),
            None if has_heard => self.finish(Some(cause)),
            None => self.give_up(cause, now),
        }
    }

    /// Why nothing was heard of a dictation that is over, if the user has spoken in vain.
    pub(super) fn why_unheard(&self, now: Instant) -> Option<CaptureError> {
        let recording = self.recording.as_ref().filter(|recording| !recording.has_heard())?;
        let waited = now.duration_since(recording.begun);
        if waited < UNHEARD_LIMIT {
            return None;
        }
        self.cause.clone().or_else(|| match &self.link {
            Link::Open { live, .. } => Some(CaptureError::NoSamples { device: live.device().name.clone(), waited }),
            Link::Opening { .. } => {
                Some(CaptureError::NoSoundServer { reason: format!("no answer within {:.1} s", waited.as_secs_f32()) })
            }
            Link::Closed | Link::Waiting { .. } => None,
        })
    }
}
