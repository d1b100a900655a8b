//! The choice: a pure function of the window and the profiles, so nothing can stick from one dictation to the next.

use std::fmt;

use scout_desktop::Target;

use super::{Matched, Profile, Profiles};

/// The profile that applies, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<'p> {
    /// The profile.
    pub profile: &'p Profile,
    /// The reason.
    pub why: Why,
}

/// Why a profile applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// One of its rules fits, and no other profile's rule says more: these conditions hold.
    Rule(Vec<Matched>),
    /// No profile's rule fits.
    NoRule,
    /// The user chose it for this one dictation.
    Chosen,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(matched) => {
                for (number, condition) in matched.iter().enumerate() {
                    write!(f, "{}{condition}", if number == 0 { "" } else { " and " })?;
                }
                Ok(())
            }
            Self::Chosen => f.write_str("it was chosen for this dictation"),
            Self::NoRule => f.write_str("no other profile is meant for this window"),
        }
    }
}

/// The profile for a window: the one whose fitting rule says most (a title more than an application id, that more than a
/// process, and that more than a program); of equals the first; the default when none fits.
pub fn resolve<'p>(target: &Target, profiles: &'p Profiles) -> Resolved<'p> {
    let mut best = None;
    for profile in profiles.iter() {
        for rule in &profile.rules {
            let Some(matched) = rule.matches(target) else { continue };
            if best.as_ref().is_none_or(|(most, _)| rule.specificity() > *most) {
                best = Some((rule.specificity(), Resolved { profile, why: Why::Rule(matched) }));
            }
        }
    }
    best.map_or_else(|| Resolved { profile: profiles.default_profile(), why: Why::NoRule }, |(_, resolved)| resolved)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::config::schema::{FullStop, Newline};
    use crate::profile::{Source, load};

    fn profiles(files: &[(&str, &str)]) -> Profiles {
        let parse = |(name, text): &(&str, &str)| load::parse(Path::new(name), text, Source::ReadyMade).unwrap();
        Profiles::new(files.iter().map(parse)).unwrap()
    }

    /// A window from `app_id|instance|executable|title|process`; an empty part is unknown.
    fn window(text: &str) -> Target {
        let mut parts = text.split('|').map(|part| (!part.is_empty()).then(|| part.to_owned()));
        Target {
            app_id: parts.next().flatten(),
            instance: parts.next().flatten(),
            executable: parts.next().flatten(),
            title: parts.next().flatten(),
            process: parts.next().flatten(),
            ..Target::default()
        }
    }

    #[test]
    fn the_most_specific_rule_wins_whatever_the_order() {
        let mut files = vec![
            ("program", "[[match]]\nexecutable = 'code'"),
            ("script", "[[match]]\nprocess = 'code-*'"),
            ("class", "[[match]]\napp_id = 'Code'"),
            ("page", "[[match]]\ntitle = 'README'"),
            ("both", "[[match]]\ntitle = 'README'\napp_id = 'code'"),
        ];
        for _ in 0..2 {
            let profiles = profiles(&files);
            for (target, expected) in [
                ("|||", "default"),
                ("gedit||/usr/bin/gedit|notes", "default"),
                ("||/opt/code|", "program"),
                ("||/opt/code||code-tool", "script"),
                ("Code||/opt/code||code-tool", "class"),
                ("Code||/opt/code|main.rs", "class"),
                ("gedit|||README.md", "page"),
                ("Code||/opt/code|README.md", "both"),
                // Every condition of a rule must hold.
                ("|||README.md", "page"),
            ] {
                assert_eq!(resolve(&window(target), &profiles).profile.name, expected, "{target}");
            }
            files.reverse();
        }
    }

    #[test]
    fn of_equal_rules_the_first_wins() {
        let profiles = profiles(&[("one", "[[match]]\napp_id = 'x*'"), ("two", "[[match]]\napp_id = 'xterm'")]);
        assert_eq!(resolve(&window("XTerm|||"), &profiles).profile.name, "one");
    }

    #[test]
    fn any_rule_of_a_profile_will_do_and_names_the_reason() {
        let profiles = profiles(&[("p", "[[match]]\napp_id = ['a', 'B*']\ntitle = '^x'\n[[match]]\nexecutable = 'c'")]);
        let why = |text: &str| resolve(&window(text), &profiles).why.to_string();
        assert_eq!(why("|b1||xyz"), "the title matches '^x' and the application id is \"B*\"");
        assert_eq!(why("a||/bin/c|yx"), "the program is \"c\"");
        assert_eq!(why("a|||yx"), "no other profile is meant for this window");
    }

    #[test]
    fn nothing_of_one_window_sticks_to_the_next() {
        let profiles = Profiles::ready_made();
        let (terminal, editor) = (window("XTerm|xterm|/usr/bin/xterm|bash"), window("Gedit|gedit|/usr/bin/gedit|a"));
        let first = resolve(&editor, &profiles);
        assert_eq!(resolve(&terminal, &profiles).profile.name, "xterm");
        assert_eq!(resolve(&editor, &profiles), first);
    }

    #[test]
    fn ready_made_profiles_know_their_applications() {
        let profiles = Profiles::ready_made();
        for (target, expected) in [
            ("XTerm|xterm|/usr/bin/xterm|bash", "xterm"),
            ("Emacs|emacs|/usr/bin/emacs-gtk|*scratch*", "emacs"),
            ("Gnome-terminal|gnome-terminal-server|/usr/libexec/gnome-terminal-server|~", "terminals"),
            (r"||C:\Program Files\WindowsApps\WindowsTerminal.exe|", "terminals"),
            // Editors in terminals, by their titles; what only has such a word in it is none.
            ("XTerm|xterm|/usr/bin/xterm|notes.md (~/src) - VIM", "terminal-editors"),
            ("Alacritty|Alacritty||nvim main.rs", "terminal-editors"),
            ("kitty|kitty||emacs@host", "terminal-editors"),
            ("foot|||GNU nano 7.2", "terminal-editors"),
            ("XTerm|xterm|/usr/bin/xterm|~/projects/vimeo", "xterm"),
            ("XTerm|xterm|/usr/bin/xterm|nanoseconds.txt", "xterm"),
            ("Code|code|/usr/share/code/code|main.rs - scout - Visual Studio Code", "editors"),
            ("jetbrains-idea-ce|jetbrains-idea-ce||scout – Main.java", "editors"),
            ("Emacs|emacs|/usr/bin/emacs|main.rs", "emacs"),
            (r"||C:\Program Files\Microsoft VS Code\Code.exe|", "editors"),
            ("Slack|slack||general", "chat"),
            ("discord|discord||#rust", "chat"),
            ("teams-for-linux|teams-for-linux||Chat", "chat"),
            ("org.telegram.desktop|||", "chat"),
            ("Chromium|chromium||general (Channel) - Acme - Slack - Chromium", "chat"),
            ("Mail|thunderbird|/usr/lib/thunderbird/thunderbird|Write: Hello", "mail"),
            ("thunderbird|thunderbird||Inbox", "mail"),
            (
                "firefox|Navigator|/usr/lib/firefox/firefox|Inbox (3) - anna@example.org - Gmail — Mozilla Firefox",
                "mail",
            ),
            ("libreoffice-writer|libreoffice||Untitled 1", "office"),
            ("Google-chrome|google-chrome||Report - Google Docs - Google Chrome", "office"),
            (r"||C:\Program Files\Microsoft Office\WINWORD.EXE|Report", "office"),
            ("libreoffice-calc|libreoffice||Untitled 1", "spreadsheets"),
            ("Google-chrome|google-chrome||Budget - Google Sheets - Google Chrome", "spreadsheets"),
            ("Rofi|rofi||rofi", "launchers"),
            ("KeePassXC|keepassxc||", "private"),
            ("firefox|Navigator|/usr/lib/firefox/firefox|Start — Mozilla Firefox Private Browsing", "private"),
            ("firefox|Navigator|/usr/lib/firefox/firefox|Start — Mozilla Firefox", "browsers"),
            ("Chromium|chromium||New Tab - Chromium (Incognito)", "private"),
            ("Google-chrome|google-chrome||Incognito - Wikipedia - Google Chrome", "browsers"),
            ("Gedit|gedit||Private Browsing", "default"),
        ] {
            assert_eq!(resolve(&window(target), &profiles).profile.name, expected, "{target}");
        }
    }

    #[test]
    fn a_profile_changes_what_it_names_and_nothing_else() {
        let config = Config::default();
        let profiles = Profiles::ready_made();
        let settings = resolve(&window("XTerm|||"), &profiles).profile.settings(&config);
        assert_eq!((settings.delivery.newline, settings.text.full_stop), (Newline::Space, FullStop::Drop));
        assert_eq!((settings.delivery.method, settings.model), (config.delivery.method, config.model.clone()));
        let default = resolve(&window("|||"), &profiles).profile.settings(&config);
        assert_eq!(default, crate::profile::Settings::from(&config));
    }
}
