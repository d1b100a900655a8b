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

/// The findings for a terminal, one to a line, with what to do beneath those that have something to do.
pub(super) fn page(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    let mut page = String::new();
    for finding in findings {
        let state = match finding.state {
            State::Works => "works  ",
            State::Limited => "limited",
            State::Broken => "BROKEN ",
        };
        let indent = " ".repeat(state.len() + 2 + width + 2);
        let mut lines = finding.detail.lines();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{state}  {:width$}  {}", finding.name, lines.next().unwrap_or_default());
        for line in lines {
            let _ = writeln!(page, "{indent}{line}");
        }
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(page, "{indent}\u{2192} {remedy}");
        }
    }
    let verdict = match findings.iter().filter(|finding| finding.needed && finding.state == State::Broken).count() {
        0 => "Dictation can work.".to_owned(),
        1 => "Dictation cannot work until the BROKEN part is mended.".to_owned(),
        count => format!("Dictation cannot work until {count} BROKEN parts are mended."),
    };
    let _ = writeln!(page, "\n{verdict}");
    page
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
    fn only_what_is_needed_stands_in_the_way() {
        let findings = [Finding::broken("notifications", "none"), Finding::limited("session", "Wayland").needed()];
        assert!(can_dictate(&findings));
        assert!(page(&findings).ends_with("Dictation can work.\n"));
        let json = serde_json::to_value(&findings[0]).unwrap();
        assert_eq!(json["state"], "broken");
    }
}
