//! Which clauses are commands.

use super::{Heeded, Meaning, Phrases, Side, Sign};
use crate::config::lists::UserAction;
use crate::text::clauses::{Clause, Edge, words};

/// What a clause asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said<'t> {
    /// These commands, in a row.
    Commands(Vec<Meaning>),
    /// A command of the user's own.
    Own(&'t UserAction),
    /// The words of a command, to be written: the clause from here on.
    Literally(&'t str),
}

/// What the clause asks for; `None` for prose.
pub(super) fn recognise<'t>(
    text: &'t str,
    all: &[Clause],
    place: usize,
    heeded: Heeded<'t>,
    phrases: Option<&Phrases>,
) -> Option<Said<'t>> {
    let clause = &all[place];
    let body = &text[clause.body.clone()];
    let said = words(body)?;
    if said.is_empty() || clause.before == Edge::Weak || clause.after == Edge::Weak {
        return None;
    }
    let asks = text[clause.ender.clone()].contains(['?', '？']);
    let own = || heeded.own.iter().find(|own| own.say.iter().any(|say| words(say).as_ref() == Some(&said)));
    if heeded.commands
        && !asks
        && let Some(own) = own()
    {
        return Some(Said::Own(&own.does));
    }
    let phrases = phrases?;
    if let [first, rest @ ..] = said.as_slice()
        && first == phrases.literally
        && commands(rest, phrases, heeded).is_some()
    {
        let after = body.find(|character: char| character.is_whitespace()).unwrap_or(0);
        return Some(Said::Literally(text[clause.body.start + after..clause.whole.end].trim_start()));
    }
    let commands = commands(&said, phrases, heeded)?;
    // "New line?" asks about one. A question mark that is asked for may well sound like a question.
    if asks && !commands.iter().all(|command| matches!(command, Meaning::Sign(Sign { side: Side::Ends, .. }))) {
        return None;
    }
    if hesitates(text, all, place, phrases) { None } else { Some(Said::Commands(commands)) }
}

/// The commands that these words are, every one of them.
fn commands(said: &[String], phrases: &Phrases, heeded: Heeded<'_>) -> Option<Vec<Meaning>> {
    let mut found = Vec::new();
    let mut rest = said;
    while !rest.is_empty() {
        let (length, meaning) = longest(rest, phrases)?;
        let is_heeded = if matches!(meaning, Meaning::Sign(_)) { heeded.punctuation } else { heeded.commands };
        if !is_heeded {
            return None;
        }
        found.push(meaning);
        rest = &rest[length..];
    }
    // "Comma, period, colon" names signs; nobody writes them in a row. Brackets and quotation marks do stand beside others.
    let bare = |meaning: &&Meaning| matches!(meaning, Meaning::Sign(sign) if !is_bracket(sign));
    (!found.is_empty() && found.iter().filter(bare).count() <= 1).then_some(found)
}

fn is_bracket(sign: &Sign) -> bool {
    sign.text.contains(['(', ')', '[', ']', '{', '}', '“', '”', '„', '«', '»', '‘', '¿', '¡'])
}

fn longest(said: &[String], phrases: &Phrases) -> Option<(usize, Meaning)> {
    let fits = |phrase: &str| {
        let mut length = 0;
        for word in phrase.split(' ') {
            if said.get(length).map(String::as_str) != Some(word) {
                return None;
            }
            length += 1;
        }
        Some(length)
    };
    let all = phrases.commands.iter().filter_map(|(phrase, meaning)| Some((fits(phrase)?, *meaning)));
    all.max_by_key(|(length, _)| *length)
}

/// Whether a pause beside the clause is one in the middle of a sentence: it follows a word that needs another behind it, or
/// the clause is followed by one that continues it.
fn hesitates(text: &str, all: &[Clause], place: usize, phrases: &Phrases) -> bool {
    let clause = &all[place];
    let word = |clause: &Clause, last: bool| {
        let words = words(&text[clause.body.clone()])?;
        let word = if last { words.last() } else { words.first() };
        word.cloned()
    };
    let before = (clause.before == Edge::Pause).then(|| place.checked_sub(1)).flatten();
    let dangles = before.and_then(|before| {
        let comma = text[all[before].body.clone()].ends_with(',');
        word(&all[before], true).filter(|_| !comma)
    });
    let after = (clause.after == Edge::Pause).then(|| all.get(place + 1)).flatten();
    let comma = text[clause.body.clone()].ends_with(',');
    let continues = after.and_then(|after| word(after, false).filter(|_| !comma));
    dangles.is_some_and(|word| phrases.dangling.contains(&word.as_str()))
        || continues.is_some_and(|word| phrases.continuing.contains(&word.as_str()))
}
