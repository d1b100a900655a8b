use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::config::lists::{Replacement, UserAction, UserCommand};
use crate::config::schema::{DeliverySettings, TextSettings, VocabularySettings};

/// Everything off.
fn off() -> Settings {
    Settings {
        text: TextSettings {
            clean: false,
            commands: false,
            punctuation: false,
            numbers: Numbers::Keep,
            units: false,
            formatters: false,
            first_letter: FirstLetter::Keep,
            full_stop: FullStop::Keep,
            joint_space: false,
            trailing_space: false,
        },
        vocabulary: VocabularySettings { correct: false, prompt: false, ..VocabularySettings::default() },
        ..Settings::default()
    }
}

/// Everything on.
fn all() -> Settings {
    Settings {
        text: TextSettings {
            clean: true,
            commands: true,
            punctuation: true,
            numbers: Numbers::Digits,
            units: true,
            formatters: true,
            first_letter: FirstLetter::Lower,
            full_stop: FullStop::Drop,
            joint_space: true,
            trailing_space: true,
        },
        delivery: DeliverySettings { newline: Newline::Space, ..DeliverySettings::default() },
        replacements: vec![Replacement { heard: vec!["e mail".into()], with: "email".into() }],
        commands: vec![UserCommand { say: vec!["sign off".into()], does: UserAction::Insert("Anna".into()) }],
        ..Settings::from(&Config::default())
    }
}

prop_compose! {
    fn any_settings()(
        switches in prop::collection::vec(any::<bool>(), 10),
        first_letter in prop::sample::select(vec![
            FirstLetter::Auto, FirstLetter::Keep, FirstLetter::Upper, FirstLetter::Lower,
        ]),
        full_stop in prop::sample::select(vec![FullStop::Keep, FullStop::Auto, FullStop::Drop]),
        newline in prop::sample::select(vec![Newline::Enter, Newline::ShiftEnter, Newline::Space]),
    ) -> Settings {
        let mut settings = all();
        settings.text = TextSettings {
            clean: switches[0],
            commands: switches[1],
            punctuation: switches[2],
            numbers: if switches[3] { Numbers::Digits } else { Numbers::Keep },
            units: switches[4],
            formatters: switches[5],
            first_letter,
            full_stop,
            joint_space: switches[6],
            trailing_space: switches[7],
        };
        settings.vocabulary.correct = switches[8];
        settings.delivery.newline = newline;
        if !switches[9] {
            settings.replacements.clear();
            settings.commands.clear();
        }
        settings
    }
}

prop_compose! {
    fn any_context()(
        language in prop::sample::select(vec![
            Language::Auto, Language::Code("en"), Language::Code("de"), Language::Code("fr"), Language::Code("es"),
            Language::Code("tr"), Language::Code("ja"),
        ]),
        pauses in prop::collection::vec(0_usize..200, 0..5),
        before in prop::option::of("\\PC{0,6}"),
        before_is_prose in any::<bool>(),
        before_lacks_stop in any::<bool>(),
        words in any::<bool>(),
    ) -> Context {
        let vocabulary = if words { Vocabulary::of_words(["Kubernetes", "Anna Lind", "東京"]) } else { Vocabulary::default() };
        Context { language, pauses, before, before_is_prose, before_lacks_stop, vocabulary: Arc::new(vocabulary) }
    }
}

/// Text that is likely to upset the stages: pieces of what they look for, among any characters.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => any::<String>(),
        3 => "[ .,?!\\-\n\r\t>*♪\\[\\]()（）\u{FDD0}]{1,6}",
        3 => prop::sample::select(vec![
            "[MUSIC]", "(laughs)", "*sighs*", "♪ la ♪", "- ", ">> ", "<|en|>", "p.m.", "...", "I", "ß", "İ", "。", "word",
            "New line.", "Comma.", "Scratch that.", "Press enter.", "Literally new line.", "Camel case", "Spell alpha",
            "twenty", "hundred", "point", "five kilometres", "percent", "e mail", "kubernetis", "sign off", "Neue Zeile.",
            "Open quote.", "Dr.",
        ]).prop_map(str::to_owned),
        2 => Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

#[test]
fn stages_run_in_their_order_and_show_what_they_did() {
    let context = Context { vocabulary: Arc::new(Vocabulary::of_words(["Kubernetes"])), ..Context::default() };
    let raw = " List twenty one coobernetes e mails.\n[MUSIC] New line. E mail 5 kilometres.";
    let composition = compose(raw, &all(), &context);
    let stages: Vec<(&str, &str)> = composition.stages.iter().map(|stage| (stage.name, stage.text.as_str())).collect();
    assert_eq!(
        stages,
        [
            ("artefacts", "List twenty one coobernetes e mails.\nNew line. E mail 5 kilometres."),
            ("commands", "List twenty one coobernetes e mails.\nE mail 5 kilometres."),
            ("numbers", "List 21 coobernetes e mails.\nE mail 5 kilometres."),
            ("units", "List 21 coobernetes e mails.\nE mail 5\u{A0}km."),
            ("vocabulary", "List 21 Kubernetes e mails.\nE mail 5\u{A0}km."),
            ("replacements", "List 21 Kubernetes e mails.\nemail 5\u{A0}km."),
            ("formatters", "List 21 Kubernetes e mails.\nemail 5\u{A0}km."),
            ("casing", "list 21 Kubernetes e mails.\nemail 5\u{A0}km."),
            ("full stop", "list 21 Kubernetes e mails.\nemail 5\u{A0}km"),
            ("spacing", "list 21 Kubernetes e mails.\nemail 5\u{A0}km "),
            ("line breaks", "list 21 Kubernetes e mails. email 5\u{A0}km "),
        ]
    );
    assert_eq!(composition.text, "list 21 Kubernetes e mails. email 5\u{A0}km ");
    assert_eq!(composition.raw, raw);
}

#[test]
fn silence_gives_nothing_to_deliver() {
    for raw in ["", " ", " [BLANK_AUDIO]", "(music)", "♪♪"] {
        let composition = compose(raw, &Settings::default(), &Context::default());
        assert_eq!(composition.text, "");
        assert!(composition.is_empty());
    }
}

#[test]
fn what_is_to_be_done_comes_in_its_order() {
    let settings = Settings::default();
    let composition = compose("ls minus l. Press enter. Done.", &settings, &Context::default());
    assert_eq!(composition.steps.len(), 3);
    assert_eq!(composition.steps[0].text(), Some("ls minus l."));
    assert_eq!(composition.steps[2].text(), Some("Done. "));
    assert_eq!(composition.text, "ls minus l.Done. ");
    let undo = compose("Scratch that.", &settings, &Context::default());
    assert_eq!((undo.text.as_str(), undo.steps.as_slice()), ("", [Step::UndoLast].as_slice()));
    assert!(!undo.is_empty() && undo.only_text().is_none());
}

#[test]
fn pauses_make_commands_of_what_commas_alone_do_not() {
    let settings = Settings::default();
    let raw = "Dear Anna, new line, thank you.";
    assert_eq!(compose(raw, &settings, &Context::default()).text, "Dear Anna, new line, thank you. ");
    let context = Context { pauses: vec![10, 20], ..Context::default() };
    assert_eq!(compose(raw, &settings, &context).text, "Dear Anna\nThank you. ");
}

#[test]
fn a_text_goes_on_where_the_one_before_ended() {
    let settings = Settings::default();
    let after = |before: &str, raw: &str| {
        let context = Context { before: Some(before.into()), before_is_prose: true, ..Context::default() };
        compose(raw, &settings, &context).text
    };
    assert_eq!(after("Well,", "And then we went."), " and then we went. ");
    assert_eq!(after("Well. ", "and then we went."), "And then we went. ");
    assert_eq!(after("", "And then."), "And then. ");
}

#[test]
fn a_text_begins_a_sentence_behind_one_whose_full_stop_its_profile_left_out() {
    let profile = |first_letter, full_stop| {
        let mut settings = Settings::default();
        (settings.text.first_letter, settings.text.full_stop) = (first_letter, full_stop);
        settings
    };
    let then = |before: &str, how: &Settings| {
        let delivered = compose(before, how, &Context::default()).text.trim_end().to_owned();
        let before_is_prose = ends_as_prose(before, how);
        let context = Context { before: Some(delivered), before_is_prose, ..Context::default() };
        compose("And then.", &Settings::default(), &context).text
    };
    let prose = profile(FirstLetter::Auto, FullStop::Keep);
    let chat = profile(FirstLetter::Auto, FullStop::Auto);
    let terminal = profile(FirstLetter::Lower, FullStop::Drop);
    assert_eq!(then("We went,", &prose), " and then. ");
    assert_eq!(then("We went", &chat), " and then. ");
    for (before, how) in [("We went.", &prose), ("We went.", &chat), ("List all.", &terminal), ("List", &terminal)] {
        assert_eq!(then(before, how), " And then. ", "{before:?}");
    }
}

#[test]
fn sentences_of_consecutive_dictations_do_not_run_together() {
    let mut chat = Settings::default();
    chat.text.full_stop = FullStop::Auto;
    for (said, written) in [
        (&["On my way."][..], "On my way"),
        (&["On my way.", "See you."], "On my way. See you. "),
        (&["On my way.", "see you.", "It is late."], "On my way. See you. It is late"),
        (&["On my way.", "New line. See you."], "On my way\nSee you"),
        (&["On my way!", "See you."], "On my way! See you"),
        (&["これです。", "それです。"], "これです。それです。"),
        (&["On my way", "and so on."], "On my way and so on"),
    ] {
        let (mut field, mut context) = (String::new(), Context::default());
        for raw in said {
            let composition = compose(raw, &chat, &context);
            field.push_str(&composition.text);
            context = Context {
                before: Some(field.clone()),
                before_is_prose: ends_as_prose(raw, &chat),
                before_lacks_stop: composition.lacks_stop,
                ..Context::default()
            };
        }
        assert_eq!(field, written, "{said:?}");
    }
}

#[test]
fn a_text_begins_a_sentence_after_a_line_break_of_the_dictation_before() {
    let settings = Settings::default();
    let after = |before: &str, raw: &str| {
        let context = Context { before: Some(before.into()), before_is_prose: true, ..Context::default() };
        compose(raw, &settings, &context).text
    };
    assert_eq!(after("Dear Anna,\n\n", "Thank you for the letter."), "Thank you for the letter. ");
    // As within one dictation.
    let once = compose("Dear Anna. New line. Thank you.", &settings, &Context::default()).text;
    let first = compose("Dear Anna. New line.", &settings, &Context::default()).text;
    assert_eq!(format!("{first}{}", after(&first, "Thank you.")), once);
}

#[test]
fn a_rewritten_text_takes_its_spaces_and_line_breaks_along() {
    let mut settings = Settings::default();
    settings.delivery.newline = Newline::Space;
    let composition = compose("their going home", &settings, &Context::default());
    assert_eq!(composition.only_text(), Some("their going home"));
    let rewritten = rewritten(composition, "They're going\nhome.", &settings, &Context::default());
    assert_eq!(rewritten.text, "They're going home. ");
    assert_eq!(rewritten.raw, "their going home");
}

#[test]
fn prose_stays_prose_whatever_the_profile() {
    let settings = Settings {
        text: TextSettings {
            numbers: Numbers::Keep,
            first_letter: FirstLetter::Keep,
            full_stop: FullStop::Keep,
            units: false,
            trailing_space: false,
            ..all().text
        },
        ..Settings::default()
    };
    for sentence in super::commands::tests::PROSE {
        let sentence = sentence.replace('|', "");
        let composition = compose(&sentence, &settings, &Context::default());
        assert_eq!(composition.text, sentence);
    }
}

proptest! {
    #[test]
    fn with_every_stage_off_the_text_stays(raw in any_text(), mut context in any_context()) {
        context.vocabulary = Arc::default();
        let composition = compose(&raw, &off(), &context);
        prop_assert_eq!(composition.text, raw);
        prop_assert!(composition.stages.is_empty());
    }

    #[test]
    fn any_text_is_composed(raw in any_text(), settings in any_settings(), context in any_context()) {
        let composition = compose(&raw, &settings, &context);
        prop_assert_eq!(&composition.text, &step::text_of(&composition.steps));
        prop_assert!(!settings.text.commands || !composition.text.contains(clauses::PAUSE));
        if let Some(text) = composition.only_text() {
            let text = text.to_owned();
            let _ = rewritten(composition, &text, &settings, &context);
        }
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(raw in any_text()) {
        let once = artefacts::clean(&raw);
        prop_assert_eq!(artefacts::clean(&once), once);
    }

    #[test]
    fn the_other_stages_twice_are_once(raw in any_text(), language in prop::sample::select(vec![Language::Auto, Language::Code("tr")])) {
        for change in [FirstLetter::Upper, FirstLetter::Lower] {
            let once = casing::first_letter(&raw, change, None, language);
            prop_assert_eq!(casing::first_letter(&once, change, None, language), once);
        }
        let twice = |stage: fn(&str) -> String| { let once = stage(&raw); (stage(&once), once) };
        for stage in [spacing::end_with_space, newline::as_spaces, numbers::as_digits, units::as_signs] {
            let (again, once) = twice(stage);
            prop_assert_eq!(again, once);
        }
        let broken = newline::as_spaces(&raw).contains(['\n', '\r', '\u{2028}']);
        prop_assert!(!broken);
    }
}
