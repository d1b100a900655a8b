//! `[text]`: what becomes of the words on their way.

use crate::config::declare::{choices, section};

section! {
    /// How the words are changed before they are delivered.
    #[section(name = "text", title = "Text", page = Text)]
    pub struct TextSettings overridden by TextOverrides {
        /// Remove what the model writes for sounds and silence, such as `[BLANK_AUDIO]` or (music), and extra spaces.
        #[option(title = "Remove sounds and silence", effect = NextDictation, profile = yes)]
        clean: bool = true,

        /// Carry out spoken commands: "new line", "new paragraph", "scratch that", "undo that", "press enter" (or tab,
        /// escape), "stop listening", and those of your own. A command counts only where it stands alone, between
        /// pauses or sentence ends; "literally new line" writes the words.
        #[option(title = "Spoken commands", effect = NextDictation, profile = yes)]
        commands: bool = true,

        /// Turn spoken punctuation that stands alone ("comma", "question mark") into signs.
        #[option(title = "Spoken punctuation", effect = NextDictation, profile = yes)]
        punctuation: bool = true,

        /// Numbers in words (English).
        #[option(title = "Numbers", effect = NextDictation, profile = yes)]
        numbers: Numbers = Numbers::Keep,

        /// Write units after numbers as signs: "5 kilometres" becomes "5 km" (English).
        #[option(title = "Units as signs", effect = NextDictation, profile = yes)]
        units: bool = false,

        /// Apply formatters at the beginning of a sentence: "camel case", "snake case", "kebab case", "title case", "all
        /// caps", and "spell" with the NATO alphabet (English).
        #[option(title = "Formatters", effect = NextDictation, profile = yes)]
        formatters: bool = false,

        /// The first letter.
        #[option(title = "First letter", effect = NextDictation, profile = yes)]
        first_letter: FirstLetter = FirstLetter::Auto,

        /// The full stop at the very end.
        #[option(title = "Full stop at the end", effect = NextDictation, profile = yes)]
        full_stop: FullStop = FullStop::Keep,

        /// Begin with a space where the text would run into the one before it in the same window.
        #[option(title = "Space before", effect = NextDictation, profile = yes)]
        joint_space: bool = true,

        /// End with a space, so that the next dictation does not run into this one. Scripts that use no spaces get
        /// none.
        #[option(title = "Space after", effect = NextDictation, profile = yes)]
        trailing_space: bool = true,
    }
}

choices! {
    /// What to do with numbers in words.
    pub enum Numbers {
        /// Leave them as the model wrote them.
        Keep = "keep", "As the model writes them";
        /// Write digits: 23 for twenty-three.
        Digits = "digits", "Digits";
    }
}

choices! {
    /// What to do with the first letter.
    pub enum FirstLetter {
        /// Decide by the text before it in the same window.
        Auto = "auto", "By the text before";
        /// Leave it as the model wrote it.
        Keep = "keep", "As the model writes it";
        /// Make it a capital.
        Upper = "upper", "Capital";
        /// Make it lower-case, unless the word always has a capital.
        Lower = "lower", "Lower-case";
    }
}

choices! {
    /// What to do with the full stop at the very end.
    pub enum FullStop {
        /// Keep it.
        Keep = "keep", "Keep";
        /// Leave it out where the text is a single sentence. There is no space after that text either, and a sentence
        /// that is dictated right after it begins with the full stop.
        Auto = "auto", "Leave out after a single sentence";
        /// Leave it out.
        Drop = "drop", "Leave out";
    }
}
