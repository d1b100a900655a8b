//! Bringing the text to its target: the plan, its execution, and the receipt.

pub mod focus;
pub mod plan;
pub mod worker;

pub use focus::Aim;
pub use plan::{Focus, Guard, HoldReason, Method};
pub use worker::{Deliverer, Fate, Job, Receipt};
