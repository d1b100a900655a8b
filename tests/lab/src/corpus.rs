//! A folder of recordings whose texts are known.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use scout_speech::audio;

use scout_core::dictation::samples_in;

/// The table of what is said in each file, in the corpus's folder.
const REFERENCES: &str = "refs.tsv";

/// A recording and what is said in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recording {
    /// Its file, or its files.
    pub(crate) name: String,
    /// What is said.
    pub(crate) text: String,
    /// 16 kHz mono.
    pub(crate) samples: Vec<f32>,
}

/// Reads all that the table names.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Vec<Recording>> {
    let table = folder.join(REFERENCES);
    let text = std::fs::read_to_string(&table).with_context(|| format!("cannot read {}", table.display()))?;
    let references = references(&text).with_context(|| format!("{} is no table of references", table.display()))?;
    let recordings = references.into_iter().map(|(name, text)| {
        let samples = audio::read(&folder.join(&name))?;
        Ok(Recording { name, text, samples })
    });
    recordings.collect()
}

/// Joins neighbours of the same reader, as their names tell, to recordings of up to `length`. What has no neighbour stays as
/// it is.
pub(crate) fn join(recordings: Vec<Recording>, length: Duration) -> Vec<Recording> {
    let mut joined: Vec<Recording> = Vec::new();
    let mut last_reader = String::new();
    for recording in recordings {
        let reader = reader(&recording.name).to_owned();
        match joined.last_mut() {
            Some(last)
                if reader == last_reader && last.samples.len() + recording.samples.len() <= samples_in(length) =>
            {
                last.samples.extend(recording.samples);
                last.text = format!("{} {}", last.text, recording.text);
                last.name = format!("{}+{}", last.name.split('+').next().unwrap_or_default(), recording.name);
            }
            _ => joined.push(recording),
        }
        last_reader = reader;
    }
    joined
}

/// What stands before the number in a file's name.
fn reader(name: &str) -> &str {
    name.trim_end_matches(|character: char| character != '-' && character != '_')
}

/// The files and their texts.
fn references(table: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |names: &[&str]| {
        let position = header.iter().position(|column| names.contains(column));
        position.with_context(|| format!("its first line names no column {:?}", names[0]))
    };
    let (file, text) = (column(&["file"])?, column(&["text", "reference"])?);
    let mut references = Vec::new();
    for (number, line) in (2..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (Some(file), Some(text)) = (cells.get(file), cells.get(text)) else {
            bail!("line {number} has no file or no text");
        };
        references.push(((*file).to_owned(), (*text).to_owned()));
    }
    if references.is_empty() {
        bail!("it names no recording");
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_by_the_names_of_its_columns() {
        let expected = [("a.wav".to_owned(), "Hello there.".to_owned())];
        assert_eq!(references("file\treference\na.wav\tHello there.\n").unwrap(), expected);
        assert_eq!(references("x\ttext\tfile\n1\tHello there.\ta.wav\n\n").unwrap(), expected);
    }

    #[test]
    fn a_table_that_cannot_be_read_says_why() {
        let problem = |table: &str| references(table).unwrap_err().to_string();
        assert!(problem("name\ttext\n").contains("\"file\""));
        assert!(problem("file\treference\nonly.wav\n").contains("line 2"));
        assert!(problem("file\treference\n").contains("no recording"));
    }

    #[test]
    fn neighbours_of_one_reader_are_joined_up_to_a_length() {
        let recording = |name: &str| Recording { name: name.into(), text: name.into(), samples: vec![0.0; 16_000] };
        let names = ["jfk.wav", "LJ001-0001.wav", "LJ001-0002.wav", "LJ001-0003.wav", "ps_a.wav"];
        let joined = join(names.map(recording).to_vec(), Duration::from_secs(2));
        let lengths: Vec<(String, usize)> = joined.into_iter().map(|it| (it.name, it.samples.len() / 16_000)).collect();
        let expected = [("jfk.wav", 1), ("LJ001-0001.wav+LJ001-0002.wav", 2), ("LJ001-0003.wav", 1), ("ps_a.wav", 1)];
        assert_eq!(lengths, expected.map(|(name, length)| (name.to_owned(), length)));
    }
}
