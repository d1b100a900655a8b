//! `[vocabulary]`: words that are expected.

use crate::config::allowed::Allowed;
use crate::config::declare::section;

section! {
    /// Words that you use and others do not: names, products, terms. More of them, a word a line, are read from the
    /// file vocabulary/general.txt next to this one; `scout vocabulary` fills it.
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

        /// Tell the recogniser to expect these words. As many as it takes, the likeliest first.
        #[option(title = "Expect these words", effect = NextDictation, profile = yes)]
        prompt: bool = true,

        /// Turn what sounds and looks like one of these words into it.
        #[option(title = "Correct similar words", effect = NextDictation, profile = yes)]
        correct: bool = true,
    }
}
