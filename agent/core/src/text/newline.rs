//! Line breaks where Enter would send or run what is there.

/// Turns every run of white space with a line break in it into one space; at the end of the text it goes altogether,
/// but for a space that was there before.
pub fn as_spaces(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_break) {
        let words = rest[..start].trim_end();
        joined.push_str(words);
        rest = rest[start..].trim_start();
        if !joined.is_empty() && !rest.is_empty() {
            joined.push(' ');
        }
    }
    joined.push_str(rest);
    joined
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\u{B}' | '\u{C}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        for (before, after) in [
            ("git status", "git status"),
            ("git status ", "git status "),
            ("one\ntwo", "one two"),
            ("one\r\n\r\ntwo", "one two"),
            ("one \n two", "one two"),
            ("one\ntwo\n", "one two"),
            ("\none", "one"),
            ("one\u{2028}two\u{85}three", "one two three"),
            ("\n", ""),
            ("", ""),
        ] {
            assert_eq!(as_spaces(before), after, "{before:?}");
        }
    }
}
