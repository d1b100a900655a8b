//! Kept recordings: FLAC in the encrypted database, deleted with their dictation.

use flacenc::component::BitRepr as _;
use flacenc::error::Verify as _;
use rusqlite::OptionalExtension as _;
use scout_core::dictation::{DictationId, SAMPLE_RATE};

use super::Store;
use crate::history::error::HistoryError;

/// The bits of a sample.
const BITS: usize = 16;

impl Store {
    /// Stores the recording of a dictation that is in the log.
    pub fn keep_recording(&self, id: DictationId, samples: &[f32]) -> Result<(), HistoryError> {
        self.keep_flac(id, &encode(samples)?)
    }

    /// Stores a recording that is encoded as FLAC.
    pub(in crate::history) fn keep_flac(&self, id: DictationId, flac: &[u8]) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "INSERT OR REPLACE INTO recording (seq, flac) SELECT seq, ?2 FROM dictation WHERE id = ?1",
                (id.as_bytes(), flac),
            )
            .map(drop)
            .map_err(|error| self.failed(&error))
    }

    /// Returns the recording of a dictation as a FLAC file; `None` if it was not kept.
    pub fn recording(&self, id: DictationId) -> Result<Option<Vec<u8>>, HistoryError> {
        self.connection
            .query_row("SELECT flac FROM recording JOIN dictation USING (seq) WHERE id = ?1", [id.as_bytes()], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| self.failed(&error))
    }
}

fn encode(samples: &[f32]) -> Result<Vec<u8>, HistoryError> {
    let fail =
        |error: String| HistoryError::Output(std::io::Error::other(format!("the recording is not kept: {error}")));
    let samples: Vec<i32> = samples.iter().map(|sample| i32::from((sample * 32768.0).round() as i16)).collect();
    let config = flacenc::config::Encoder::default().into_verified().map_err(|(_, error)| fail(error.to_string()))?;
    let source = flacenc::source::MemSource::from_samples(&samples, 1, BITS, SAMPLE_RATE as usize);
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, config.block_size)
        .map_err(|error| fail(error.to_string()))?;
    // The shorter last block must not count (RFC 9639, 8.2): decoders would expect a stream with variable blocks.
    stream
        .stream_info_mut()
        .set_block_sizes(config.block_size, config.block_size)
        .map_err(|error| fail(error.to_string()))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|error| fail(error.to_string()))?;
    Ok(sink.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::test_key;
    use scout_core::log_entry::Entry;

    #[test]
    fn a_recording_comes_back_sample_for_sample_and_goes_with_its_dictation() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("log"), &test_key()).unwrap();
        let id = DictationId::numbered(1);
        store.record(&Entry::new(id, jiff::Timestamp::UNIX_EPOCH, "default")).unwrap();
        assert_eq!(store.recording(id).unwrap(), None);
        let samples: Vec<f32> = (0..20_000).map(|at| ((at as f32 * 0.05).sin() * 8_000.0).round() / 32_768.0).collect();
        store.keep_recording(id, &samples).unwrap();
        let flac = store.recording(id).unwrap().unwrap();
        assert!(flac.len() < samples.len() * 2, "{} bytes", flac.len());
        assert!(store.delete(id).unwrap());
        assert_eq!(store.recording(id).unwrap(), None);
        let left: i64 = store.connection.query_row("SELECT count(*) FROM recording", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }
}
