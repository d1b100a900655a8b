//! What the program writes about itself: to standard error, where systemd's journal or a terminal takes it.
//!
//! Never what was said: text, audio and window titles appear at `trace` alone, which must be asked for.

use std::sync::OnceLock;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Registry, fmt, reload};

use scout_core::config::schema::LogLevel;

/// The switch of the running program. There is one log for each process.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts the log. Does nothing if it was started before.
pub fn start(level: LogLevel) {
    let (threshold, handle) = reload::Layer::new(filter(level));
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).with_filter(own_crates());
    if tracing_subscriber::registry().with(threshold).with(lines).try_init().is_ok() {
        let _first = LEVEL.set(handle);
    }
}

/// Writes more or less from now on.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get()
        && let Err(error) = handle.modify(|current| *current = filter(level))
    {
        tracing::warn!(%error, "the log's level stays as it is");
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Libraries say only what is wrong with them: their details drown ours, and they do not know what must not be logged.
fn own_crates() -> tracing_subscriber::filter::Targets {
    tracing_subscriber::filter::Targets::new()
        .with_default(LevelFilter::WARN)
        // The beginning of the names of all our packages.
        .with_target("scout", LevelFilter::TRACE)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn every_package_of_scout_is_heard_and_libraries_only_warn() {
        for package in ["scout", "scout_core", "scout_log", "scout_platform", "scout_speech"] {
            assert!(own_crates().would_enable(&format!("{package}::part"), &Level::TRACE), "{package}");
        }
        assert!(own_crates().would_enable("zbus::connection", &Level::WARN));
        assert!(!own_crates().would_enable("zbus::connection", &Level::INFO));
    }
}
