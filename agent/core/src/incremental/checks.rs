//! Is a transcript worth a second look? Whisper sometimes repeats a phrase until its window is full, above all when its context
//! was cut; no list of phrases tells that, but repetition does. And it knows itself when it guesses.

use crate::transcript::Segment;

/// A text with more three-word groups for each different one than this is a loop. English prose has 1.0 to 1.1.
const MOST_COMPRESSION: f32 = 1.6;
/// The ratio says nothing of texts with fewer words.
const LEAST_WORDS: usize = 16;

/// So many marks in a row, with nothing between them, are a loop of marks. `?!" ("` is a row of five.
const MANY_MARKS: usize = 8;

/// Who speaks says a dozen letters a second; a third of that is less than anybody says who does not pause for long.
const FEW_LETTERS_PER_SECOND: f32 = 4.0;
/// So much of a clip may be silence: half a second before the first word and behind the last, and a breath.
const SILENT_SECONDS: f32 = 1.5;
/// A sign that is spoken on its own takes as long as about this many letters.
const LETTERS_OF_A_SIGN: usize = 3;

/// Below this mean natural logarithm of the tokens' probabilities a text is guessed: the figure at which whisper.cpp and the
/// implementation that it follows decode anew.
const LEAST_LOGPROB: f32 = -1.0;

/// Whether the model itself thinks little of what it wrote: the mean over the segments, each weighed by its length.
pub fn is_guessed(segments: &[Segment]) -> bool {
    let weigh = |segment: &Segment| segment.text.chars().count() as f32;
    let weight: f32 = segments.iter().map(weigh).sum();
    let sum: f32 = segments.iter().map(|segment| segment.avg_logprob * weigh(segment)).sum();
    weight > 0.0 && sum / weight < LEAST_LOGPROB
}

/// Whether a phrase follows itself so often, or so much of the text occurs more than once, that the model has most likely
/// lost its way. People do repeat themselves: this is a reason to look again, not to throw away.
pub fn runs_in_circles(text: &str) -> bool {
    let words = words(text);
    repeats(&words)
        || most_marks(text) >= MANY_MARKS
        || (words.len() >= LEAST_WORDS && compression(&words) > MOST_COMPRESSION)
}

/// Whether this is less than anybody says in so much time. A model that is told what was said before may take what follows for
/// said already.
pub fn is_short(text: &str, seconds: f32) -> bool {
    is_short_for_voice(text, seconds - SILENT_SECONDS)
}

/// Whether this is less than anybody says in this many seconds of voice, with no pause in them.
pub fn is_short_for_voice(text: &str, seconds: f32) -> bool {
    // A digit, a letter that is spelled and an ideogram are each a word or half a word.
    let is_spoken_alone = |letter: char| is_ideographic(letter) || letter.is_numeric() || letter.is_uppercase();
    let letters_of = |word: &str| match word.chars().count() {
        0 => 0,
        1 => LETTERS_OF_A_SIGN,
        _ => word.chars().map(|letter| if is_spoken_alone(letter) { LETTERS_OF_A_SIGN } else { 1 }).sum(),
    };
    let count: usize = text.split(|character: char| !character.is_alphanumeric()).map(letters_of).sum();
    count == 0 || (count as f32) < seconds * FEW_LETTERS_PER_SECOND
}

/// The most characters in a row that are neither letters nor digits, spaces aside.
fn most_marks(text: &str) -> usize {
    let rows = text.split(char::is_alphanumeric);
    rows.map(|row| row.chars().filter(|character| !character.is_whitespace()).count()).max().unwrap_or(0)
}

/// Lower-case words without punctuation. Scripts that do not separate words give single characters.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(|character: char| !character.is_alphanumeric() && character != '\'') {
        if word.chars().any(is_ideographic) {
            words.extend(word.chars().map(String::from));
        } else if !word.is_empty() {
            words.push(word.to_lowercase());
        }
    }
    words
}

/// Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese letters.
pub fn is_ideographic(character: char) -> bool {
    matches!(character, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{D7FF}')
}

/// Whether some phrase stands directly behind itself: the shorter it is, the more often it takes.
fn repeats(words: &[String]) -> bool {
    (1..=words.len() / 2).any(|period| {
        let needed = match period {
            1 => 5,     // "no, no, no, no" is said; five times the same word hardly ever
            2..=3 => 3, // "very good, very good" is said
            _ => 2,     // nobody says a whole sentence twice in a row
        };
        longest_run(words, period) >= period * (needed - 1)
    })
}

/// The most words in a row that equal the word `period` places before them.
fn longest_run(words: &[String], period: usize) -> usize {
    let (mut run, mut longest) = (0, 0);
    for (earlier, later) in words.iter().zip(&words[period..]) {
        run = if earlier == later { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Groups of three words for each different group.
fn compression(words: &[String]) -> f32 {
    let groups = words.windows(3);
    let all = groups.len();
    let different = groups.collect::<std::collections::HashSet<_>>().len();
    if different == 0 { 1.0 } else { all as f32 / different as f32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn guesses_are_noticed_by_the_longer_segments() {
        let segment = |text: &str, avg_logprob| Segment {
            start: 0.0,
            end: 1.0,
            text: text.to_owned(),
            avg_logprob,
            no_speech_probability: 0.0,
        };
        for (segments, guessed) in [
            (vec![], false),
            (vec![segment("", -9.0)], false),
            (vec![segment("A sentence.", -0.3)], false),
            (vec![segment("A sentence.", -1.4)], true),
            (vec![segment("A sentence of some length.", -0.4), segment("Um.", -2.0)], false),
        ] {
            assert_eq!(is_guessed(&segments), guessed, "{segments:?}");
        }
    }

    #[test]
    fn loops_are_noticed() {
        for text in [
            "Go forward 10 meters. Go forward 10 meters. Go forward 10 meters.",
            "ten of clubs, ten of clubs, ten of clubs",
            "So he said that it was good. And the printers of the day. And the printers of the day.",
            "you you you you you you",
            "The end. Thank you. Thank you. Thank you.",
            "谢谢大家谢谢大家",
            r#"In his power to do for them. " " " " " " " " "#,
            "And then !!!!!!!!!!!!",
            "one two three four five and so on, six seven, one two three four five and so on, eight, one two three four \
             five and so on, nine ten, one two three four five and so on",
        ] {
            assert!(runs_in_circles(text), "{text}");
        }
    }

    #[test]
    fn ordinary_speech_is_not() {
        for text in [
            "",
            "Yes.",
            "No, no, no, no.",
            "That is very, very good. Very good.",
            "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.",
            "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, \
             it was the epoch of belief, it was the epoch of incredulity",
            "five five five one two one two",
            "哈哈哈",
            r#"Did she say: "Really?!" ("Yes.")..."#,
            "今日はとても天気がいいです",
        ] {
            assert!(!runs_in_circles(text), "{text}");
        }
    }

    #[test]
    fn less_than_anybody_says_is_short() {
        for (text, seconds, short) in [
            ("", 0.5, true),
            ("Yes.", 1.8, false),
            ("And so.", 6.0, true),
            ("Go forward ten meters.", 4.0, false),
            ("今日はとても天気がいいです", 4.0, false),
            (r#"" " " ""#, 2.0, true),
        ] {
            assert_eq!(is_short(text, seconds), short, "{text}");
        }
        for (text, voiced, short) in [
            ("", 0.1, true),
            ("9.", 3.2, true),
            ("9 2 3 2 3 5 1 0 1", 3.2, false),
            ("K U B E C T L", 2.6, false),
            ("q z for n k w.", 3.2, false),
            ("Um.", 0.5, false),
        ] {
            assert_eq!(is_short_for_voice(text, voiced), short, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in ".{0,300}") {
            runs_in_circles(&text);
        }

        #[test]
        fn a_phrase_said_six_times_is_a_loop(phrase in "[a-z]{2,8}( [a-z]{2,8}){0,9}") {
            prop_assert!(runs_in_circles(&[phrase.as_str(); 6].join(". ")));
        }
    }
}
