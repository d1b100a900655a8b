//! A spool in memory, which the test looks into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use scout_core::dictation::DictationId;
use scout_core::spool::{Spool, SpoolWriteError, SpooledRecording};
use serde_json::Value;

/// The note and the samples of each recording.
pub(super) type Left = BTreeMap<DictationId, (Value, Vec<f32>)>;

#[derive(Clone, Default)]
pub(super) struct MemorySpool(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    left: Left,
    fails: bool,
}

impl MemorySpool {
    /// The recordings that were not discarded.
    pub(super) fn left(&self) -> Left {
        self.0.lock().unwrap().left.clone()
    }

    /// No recording can be started any more.
    pub(super) fn fail(&self) {
        self.0.lock().unwrap().fails = true;
    }
}

impl Spool for MemorySpool {
    fn create(&self, id: DictationId, note: &Value) -> Result<Box<dyn SpooledRecording>, SpoolWriteError> {
        let mut state = self.0.lock().unwrap();
        if state.fails {
            return Err(SpoolWriteError::NoKeyYet);
        }
        state.left.insert(id, (note.clone(), Vec::new()));
        Ok(Box::new(Recording { id, spool: self.clone() }))
    }
}

struct Recording {
    id: DictationId,
    spool: MemorySpool,
}

impl SpooledRecording for Recording {
    fn write(&mut self, samples: &[f32]) -> Result<(), SpoolWriteError> {
        self.spool.0.lock().unwrap().left.get_mut(&self.id).unwrap().1.extend_from_slice(samples);
        Ok(())
    }

    fn discard(self: Box<Self>) -> Result<(), SpoolWriteError> {
        self.spool.0.lock().unwrap().left.remove(&self.id);
        Ok(())
    }
}
