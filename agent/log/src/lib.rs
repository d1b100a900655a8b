//! What Scout keeps of dictations: the encrypted log and the recordings that are not in it yet.
//!
//! [`spool`] writes each recording to disk while it is made, sealed to the key from [`vault`]. [`history`] is the log:
//! it records what was dictated and how it ended, searches it, limits it, backs it up and repairs it. After a crash,
//! [`recovery`] turns the recordings in the spool into entries of the log.
//!
//! Nothing here knows of microphones, models or the control socket: who calls brings the samples, the transcripts, and the
//! process that may write.

pub mod history;
pub mod recovery;
pub mod spool;
pub mod vault;
