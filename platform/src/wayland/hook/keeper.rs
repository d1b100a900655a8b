//! The process that gives the keys back to the desktop should this one be killed.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long its start may take. It takes milliseconds, unless the keeper of an agent that was killed just now is still busy:
/// that one must have freed the old keys before new ones are registered.
const START_LIMIT: Duration = Duration::from_secs(5);

/// Starts it, and waits until it says on its standard output that it is ready. Its standard input is closed by the end of this
/// process, however that comes about.
pub(super) fn start(mut keeper: Command) -> io::Result<Child> {
    keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // It is to outlive us: what the terminal sends to end us must not reach it.
    keeper.process_group(0);
    let mut child = keeper.spawn()?;
    if let Err(error) = await_ready(&mut child) {
        // Its standard input ends with `child`: it would free the keys that are about to be registered.
        let _ = child.kill();
        let _ = child.wait();
        return Err(error);
    }
    Ok(child)
}

fn await_ready(child: &mut Child) -> io::Result<()> {
    let mut stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let limit = Timespec { tv_sec: START_LIMIT.as_secs().cast_signed(), tv_nsec: 0 };
    if poll(&mut [PollFd::new(&stdout, PollFlags::IN)], Some(&limit))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    stdout.read_exact(&mut [0])
}
