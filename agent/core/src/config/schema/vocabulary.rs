//! `[vocabulary]`: words that are expected.

use crate::config::allowed::Allowed;
use crate::config::declare::section;

section! {
    /// Words that the recogniser does not know: names, products, terms. More of them, one on each line, are read from the
    /// file vocabulary/general.txt next to this one; `scout vocabulary` writes it.
    #[section(name = "vocabulary", title = "Vocabulary", page = Recognition)]
    pub struct VocabularySettings overridden by VocabularyOverrides {
        /// Words for all applications: `["Kubernetes", "Anna Lind"]`.
        #[option(
            title = "Words",
            effect = NextDictation,
            profile = yes,
            allowed = Allowed::Words { example: "a list of words, such as [\"Kubernetes\", \"Anna Lind\"]" }
        )]
        words: Vec<String> = Vec::new(),

        /// Further lists: "work" is the file vocabulary/work.txt.
        #[option(
            title = "Lists of words",
            effect = NextDictation,
            profile = yes,
            allowed = Allowed::Words { example: "a list of names of files, such as [\"work\"]" }
        )]
        lists: Vec<String> = Vec::new(),

        /// Make the recogniser expect these words: as many as it can take, the most likely first.
        #[option(title = "Expect these words", effect = NextDictation, profile = yes)]
        prompt: bool = true,

        /// Replace words that sound and look like one of these by it.
        #[option(title = "Correct similar words", effect = NextDictation, profile = yes)]
        correct: bool = true,
    }
}
