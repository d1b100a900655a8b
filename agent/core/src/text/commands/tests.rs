use super::*;
use crate::config::lists::UserAction;
use crate::text::clauses::PAUSE;

/// What a text becomes in which `|` stands for a pause; other steps than text are shown in brackets.
fn said(text: &str, language: Language, own: &[UserCommand]) -> String {
    let heeded = Heeded { commands: true, punctuation: true, own };
    let steps = carry_out(&text.replace('|', &PAUSE.to_string()), heeded, language);
    let shown: Vec<String> = steps.iter().map(ToString::to_string).collect();
    shown.concat().replace(PAUSE, "|")
}

fn english(text: &str) -> String {
    said(text, Language::Auto, &[])
}

#[test]
fn commands_are_carried_out_where_they_stand_alone() {
    for (spoken, text) in [
        ("Hello. New line. World.", "Hello.\nWorld."),
        ("Dear Anna,| new line,| thank you.", "Dear Anna\nThank you."),
        ("One. New paragraph. Two.", "One.\n\nTwo."),
        ("New line.", "\n"),
        ("New line. New line. Two.", "\n\nTwo."),
        ("First. Newline. second", "First.\nSecond"),
        ("Hello there. Scratch that.", ""),
        ("Hello there. Scratch that. Goodbye.", "Goodbye."),
        ("Scratch that.", "[undo the last dictation]"),
        ("Scratch that. Scratch that.", "[undo the last dictation]"),
        ("Undo that. Hello.", "[undo the last dictation]Hello."),
        ("git status. Press enter.", "git status.[press Enter]"),
        ("Press enter.", "[press Enter]"),
        ("Anna. Press tab. Lind. Press tab.", "Anna.[press Tab]Lind.[press Tab]"),
        ("Press Escape!", "[press Escape]"),
        ("Stop listening.", "[stop listening]"),
        ("Literally new line.", "New line."),
        ("Hello. Literally press enter. Bye.", "Hello. Press enter. Bye."),
        ("The end.| New paragraph", "The end.\n\n"),
    ] {
        assert_eq!(english(spoken), text, "{spoken:?}");
    }
}

#[test]
fn signs_stand_as_they_are_written() {
    for (spoken, text) in [
        ("Hello. Comma. How are you. Question mark.", "Hello, how are you?"),
        ("Hello,| comma,| Anna.", "Hello, Anna."),
        ("I am done. Period.", "I am done."),
        ("Wow. Exclamation mark. Next.", "Wow! Next."),
        ("Is it so? Question mark.", "Is it so?"),
        ("He said. Colon. Open quote. Hello. Close quote.", "He said: “Hello”"),
        ("See. Open paren. The end. Close paren. Full stop.", "See. (The end)."),
        ("State. Hyphen. Of. Hyphen. The art.", "State-of-the art."),
        ("Anna. At sign. Example. Dot.", "Anna@Example. Dot."),
        ("One. Slash. Two.", "One/two."),
        ("Well. Dash. Not now.", "Well – not now."),
        ("Twenty. Percent sign. More.", "Twenty% more."),
        ("Wait. Ellipsis.", "Wait…"),
        ("Full stop, new line. Next.", ".\nNext."),
        ("Comma", ","),
    ] {
        assert_eq!(english(spoken), text, "{spoken:?}");
    }
}

#[test]
fn other_languages_have_their_own() {
    let of = |code| Language::Code(code);
    for (language, spoken, text) in [
        ("de", "Liebe Anna. Komma. Neue Zeile. Danke.", "Liebe Anna,\nDanke."),
        ("de", "Kommst du. Fragezeichen.", "Kommst du?"),
        ("de", "Streich das.", "[undo the last dictation]"),
        ("de", "Drücke Enter.", "[press Enter]"),
        ("de", "Wörtlich neue Zeile.", "Neue Zeile."),
        ("de", "New line.", "New line."),
        ("de", "Er wollte eine| neue Zeile| im Text.", "Er wollte eine| neue Zeile| im Text."),
        ("fr", "Tu viens. Point d'interrogation.", "Tu viens\u{202F}?"),
        ("fr", "Bonjour. Virgule. À la ligne. Merci.", "Bonjour,\nMerci."),
        ("fr", "Appuie sur Entrée.", "[press Enter]"),
        ("es", "Abrir interrogación. Vienes. Cerrar interrogación.", "¿Vienes?"),
        ("es", "Hola. Coma. Nueva línea. Gracias.", "Hola,\nGracias."),
        ("es", "Borra eso.", "[undo the last dictation]"),
        ("it", "New line.", "New line."),
    ] {
        assert_eq!(said(spoken, of(language), &[]), text, "{spoken:?}");
    }
}

#[test]
fn no_phrase_is_there_twice_or_can_never_be_said() {
    for phrases in [&english::PHRASES, &german::PHRASES, &french::PHRASES, &spanish::PHRASES] {
        let mut seen = std::collections::HashSet::new();
        for (phrase, meaning) in phrases.commands {
            assert!(seen.insert(phrase), "{phrase} is there twice");
            let words = crate::text::clauses::words(phrase).unwrap_or_default();
            assert_eq!(words.join(" "), *phrase, "{phrase} is not as words are compared");
            if let Meaning::Press(key) = meaning {
                assert!(scout_desktop::keys::NAMES.contains(key), "{key}");
            }
        }
    }
}

#[test]
fn the_user_s_own_commands_come_first() {
    let own = [
        UserCommand { say: vec!["sign off".into()], does: UserAction::Insert("Kind regards,\nAnna".into()) },
        UserCommand {
            say: vec!["save".into(), "save it".into()],
            does: UserAction::Press(vec!["ctrl+S".parse().unwrap()]),
        },
        UserCommand { say: vec!["lights out".into()], does: UserAction::Run(vec!["lock".into(), "--now".into()]) },
        UserCommand { say: vec!["new line".into()], does: UserAction::Insert("mine".into()) },
    ];
    for (spoken, text) in [
        ("See you. Sign off.", "See you. Kind regards,\nAnna"),
        ("Save it.", "[press ctrl+S]"),
        ("Lights out.", "[run lock]"),
        ("New line.", "mine"),
        ("He had to sign off on it.", "He had to sign off on it."),
        ("Save it for later.", "Save it for later."),
    ] {
        assert_eq!(said(spoken, Language::Auto, &own), text, "{spoken:?}");
    }
}

/// Sentences that only speak of what commands are called. `|` is a pause.
pub(crate) const PROSE: &[&str] = &[
    "He asked for a new line of products.",
    "She drew a new line in the sand.",
    "We opened a new line between Bern and Milan.",
    "The new line is shorter than the old one.",
    "I am waiting for a new line",
    "There is a new paragraph about fees in the contract.",
    "Start a new paragraph when the topic changes.",
    "Every new paragraph needs a topic sentence.",
    "Do I need a new line?",
    "New line?",
    "New line of products.",
    "New lines are cheap.",
    "New paragraph breaks confuse the reader.",
    "The cat will scratch that sofa.",
    "Scratch that itch.",
    "Do not scratch that.",
    "Can you undo that mistake?",
    "Undo that knot for me.",
    "You cannot undo that.",
    "Press enter to continue.",
    "When you are done, press enter.",
    "Just press enter twice.",
    "Press tab to move on.",
    "You can press escape at any time.",
    "The press tabled the motion.",
    "Press enters the room.",
    "Stop listening to him.",
    "They told me to stop listening to rumours.",
    "Please stop listening at doors.",
    "You should stop listening.",
    "He meant it literally.",
    "She literally said new line.",
    "Literally new lines everywhere.",
    "It was a period of growth.",
    "The Victorian period ended in 1901.",
    "A comma goes here.",
    "Comma splices annoy editors.",
    "Put a comma after the name.",
    "The words are comma, period and colon.",
    "Comma, period, colon.",
    "There are three marks: comma, period, and colon.",
    "His colon was examined.",
    "Colon cancer is treatable.",
    "She made a dash for it.",
    "A dash of salt is enough.",
    "The hundred metre dash was fast.",
    "There is a big question mark over the plan.",
    "The question mark is missing.",
    "Question marks end questions.",
    "End with an exclamation mark.",
    "Full stop is what the British say.",
    "It came to a full stop.",
    "The bus made a full stop at the light.",
    "Quote me on that.",
    "Open quotes are curly.",
    "I asked for an open quote from the insurer.",
    "The underscore on that film was loud.",
    "Slash prices now.",
    "Use a slash or a backslash.",
    "The hyphen in this word is wrong.",
    "An at sign belongs in every address.",
    "Hashtag activism is not enough.",
    "A bullet point list is easier to read.",
    "He typed a percent sign by mistake.",
    "He said \"new line\" and left.",
    "The command is: new line.",
    "\"Press enter.\"",
    "The label says (new paragraph).",
    "I want a... new line.",
    "He wanted a... period of rest.",
    "He asked for a| new line| of products.",
    "He asked for a| new line| and left.",
    "We need the| new paragraph| in the contract.",
    "It is the| period| that matters.",
    "Say the word| comma| when you need one.",
    "She met Dr. Period.",
    "Camel case is common in Java.",
    "Snake case or kebab case?",
    "All caps looks like shouting.",
    "Title case is a matter of taste.",
    "Spell it out for me.",
    "Romeo and Juliet is a play.",
    "Oscar, Mike and Victor came.",
];

#[test]
fn prose_that_mentions_a_command_s_words_is_never_a_command() {
    assert!(PROSE.len() >= 60);
    for sentence in PROSE {
        assert_eq!(english(sentence), *sentence);
        // Nor is it among other sentences.
        let among = format!("It was late. {sentence} Then it rained.");
        if sentence.ends_with(['.', '?']) {
            assert_eq!(english(&among), among);
        }
    }
}
