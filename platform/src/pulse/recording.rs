//! One stream that is recorded, from the source that it was opened on and no other.

use std::ffi::CString;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    Command, CreateRecordStreamReply, GetSourceInfo, MAX_MEMBLOCKQ_LENGTH, Prop, Props, RecordStreamParams,
    SampleFormat, SampleSpec, ServerInfo, SourceInfo, SourceOutputInfo, SubscriptionEventFacility,
    SubscriptionEventType, SubscriptionMask,
};

use crate::{Listener, SoundServerError, Source};

use super::described;
use super::link::{ANSWER_LIMIT, Link, Message, no_answer, refusal};

/// How much the server keeps for us while this machine is too busy to fetch it. What finds no room there is dropped without
/// a word. It delays nothing: the server sends each block as soon as it is complete.
const QUEUE: Duration = Duration::from_secs(4);

/// After so long without samples the server is asked whether it is there: a source that is suspended sends none either.
const SILENCE_LIMIT: Duration = Duration::from_millis(300);

/// How long the server may take to say which source the stream is on. With [`SILENCE_LIMIT`], less than a microphone may be
/// silent: a server that hangs is not to be taken for a microphone that is switched off.
const CONFIRMATION_LIMIT: Duration = Duration::from_millis(1500);

/// The server's index of nothing.
const NONE: u32 = u32::MAX;

/// The end of the stream that its owner holds.
#[derive(Debug)]
pub(crate) struct Open {
    socket: UnixStream,
    closing: Arc<AtomicBool>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        // Wakes the thread, and tells the server. An error means that the connection is gone already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Records a source in blocks of about this length.
pub(crate) fn record(source: &Source, block: Duration, listener: Box<dyn Listener>) -> Result<Open, SoundServerError> {
    let name = CString::new(source.name.as_str()).map_err(|_| SoundServerError::SourceGone)?;
    let mut link = Link::connect()?;
    let deadline = Instant::now() + ANSWER_LIMIT;
    let wanted = GetSourceInfo { index: None, name: Some(name) };
    let info: SourceInfo = link.ask(&Command::GetSourceInfo(wanted), deadline)?;
    let news = SubscriptionMask::SOURCE | SubscriptionMask::SERVER;
    link.order(&Command::Subscribe(news), deadline)?;
    let stream: CreateRecordStreamReply = link.ask(&Command::CreateRecordStream(parameters(&info, block)), deadline)?;
    let open = Open { socket: link.handle()?, closing: Arc::default() };
    let recorder = Recorder {
        link,
        listener,
        closing: Arc::clone(&open.closing),
        source: info.index,
        stream: stream.stream_index,
        channel: stream.channel,
        unconfirmed: Vec::new(),
        samples: Vec::new(),
        check: None,
        news: News::default(),
        muted: Muted { source: info.muted, ..Muted::default() },
    };
    let started = std::thread::Builder::new().name("recorder".into()).spawn(move || recorder.run());
    started.map_err(|error| SoundServerError::Refused { reason: error.to_string() })?;
    Ok(open)
}

fn parameters(source: &SourceInfo, block: Duration) -> RecordStreamParams {
    let channels = source.channel_map.num_channels();
    let rate = source.sample_spec.sample_rate;
    let bytes = |time: Duration| {
        let frames = time.as_micros() as u64 * u64::from(rate) / 1_000_000;
        (frames as usize * usize::from(channels) * size_of::<f32>()).min(MAX_MEMBLOCKQ_LENGTH) as u32
    };
    let mut props = Props::new();
    props.set(Prop::MediaName, c"Dictation");
    RecordStreamParams {
        sample_spec: SampleSpec { format: SampleFormat::Float32Le, channels, sample_rate: rate },
        // The source's own positions, so that each of its channels arrives as it is.
        channel_map: source.channel_map,
        source_index: Some(source.index),
        buffer_attr: BufferAttr { max_length: bytes(QUEUE), fragment_size: bytes(block), ..BufferAttr::default() },
        flags: StreamFlags { no_move: true, adjust_latency: true, ..StreamFlags::default() },
        props,
        ..RecordStreamParams::default()
    }
}

/// The thread's own side.
struct Recorder {
    link: Link,
    listener: Box<dyn Listener>,
    closing: Arc<AtomicBool>,
    /// The source that may be heard.
    source: u32,
    /// The server's index of the stream.
    stream: u32,
    /// Where the stream's samples arrive.
    channel: u32,
    /// What arrived since the server last confirmed the source.
    unconfirmed: Vec<u8>,
    /// The same as samples, once it is confirmed.
    samples: Vec<f32>,
    /// The question which source the stream is on, and since when it has been asked.
    check: Option<(u32, Instant)>,
    news: News,
    muted: Muted,
}

/// What is muted, and what the listener knows of it.
#[derive(Default)]
struct Muted {
    source: bool,
    stream: bool,
    known: bool,
}

/// What has been asked about the sources since the server said that they changed.
#[derive(Default)]
struct News {
    server: Option<u32>,
    sources: Option<u32>,
    default: Option<ServerInfo>,
    /// They changed once more meanwhile.
    again: bool,
}

impl Recorder {
    fn run(mut self) {
        // What changed between the listing from which the source was chosen and the subscription was reported to nobody.
        let mut advanced = self.ask_for_sources();
        while advanced.is_ok() {
            advanced = self.advance();
        }
        let Err(error) = advanced else { return };
        if !self.closing.load(Ordering::Relaxed) {
            self.listener.ended(error);
        }
    }

    /// Takes one message.
    fn advance(&mut self) -> Result<(), SoundServerError> {
        let by = match self.check {
            Some((_, since)) => since + CONFIRMATION_LIMIT,
            None => Instant::now() + SILENCE_LIMIT,
        };
        let Some(message) = self.link.next(Some(by))? else {
            return if self.check.is_none() { self.ask_for_the_source() } else { Err(no_answer(CONFIRMATION_LIMIT)) };
        };
        match message {
            Message::Block(channel, block) if channel == self.channel => {
                self.unconfirmed.extend_from_slice(&block);
                self.ask_for_the_source()
            }
            Message::Reply(number, body) if self.is_check(number) => {
                let stream: SourceOutputInfo = self.link.read(&body)?;
                self.muted.stream = stream.muted;
                self.report_muted();
                self.answered(stream.source_index)
            }
            Message::Refused(number, error) if self.is_check(number) => Err(refusal(error)),
            Message::Reply(number, body) => self.told_of_sources(number, &body),
            Message::Refused(number, _) => {
                if [self.news.server, self.news.sources].contains(&Some(number)) {
                    self.news = News::default();
                }
                Ok(())
            }
            Message::Event(event) => self.happened(*event),
            Message::Block(..) => Ok(()),
        }
    }

    fn happened(&mut self, event: Command) -> Result<(), SoundServerError> {
        match event {
            Command::RecordStreamKilled(channel) if channel == self.channel => Err(SoundServerError::SourceGone),
            Command::RecordStreamMoved(moved) if moved.stream_index == self.channel => {
                self.answered(moved.device_index)
            }
            Command::SubscribeEvent(event) => {
                let is_news = match event.event_facility {
                    SubscriptionEventFacility::Server => true,
                    // The own source may have been muted. What else changes in others is of no interest.
                    SubscriptionEventFacility::Source => {
                        event.event_type != SubscriptionEventType::Changed || event.index == Some(self.source)
                    }
                    _ => false,
                };
                if is_news { self.ask_for_sources() } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    fn is_check(&self, number: u32) -> bool {
        self.check.is_some_and(|(asked, _)| asked == number)
    }

    /// Messages come in the order in which the server sent them. Samples that are here before the answer were therefore
    /// recorded before the server looked.
    fn ask_for_the_source(&mut self) -> Result<(), SoundServerError> {
        if self.check.is_none() {
            let number = self.link.send(&Command::GetSourceOutputInfo(self.stream))?;
            self.check = Some((number, Instant::now()));
        }
        Ok(())
    }

    /// The server says which source the stream is on.
    fn answered(&mut self, source: u32) -> Result<(), SoundServerError> {
        self.check = None;
        if source == self.source {
            self.pass_on();
            return Ok(());
        }
        self.unconfirmed.clear();
        // On none: PipeWire is about to connect it.
        if source == NONE { Ok(()) } else { Err(SoundServerError::SourceGone) }
    }

    fn report_muted(&mut self) {
        let now = self.muted.source || self.muted.stream;
        if now != std::mem::replace(&mut self.muted.known, now) {
            self.listener.muted(now);
        }
    }

    fn pass_on(&mut self) {
        let (whole, rest) = self.unconfirmed.as_chunks::<{ size_of::<f32>() }>();
        self.samples.clear();
        self.samples.extend(whole.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        self.listener.heard(&self.samples);
        let rest = rest.len();
        self.unconfirmed.drain(..self.unconfirmed.len() - rest);
    }

    fn ask_for_sources(&mut self) -> Result<(), SoundServerError> {
        if self.news.sources.is_some() {
            self.news.again = true;
            return Ok(());
        }
        let server = Some(self.link.send(&Command::GetServerInfo)?);
        let sources = Some(self.link.send(&Command::GetSourceInfoList)?);
        self.news = News { server, sources, ..News::default() };
        Ok(())
    }

    fn told_of_sources(&mut self, number: u32, body: &[u8]) -> Result<(), SoundServerError> {
        if self.news.server == Some(number) {
            self.news.default = Some(self.link.read(body)?);
        } else if self.news.sources == Some(number) {
            let sources: Vec<SourceInfo> = self.link.read(body)?;
            if let Some(own) = sources.iter().find(|source| source.index == self.source) {
                self.muted.source = own.muted;
                self.report_muted();
            }
            let News { default, again, .. } = std::mem::take(&mut self.news);
            if let Some(server) = default {
                self.listener.sources(&described(&server, &sources));
            }
            if again {
                return self.ask_for_sources();
            }
        }
        Ok(())
    }
}
