//! Bringing the text to its target: the plan, its execution, and the receipt.

pub mod field;
pub mod focus;
mod hands;
mod leaving;
pub mod plan;
#[cfg(test)]
mod tests;
mod undo;
pub mod worker;

pub use field::{FieldAnswers, FieldLook};
pub use focus::Aim;
pub use leaving::{KEEP, leave_to_keeper};
pub use plan::{Focus, Guard, HoldReason, Method};
pub use undo::{NotThere, Undone};
pub use worker::{Deliverer, Fate, Job, Receipt, Report};
