//! How a text reaches its target: the plan, the job for the delivery thread, and what comes back from it.

pub mod job;
pub mod plan;
pub mod undo;

pub use job::{Held, Job, Receipt, Report};
pub use plan::{Focus, Guard, HoldReason, Method};
pub use undo::{NotThere, Undone};
