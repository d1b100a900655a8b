//! `scout profiles`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;

use crate::config::paths::Paths;
use crate::profile::{Profiles, load, resolve};

/// Tell which profile applies where
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
    /// Tell which profile the focused window gets, and why
    Which {
        /// Wait so many seconds before looking, to give you time to go to the window
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        after: u64,
    },
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let profiles = Profiles::load(&Paths::of_user()?.profiles)?;
        match self.action {
            Action::List => list(&profiles),
            Action::Show { name } => show(&profiles, &name)?,
            Action::Which { after } => {
                std::thread::sleep(Duration::from_secs(after));
                which(&profiles)?;
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
    print!("{}", load::text_of(profile).with_context(|| format!("{} cannot be read", profile.source))?);
    Ok(())
}

fn which(profiles: &Profiles) -> anyhow::Result<()> {
    let focused = scout_platform::detect().focus_probe()?.focused()?;
    let Some(target) = focused else {
        println!("no window has the focus: a dictation would get the profile {}", profiles.default_profile().name);
        return Ok(());
    };
    let resolved = resolve(&target, profiles);
    let unknown = || "unknown".to_owned();
    println!("profile:     {} ({})", resolved.profile.name, resolved.profile.source);
    println!("because:     {}", resolved.why);
    println!("app_id:      {}", target.app_id.unwrap_or_else(unknown));
    if let Some(instance) = target.instance {
        println!("instance:    {instance}");
    }
    println!("executable:  {}", target.executable.unwrap_or_else(unknown));
    println!("title:       {}", target.title.unwrap_or_else(unknown));
    Ok(())
}
