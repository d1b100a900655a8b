//! Words from a text or a source tree that the recogniser cannot know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use scout_core::text::vocabulary::is_common;
use scout_core::text::words::words;

/// A name that occurs less often in a source tree is hardly ever spoken of.
const OFTEN: usize = 2;

/// Shorter words are signs and abbreviations.
const SHORTEST: usize = 4;

/// Longer ones nobody says.
const LONGEST: usize = 30;

/// Larger files are data. 1 MiB.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Folders deeper than this are somebody else's.
const DEEPEST: usize = 12;

/// Endings of files that hold source or prose.
const ENDINGS: &[&str] = &[
    "adoc", "bash", "c", "cc", "clj", "cpp", "cs", "css", "dart", "el", "ex", "exs", "fs", "go", "h", "hpp", "hs",
    "html", "java", "jl", "js", "jsx", "kt", "lua", "md", "ml", "nix", "php", "pl", "py", "r", "rb", "rs", "rst",
    "scala", "sh", "sql", "swift", "toml", "ts", "tsx", "txt", "vue", "yaml", "yml", "zig",
];

/// Words that are in every program, and common in no other text.
const KEYWORDS: &[&str] = &[
    "async",
    "await",
    "bool",
    "const",
    "elif",
    "elsif",
    "enum",
    "extern",
    "impl",
    "inline",
    "instanceof",
    "isinstance",
    "len",
    "mod",
    "mut",
    "nonlocal",
    "println",
    "printf",
    "pub",
    "readonly",
    "sizeof",
    "struct",
    "stdin",
    "stdout",
    "stderr",
    "typedef",
    "typeof",
    "uint",
    "unsigned",
    "usize",
    "varchar",
    "yaml",
    "toml",
    "json",
    "http",
    "https",
    "href",
    "html",
];

/// The words of a text that are worth knowing: those that are not common, in the order in which they come. `None` of them
/// twice.
pub fn of_text(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for word in words(text) {
        let written = &text[word.start..word.end];
        let written = written.strip_suffix("'s").or_else(|| written.strip_suffix("’s")).unwrap_or(written);
        if is_worth_knowing(written) && seen.insert(written.to_owned()) {
            found.push(written.to_owned());
        }
    }
    found
}

fn is_worth_knowing(word: &str) -> bool {
    let length = word.chars().count();
    let lower = word.to_lowercase();
    (SHORTEST..=LONGEST).contains(&length)
        && word.chars().any(char::is_alphabetic)
        && !word.chars().any(|character| character.is_ascii_digit())
        && !is_common(&lower)
        // Plurals and other forms of common words.
        && !["s", "es", "ed", "ing", "ly", "er", "ers"].iter().any(|ending| lower.strip_suffix(ending).is_some_and(is_common))
        && !KEYWORDS.contains(&lower.as_str())
}

/// The names in a source tree that are worth knowing, the most frequent first, at most so many. Names are taken whole where
/// they are one word (`Kubernetes`), and apart where they are several (`user_name`, `userName`), whose parts are words.
pub fn of_tree(folder: &Path, most: usize) -> std::io::Result<Vec<String>> {
    let mut counts = BTreeMap::new();
    visit(folder, 0, &mut counts)?;
    let mut all: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| *count >= OFTEN).collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(all.into_iter().take(most).map(|(word, _)| word).collect())
}

fn visit(folder: &Path, depth: usize, counts: &mut BTreeMap<String, usize>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // What is hidden, and what tools make, is not the user's own.
        if name.starts_with('.')
            || matches!(&*name, "node_modules" | "target" | "build" | "dist" | "vendor" | "__pycache__")
        {
            continue;
        }
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() && depth < DEEPEST {
            visit(&path, depth + 1, counts)?;
        } else if kind.is_file() && is_text(&path) && entry.metadata()?.len() <= LARGEST_FILE {
            // A file that is no text, or was removed meanwhile, has no names for us.
            if let Ok(text) = std::fs::read_to_string(&path) {
                count(&text, counts);
            }
        }
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.contains(&ending.to_string_lossy().to_lowercase().as_str()))
}

fn count(text: &str, counts: &mut BTreeMap<String, usize>) {
    for name in text.split(|character: char| !(character.is_alphanumeric() || character == '_')) {
        for part in parts(name) {
            if is_worth_knowing(part) {
                *counts.entry(part.to_owned()).or_default() += 1;
            }
        }
    }
}

/// `user_name` and `userName` are two words each; `GitHub` is one, by the custom of names that are written so.
fn parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for piece in name.split('_').filter(|piece| !piece.is_empty()) {
        if piece.starts_with(char::is_uppercase) {
            parts.push(piece);
            continue;
        }
        let mut start = 0;
        for (place, character) in piece.char_indices() {
            if character.is_uppercase() && place > start {
                parts.push(&piece[start..place]);
                start = place;
            }
        }
        parts.push(&piece[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_give_their_uncommon_words() {
        let text = "Peter Schoeffer's Bible was printed at Maintz; Schoeffer printed it on paper in 1462.";
        assert_eq!(of_text(text), ["Schoeffer", "Maintz"]);
        assert!(of_text("the house of the man").is_empty());
    }

    #[test]
    fn source_trees_give_their_frequent_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("src")).unwrap();
        std::fs::create_dir_all(folder.path().join("target")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("src/main.rs", "fn kubeletes() { let zentriq_name = zentriq(); kubeletes(); kubeletes(); oncely(); }");
        write("target/made.rs", "madeby madeby madeby");
        write("data.bin", "databin databin");
        assert_eq!(of_tree(folder.path(), 10).unwrap(), ["kubeletes", "zentriq"]);
        assert_eq!(of_tree(folder.path(), 1).unwrap(), ["kubeletes"]);
        assert_eq!(parts("userName_GitHub"), ["user", "Name", "GitHub"]);
    }
}
