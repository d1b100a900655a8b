//! What this process has on the clipboard, to be kept by another one once it has ended.

use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What the process that is to keep it gets to start and take it over. Starting takes a few milliseconds.
const TAKE_OVER_LIMIT: Duration = Duration::from_secs(3);

/// What is on the clipboard through us. Where the clipboard lives with its owner, it would be gone with this process: see
/// [`crate::Clipboard::leave`] and [`crate::Desktop::keep_clipboard`].
#[derive(Clone, PartialEq, Eq)]
pub struct Legacy(Vec<u8>);

impl Legacy {
    /// The same in a form that can be sent to another process of the same session.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Starts the process that is to keep this, hands it over on its standard input, and waits until the process says on its
    /// standard output that it has it.
    pub fn leave_to(self, mut keeper: Command) -> io::Result<()> {
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // It is to outlive us: what the terminal sends to end us must not reach it.
            keeper.process_group(0);
        }
        let mut child = keeper.spawn()?;
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (sender, answer) = mpsc::channel();
        // Aside, because a pipe knows no time limit.
        std::thread::Builder::new().name("legacy".into()).spawn(move || {
            let handed = stdin.write_all(&self.0);
            drop(stdin);
            let said = handed.and_then(|()| stdout.read_exact(&mut [0]));
            // Nobody waits any more if it took too long.
            let _ = sender.send(said);
        })?;
        answer.recv_timeout(TAKE_OVER_LIMIT).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

impl From<Vec<u8>> for Legacy {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// What a user has copied is nobody's business.
impl std::fmt::Debug for Legacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Legacy({} bytes)", self.0.len())
    }
}
