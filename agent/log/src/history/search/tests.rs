use proptest::prelude::*;
use scout_core::dictation::DictationId;
use scout_core::log_entry::Outcome;

use super::*;

struct Log {
    store: Store,
    // Removed after the store is closed.
    _folder: tempfile::TempDir,
}

fn log(texts: &[&str]) -> Log {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("log"), &crate::vault::test_key()).unwrap();
    for (number, text) in (1..).zip(texts) {
        store.record(&entry(number, text)).unwrap();
    }
    Log { store, _folder: folder }
}

fn entry(number: u64, text: &str) -> Entry {
    let mut entry = Entry::new(DictationId::numbered(number), jiff::Timestamp::UNIX_EPOCH, "default");
    entry.text = text.to_owned();
    entry.outcome = Outcome::Typed;
    entry
}

impl Log {
    /// The numbers of the entries that are found, in order.
    fn found(&self, query: &str) -> Vec<u64> {
        let hits = self.store.search(query, 100).unwrap();
        let number = |id: DictationId| u128::from_be_bytes(*id.as_bytes()) as u64;
        hits.into_iter().map(|hit| number(hit.entry.id)).collect()
    }
}

#[test]
fn queries_are_understood_as_their_writer_meant_them() {
    let log = log(&[
        "The quick brown fox jumps over the lazy dog.",
        "A brown dog, quick as lightning: don't touch it!",
        "Über den Wolken; naïve Ångström",
        "Привет, мир. Καλημέρα κόσμε",
        "Send 42 mails to bob@example.org AND alice",
    ]);
    let table: &[(&str, &[u64])] = &[
        ("fox", &[1]),
        ("FOX", &[1]),
        ("quick dog", &[1, 2]),
        ("quick cat", &[]),
        ("\"quick brown\"", &[1]),
        ("\"brown quick\"", &[]),
        ("\"quick bro\"*", &[1]),
        ("\"brown dog", &[2]),
        ("light*", &[2]),
        // A part of a word, where nothing has it as a whole one.
        ("light", &[2]),
        ("ightn", &[2]),
        ("li", &[]),
        ("\"light\"", &[]),
        ("don't", &[2]),
        ("uber", &[3]),
        ("ÜBER", &[3]),
        ("angstrom naive", &[3]),
        ("МИР", &[4]),
        ("κόσμε", &[4]),
        ("прив*", &[4]),
        ("42", &[5]),
        ("bob@example.org", &[5]),
        ("AND", &[5]),
        ("fox OR alice", &[]),
        ("said:fox", &[]),
        ("-fox", &[1]),
        ("fox)", &[1]),
        ("fox -- !", &[1]),
        ("", &[]),
        ("  *  \" \" ", &[]),
        ("!?", &[]),
    ];
    for (query, expected) in table {
        let mut found = log.found(query);
        found.sort_unstable();
        assert_eq!(found, *expected, "{query}");
    }
}

#[test]
fn parts_of_words_are_found_however_old_they_are() {
    let texts: Vec<String> = (0..400)
        .map(|number| match number {
            3 | 200 => "lightning".to_owned(),
            // The same trigrams, but not the part.
            _ if number % 2 == 0 => "lightni htnin tning".to_owned(),
            _ => "nothing of it".to_owned(),
        })
        .collect();
    let log = log(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let query = Query::parse("ightning", jiff::civil::date(2026, 1, 1));
    for (limit, rows, expected) in [(1, 300, vec![201]), (2, 300, vec![201, 4]), (20, 1, vec![201, 4])] {
        let found = log.store.with_parts(&query, &rank::wanted(&query), limit, rows).unwrap();
        assert_eq!(found.iter().map(|it| it.seq).collect::<Vec<_>>(), expected, "{limit} of the newest {rows}");
    }
}

#[test]
fn the_better_match_comes_first_and_among_equals_the_newer() {
    let log = log(&[
        "A long dictation about many things among which tea is mentioned once, in passing, and never again after that.",
        "tea",
        "tea",
        "Tea, more tea, and tea again: tea.",
        "coffee",
    ]);
    let found = log.found("tea");
    assert_eq!(found[0], 4);
    assert_eq!(found[1..], [3, 2, 1]);
}

#[test]
fn the_excerpt_shows_the_match() {
    let text = format!("{} needle {}", "before ".repeat(50), "after ".repeat(50));
    let log = log(&[&text]);
    let hit = log.store.search("needle", 1).unwrap().remove(0);
    assert!(hit.excerpt.contains("needle") && hit.excerpt.len() < 120, "{}", hit.excerpt);
    assert_eq!(hit.entry.text, text);
}

#[test]
fn what_the_model_heard_is_found_when_nothing_was_composed() {
    let log = log(&[]);
    let mut entry = entry(1, "");
    entry.raw_text = "unfinished words".into();
    log.store.record(&entry).unwrap();
    assert_eq!(log.found("unfinished"), [1]);
}

/// Words of one script, so that a word is never glued to its neighbour.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\u{5d0}-\u{5ea}]{1,8}",
        "[\u{628}-\u{63a}\u{641}-\u{648}]{1,8}",
        "[\u{4e00}-\u{9fff}]{1,6}",
        "[\u{3041}-\u{3096}\u{30a1}-\u{30fa}]{1,6}",
        "[\u{ac00}-\u{d7a3}]{1,6}",
        "[\u{e01}-\u{e30}\u{e40}-\u{e44}]{1,8}",
        "[a-z]{1,12}",
        "[A-Z][a-zàâäçéèêëîïñôöùûüÿœæßőűąćęłńśźżčďěňřšťůžåøğışț]{1,12}",
        "[А-Яа-яЁёЇїЄєҐґ]{1,12}",
        "[Α-ΡΣ-Ωα-ωάέήίόύώ]{1,12}",
        "[0-9]{1,6}",
    ]
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(" "),
        Just(", "),
        Just(". "),
        Just("\n"),
        Just(" — "),
        Just("? «"),
        Just("…"),
        Just("-"),
        Just("/")
    ]
}

/// What a reader without the right keyboard would type.
fn without_diacritics(word: &str) -> String {
    let folds = [
        ("àâäåą", 'a'),
        ("çćč", 'c'),
        ("ď", 'd'),
        ("éèêëęě", 'e'),
        ("ğ", 'g'),
        ("îï", 'i'),
        ("ñńň", 'n'),
        ("ôöő", 'o'),
        ("ř", 'r'),
        ("śš", 's'),
        ("ťț", 't'),
        ("ùûüűů", 'u'),
        ("ÿ", 'y'),
        ("źżž", 'z'),
    ];
    let fold = |c: char| folds.iter().find(|(from, _)| from.contains(c)).map_or(c, |(_, to)| *to);
    word.chars().map(fold).collect()
}

proptest! {
    // Each case opens a database.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_said_is_found_by_each_of_its_words(words in prop::collection::vec((word(), separator()), 1..20)) {
        let text: String = words.iter().flat_map(|(word, separator)| [word.as_str(), separator]).collect();
        let log = log(&["something else altogether, 1234567890", &text]);
        for (word, _) in &words {
            for query in [word.clone(), word.to_lowercase(), format!("\"{word}\""), without_diacritics(word)] {
                prop_assert!(log.found(&query).contains(&2), "{query} in {text}");
            }
            let beginning: String = word.chars().take(2).collect();
            prop_assert!(log.found(&format!("{beginning}*")).contains(&2), "{beginning}* in {text}");
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        prop_assert!(log.found(&all.join(" ")).contains(&2));
    }
}

#[test]
fn no_query_is_an_error() {
    let log = log(&["some text", "\0 \u{1}", "\"quoted\" * text"]);
    let operators = r#"(["*^:+\-(){}',\x00]|AND|OR|NOT|NEAR|said|[a-zа-я]{0,3}| |\PC|\u{301}){0,12}"#;
    proptest!(|(query in prop_oneof![any::<String>(), operators.prop_map(|text: String| text)])| {
        log.store.search(&query, 10).unwrap();
    });
}
