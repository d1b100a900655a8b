//! Speech models: which there are (`catalogue`), where they lie on this machine (`store`), and how they come there
//! ([`import()`]).
//!
//! A model is one file in whisper.cpp's format (`ggml`). An import takes such a file as it is, or converts
//! (`convert`) the weights that Python packages hold (`source`, `ctranslate2`, `vocabulary`, `mel`).

mod catalogue;
mod convert;
mod ctranslate2;
pub(crate) mod ggml;
mod import;
mod mel;
mod source;
mod store;
mod sum;
mod vocabulary;

#[cfg(test)]
mod synthetic;

pub use catalogue::{Catalogue, Model, ModelFile};
pub use ggml::Quantisation;
pub use import::{ImportError, Request, import};
pub use store::{Installed, Store, StoreError};
pub use sum::Sum;
