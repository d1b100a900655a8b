//! `scout text`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use scout_core::config::language::Language;
use scout_core::profile::DEFAULT;
use scout_core::text::{self, Composition, Context};
use serde_json::json;

use crate::config::paths::Paths;
use crate::setup;

/// Explain how a text is changed before it is delivered
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show a text after each stage
    ///
    /// The last line is the text as it would be delivered; a text of several lines is there with all of them. What spoken
    /// commands ask for besides is told in brackets in the lines before.
    Explain {
        /// What the model wrote
        text: String,
        /// With this profile
        #[arg(long, value_name = "NAME", default_value = DEFAULT)]
        profile: String,
        /// In this language, by its code [default: the profile's]
        #[arg(long, value_name = "CODE")]
        language: Option<Language>,
        /// This text stands before it in the same window
        #[arg(long, value_name = "TEXT")]
        before: Option<String>,
        /// A | in the text stands for a pause of the speaker
        #[arg(long)]
        pauses: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Action::Explain { text, profile, language, before, pauses, json } = self.action;
        let loaded = setup::load(&Paths::of_user()?)?;
        let profile = loaded.profiles.named(&profile).with_context(|| {
            let names: Vec<&str> = loaded.profiles.iter().map(|profile| profile.name.as_str()).collect();
            format!("there is no profile `{profile}`: there are {}", names.join(", "))
        })?;
        let settings = profile.settings(&loaded.config);
        let (raw, pauses) = if pauses { without_bars(&text) } else { (text, Vec::new()) };
        let context = Context {
            language: language.unwrap_or(settings.model.language),
            pauses,
            before,
            before_is_prose: true,
            before_lacks_stop: false,
            vocabulary: Arc::new(loaded.vocabulary(&settings)),
        };
        let composition = text::compose(&raw, &settings, &context);
        if json {
            println!("{}", serde_json::to_string_pretty(&as_json(&composition))?);
        } else {
            print!("{}", explained(&composition));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The text without its bars, and where they were.
fn without_bars(text: &str) -> (String, Vec<usize>) {
    let mut raw = String::new();
    let mut places = Vec::new();
    for (number, piece) in text.split('|').enumerate() {
        if number > 0 {
            places.push(raw.len());
        }
        raw.push_str(piece);
    }
    (raw, places)
}

/// A line for each stage, with signs that cannot be seen written out; then what is to be done, and the text as it is.
fn explained(composition: &Composition) -> String {
    let width = composition.stages.iter().map(|stage| stage.name.len()).chain([3]).max().unwrap_or(0);
    let mut lines = vec![format!("{:width$}  {:?}", "raw", composition.raw)];
    lines.extend(composition.stages.iter().map(|stage| format!("{:width$}  {:?}", stage.name, stage.text)));
    let actions: Vec<String> = composition
        .steps
        .iter()
        .map(|step| step.text().map_or_else(|| step.to_string(), |_| "[text]".to_owned()))
        .collect();
    if actions.iter().any(|action| action != "[text]") {
        lines.push(format!("{:width$}  {}", "does", actions.join(" ")));
    }
    lines.push(composition.text.clone());
    lines.join("\n") + "\n"
}

fn as_json(composition: &Composition) -> serde_json::Value {
    let stages: Vec<serde_json::Value> =
        composition.stages.iter().map(|stage| json!({ "stage": stage.name, "text": stage.text })).collect();
    let steps: Vec<serde_json::Value> = composition
        .steps
        .iter()
        .map(|step| step.text().map_or_else(|| json!({ "does": step.to_string() }), |text| json!({ "text": text })))
        .collect();
    json!({ "raw": composition.raw, "stages": stages, "steps": steps, "text": composition.text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scout_core::profile::Settings;

    #[test]
    fn the_last_line_is_the_text() {
        let composition = text::compose("Hello. Press enter.", &Settings::default(), &Context::default());
        let shown = explained(&composition);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.first(), Some(&"raw        \"Hello. Press enter.\""));
        assert_eq!(lines[lines.len() - 2], "does       [text] [press Enter]");
        assert_eq!(lines.last(), Some(&"Hello."));
        let composition = text::compose("Hello.", &Settings::default(), &Context::default());
        assert!(explained(&composition).ends_with("\nHello. \n"));
    }

    #[test]
    fn bars_are_pauses() {
        assert_eq!(without_bars("One,| two| three"), ("One, two three".to_owned(), vec![4, 8]));
        assert_eq!(without_bars(""), (String::new(), vec![]));
    }
}
