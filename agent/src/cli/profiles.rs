//! `scout profiles`.

mod new;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use scout_core::profile::load::ready_made_text;
use scout_core::profile::{Profile, Profiles, Source, resolve};
use scout_platform::Target;

use crate::config::paths::Paths;
use crate::config::{ConfigError, files};

/// Show and write profiles, the settings for single applications
#[derive(Debug, clap::Args)]
pub struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all profiles, in the order in which they are tried
    List,
    /// Print a profile
    Show {
        /// The profile's name
        name: String,
    },
    /// Show which profile applies to a window, and why
    Which {
        /// Click the window, instead of the one that has the focus
        #[arg(long)]
        pick: bool,
        /// Wait this many seconds first, so that you can switch to the window
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        after: u64,
    },
    /// Write a new profile for the application of a window
    New {
        /// For the window that has the focus, after the seconds of --after
        #[arg(long, required_unless_present = "pick")]
        from_focus: bool,
        /// For the window that you click
        #[arg(long, conflicts_with = "from_focus")]
        pick: bool,
        /// Wait this many seconds first, so that you can switch to the window
        #[arg(long, value_name = "SECONDS", default_value_t = 3)]
        after: u64,
        /// The profile's name [default: the application's]
        #[arg(long)]
        name: Option<String>,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let folder = Paths::of_user()?.profiles;
        let profiles = from_folder(&folder)?;
        match self.action {
            Action::List => list(&profiles),
            Action::Show { name } => show(&profiles, &name)?,
            Action::Which { pick, after } => which(&profiles, look(pick, after)?),
            Action::New { pick, after, name, .. } => {
                let target = look(pick, after)?.context("no window was chosen: nothing was written")?;
                let path = new::write(&folder, &profiles, &target, name)?;
                println!("{}", path.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(profiles: &Profiles) {
    let width = profiles.iter().map(|profile| profile.name.chars().count()).max().unwrap_or(0);
    for profile in profiles.iter() {
        println!("{:width$}  {}", profile.name, profile.source);
    }
}

fn show(profiles: &Profiles, name: &str) -> anyhow::Result<()> {
    let profile = profiles.named(name).with_context(|| {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
        format!("there is no profile `{name}`: there are {}", names.join(", "))
    })?;
    println!("# {}: {}", profile.name, profile.source);
    print!("{}", text_of(profile)?);
    Ok(())
}

/// The user's profiles in this folder, before the ready-made ones. A folder that does not exist holds none.
pub(super) fn from_folder(folder: &Path) -> Result<Profiles, ConfigError> {
    Ok(Profiles::from_files(&files::profiles(folder)?)?)
}

/// The file of a profile, as it was written.
fn text_of(profile: &Profile) -> Result<String, ConfigError> {
    match &profile.source {
        Source::User(path) => Ok(files::existing(path)?.text),
        // The default has no file until the user writes one.
        Source::ReadyMade => Ok(ready_made_text(&profile.name).to_owned()),
    }
}

/// The window that the user means.
fn look(pick: bool, after: u64) -> anyhow::Result<Option<Target>> {
    let mut probe = scout_platform::detect().focus_probe()?;
    if pick {
        eprintln!("Click the window.");
        return Ok(probe.pick()?);
    }
    std::thread::sleep(Duration::from_secs(after));
    Ok(probe.focused()?)
}

fn which(profiles: &Profiles, target: Option<Target>) {
    let Some(target) = target else {
        println!("no window has the focus: a dictation would get the profile {}", profiles.default_profile().name);
        return;
    };
    let resolved = resolve(&target, profiles);
    let unknown = || "unknown".to_owned();
    println!("profile:     {} ({})", resolved.profile.name, resolved.profile.source);
    println!("because:     {}", resolved.why);
    if let Some(extends) = &resolved.profile.extends {
        println!("extends:     {}", extends.name);
    }
    println!("app_id:      {}", target.app_id.unwrap_or_else(unknown));
    if let Some(instance) = target.instance {
        println!("instance:    {instance}");
    }
    println!("process:     {}", target.process.unwrap_or_else(unknown));
    println!("executable:  {}", target.executable.unwrap_or_else(unknown));
    println!("title:       {}", target.title.unwrap_or_else(unknown));
}
