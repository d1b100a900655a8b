//! `scout setup`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::bindings::{Compositor, NoBinding, Session, install, lines, program, settings_folder};
use crate::config::files;
use crate::config::paths::Paths;

/// Set up the desktop for Scout
#[derive(Debug, Args)]
pub struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Wayland(Wayland),
    /// Explain how to allow Scout to read the keyboards directly
    ///
    /// For Wayland desktops that do not report when a key is released, so that you can hold the key there, too. Changes nothing.
    Devices,
}

/// What has to be allowed, how, and what that means.
const DEVICES: &str = r#"With `key.devices = true` in the configuration (`scout config edit`), Scout listens to the keyboards
themselves, below the desktop: the key can be held on every desktop, and reaches the applications too.

It reads every key that you press, also passwords, and keeps none of them. So may then every other
program that you run, or every program of this group: allow it only if that is all right with you.

Either: your user may read all input devices, from the next log-in on.

    sudo usermod -aG input $USER

Or: only a user who sits at this machine may read its keyboards and pointing devices, from the next
start of it on. (Undo needs to know of every click: without the pointing devices it is refused.)

    echo 'KERNEL=="event*", SUBSYSTEM=="input", ENV{ID_INPUT}=="1", TAG+="uaccess"' |
        sudo tee /etc/udev/rules.d/70-scout.rules

Then take out what binds the key elsewhere, such as the lines of `scout setup wayland`, and start Scout
again. `scout doctor` tells whether it hears the keyboards.
"#;

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
        match self.what {
            What::Wayland(asked) => asked.run(),
            What::Devices => {
                io::stdout().write_all(DEVICES.as_bytes())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Wayland {
    fn run(self) -> anyhow::Result<ExitCode> {
        let config = files::load(&Paths::of_user()?.config, &[])?.config;
        let (keys, chord) = (&config.key, &config.key.chord);
        let program = program().context("where `scout` is installed is not known")?;
        let compositor = self
            .compositor
            .or_else(|| Session::of_process().compositor())
            .with_context(|| format!("which compositor is running is not known: name it with --for, or bind {chord} in its settings, the press to `{program} ctl start` and the release to `{program} ctl stop`"))?;
        let mut out = io::stdout();
        let wanted = match lines(compositor, keys, &program) {
            Err(reason @ NoBinding::Unneeded) => {
                writeln!(out, "{reason}.")?;
                return Ok(ExitCode::SUCCESS);
            }
            other => other?,
        };
        if self.install {
            let place = install(
                compositor,
                &settings_folder().context("there is no home directory: set HOME")?,
                keys,
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
                "{} does not tell when a key comes up: press {chord} once to start and once more to end. To hold it, see \
                 `scout setup devices`.",
                compositor.name()
            );
        }
        if let Some(cancel) = keys.cancel.as_ref().filter(|cancel| cancel.modifiers.is_empty()) {
            eprintln!("{cancel} no longer reaches any program then: better choose a chord for `key.cancel`.");
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
