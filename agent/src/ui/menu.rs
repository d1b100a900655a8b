//! What the tray's menu says: a pure function of the [`View`].

use unicode_segmentation::UnicodeSegmentation;

use super::{Action, View};
use crate::control::State;

/// How many recent dictations the menu offers: as many as fit a small screen; `scout history` has the rest.
const RECENT_MAX: usize = 10;

/// How much of a dictation the menu shows, in characters as the user counts them: enough to recognise it, and a menu that is
/// no wider than its longest fixed line.
const RECENT_LENGTH: usize = 40;

/// How much of a warning the menu shows. `scout doctor` has the rest.
const WARNING_LENGTH: usize = 70;

/// One line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A line to read.
    Label(String),
    /// A line to click.
    Button {
        /// What it says.
        label: String,
        /// Whether it can be clicked.
        enabled: bool,
        /// What it does.
        action: Action,
    },
    /// One of several choices.
    Choice {
        /// What it says.
        label: String,
        /// Whether it is the one chosen.
        chosen: bool,
        /// What choosing it does.
        action: Action,
    },
    /// A menu of its own. Grey when it is empty.
    Submenu {
        /// What it says.
        label: String,
        /// What is in it.
        items: Vec<Item>,
    },
    /// A line between groups.
    Separator,
}

/// The whole menu.
pub fn menu(view: &View) -> Vec<Item> {
    let mut items = vec![Item::Label(status_line(view))];
    items.extend(
        view.warnings.iter().map(|warning| Item::Label(format!("\u{26a0} {}", shortened(warning, WARNING_LENGTH)))),
    );
    items.extend(view.rewrites_at.iter().map(|host| Item::Label(leaves(host))));
    items.extend([
        Item::Separator,
        button(
            if view.state == State::Listening { "Stop dictation" } else { "Start dictation" },
            can_toggle(view.state),
            Action::Toggle,
        ),
        button("Cancel dictation", is_under_way(view.state), Action::Cancel),
        button(
            if view.held { "Deliver here" } else { "Paste last" },
            view.held || !view.recent.is_empty(),
            Action::PasteLast,
        ),
        button("Undo last", view.can_undo, Action::Undo),
        Item::Choice { label: "Hands-free".to_owned(), chosen: view.hands_free, action: Action::ToggleHandsFree },
        Item::Separator,
        profiles(view),
        microphones(view),
        models(view),
        recent(view),
        Item::Separator,
        button("Open configuration", true, Action::OpenConfiguration),
        button("Quit", true, Action::Quit),
    ]);
    items
}

/// What the agent is doing, and what the user can do, in one line.
pub fn status_line(view: &View) -> String {
    match view.state {
        State::Idle if view.held => "A text is waiting: choose \u{201c}Deliver here\u{201d}".to_owned(),
        State::Idle if view.hands_free => "The microphone is open: speak".to_owned(),
        State::Idle => format!("Ready: hold {} and speak", view.key),
        State::Listening => "Listening\u{2026}".to_owned(),
        State::Finishing => "Transcribing\u{2026}".to_owned(),
        State::Delivering => "Typing\u{2026}".to_owned(),
        State::Error => "Dictation does not work".to_owned(),
    }
}

/// That words leave this machine is never to go unnoticed.
fn leaves(host: &str) -> String {
    format!("\u{26a0} What you say is sent to {host}")
}

/// What the tray says, under Scout's name, when the pointer rests on it.
pub fn tooltip(view: &View) -> String {
    let mut lines = vec![status_line(view)];
    if view.held && view.state != State::Idle {
        lines.push("A text is waiting".to_owned());
    }
    lines.extend(view.warnings.iter().cloned());
    lines.extend(view.rewrites_at.iter().map(|host| leaves(host)));
    lines.join("\n")
}

fn can_toggle(state: State) -> bool {
    matches!(state, State::Idle | State::Listening)
}

fn is_under_way(state: State) -> bool {
    matches!(state, State::Listening | State::Finishing | State::Delivering)
}

fn button(label: &str, enabled: bool, action: Action) -> Item {
    Item::Button { label: label.to_owned(), enabled, action }
}

fn profiles(view: &View) -> Item {
    let automatic = Item::Choice {
        label: "As the application wants".to_owned(),
        chosen: view.profile_once.is_none(),
        action: Action::UseProfileOnce(None),
    };
    let named = view.profiles.iter().map(|name| Item::Choice {
        label: format!("{name}, next time only"),
        chosen: view.profile_once.as_ref() == Some(name),
        action: Action::UseProfileOnce(Some(name.clone())),
    });
    let in_use = view.profile_once.as_ref().unwrap_or(&view.profile);
    Item::Submenu { label: format!("Profile: {in_use}"), items: std::iter::once(automatic).chain(named).collect() }
}

fn microphones(view: &View) -> Item {
    let default = Item::Choice {
        label: "System default".to_owned(),
        chosen: view.microphone.is_none(),
        action: Action::UseMicrophone(None),
    };
    let connected = view.microphones.iter().map(|choice| Item::Choice {
        label: choice.label.clone(),
        chosen: view.microphone.as_ref() == Some(&choice.id),
        action: Action::UseMicrophone(Some(choice.id.clone())),
    });
    // A chosen microphone that is unplugged stays visible: otherwise nothing would look chosen.
    let missing =
        view.microphone.iter().filter(|id| view.microphones.iter().all(|choice| choice.id != **id)).map(|id| {
            Item::Choice {
                label: format!("{id} (not connected)"),
                chosen: true,
                action: Action::UseMicrophone(Some(id.clone())),
            }
        });
    Item::Submenu {
        label: "Microphone".to_owned(),
        items: std::iter::once(default).chain(connected).chain(missing).collect(),
    }
}

fn models(view: &View) -> Item {
    let items = view.models.iter().map(|name| Item::Choice {
        label: name.clone(),
        chosen: view.model.as_ref() == Some(name),
        action: Action::UseModel(name.clone()),
    });
    Item::Submenu { label: "Model".to_owned(), items: items.collect() }
}

fn recent(view: &View) -> Item {
    let items = view.recent.iter().take(RECENT_MAX).map(|recent| Item::Button {
        label: shortened(&recent.text, RECENT_LENGTH),
        enabled: true,
        action: Action::CopyRecent(recent.id),
    });
    Item::Submenu { label: "Recent dictations (click to copy)".to_owned(), items: items.collect() }
}

/// The text on one line, with its first characters only if it is longer.
fn shortened(text: &str, length: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.grapheme_indices(true).nth(length) {
        Some((end, _)) => format!("{}\u{2026}", line[..end].trim_end()),
        None => line,
    }
}

/// The same lines doing the same things, whatever they say: then a menu on the screen can be changed in place, and a user who
/// has it open keeps it.
pub fn same_shape(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Item::Label(_), Item::Label(_)) | (Item::Separator, Item::Separator) => true,
            (Item::Button { action: one, .. }, Item::Button { action: other, .. })
            | (Item::Choice { action: one, .. }, Item::Choice { action: other, .. }) => one == other,
            (Item::Submenu { items: one, .. }, Item::Submenu { items: other, .. }) => same_shape(one, other),
            _ => false,
        })
}

/// What the line does that is found by going down through these positions; nothing if it is grey or only to read.
pub fn action_at(items: &[Item], path: &[usize]) -> Option<Action> {
    let (&position, below) = path.split_first()?;
    match items.get(position)? {
        Item::Submenu { items, .. } => action_at(items, below),
        Item::Button { enabled: true, action, .. } | Item::Choice { action, .. } => Some(action.clone()),
        Item::Button { .. } | Item::Label(_) | Item::Separator => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Choice;
    use scout_core::dictation::DictationId;
    use scout_core::dictation::Recent;

    /// The menu as a user sees it: grey lines in brackets, chosen ones with a star, submenus indented.
    fn seen(items: &[Item], indent: &str) -> String {
        items
            .iter()
            .map(|item| match item {
                Item::Label(label) | Item::Button { label, enabled: false, .. } => format!("{indent}[{label}]\n"),
                Item::Button { label, .. } => format!("{indent}{label}\n"),
                Item::Choice { label, chosen, .. } => format!("{indent}{} {label}\n", if *chosen { '*' } else { '-' }),
                Item::Submenu { label, items } => {
                    format!("{indent}{label} >\n{}", seen(items, &format!("{indent}    ")))
                }
                Item::Separator => format!("{indent}---\n"),
            })
            .collect()
    }

    fn full() -> View {
        View {
            profiles: vec!["default".into(), "code".into()],
            microphones: vec![Choice { id: "usb-1".into(), label: "Headset".into() }],
            microphone: Some("usb-1".into()),
            models: vec!["tiny.en".into(), "base".into()],
            model: Some("tiny.en".into()),
            recent: vec![Recent { id: DictationId::numbered(1), text: "Hello\nworld & all".into() }],
            ..View::default()
        }
    }

    #[test]
    fn the_whole_menu_of_an_idle_agent() {
        let expected = "\
[Ready: hold F9 and speak]
---
Start dictation
[Cancel dictation]
Paste last
[Undo last]
- Hands-free
---
Profile: default >
    * As the application wants
    - default, next time only
    - code, next time only
Microphone >
    - System default
    * Headset
Model >
    * tiny.en
    - base
Recent dictations (click to copy) >
    Hello world & all
---
Open configuration
Quit
";
        assert_eq!(seen(&menu(&full()), ""), expected);
    }

    #[test]
    fn what_can_be_clicked_depends_on_the_state() {
        let cases = [
            (State::Idle, "[Ready: hold F9 and speak]", "Start dictation", "[Cancel dictation]"),
            (State::Listening, "[Listening\u{2026}]", "Stop dictation", "Cancel dictation"),
            (State::Finishing, "[Transcribing\u{2026}]", "[Start dictation]", "Cancel dictation"),
            (State::Delivering, "[Typing\u{2026}]", "[Start dictation]", "Cancel dictation"),
            (State::Error, "[Dictation does not work]", "[Start dictation]", "[Cancel dictation]"),
        ];
        for (state, status, toggle, cancel) in cases {
            let seen = seen(&menu(&View { state, ..View::default() }), "");
            let lines: Vec<_> = seen.lines().collect();
            assert_eq!([lines[0], lines[2], lines[3]], [status, toggle, cancel], "{state:?}");
        }
    }

    #[test]
    fn a_fresh_agent_has_nothing_to_paste_and_a_held_text_is_pointed_out() {
        let fresh = seen(&menu(&View::default()), "");
        assert!(fresh.contains("[Paste last]"), "{fresh}");
        let held = seen(&menu(&View { held: true, ..View::default() }), "");
        assert!(held.contains("[A text is waiting") && held.contains("\nDeliver here\n"), "{held}");
        assert!(
            tooltip(&View { held: true, state: State::Listening, ..View::default() }).contains("A text is waiting")
        );
    }

    #[test]
    fn warnings_stand_under_the_status_and_whole_in_the_tooltip() {
        let warning = "no keychain answers: install and start one, such as gnome-keyring or KWallet, then log in again";
        let view = View { warnings: vec![warning.into()], ..View::default() };
        assert!(seen(&menu(&view), "").lines().nth(1).unwrap().starts_with("[\u{26a0} no keychain answers"));
        assert!(tooltip(&view).contains(warning));
    }

    #[test]
    fn an_open_microphone_is_shown() {
        let view = View { hands_free: true, ..View::default() };
        let seen = seen(&menu(&view), "");
        assert!(seen.starts_with("[The microphone is open") && seen.contains("\n* Hands-free\n"), "{seen}");
        assert!(tooltip(&view).contains("microphone is open"));
    }

    #[test]
    fn that_words_leave_the_machine_is_shown() {
        let view = View { rewrites_at: Some("example.org".into()), ..View::default() };
        assert!(seen(&menu(&view), "").contains("What you say is sent to example.org"));
        assert!(tooltip(&view).contains("What you say is sent to example.org"));
    }

    #[test]
    fn a_profile_for_once_is_shown_as_the_one_in_use() {
        let view = View { profile_once: Some("code".into()), ..full() };
        let seen = seen(&menu(&view), "");
        assert!(seen.contains("Profile: code >\n    - As the application wants"), "{seen}");
        assert!(seen.contains("* code, next time only"), "{seen}");
    }

    #[test]
    fn an_unplugged_microphone_stays_chosen_visibly() {
        let view = View { microphones: Vec::new(), ..full() };
        assert!(seen(&menu(&view), "").contains("    - System default\n    * usb-1 (not connected)\n"));
    }

    #[test]
    fn a_dictation_is_shortened_between_characters_as_a_user_counts_them() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        for (text, expected) in [
            ("short".to_owned(), "short".to_owned()),
            ("a\n\tb".to_owned(), "a b".to_owned()),
            ("x".repeat(40), "x".repeat(40)),
            ("x".repeat(41), format!("{}\u{2026}", "x".repeat(40))),
            (format!("{} tail", "x".repeat(39)), format!("{}\u{2026}", "x".repeat(39))),
            (family.repeat(41), format!("{}\u{2026}", family.repeat(40))),
        ] {
            assert_eq!(shortened(&text, RECENT_LENGTH), expected);
        }
    }

    #[test]
    fn the_menu_keeps_its_shape_while_dictating_and_not_when_its_lines_change() {
        let idle = menu(&full());
        for state in [State::Listening, State::Finishing, State::Delivering] {
            assert!(same_shape(&idle, &menu(&View { state, ..full() })));
        }
        assert!(same_shape(&idle, &menu(&View { microphone: None, profile_once: Some("code".into()), ..full() })));
        let mut said_more = full();
        said_more.recent.insert(0, Recent { id: DictationId::numbered(2), text: "more".into() });
        said_more.recent.truncate(1);
        assert!(!same_shape(&idle, &menu(&said_more)), "the same place would copy another text");
        assert!(!same_shape(&idle, &menu(&View { warnings: vec!["w".into()], ..full() })));
    }

    #[test]
    fn a_click_does_what_its_line_says() {
        let items = menu(&full());
        assert_eq!(action_at(&items, &[2]), Some(Action::Toggle));
        assert_eq!(action_at(&items, &[3]), None, "grey");
        assert_eq!(action_at(&items, &[6]), Some(Action::ToggleHandsFree));
        assert_eq!(action_at(&items, &[9, 0]), Some(Action::UseMicrophone(None)));
        assert_eq!(action_at(&items, &[10, 1]), Some(Action::UseModel("base".into())));
        assert_eq!(action_at(&items, &[11, 0]), Some(Action::CopyRecent(DictationId::numbered(1))));
        for nowhere in [&[][..], &[0], &[99], &[9], &[9, 9]] {
            assert_eq!(action_at(&items, nowhere), None, "{nowhere:?}");
        }
    }
}
