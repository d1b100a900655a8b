//! The tokens of a model: from `CTranslate2`'s list of printable words to the bytes that whisper.cpp wants.

use std::collections::HashMap;

/// The token that ends a transcript. All tokens behind it are special ones, which whisper.cpp makes up itself.
const END_OF_TEXT: &str = "<|endoftext|>";
/// Multilingual models have at least so many tokens; English ones have one less.
const MULTILINGUAL: usize = 51_865;

/// Why a vocabulary was not taken. The caller adds the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VocabularyError {
    /// It belongs to another model, or is cut.
    #[error("it holds {found} tokens, but the model has {expected}: take the vocabulary that came with the weights")]
    Count {
        /// Tokens of the model.
        expected: usize,
        /// Tokens in the list.
        found: usize,
    },
    /// It is no vocabulary of a Whisper model.
    #[error("it is no Whisper vocabulary: {0}")]
    Foreign(String),
}

/// Reads `vocabulary.txt`: one token a line. Only the line feed separates: other characters that Unicode counts as line
/// ends are parts of tokens.
pub(crate) fn read_lines(text: &str) -> Vec<String> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(str::to_owned).collect()
}

/// Reads `vocabulary.json`: an array of tokens.
pub(crate) fn read_json(text: &str) -> Result<Vec<String>, VocabularyError> {
    serde_json::from_str(text).map_err(|error| VocabularyError::Foreign(error.to_string()))
}

/// The bytes of the tokens that a file of whisper.cpp holds, for a model of `expected` tokens.
///
/// These are the ordinary ones; English files also hold the end of text, as the published ones do.
pub(crate) fn base_tokens(tokens: &[String], expected: usize) -> Result<Vec<Vec<u8>>, VocabularyError> {
    if tokens.len() != expected {
        return Err(VocabularyError::Count { expected, found: tokens.len() });
    }
    let end = tokens
        .iter()
        .position(|token| token == END_OF_TEXT)
        .ok_or_else(|| VocabularyError::Foreign(format!("there is no {END_OF_TEXT}")))?;
    let bytes = bytes_of_characters();
    let mut base = tokens[..end]
        .iter()
        .map(|token| {
            token
                .chars()
                .map(|character| bytes.get(&character).copied())
                .collect::<Option<Vec<u8>>>()
                .ok_or_else(|| VocabularyError::Foreign(format!("the token {token:?} stands for no bytes")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if expected < MULTILINGUAL {
        base.push(END_OF_TEXT.into());
    }
    Ok(base)
}

/// GPT-2 writes every byte as a printable character: those of Latin-1 that print stand for themselves, the others for the
/// characters from U+0100 on, in order.
fn bytes_of_characters() -> HashMap<char, u8> {
    let mut stand_ins = '\u{100}'..;
    (0..=u8::MAX)
        .map(|byte| {
            let printable = matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..);
            let character = if printable { Some(char::from(byte)) } else { stand_ins.next() };
            (character.unwrap_or(char::REPLACEMENT_CHARACTER), byte)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_gpt_2_says() {
        let bytes = bytes_of_characters();
        assert_eq!(bytes.len(), 256);
        for (character, byte) in
            [('A', b'A'), ('Ġ', b' '), ('Ċ', b'\n'), ('Ā', 0), ('ł', 0xA0), ('Ń', 0xAD), ('ÿ', 0xFF)]
        {
            assert_eq!(bytes.get(&character), Some(&byte), "{character}");
        }
    }

    #[test]
    fn only_line_feeds_separate_tokens() {
        assert_eq!(read_lines("a\u{85}b\n\nc\n"), ["a\u{85}b", "", "c"]);
        assert_eq!(read_json(r#"["a","b"]"#).unwrap(), ["a", "b"]);
        assert!(matches!(read_json("{"), Err(VocabularyError::Foreign(_))));
    }

    #[test]
    fn special_tokens_stay_out_but_for_the_english_end_of_text() {
        let tokens = read_lines("Ġa\n\n<|endoftext|>\n<|startoftranscript|>\n");
        assert_eq!(base_tokens(&tokens, 4).unwrap(), [b" a".to_vec(), vec![], END_OF_TEXT.into()]);
        let mut many = vec!["a".to_owned(); MULTILINGUAL - 1];
        many.push(END_OF_TEXT.into());
        assert_eq!(base_tokens(&many, MULTILINGUAL).unwrap().len(), MULTILINGUAL - 1);
    }

    #[test]
    fn a_foreign_or_cut_vocabulary_is_refused() {
        let tokens = read_lines("a\nb");
        assert_eq!(base_tokens(&tokens, 3), Err(VocabularyError::Count { expected: 3, found: 2 }));
        assert!(matches!(base_tokens(&tokens, 2), Err(VocabularyError::Foreign(_))));
        assert!(matches!(base_tokens(&read_lines("漢\n<|endoftext|>"), 2), Err(VocabularyError::Foreign(_))));
    }
}
