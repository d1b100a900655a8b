//! The space at the end, which keeps the next dictation from running into this one.

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
fn writes_without_spaces(character: char) -> bool {
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
