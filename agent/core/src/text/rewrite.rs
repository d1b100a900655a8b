//! Whether what a language model made of a text may take its place.

/// Why a model's answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing in it.
    Empty,
    /// It differs too much from what was said.
    TooDifferent {
        /// How much of the characters, in percent.
        percent: usize,
    },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("the language model answered nothing"),
            Self::TooDifferent { percent } => {
                write!(
                    f,
                    "the language model changed {percent} % of the text: it may change up to rewrite.change_percent"
                )
            }
        }
    }
}

/// The text in an answer: without thoughts before it, and without quotation marks around it that the original has not.
pub fn tidy(answer: &str, original: &str) -> String {
    let spoken = answer.rsplit_once("</think>").map_or(answer, |(_, spoken)| spoken).trim();
    for (open, close) in [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')] {
        let inside = spoken.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(inside) = inside
            && !original.trim_start().starts_with(open)
            && !inside.contains([open, close])
        {
            return inside.trim().to_owned();
        }
    }
    spoken.to_owned()
}

/// Looks at an answer that was tidied.
pub fn check(original: &str, answer: &str, most_percent: u32) -> Result<(), Refusal> {
    if !answer.chars().any(char::is_alphanumeric) {
        return Err(Refusal::Empty);
    }
    let longest = original.chars().count().max(answer.chars().count());
    let shortest = original.chars().count().min(answer.chars().count());
    // What one has more than the other differs in any case; that is known without comparing all of a long answer.
    let most = longest * most_percent as usize / 100;
    let wrong = if longest - shortest > most { longest - shortest } else { strsim::levenshtein(original, answer) };
    if wrong > most {
        return Err(Refusal::TooDifferent { percent: wrong * 100 / longest });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_tidied() {
        for (answer, original, text) in [
            (" Hello there. \n", "hello there", "Hello there."),
            ("<think>They said hello.</think>\n\nHello there.", "hello there", "Hello there."),
            ("\"Hello there.\"", "hello there", "Hello there."),
            ("\"Hello\" she said, \"there.\"", "hello", "\"Hello\" she said, \"there.\""),
            ("“Hello”", "“hello”", "“Hello”"),
            ("", "hello", ""),
        ] {
            assert_eq!(tidy(answer, original), text, "{answer:?}");
        }
    }

    #[test]
    fn what_is_empty_or_too_different_is_not_taken() {
        for (original, answer, most, verdict) in [
            ("their going home", "They're going home.", 40, Ok(())),
            ("hello", "hello", 1, Ok(())),
            ("hello there", " ", 40, Err(Refusal::Empty)),
            ("hello there", "…", 40, Err(Refusal::Empty)),
            (
                "hello there",
                "Sure! Here is the corrected text: Hello there.",
                40,
                Err(Refusal::TooDifferent { percent: 76 }),
            ),
            ("hello", "adieu", 40, Err(Refusal::TooDifferent { percent: 100 })),
            ("abc", "xyz", 100, Ok(())),
        ] {
            assert_eq!(check(original, answer, most), verdict, "{original:?} {answer:?}");
        }
    }
}
