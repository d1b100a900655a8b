//! `[log]`: what the program writes about itself.

use crate::config::declare::{choices, section};

section! {
    /// What the program writes about itself. Never what you said.
    #[section(name = "log", title = "Messages of the program", page = General)]
    pub struct LogSettings {
        /// The least important message that is written.
        #[option(title = "Level", effect = AtOnce, profile = no)]
        level: LogLevel = LogLevel::Info,
    }
}

choices! {
    /// The least important message that is written.
    pub enum LogLevel {
        /// Nothing at all.
        Off = "off", "Nothing";
        /// What went wrong.
        Error = "error", "Errors";
        /// What may go wrong.
        Warn = "warn", "Warnings";
        /// What happens.
        Info = "info", "What happens";
        /// How it happens.
        Debug = "debug", "How it happens";
        /// Everything, private things included.
        Trace = "trace", "Everything";
    }
}
