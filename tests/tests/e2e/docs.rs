//! What the documentation shows works as shown.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use scout::config::ConfigError;
use scout_core::config::load::from_text;
use scout_core::profile::Source;
use scout_core::profile::load::parse;

#[test]
fn every_configuration_in_the_documentation_is_valid() -> Result<()> {
    let mut seen = 0;
    for page in pages()? {
        let text = std::fs::read_to_string(&page)?;
        for (line, block) in blocks(&text, "toml") {
            let place = || format!("{}:{line}", page.display());
            // A profile tells which applications it is for; everything else is the configuration.
            if block.contains("[[match]]") {
                let parsed = parse(&page, &block, Source::User(page.clone()));
                parsed.map_err(ConfigError::from).with_context(place)?;
            } else {
                from_text(&page, &block, &[]).map_err(ConfigError::from).with_context(place)?;
            }
            seen += 1;
        }
    }
    ensure!(seen > 0, "the documentation shows no configuration at all");
    Ok(())
}

#[test]
fn every_link_into_the_tree_leads_somewhere() -> Result<()> {
    for page in pages()? {
        let text = std::fs::read_to_string(&page)?;
        for target in links(&text) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let folder = page.parent().context("a page lies in a folder")?;
            ensure!(folder.join(file).exists(), "{} links to {target}, which is not there", page.display());
        }
    }
    Ok(())
}

#[test]
fn every_path_in_the_documentation_is_there() -> Result<()> {
    let folders = ["agent", "config", "docs", "migrations", "packaging", "platform", "tests"];
    let mut seen = 0;
    // What has changed since names paths of its time.
    for page in pages()?.into_iter().filter(|page| !page.ends_with("CHANGELOG.md")) {
        let text = std::fs::read_to_string(&page)?;
        let is_path = |code: &&str| {
            let is_below = code.split_once('/').is_some_and(|(folder, _)| folders.contains(&folder));
            is_below && !code.contains([' ', '<', '{', '*'])
        };
        for path in text.split('`').skip(1).step_by(2).filter(is_path) {
            ensure!(root().join(path).exists(), "{} names {path}, which is not there", page.display());
            seen += 1;
        }
    }
    ensure!(seen > 0, "the documentation names no path at all");
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages in the tree's root, in `docs`, and the decisions.
fn pages() -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for folder in [root(), root().join("docs"), root().join("docs/decisions")] {
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    Ok(pages)
}

/// The fenced blocks of one language, each with the number of its first line.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match &mut open {
            None if line.trim() == format!("```{language}") => open = Some((number + 1, String::new())),
            Some(_) if line.trim() == "```" => blocks.extend(open.take()),
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// The targets of all links and pictures.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}
