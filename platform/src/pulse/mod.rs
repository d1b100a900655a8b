//! Speaks `PulseAudio`'s native protocol.
//!
//! The protocol's messages come from the crate `pulseaudio`. Its client is not used: it passes no events on, so that it
//! does not tell when the server moves or kills a stream.

mod link;
mod recording;

use std::time::Instant;

use pulseaudio::protocol::{Command, ServerInfo, SourceInfo};

use crate::{SoundServerError, Source};

use link::{ANSWER_LIMIT, Link};

pub(crate) use recording::{Open, record};

/// The sources that there are now.
pub(crate) fn sources() -> Result<Vec<Source>, SoundServerError> {
    let mut link = Link::connect()?;
    let deadline = Instant::now() + ANSWER_LIMIT;
    let server: ServerInfo = link.ask(&Command::GetServerInfo, deadline)?;
    let sources: Vec<SourceInfo> = link.ask(&Command::GetSourceInfoList, deadline)?;
    Ok(described(&server, &sources))
}

fn described(server: &ServerInfo, sources: &[SourceInfo]) -> Vec<Source> {
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    let describe = |source: &SourceInfo| Source {
        name: text(&source.name),
        description: text(source.description.as_ref().unwrap_or(&source.name)),
        is_default: server.default_source_name.as_ref() == Some(&source.name),
        rate: source.sample_spec.sample_rate,
        channels: u16::from(source.channel_map.num_channels()),
    };
    sources.iter().map(describe).collect()
}
