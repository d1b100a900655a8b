//! `scout history facets`.

use std::fmt::Write as _;

use scout_log::history::{Facet, Facets as Found};

use super::{NOTHING_YET, open_if_any, print, print_json};
use crate::config::paths::Paths;

/// How many values of one kind are shown.
const SHOWN: usize = 15;

/// Show the filters of a search: applications, profiles, languages and months, with how often each occurs
#[derive(Debug, clap::Args)]
pub(super) struct Facets {
    /// Print one JSON object with app, profile, lang and on, each an array of value, dictations and words; and
    /// doubtful, the number of dictations that the recogniser was unsure of
    #[arg(long)]
    json: bool,
}

impl Facets {
    pub(super) fn run(self, paths: &Paths) -> anyhow::Result<()> {
        let Some(store) = open_if_any(paths)? else { return print(NOTHING_YET) };
        let facets = store.facets()?;
        if self.json {
            return print_json(&facets);
        }
        print(&page(&facets))
    }
}

/// Formats each value as a filter.
fn page(facets: &Found) -> String {
    let mut page = String::new();
    let kinds = [("app", &facets.app), ("profile", &facets.profile), ("lang", &facets.lang), ("on", &facets.on)];
    let filter = |name: &str, facet: &Facet| {
        let quote = if facet.value.contains(char::is_whitespace) { "'" } else { "" };
        format!("{quote}{name}:{}{quote}", facet.value)
    };
    let filters = kinds.iter().flat_map(|(name, values)| values.iter().take(SHOWN).map(|value| filter(name, value)));
    let width = filters.map(|filter| filter.chars().count()).max().unwrap_or(0);
    for (name, values) in kinds {
        for facet in values.iter().take(SHOWN) {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(
                page,
                "{:width$}  {:>7} dictations  {:>8} words",
                filter(name, facet),
                facet.dictations,
                facet.words
            );
        }
        if values.len() > SHOWN {
            let _ = writeln!(page, "  and {} more", values.len() - SHOWN);
        }
    }
    if facets.doubtful > 0 {
        let _ = writeln!(
            page,
            "{} dictations may have been misheard: `scout history list --doubtful` shows them",
            facets.doubtful
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_printed_as_a_filter() {
        let facet = |value: &str, dictations| Facet { value: value.into(), dictations, words: 3 * dictations };
        let many = (1..=20).map(|number| facet(&format!("2026-{number:02}"), 1)).collect();
        let page = page(&Found {
            app: vec![facet("firefox", 12), facet("My Editor", 3)],
            profile: vec![facet("default", 15)],
            lang: Vec::new(),
            on: many,
            doubtful: 2,
        });
        assert!(page.starts_with("app:firefox           12 dictations        36 words\n'app:My Editor'"), "{page}");
        assert!(page.contains("  and 5 more\n") && page.ends_with("--doubtful` shows them\n"), "{page}");
    }
}
