//! When a profile applies: conditions on the window's application id, process, program and title.

use std::fmt;

use regex::Regex;
use scout_desktop::Target;

/// Conditions that must all hold. At least one is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Names for the application id (or, on X11, the instance). Empty for any.
    pub app_id: Vec<Name>,
    /// Names for the program's file, without its folder and `.exe`. Empty for any.
    pub executable: Vec<Name>,
    /// Names for the process, which is the script's where the program is an interpreter. Empty for any.
    pub process: Vec<Name>,
    /// What the title must contain. `None` for any.
    pub title: Option<TitlePattern>,
}

/// A name in which `*` stands for anything; capital and small letters are the same, as systems do not agree on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

/// A regular expression for titles.
#[derive(Debug, Clone)]
pub struct TitlePattern(pub Regex);

impl PartialEq for TitlePattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for TitlePattern {}

/// A condition that held, by what the profile's file says. Never the window's own title, which is private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// `title`
    Title(String),
    /// `app_id`
    AppId(String),
    /// `process`
    Process(String),
    /// `executable`
    Executable(String),
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title(pattern) => write!(f, "the title matches '{pattern}'"),
            Self::AppId(name) => write!(f, "the application id is \"{name}\""),
            Self::Process(name) => write!(f, "the process is \"{name}\""),
            Self::Executable(name) => write!(f, "the program is \"{name}\""),
        }
    }
}

/// How much a rule says. A title says more than an application id, that more than a process, and that more than a program,
/// which may run many scripts; a rule that asks for two of them says more than one that asks for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::struct_excessive_bools)] // one for each condition, in the order of their weight
pub struct Specificity {
    // Compared in this order.
    title: bool,
    app_id: bool,
    process: bool,
    executable: bool,
}

impl Rule {
    /// How much the rule says.
    pub fn specificity(&self) -> Specificity {
        Specificity {
            title: self.title.is_some(),
            app_id: !self.app_id.is_empty(),
            process: !self.process.is_empty(),
            executable: !self.executable.is_empty(),
        }
    }

    /// The conditions that hold; `None` when one does not.
    pub fn matches(&self, target: &Target) -> Option<Vec<Matched>> {
        let mut matched = Vec::new();
        if let Some(TitlePattern(pattern)) = &self.title {
            target.title.as_deref().filter(|title| pattern.is_match(title))?;
            matched.push(Matched::Title(pattern.as_str().to_owned()));
        }
        if !self.app_id.is_empty() {
            let name = first_name(&self.app_id, [target.app_id.as_deref(), target.instance.as_deref()])?;
            matched.push(Matched::AppId(name));
        }
        if !self.process.is_empty() {
            let name = first_name(&self.process, [target.process.as_deref().map(program)])?;
            matched.push(Matched::Process(name));
        }
        if !self.executable.is_empty() {
            let name = first_name(&self.executable, [target.executable.as_deref().map(program)])?;
            matched.push(Matched::Executable(name));
        }
        (!matched.is_empty()).then_some(matched)
    }
}

/// The first of the names that one of the texts is.
fn first_name<const N: usize>(names: &[Name], texts: [Option<&str>; N]) -> Option<String> {
    names.iter().find(|name| texts.iter().flatten().any(|text| name.fits(text))).map(|name| name.0.clone())
}

/// The program's name in the path of its file, on any system.
fn program(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match file.len().checked_sub(4).and_then(|end| file.split_at_checked(end)) {
        Some((name, ending)) if ending.eq_ignore_ascii_case(".exe") => name,
        _ => file,
    }
}

impl Name {
    /// Whether `text` is that name.
    pub fn fits(&self, text: &str) -> bool {
        let name = self.0.to_lowercase();
        let text = text.to_lowercase();
        let mut pieces = name.split('*');
        // `split` gives at least one piece, if only an empty one.
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else { return false };
        let mut pieces: Vec<&str> = pieces.collect();
        let Some(last) = pieces.pop() else { return rest.is_empty() };
        for piece in pieces {
            let Some(place) = rest.find(piece) else { return false };
            rest = &rest[place + piece.len()..];
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_case_does_not_count() {
        for (name, text, fits) in [
            ("Slack", "slack", true),
            ("Slack", "Slack2", false),
            ("jetbrains-*", "jetbrains-idea-ce", true),
            ("jetbrains-*", "jetbrains", false),
            ("*terminal*", "Gnome-Terminal-Server", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("ÉDITEUR", "éditeur", true),
        ] {
            assert_eq!(Name(name.to_owned()).fits(text), fits, "{name} {text}");
        }
    }

    #[test]
    fn programs_are_named_without_folder_and_ending() {
        for (path, name) in [
            ("/usr/bin/gedit", "gedit"),
            (r"C:\Program Files\Slack\Slack.EXE", "Slack"),
            ("kitty", "kitty"),
            ("/opt/ü.exe", "ü"),
            ("é", "é"),
            ("", ""),
        ] {
            assert_eq!(program(path), name);
        }
    }
}
