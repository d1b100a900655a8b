//! Profiles that build on others: a profile takes from the one that it extends whatever it does not set itself.

use super::{DEFAULT, Profile};
use crate::config::Problem;
use crate::config::allowed::nearest;
use crate::config::limits;
use crate::config::problem::ProblemKind;

/// Lays each profile over those that it extends. Of profiles with the same name only the first is kept; where that extends
/// its own name, it builds on the one that it replaces, rules included if it has none of its own.
pub(super) fn link(all: &[Profile]) -> Result<Vec<Profile>, Vec<Problem>> {
    let mut linked = Vec::new();
    let mut problems = Vec::new();
    for (place, profile) in all.iter().enumerate() {
        if all[..place].iter().any(|before| before.name == profile.name) {
            continue;
        }
        match with_parents(all, place) {
            Ok(profile) => linked.push(profile),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(linked) } else { Err(problems) }
}

fn with_parents(all: &[Profile], place: usize) -> Result<Profile, Box<Problem>> {
    let mut profile = all[place].clone();
    let mut way = vec![place];
    let mut current = place;
    while let Some(extends) = &all[current].extends {
        let problem = |kind| Box::new(Problem { place: extends.place.clone(), kind });
        // Only one that was replaced can be meant by its own name.
        let from = if extends.name == all[current].name { current + 1 } else { 0 };
        let Some(parent) = (from..all.len()).find(|place| all[*place].name == extends.name) else {
            if extends.name == DEFAULT && all[current].name != DEFAULT {
                break; // The built-in default sets nothing.
            }
            let meant = nearest(&extends.name, all.iter().map(|profile| profile.name.as_str()));
            let meant = meant.map(|name| format!("`{name}`"));
            return Err(problem(ProblemKind::UnknownParent { name: extends.name.clone(), meant }));
        };
        if way.contains(&parent) {
            let through = way.iter().skip(1).map(|place| format!("`{}`", all[*place].name)).collect();
            return Err(problem(ProblemKind::Circle { through }));
        }
        if way.len() > limits::EXTENDS {
            return Err(problem(ProblemKind::LongChain { limit: limits::EXTENDS }));
        }
        if all[parent].name == profile.name && profile.rules.is_empty() {
            profile.rules.clone_from(&all[parent].rules);
        }
        profile.overrides.inherit(&all[parent].overrides);
        way.push(parent);
        current = parent;
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Profiles, Source, load};
    use crate::config::schema::{FullStop, Newline};
    use crate::config::{Config, Problem};

    fn profiles(files: &[(&str, &str)]) -> Result<Profiles, Vec<Problem>> {
        let parse =
            |(name, text): &(&str, &str)| load::parse(&Path::new(name).with_extension("toml"), text, Source::ReadyMade);
        Profiles::new(files.iter().map(|file| parse(file).unwrap()))
    }

    #[test]
    fn a_profile_takes_what_it_does_not_set_from_those_it_extends() {
        let profiles = profiles(&[
            ("child", "extends = 'parent'\n[text]\nfull_stop = 'keep'"),
            ("parent", "extends = 'grand'\n[text]\nfull_stop = 'drop'\nunits = true"),
            ("grand", "[[match]]\ntitle = 'x'\n[text]\nunits = false\n[delivery]\nnewline = 'space'"),
        ])
        .unwrap();
        let child = profiles.named("child").unwrap();
        let settings = child.settings(&Config::default());
        assert_eq!((settings.text.full_stop, settings.text.units), (FullStop::Keep, true));
        assert_eq!(settings.delivery.newline, Newline::Space);
        assert!(child.rules.is_empty(), "rules say where the other applies, not this one");
    }

    #[test]
    fn a_replacement_may_build_on_what_it_replaces() {
        let profiles = profiles(&[
            ("chat", "extends = 'chat'\n[text]\nunits = true"),
            ("chat", "[[match]]\napp_id = 'Slack'\n[delivery]\nnewline = 'shift-enter'"),
        ])
        .unwrap();
        let chat = profiles.named("chat").unwrap();
        let settings = chat.settings(&Config::default());
        assert_eq!((settings.delivery.newline, settings.text.units), (Newline::ShiftEnter, true));
        assert_eq!(chat.rules.len(), 1);
    }

    #[test]
    fn the_default_can_always_be_extended() {
        let built_in = profiles(&[("child", "extends = 'default'")]).unwrap();
        assert!(built_in.named("child").is_some());
        let own = profiles(&[("child", "extends = 'default'"), ("default", "[text]\nunits = true")]).unwrap();
        assert!(own.named("child").unwrap().settings(&Config::default()).text.units);
    }

    #[test]
    fn a_chain_has_an_end() {
        let chain = |others: usize| {
            let files: Vec<_> = (0..=others)
                .map(|place| {
                    let next = place + 1;
                    let text = if place == others { String::new() } else { format!("extends = 'p{next}'") };
                    (format!("p{place}"), text)
                })
                .collect();
            profiles(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
        };
        assert!(chain(32).is_ok());
        let problems = chain(33).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].to_string(),
            "p32.toml:1:11: this profile builds on more than 32 others, one through the other: remove one `extends`"
        );
    }

    #[test]
    fn what_cannot_be_extended_is_told_with_its_line() {
        let message = |files| profiles(files).unwrap_err()[0].to_string();
        let unknown = message(&[("chat", "[text]\nunits = true"), ("child", "# mine\nextends = 'chta'")]);
        assert_eq!(
            unknown,
            "child.toml:2:11: there is no profile `chta` to extend (did you mean `chat`?): `scout profiles list` shows all"
        );
        let circle = message(&[("a", "extends = 'b'"), ("b", "extends = 'a'")]);
        assert_eq!(circle, "b.toml:1:11: this profile extends itself through `b`: remove one `extends`");
        assert!(message(&[("a", "extends = 'a'")]).contains("there is no profile `a` to extend"));
    }
}
