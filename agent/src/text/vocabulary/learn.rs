//! Words that the user keeps correcting.
//!
//! A correction is what was written and what the user made of it. Only the words that differ are kept, in a file of its own:
//! what was dictated is in the log, and nowhere else.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::is_common;
use super::sound::Sound;
use crate::text::words::{Word, words};

/// What was heard and what was meant are the same word misheard if they are at least this alike, of 100, in letters or in
/// sound. Less alike is a change of mind.
const MISHEARD_FROM: usize = 40;

/// This many mishearings are kept, the newest ones: more are of no help, and the file is written as a whole each time.
const MOST_KEPT: usize = 2_000;

/// Words of more bytes are not names, and are not kept.
const LONGEST: usize = 200;

/// At most so many words are one name.
const MOST_WORDS: usize = 3;

/// A word or name that was heard as something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mishearing {
    /// What was written.
    pub heard: String,
    /// What the user made of it.
    pub meant: String,
}

/// A word that the vocabulary should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The word.
    pub written: String,
    /// What it was heard as, without repetition.
    pub heard: Vec<String>,
    /// How often it was corrected.
    pub times: usize,
}

/// The mishearings in a text that the user corrected.
pub fn compare(heard: &str, meant: &str) -> Vec<Mishearing> {
    let (from, to) = (words(heard), words(meant));
    let mut found = Vec::new();
    for (left, right) in differences(&from, &to) {
        if left.is_empty() || right.is_empty() || left.len() > MOST_WORDS || right.len() > MOST_WORDS {
            continue;
        }
        let written = |text: &str, words: &[Word]| text[words[0].start..words[words.len() - 1].end].to_owned();
        let (left, right) = (written(heard, left), written(meant, right));
        let (one, other) = (Sound::of(&left), Sound::of(&right));
        if left != right && one.spelling(&other).max(one.sound(&other)) >= MISHEARD_FROM {
            found.push(Mishearing { heard: left, meant: right });
        }
    }
    found
}

/// Stretches of words that differ, between those that are the same in both.
fn differences<'w>(from: &'w [Word], to: &'w [Word]) -> Vec<(&'w [Word], &'w [Word])> {
    let same = |one: usize, other: usize| from[one].lower == to[other].lower;
    // The longest common sequence of words, from the back.
    let mut longest = vec![vec![0_usize; to.len() + 1]; from.len() + 1];
    for one in (0..from.len()).rev() {
        for other in (0..to.len()).rev() {
            longest[one][other] = if same(one, other) {
                longest[one + 1][other + 1] + 1
            } else {
                longest[one + 1][other].max(longest[one][other + 1])
            };
        }
    }
    let (mut one, mut other) = (0, 0);
    let (mut start, mut begin) = (0, 0);
    let mut found = Vec::new();
    while one < from.len() && other < to.len() {
        if same(one, other) {
            found.push((&from[start..one], &to[begin..other]));
            (one, other) = (one + 1, other + 1);
            (start, begin) = (one, other);
        } else if longest[one + 1][other] >= longest[one][other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    found.push((&from[start..], &to[begin..]));
    found.retain(|(left, right)| !left.is_empty() || !right.is_empty());
    found
}

/// The words that mishearings speak for, the most often corrected first. Common words are not proposed: the model knows
/// them, and they would be put where they do not belong.
pub fn proposals(mishearings: &[Mishearing]) -> Vec<Proposal> {
    let mut by_word: BTreeMap<&str, Proposal> = BTreeMap::new();
    for Mishearing { heard, meant } in mishearings {
        if words(meant).iter().all(|word| is_common(&word.lower)) {
            continue;
        }
        let empty = || Proposal { written: meant.clone(), heard: Vec::new(), times: 0 };
        let proposal = by_word.entry(meant).or_insert_with(empty);
        proposal.times += 1;
        let heard = heard.to_lowercase();
        // What differs in case alone needs no help; a common word alone is more often meant as it is.
        let helps = heard != meant.to_lowercase() && !(words(&heard).len() == 1 && is_common(&heard));
        if helps && !proposal.heard.contains(&heard) {
            proposal.heard.push(heard);
        }
    }
    let mut proposals: Vec<Proposal> = by_word.into_values().collect();
    proposals.sort_by(|one, other| other.times.cmp(&one.times).then_with(|| one.written.cmp(&other.written)));
    proposals
}

impl Proposal {
    /// Its line in a list.
    pub fn line(&self) -> String {
        if self.heard.is_empty() {
            self.written.clone()
        } else {
            format!("{}: {}", self.written, self.heard.join(", "))
        }
    }
}

/// The mishearings that were kept. A file that is not there holds none; lines that cannot be read are passed over.
pub fn read(file: &Path) -> std::io::Result<Vec<Mishearing>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps mishearings, in a file that only its owner can read. Drops the oldest ones if there are too many.
pub fn keep(file: &Path, mishearings: &[Mishearing]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut all = read(file)?;
    all.extend_from_slice(mishearings);
    all.retain(|mishearing| mishearing.heard.len().max(mishearing.meant.len()) <= LONGEST);
    all.drain(..all.len().saturating_sub(MOST_KEPT));
    // A temporary file belongs to its owner alone from the start.
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    for mishearing in &all {
        writeln!(new, "{}", serde_json::to_string(mishearing)?)?;
    }
    new.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(heard: &str, meant: &str) -> Vec<(String, String)> {
        compare(heard, meant).into_iter().map(|mishearing| (mishearing.heard, mishearing.meant)).collect()
    }

    #[test]
    fn mishearings_are_what_sounds_alike_and_differs() {
        let pair = |heard: &str, meant: &str| (heard.to_owned(), meant.to_owned());
        assert_eq!(
            pairs("We run cooper netties at Maints.", "We run Kubernetes at Maintz."),
            [pair("cooper netties", "Kubernetes"), pair("Maints", "Maintz")]
        );
        // A change of mind, words added, words removed, the same text.
        assert!(pairs("See you tomorrow.", "See you on Friday.").is_empty());
        assert!(pairs("Hello.", "Hello, dear Anna.").is_empty());
        assert!(pairs("Hello dear Anna.", "Hello.").is_empty());
        assert!(pairs("Same text.", "Same text!").is_empty());
        assert!(pairs("", "").is_empty());
    }

    #[test]
    fn the_most_often_corrected_is_proposed_first_and_common_words_are_not() {
        let of = |heard: &str, meant: &str| Mishearing { heard: heard.into(), meant: meant.into() };
        let proposals = proposals(&[
            of("Maints", "Maintz"),
            of("cooper netties", "Kubernetes"),
            of("Coobernetes", "Kubernetes"),
            of("their", "there"),
        ]);
        let lines: Vec<String> = proposals.iter().map(Proposal::line).collect();
        assert_eq!(lines, ["Kubernetes: cooper netties, coobernetes", "Maintz: maints"]);
    }

    #[test]
    fn what_was_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/mishearings.jsonl");
        assert!(read(&file).unwrap().is_empty());
        let one = compare("Maints", "Maintz");
        keep(&file, &one).unwrap();
        keep(&file, &one).unwrap();
        assert_eq!(read(&file).unwrap(), [one.clone(), one].concat());
    }

    #[test]
    fn the_file_of_mishearings_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mishearings.jsonl");
        let of = |number: usize| Mishearing { heard: format!("heard{number}"), meant: format!("Meant{number}") };
        let many: Vec<Mishearing> = (0..MOST_KEPT).map(of).collect();
        keep(&file, &many).unwrap();
        keep(&file, &[Mishearing { heard: "x".repeat(100_000), meant: "x".into() }, of(MOST_KEPT)]).unwrap();
        let kept = read(&file).unwrap();
        assert_eq!((kept.len(), &kept[0], kept.last()), (MOST_KEPT, &of(1), Some(&of(MOST_KEPT))));
    }
}
