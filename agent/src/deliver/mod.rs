//! Bringing the text to its target: the plan, its execution, and the receipt.

pub mod focus;
mod hands;
pub mod plan;
#[cfg(test)]
mod tests;
mod undo;
pub mod worker;

pub use focus::Aim;
pub use plan::{Focus, Guard, HoldReason, Method};
pub use undo::Undone;
pub use worker::{Deliverer, Fate, Job, Receipt, Report};
