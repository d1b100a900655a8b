//! Layered configuration: load, validate, watch, edit.

pub mod paths;
