//! Programs that run inside the box, and the warden that ends them whatever happens to the test.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result};

use crate::wait::wait_for;

/// Where Debian and others keep programs that nobody starts by hand.
const FOLDERS: [&str; 2] = ["/usr/libexec", "/usr/lib"];

/// A program that only services start.
pub(crate) fn program(name: &str) -> Result<std::path::PathBuf> {
    let found = FOLDERS.iter().map(|folder| std::path::Path::new(folder).join(name)).find(|path| path.exists());
    found.with_context(|| format!("{name} is not installed; `packaging/setup.sh test` installs what the tests need"))
}

/// Kills every registered process group and removes the box's folder as soon as the other end of its standard input is
/// gone: on a normal end, on a panic, on Ctrl-C, and when the test process itself is killed.
///
/// A shell, because nothing inside the test process survives the last of these.
const WARDEN: &str = r#"
trap '' INT TERM HUP QUIT
groups=" "
while read -r what group; do
    case $what in
        start) groups="$groups$group " ;;
        end) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
test -n "$SCOUT_BOX_KEEP" || test -z "$1" || rm -rf -- "$1"
"#;

/// The process that outlives the test for as long as it takes to clean up.
#[derive(Debug)]
pub(crate) struct Warden {
    shell: Mutex<Child>,
}

impl Warden {
    /// Starts watching over what will run, and over `folder` if there is one to remove. With `SCOUT_BOX_KEEP` set, the
    /// folder stays for inspection.
    pub(crate) fn start(folder: Option<&Path>) -> Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", WARDEN, "warden"])
            .args(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0) // Ctrl-C in the terminal must not reach it
            .spawn()
            .context("/bin/sh cannot be started")?;
        Ok(Self { shell: Mutex::new(shell) })
    }

    fn tell(&self, what: &str, group: u32) {
        if let Ok(mut shell) = self.shell.lock()
            && let Some(stdin) = shell.stdin.as_mut()
        {
            // A warden that died has nobody to tell; the processes' own guards remain.
            let _ = writeln!(stdin, "{what} {group}");
        }
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        if let Ok(shell) = self.shell.get_mut() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        }
    }
}

/// A program in a process group of its own, with its output in a file. Dropping it kills the whole group.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    warden: Arc<Warden>,
}

impl Process {
    pub(crate) fn start(warden: &Arc<Warden>, logs: &Path, name: &str, mut command: Command) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let output = File::options().create(true).append(true).open(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| missing(&command))?;
        warden.tell("start", child.id());
        Ok(Self { name: name.to_owned(), child, log, warden: Arc::clone(warden) })
    }

    /// The process's id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far, standard output and error in one.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal, by its name without SIG, to the process alone.
    pub fn signal(&self, name: &str) -> Result<()> {
        kill(name, &self.child.id().to_string())
    }

    /// Sends a signal to the process and all that it has started.
    pub fn signal_group(&self, name: &str) -> Result<()> {
        kill(name, &format!("-{}", self.child.id()))
    }

    /// Whether it has a handler for the signal with this number.
    pub(crate) fn handles(&self, signal: u32) -> Result<bool> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let caught =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).context("no mask of caught signals")?;
        Ok(u64::from_str_radix(caught.trim(), 16)? & (1 << (signal - 1)) != 0)
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let what = format!("{} to end", self.name);
        wait_for(&what, || Ok(self.child.try_wait()?)).with_context(|| format!("it said:\n{}", self.log()))
    }

    /// Kills the whole group at once, as a crash would.
    pub fn kill(&mut self) {
        // Errors mean that the group is gone already, which is what was wanted.
        let _ = kill("KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }

    /// An error that tells what the process said, for a part that did not come up.
    pub(crate) fn complaint(&self) -> String {
        format!("{} said:\n{}", self.name, self.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.warden.tell("end", self.child.id());
    }
}

/// The shell's own `kill`: the standard library sends no signals, and a bare Debian has no program for it.
fn kill(signal: &str, whom: &str) -> Result<()> {
    let status = Command::new("/bin/sh")
        .args(["-c", r#"kill -s "$1" -- "$2""#, "kill", signal, whom])
        .stderr(Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "signal {signal} reached nobody at {whom}");
    Ok(())
}

/// Runs a short-lived program to its end and returns its standard output.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| missing(command))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(
        output.status.success(),
        "{} failed: {}{said}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said)
}

fn missing(command: &Command) -> String {
    format!(
        "{} cannot be started; `packaging/setup.sh test` installs what the tests need",
        command.get_program().display()
    )
}
