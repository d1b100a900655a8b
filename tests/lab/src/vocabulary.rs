//! `scout-lab vocabulary`.

use std::path::PathBuf;

use scout::config::paths::Paths;
use scout::vocabulary::import::of_text;
use scout_core::text::Vocabulary;
use scout_core::text::vocabulary::prompt::prompt;
use scout_core::transcript::Options;
use scout_speech::models::{Catalogue, Store};
use scout_speech::transcribe::{Whisper, transcribe_recording};
use scout_speech::vad;
use scout_tests::wer::{WordErrors, normalize_english};
use serde::Serialize;

use crate::corpus;

/// Names that nobody says in the recordings: what becomes of right words when the vocabulary holds them.
const PLANTED: &str = "Aaronson Abernathy Adesanya Albrecht Anaconda Ansible Antoniou Arangodb Bartholomew Beckstein Bjornsson \
    Blenkinsop Bratislava Cadwallader Caernarfon Cassandra Chakrabarti Chernyshev Clojure Cloudflare Copenhagen Cypress \
    Dagestan Delacroix Dickinson Django Dubrovnik Elasticsearch Elkington Erlang Fairweather Featherstone Ferrante Firestone \
    Fitzgerald Flutter Gallagher Gentoo Gideon Grafana Graphite Grenville Haskell Hemingway Hendricks Hightower Holbrook \
    Ibuprofen Istanbul Jenkins Jupyter Kafka Karamazov Kensington Kibana Kirchner Kotlin Kubernetes Lancaster Larkin Letterman \
    Lindqvist Ljubljana Logstash Macquarie Mandelbrot Mariadb Massachusetts Memcached Middleton Mongodb Nakamura Newcastle \
    Nginx Northcote Oberlin Okonkwo Osterman Pemberton Pinterest Playwright Portman Postgres Prescott Printz Prometheus \
    Pulumi Raskolnikov Redwood Riverton Rosenthal Rutherford Saltzman Scandium Schwarzenegger Sebastian Selenium Shostakovich \
    Sinclair Splunk Stavanger Stepanek Svelte Tailwind Tarantino Tchaikovsky Terraform Thackeray Typeface Underhill \
    Vandermeer Vercel Vonnegut Wainwright Webster Whitaker Winchester Woodcut Xanthippe Yevgeny Zimmerman Zookeeper";

/// Count the names that are got right with and without a vocabulary, and the right words that it spoils
///
/// The vocabulary is the uncommon words of what is said in the recordings, among many names that nobody says in them.
#[derive(Debug, clap::Args)]
pub(crate) struct VocabularyBench {
    /// A folder with recordings and refs.tsv, as `scout-lab accuracy` takes it
    folder: PathBuf,
    /// The model: a name that `scout models list` shows, or a path [default: tiny.en]
    #[arg(long)]
    model: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
    /// Print what was heard and what the vocabulary made of it
    #[arg(long)]
    texts: bool,
}

/// What one way of using the vocabulary comes to.
#[derive(Debug, Serialize)]
struct Row {
    model: String,
    /// The recogniser was told of the vocabulary.
    prompt: bool,
    /// What was heard was corrected.
    correct: bool,
    /// The vocabulary held the names that are said, and not only others.
    names_said: bool,
    /// How often a name is said.
    names: usize,
    /// How often it was not written.
    missed: usize,
    /// How often it was written without being said.
    made_up: usize,
    /// Errors per name.
    name_error_rate: f64,
    /// Word error rate over all words.
    wer: f64,
    /// Wrong words that correction made right.
    mended: usize,
    /// Right words that correction made wrong.
    spoilt: usize,
}

impl VocabularyBench {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let clips = corpus::read(&self.folder)?;
        let said: String = clips.iter().map(|clip| clip.text.as_str()).collect::<Vec<_>>().join(" ");
        let names = of_text(&said);
        let planted: Vec<&str> = PLANTED.split_whitespace().filter(|name| !said.contains(*name)).collect();
        let all = Vocabulary::of_words(names.iter().map(String::as_str).chain(planted.iter().copied()));
        let others = Vocabulary::of_words(planted.iter().copied());
        let model = self.model.clone().unwrap_or_else(|| Catalogue::builtin().default.clone());
        let mut whisper = Whisper::load(&Store::at(Paths::of_user()?.models).find(&model)?)?;
        let mut voice = vad::detector()?;

        let mut rows = Vec::new();
        for (told, names_said) in [(None, true), (Some(&all), true), (Some(&others), false)] {
            let options = Options { prompt: told.and_then(|words| prompt(words, None)), ..Options::default() };
            let mut heard = Vec::new();
            for clip in &clips {
                heard.push(transcribe_recording(&mut whisper, &mut voice, &clip.samples, &options)?.transcript.text);
            }
            let ways = match (told, names_said) {
                (None, _) => vec![(None, true), (Some(&all), true), (Some(&others), false)],
                (Some(_), true) => vec![(None, true), (Some(&all), true)],
                (Some(_), false) => vec![(None, false), (Some(&others), false)],
            };
            for (vocabulary, names_said) in ways {
                let mut row = Row::empty(&model, told.is_some(), vocabulary.is_some(), names_said);
                let mut errors = WordErrors::default();
                for (clip, heard) in clips.iter().zip(&heard) {
                    let text = vocabulary.map_or_else(|| heard.clone(), |vocabulary| vocabulary.correct(heard));
                    if self.texts && text != *heard {
                        println!("{heard}\n  -> {text}\n  == {}", clip.text);
                    }
                    row.count(&clip.text, heard, &text, &names);
                    errors += WordErrors::between(&clip.text, &text);
                }
                row.wer = errors.rate();
                row.name_error_rate = (row.missed + row.made_up) as f64 / row.names.max(1) as f64;
                rows.push(row);
            }
        }
        if self.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
            return Ok(());
        }
        println!("{} recordings; names said: {}", clips.len(), names.join(", "));
        for row in rows {
            println!("{}", row.line());
        }
        Ok(())
    }
}

impl Row {
    fn empty(model: &str, prompt: bool, correct: bool, names_said: bool) -> Self {
        Self {
            model: model.to_owned(),
            prompt,
            correct,
            names_said,
            names: 0,
            missed: 0,
            made_up: 0,
            name_error_rate: 0.0,
            wer: 0.0,
            mended: 0,
            spoilt: 0,
        }
    }

    fn count(&mut self, reference: &str, heard: &str, text: &str, names: &[String]) {
        let (said, written) = (normalize_english(reference), normalize_english(text));
        for name in names {
            let name = normalize_english(name);
            let times = |text: &str| text.split_whitespace().filter(|word| *word == name).count();
            let (said, written) = (times(&said), times(&written));
            self.names += said;
            self.missed += said.saturating_sub(written);
            self.made_up += written.saturating_sub(said);
        }
        let errors = |text: &str| WordErrors::between(reference, text).total();
        let (before, after) = (errors(heard), errors(text));
        self.mended += before.saturating_sub(after);
        self.spoilt += after.saturating_sub(before);
    }

    fn line(&self) -> String {
        let on = |on: bool| if on { "on " } else { "off" };
        format!(
            "{:8} prompt {}  correct {}  {}  names {:>3}: {:>2} missed, {:>2} made up ({:>5.1} %)  WER {:>5.2} %  mended {:>2}  spoilt {:>2}",
            self.model,
            on(self.prompt),
            on(self.correct),
            if self.names_said { "with the names  " } else { "only other names" },
            self.names,
            self.missed,
            self.made_up,
            self.name_error_rate * 100.0,
            self.wer * 100.0,
            self.mended,
            self.spoilt
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_as_missed_or_made_up_and_corrections_as_good_or_bad() {
        let names = ["Gutenberg".to_owned(), "Maintz".to_owned()];
        let mut row = Row::empty("tiny.en", false, true, true);
        row.count("The Gutenberg of Maintz", "the goodenberg of maintz", "the Gutenberg of Maintz", &names);
        assert_eq!((row.names, row.missed, row.made_up, row.mended, row.spoilt), (2, 0, 0, 1, 0));
        row.count("the house", "the house", "the Maintz", &names);
        assert_eq!((row.names, row.missed, row.made_up, row.mended, row.spoilt), (2, 0, 1, 1, 1));
    }
}
