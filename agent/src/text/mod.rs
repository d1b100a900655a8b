//! From raw transcript to the text to deliver: a chain of small pure stages, in a fixed order.
//!
//! Each stage is one file with its table of examples. With every stage off, the text stays as it was.

pub mod artefacts;
pub mod casing;
pub mod full_stop;
pub mod newline;
pub mod spacing;

use crate::config::language::Language;
use crate::config::schema::{FirstLetter, FullStop, Newline};
use crate::profile::Settings;

/// What is known beside the words themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// The language they are in, as it was set or found out.
    pub language: Language,
}

/// The text to deliver, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composition {
    /// What is to be delivered. Empty when nothing was said.
    pub text: String,
    /// What the model wrote.
    pub raw: String,
    /// What the text was after each stage that ran, in their order.
    pub stages: Vec<Stage>,
}

/// What a stage did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The stage's name.
    pub name: &'static str,
    /// The text after it.
    pub text: String,
}

/// Runs the stages that the settings turn on.
///
/// Casing and the full stop come before spacing, since they look at the ends of the text; line breaks come last, since
/// they say how the finished text is entered.
pub fn compose(raw: &str, settings: &Settings, context: &Context) -> Composition {
    let text = &settings.text;
    let mut composition = Composition { text: raw.to_owned(), raw: raw.to_owned(), stages: Vec::new() };
    composition.run(text.clean, "artefacts", artefacts::clean);
    composition.run(text.first_letter != FirstLetter::Keep, "casing", |words| {
        casing::first_letter(words, text.first_letter, context.language)
    });
    composition.run(text.full_stop == FullStop::Drop, "full stop", full_stop::drop_last);
    composition.run(text.trailing_space, "spacing", spacing::end_with_space);
    composition.run(settings.delivery.newline == Newline::Space, "line breaks", newline::as_spaces);
    composition
}

impl Composition {
    fn run(&mut self, on: bool, name: &'static str, stage: impl FnOnce(&str) -> String) {
        if on {
            self.text = stage(&self.text);
            self.stages.push(Stage { name, text: self.text.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::schema::{DeliverySettings, TextSettings};

    fn settings(
        clean: bool,
        first_letter: FirstLetter,
        full_stop: FullStop,
        space: bool,
        newline: Newline,
    ) -> Settings {
        Settings {
            text: TextSettings { clean, first_letter, full_stop, trailing_space: space },
            delivery: DeliverySettings { newline, ..DeliverySettings::default() },
            ..Settings::default()
        }
    }

    fn off() -> Settings {
        settings(false, FirstLetter::Keep, FullStop::Keep, false, Newline::Enter)
    }

    fn any_settings() -> impl Strategy<Value = Settings> {
        (
            any::<bool>(),
            prop_oneof![Just(FirstLetter::Keep), Just(FirstLetter::Upper), Just(FirstLetter::Lower)],
            prop_oneof![Just(FullStop::Keep), Just(FullStop::Drop)],
            any::<bool>(),
            prop_oneof![Just(Newline::Enter), Just(Newline::ShiftEnter), Just(Newline::Space)],
        )
            .prop_map(|(clean, letter, stop, space, newline)| settings(clean, letter, stop, space, newline))
    }

    fn any_language() -> impl Strategy<Value = Language> {
        prop_oneof![Just(Language::Auto), Just(Language::Code("en")), Just(Language::Code("tr"))]
    }

    /// Text that is likely to upset the stages: pieces of what they look for, among any characters.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            3 => any::<String>(),
            3 => "[ .\\-\n\r\t>*♪\\[\\]()（）]{1,6}",
            2 => prop::sample::select(vec![
                "[MUSIC]", "(laughs)", "*sighs*", "♪ la ♪", "- ", ">> ", "<|en|>", "p.m.", "...", "I", "ß", "İ", "。", "word",
            ]).prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    #[test]
    fn stages_run_in_their_order_and_show_what_they_did() {
        let all = settings(true, FirstLetter::Lower, FullStop::Drop, true, Newline::Space);
        let composition = compose(" List files.\n[MUSIC] Now.", &all, &Context::default());
        let stages: Vec<(&str, &str)> =
            composition.stages.iter().map(|stage| (stage.name, stage.text.as_str())).collect();
        assert_eq!(
            stages,
            [
                ("artefacts", "List files.\nNow."),
                ("casing", "list files.\nNow."),
                ("full stop", "list files.\nNow"),
                ("spacing", "list files.\nNow "),
                ("line breaks", "list files. Now "),
            ]
        );
        assert_eq!(composition.text, "list files. Now ");
        assert_eq!(composition.raw, " List files.\n[MUSIC] Now.");
    }

    #[test]
    fn silence_gives_nothing_to_deliver() {
        for raw in ["", " ", " [BLANK_AUDIO]", "(music)", "♪♪"] {
            assert_eq!(compose(raw, &Settings::default(), &Context::default()).text, "");
        }
    }

    proptest! {
        #[test]
        fn with_every_stage_off_the_text_stays(raw in any_text(), language in any_language()) {
            let composition = compose(&raw, &off(), &Context { language });
            prop_assert_eq!(composition.text, raw);
            prop_assert!(composition.stages.is_empty());
        }

        #[test]
        fn any_text_is_composed(raw in any_text(), settings in any_settings(), language in any_language()) {
            let composition = compose(&raw, &settings, &Context { language });
            let last = composition.stages.last().map_or(raw.as_str(), |stage| stage.text.as_str());
            prop_assert_eq!(&composition.text, last);
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(raw in any_text()) {
            let once = artefacts::clean(&raw);
            prop_assert_eq!(artefacts::clean(&once), once);
        }

        #[test]
        fn the_other_stages_twice_are_once(raw in any_text(), language in any_language()) {
            for change in [FirstLetter::Upper, FirstLetter::Lower] {
                let once = casing::first_letter(&raw, change, language);
                prop_assert_eq!(casing::first_letter(&once, change, language), once);
            }
            let once = spacing::end_with_space(&raw);
            prop_assert_eq!(spacing::end_with_space(&once), once);
            let once = newline::as_spaces(&raw);
            prop_assert_eq!(newline::as_spaces(&once), once.clone());
            let broken = once.contains(['\n', '\r', '\u{2028}']);
            prop_assert!(!broken);
        }
    }
}
