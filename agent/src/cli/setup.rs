//! `scout setup`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::bindings::{Compositor, NoBinding, Session, install, lines, program, settings_folder};
use crate::config;
use crate::config::paths::Paths;

/// Set the desktop up for Scout
#[derive(Debug, Args)]
pub struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Wayland(Wayland),
}

/// Bind the push-to-talk key in the compositor's settings
///
/// Prints the lines; with --install, writes them there. Needed where the compositor lets no program hear keys, which
/// `scout doctor` tells. The key is `key.chord` of Scout's configuration.
#[derive(Debug, Args)]
struct Wayland {
    /// Write the lines into the compositor's settings
    #[arg(long)]
    install: bool,
    /// For this compositor instead of the one that is running
    #[arg(long = "for", value_name = "COMPOSITOR")]
    compositor: Option<Compositor>,
}

impl Command {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let What::Wayland(asked) = self.what;
        let config = config::load(&Paths::of_user()?.config, &[])?.config;
        let chord = &config.key.chord;
        let program = program().context("where `scout` is installed is not known")?;
        let compositor = asked
            .compositor
            .or_else(|| Session::of_process().compositor())
            .with_context(|| format!("which compositor is running is not known: name it with --for, or bind {chord} in its settings, the press to `{program} ctl start` and the release to `{program} ctl stop`"))?;
        let mut out = io::stdout();
        let wanted = match lines(compositor, chord, &program) {
            Err(reason @ NoBinding::Unneeded) => {
                writeln!(out, "{reason}.")?;
                return Ok(ExitCode::SUCCESS);
            }
            other => other?,
        };
        if asked.install {
            let place = install(
                compositor,
                &settings_folder().context("there is no home directory: set HOME")?,
                chord,
                &program,
            )?;
            writeln!(out, "{chord} is bound in {place}.")?;
            writeln!(out, "{}", taking_effect(compositor))?;
        } else {
            for line in &wanted.text {
                writeln!(out, "{line}")?;
            }
        }
        if !wanted.holds {
            // Beside the lines, which may go into a file.
            eprintln!(
                "{} does not tell when a key comes up: press {chord} once to start and once more to end.",
                compositor.name()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn taking_effect(compositor: Compositor) -> &'static str {
    match compositor {
        Compositor::Sway => "`swaymsg reload` makes it take effect.",
        Compositor::River => "It takes effect when river starts the next time.",
        Compositor::Labwc => "`labwc --reconfigure` makes it take effect.",
        Compositor::Hyprland | Compositor::Niri | Compositor::Gnome | Compositor::Kde => "It takes effect at once.",
    }
}
