//! The spaces between this dictation and its neighbours.

/// Begins the text with a space where it would run into `before`, the end of the text that stands before it.
pub fn begin_with_space(text: &str, before: Option<&str>) -> String {
    let (last, first) = (before.and_then(|before| before.chars().next_back()), text.chars().next());
    let runs_on = |last: char| {
        !last.is_whitespace()
            && !writes_without_spaces(last)
            && !matches!(last, '(' | '[' | '{' | '“' | '„' | '«' | '‘' | '¿' | '¡')
    };
    let begins = |first: char| {
        !writes_without_spaces(first)
            && (first.is_alphanumeric() || matches!(first, '(' | '[' | '{' | '“' | '„' | '«' | '"' | '¿' | '¡'))
    };
    if last.is_some_and(runs_on) && first.is_some_and(begins) { format!(" {text}") } else { text.to_owned() }
}

/// Ends the text with a space, unless it is empty, ends with white space already, or is in a script without spaces.
pub fn end_with_space(text: &str) -> String {
    let mut text = text.to_owned();
    if text.chars().next_back().is_some_and(|last| !last.is_whitespace() && !writes_without_spaces(last)) {
        text.push(' ');
    }
    text
}

/// Whether the next sentence follows this character without a space: Chinese, Japanese, Thai, Lao, Khmer, Burmese and
/// Tibetan, with the punctuation made for them.
pub(super) fn writes_without_spaces(character: char) -> bool {
    matches!(character,
        '\u{0E00}'..='\u{0FFF}'     // Thai, Lao, Tibetan
        | '\u{1000}'..='\u{109F}'   // Burmese
        | '\u{1780}'..='\u{17FF}'   // Khmer
        | '\u{2E80}'..='\u{312F}'   // radicals, ideographic punctuation, kana, bopomofo
        | '\u{31A0}'..='\u{9FFF}'   // more bopomofo and kana, ideographs
        | '\u{F900}'..='\u{FAFF}'   // compatibility ideographs
        | '\u{FE30}'..='\u{FE4F}'   // their vertical punctuation
        | '\u{FF01}'..='\u{FF9F}'   // full-width forms, half-width kana
        | '\u{20000}'..='\u{3FFFF}' // further ideographs
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_do_not_run_into_what_stands_before_them() {
        for (before, text, after) in [
            (None, "World", "World"),
            (Some(""), "World", "World"),
            (Some("Hello"), "World", " World"),
            (Some("Hello "), "World", "World"),
            (Some("Hello\n"), "World", "World"),
            (Some("Hello"), ", world", ", world"),
            (Some("("), "World", "World"),
            (Some("Hello"), "“World”", " “World”"),
            (Some("你好。"), "再见", "再见"),
            (Some("Hello"), "", ""),
        ] {
            assert_eq!(begin_with_space(text, before), after, "{before:?} {text:?}");
        }
    }

    #[test]
    fn examples() {
        for (before, after) in [
            ("Hello.", "Hello. "),
            ("Hello. ", "Hello. "),
            ("Hello.\n", "Hello.\n"),
            ("", ""),
            ("“Quoted”", "“Quoted” "),
            ("안녕하세요.", "안녕하세요. "),
            ("今日はいい天気です。", "今日はいい天気です。"),
            ("你好！", "你好！"),
            ("你好 Scout", "你好 Scout "),
            ("สวัสดี", "สวัสดี"),
        ] {
            assert_eq!(end_with_space(before), after);
        }
    }
}
