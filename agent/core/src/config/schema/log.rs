//! `[log]`: what the program writes about itself.

use crate::config::declare::{choices, section};

section! {
    /// The messages that the program writes about itself. They never contain what you said.
    #[section(name = "log", title = "Messages of the program", page = General)]
    pub struct LogSettings {
        /// The least important messages to write.
        #[option(title = "Level", effect = AtOnce, profile = no)]
        level: LogLevel = LogLevel::Info,
    }
}

choices! {
    /// The least important messages to write.
    pub enum LogLevel {
        /// Nothing at all.
        Off = "off", "Nothing";
        /// Errors.
        Error = "error", "Errors";
        /// Also warnings.
        Warn = "warn", "Warnings";
        /// Also what the program does.
        Info = "info", "What happens";
        /// Also how it does it.
        Debug = "debug", "How it happens";
        /// Everything, private data included.
        Trace = "trace", "Everything";
    }
}
