//! Bringing the text to its target: the plan, its execution, and the receipt.

mod executor;
pub mod field;
pub mod focus;
pub mod job;
mod leaving;
pub mod plan;
#[cfg(test)]
mod tests;
mod undo;
pub mod worker;

pub use field::FieldLook;
pub use focus::Aim;
pub use job::{Held, Job, Receipt, Report};
pub use leaving::{KEEP, leave_to_keeper};
pub use plan::{Focus, Guard, HoldReason, Method};
pub use undo::{NotThere, Undone};
pub use worker::{Deliverer, UndoUnavailable};
