//! What a check found, and how the findings look on a page.

use std::fmt::Write as _;

use serde::Serialize;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was checked.
    pub(super) name: &'static str,
    /// Whether it works.
    pub(super) state: State,
    /// What was found; more than one line where there is a list.
    pub(super) detail: String,
    /// What to do about it, where the detail does not say that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
    /// Whether no dictation can succeed without it.
    pub(super) needed: bool,
}

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// As it should.
    Works,
    /// Dictation works, with something missing.
    Limited,
    /// Not at all.
    Broken,
}

impl Finding {
    pub(super) fn new(name: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self { name, state, detail: detail.into(), remedy: None, needed: false }
    }

    pub(super) fn works(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, State::Works, detail)
    }

    /// Something that Scout can do without, whose error says what to do.
    pub(super) fn limited(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, State::Limited, detail)
    }

    pub(super) fn broken(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, State::Broken, detail)
    }

    /// With what to do about it.
    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// As something without which no dictation can succeed.
    pub(super) fn needed(self) -> Self {
        Self { needed: true, ..self }
    }
}

/// Whether nothing that is needed is broken.
pub(super) fn can_dictate(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| !finding.needed || finding.state != State::Broken)
}

/// How wide the page is, in characters: as wide as the help of the commands.
const WIDTH: usize = 100;

/// The findings for a terminal, one after the other, with what to do beneath those that have something to do.
pub(super) fn page(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    let mut page = String::new();
    for finding in findings {
        let state = match finding.state {
            State::Works => "works  ",
            State::Limited => "limited",
            State::Broken => "BROKEN ",
        };
        let head = format!("{state}  {:width$}  ", finding.name);
        let indent = " ".repeat(head.chars().count());
        let remedy = finding.remedy.as_ref().map(|remedy| format!("\u{2192} {remedy}"));
        let lines = finding.detail.lines().chain(remedy.as_deref());
        let text: Vec<String> = lines.flat_map(|line| wrapped(line, WIDTH - indent.len())).collect();
        let text = text.join(&format!("\n{indent}"));
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", format!("{head}{text}").trim_end());
    }
    let verdict = match findings.iter().filter(|finding| finding.needed && finding.state == State::Broken).count() {
        0 => "Dictation can work.".to_owned(),
        1 => "Dictation cannot work until the BROKEN part is mended.".to_owned(),
        count => format!("Dictation cannot work until {count} BROKEN parts are mended."),
    };
    let _ = writeln!(page, "\n{verdict}");
    page
}

/// A line cut between words into lines of at most `width` characters, as far as words allow. What follows the first is set
/// in by two.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split_inclusive(' ') {
        let is_full = current.chars().count() + word.trim_end().chars().count() > width;
        if is_full && !current.trim().is_empty() {
            lines.push(current.trim_end().to_owned());
            "  ".clone_into(&mut current);
        }
        current.push_str(word);
    }
    lines.push(current.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_aligned_and_says_what_to_do() {
        let findings = [
            Finding::works("session", "X11"),
            Finding::limited("keychain", "no keychain answers").remedy("start gnome-keyring"),
            Finding::broken("microphone", "there is none\nlooked at: pulse").needed(),
        ];
        let expected = "\
works    session     X11
limited  keychain    no keychain answers
                     \u{2192} start gnome-keyring
BROKEN   microphone  there is none
                     looked at: pulse

Dictation cannot work until the BROKEN part is mended.
";
        assert_eq!(page(&findings), expected);
        assert!(!can_dictate(&findings));
    }

    #[test]
    fn long_lines_are_cut_between_words() {
        for (line, expected) in [
            ("", vec![""]),
            ("short", vec!["short"]),
            ("one two three", vec!["one two", "  three"]),
            ("  set in, and long", vec!["  set in,", "  and long"]),
            ("a_word_that_is_too_long here", vec!["a_word_that_is_too_long", "  here"]),
        ] {
            assert_eq!(wrapped(line, 10), expected);
        }
    }

    #[test]
    fn only_what_is_needed_stands_in_the_way() {
        let findings = [Finding::broken("notifications", "none"), Finding::limited("session", "Wayland").needed()];
        assert!(can_dictate(&findings));
        assert!(page(&findings).ends_with("Dictation can work.\n"));
        let json = serde_json::to_value(&findings[0]).unwrap();
        assert_eq!(json["state"], "broken");
    }
}
