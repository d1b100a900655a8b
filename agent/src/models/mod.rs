//! Speech models: catalogue, store, import, verification.
