//! `[model]`: what turns sound into words.

use crate::config::allowed::{Allowed, Unit, whole};
use crate::config::declare::section;
use crate::config::language::Language;

section! {
    /// The model that recognises speech.
    #[section(name = "model", title = "Speech model", page = Recognition)]
    pub struct ModelSettings overridden by ModelOverrides {
        /// The speech model. `scout models list` shows what there is.
        #[option(
            title = "Model",
            effect = AtOnce,
            profile = yes,
            allowed = Allowed::Text { example: "the name of a model that `scout models list` shows" }
        )]
        name: String = "tiny.en".to_owned(),

        /// The language you speak: a code such as "en", "de" or "fr"; several, such as "en, de", to have the model find
        /// out which of them it is; or "auto" for any. Models whose names end in `.en` know English only.
        #[option(title = "Language", effect = NextDictation, profile = yes)]
        language: Language = Language::Auto,

        /// Write English, whatever language you speak. Only multilingual models can do that.
        #[option(title = "Translate into English", effect = NextDictation, profile = yes)]
        translate: bool = false,

        /// Processor threads for recognition; 0 chooses by the number of cores.
        #[option(title = "Threads", effect = NextDictation, profile = no, allowed = whole(0, 256, Unit::None))]
        threads: u32 = 0,

        /// Unload the model after this many minutes without a dictation, to free its memory; the next key press loads
        /// it again while you speak. 0 keeps it loaded.
        #[option(title = "Unload after", effect = AtOnce, profile = no, allowed = whole(0, 10_000, Unit::Minutes))]
        unload_minutes: u32 = 0,
    }
}
