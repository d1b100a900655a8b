//! `[history]`: the log of dictations.

use crate::config::allowed::{Unit, whole};
use crate::config::declare::section;

section! {
    /// The log of what you said.
    #[section(name = "history", title = "Log", page = History)]
    pub struct HistorySettings overridden by HistoryOverrides {
        /// Keep dictations in the log.
        #[option(title = "Keep dictations", effect = NextDictation, profile = yes)]
        log: bool = true,

        /// Keep the window's title with each dictation. Titles name documents, people and pages.
        #[option(title = "Keep window titles", effect = NextDictation, profile = yes)]
        title: bool = false,

        /// Keep the recording with each dictation, encrypted like the log: to listen to it again, or to transcribe it
        /// with another model. About 1 MB a minute.
        #[option(title = "Keep recordings", effect = NextDictation, profile = yes)]
        audio: bool = false,

        /// Delete dictations after this many days. 0 keeps them. A new limit that would delete something waits until
        /// `scout history limits` has shown you what, and you have agreed.
        #[option(title = "Delete after", effect = AtOnce, profile = yes, allowed = whole(0, 36_500, Unit::Days))]
        keep_days: u32 = 0,

        /// Delete all but this many of the newest dictations. 0 keeps them all.
        #[option(
            title = "Keep at most",
            effect = AtOnce,
            profile = yes,
            allowed = whole(0, 100_000_000, Unit::None)
        )]
        keep_count: u32 = 0,

        /// Copy the log every this many days. 0 makes no copies. `scout history backups` lists them.
        #[option(title = "Copy the log every", effect = AtOnce, profile = no, allowed = whole(0, 366, Unit::Days))]
        backup_days: u32 = 7,

        /// How many copies to keep; the oldest are deleted first.
        #[option(title = "Copies to keep", effect = AtOnce, profile = no, allowed = whole(1, 100, Unit::None))]
        backups: u32 = 4,
    }
}
