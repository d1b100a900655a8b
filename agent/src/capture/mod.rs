//! Microphone to 16 kHz mono samples: device, ring, resampling, spool.
