//! Which program a window belongs to: by the connection that made it, and by the process at its other end.

use std::io::IoSlice;
use std::path::{Path, PathBuf};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

/// The extension that knows the processes, its request for them, and the kind of answer that is wanted
/// (`XResQueryClientIds` with `LocalClientPID`).
const RESOURCE_EXTENSION: &str = "X-Resource";
const QUERY_CLIENT_IDS: u8 = 4;
const LOCAL_PID: u32 = 2;

/// Wine's programs share one loader, and have their clipboard read by a process of Wine's own.
const WINE_LOADER: &str = "wine";

/// A program that has windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    /// The connection that the window was made by, as a number that is only compared.
    connection: u32,
    /// The process at its other end, where the server knows it.
    pid: Option<u32>,
}

impl Client {
    /// The program that a window belongs to.
    pub(super) fn of(server: &RustConnection, window: Window) -> Result<Self, ReplyError> {
        let connection = window & !server.setup().resource_id_mask;
        Ok(Self { connection, pid: pid(server, window)? })
    }

    /// A program that is known by its connection alone.
    #[cfg(test)]
    pub(super) fn numbered(connection: u32) -> Self {
        Self { connection, pid: None }
    }

    /// Whether both are the same program. Programs of Wine count as one, because one of them reads the clipboard for all.
    pub(super) fn is_same_program(&self, other: &Self) -> bool {
        if self.connection == other.connection {
            return true;
        }
        let (Some(one), Some(two)) = (self.pid, other.pid) else { return false };
        one == two || is_wine(executable(one).as_deref()) && is_wine(executable(two).as_deref())
    }
}

fn executable(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// `wine`, `wine64`, `wine-preloader`, `wine64-preloader`.
fn is_wine(executable: Option<&Path>) -> bool {
    let name = executable.and_then(Path::file_name).and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(WINE_LOADER))
}

/// The process that made a window; `None` where the server does not know it, as with a program on another machine.
fn pid(server: &RustConnection, window: Window) -> Result<Option<u32>, ReplyError> {
    const LENGTH: u16 = 4; // the request in units of four bytes, with one question
    let Some(extension) = server.extension_information(RESOURCE_EXTENSION)? else { return Ok(None) };
    let mut request = vec![extension.major_opcode, QUERY_CLIENT_IDS];
    request.extend(LENGTH.to_ne_bytes());
    for word in [1, window, LOCAL_PID] {
        request.extend(word.to_ne_bytes());
    }
    let asked = server.send_request_with_reply::<u32>(&[IoSlice::new(&request)], Vec::new())?;
    // A window that is gone has no process any more.
    match asked.raw_reply() {
        Ok(answer) => Ok(first_value(&answer)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The value in an answer to the request: after 32 bytes of header come the question (8 bytes), the value's length, the value.
fn first_value(answer: &[u8]) -> Option<u32> {
    let word = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    let (count, length) = (word(8)?, word(40)?);
    (count > 0 && length >= 4).then(|| word(44)).flatten().filter(|pid| *pid != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_read_from_the_answer() {
        let answer = |words: &[u32]| {
            let mut bytes = vec![1, 0, 0, 0, 4, 0, 0, 0];
            bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
            bytes
        };
        let header = [1, 0, 0, 0, 0, 0];
        assert_eq!(first_value(&answer(&[&header[..], &[0x60_0000, 2, 4, 4711]].concat())), Some(4711));
        assert_eq!(first_value(&answer(&[&header[..], &[0x60_0000, 2, 0]].concat())), None);
        assert_eq!(first_value(&answer(&[0, 0, 0, 0, 0, 0])), None);
        assert_eq!(first_value(&[]), None);
    }

    #[test]
    fn a_process_of_wines_is_known_by_its_loader() {
        for (name, expected) in [("wine64-preloader", true), ("wine", true), ("copyq", false), ("python3", false)] {
            assert_eq!(is_wine(Some(&Path::new("/usr/lib").join(name))), expected, "{name}");
        }
        let client = |connection, pid| Client { connection, pid };
        assert!(client(1, None).is_same_program(&client(1, None)));
        assert!(client(1, Some(7)).is_same_program(&client(2, Some(7))));
        assert!(!client(1, None).is_same_program(&client(2, None)));
        assert!(!client(1, Some(1)).is_same_program(&client(2, Some(std::process::id()))));
    }
}
