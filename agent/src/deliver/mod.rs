//! Bringing the text to its target: the plan, its execution, and the receipt.

mod executor;
pub mod field;
pub mod focus;
mod leaving;
#[cfg(test)]
mod tests;
pub mod worker;

pub use field::FieldLook;
pub use focus::Aim;
pub use leaving::{KEEP, leave_to_keeper};
pub use worker::{Deliverer, UndoUnavailable};
