//! Where the voice is: voice activity detection.
