//! Asks sway which window has the focus: unlike the protocols it tells the process, and names windows for good.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::process::described;
use crate::{Target, WindowId};

/// How messages begin (sway-ipc(7)).
const MAGIC: &[u8; 6] = b"i3-ipc";
/// The question for the tree of all windows.
const GET_TREE: u32 = 4;
/// sway answers within milliseconds.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
/// A window takes about a kilobyte. What is bigger is no answer of sway's.
const ANSWER_SIZE: u32 = 16 << 20;

/// Why sway did not tell.
#[derive(Debug, thiserror::Error)]
pub(super) enum SwayError {
    #[error("sway does not answer: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("sway's answer makes no sense: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("sway's answer makes no sense")]
    Malformed,
}

/// A part of the tree: an output, a workspace, a container or a window.
#[derive(Debug, Deserialize)]
struct Node {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    focused: bool,
    name: Option<String>,
    pid: Option<u32>,
    app_id: Option<String>,
    window_properties: Option<XProperties>,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    floating_nodes: Vec<Node>,
}

/// What a window of XWayland says of itself.
#[derive(Debug, Deserialize)]
struct XProperties {
    class: Option<String>,
    instance: Option<String>,
}

/// The focused window; `None` when no window has the focus.
pub(super) fn focused(socket: &Path) -> Result<Option<Target>, SwayError> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.set_write_timeout(Some(ANSWER_LIMIT))?;
    // Numbers are in the machine's own byte order.
    stream.write_all(&[MAGIC.as_slice(), &0_u32.to_ne_bytes(), &GET_TREE.to_ne_bytes()].concat())?;
    let mut head = [0; MAGIC.len() + 8];
    stream.read_exact(&mut head)?;
    let length = head[MAGIC.len()..MAGIC.len() + 4].try_into().map_or(u32::MAX, u32::from_ne_bytes);
    if !head.starts_with(MAGIC) || length > ANSWER_SIZE {
        return Err(SwayError::Malformed);
    }
    let mut tree = vec![0; length as usize];
    stream.read_exact(&mut tree)?;
    Ok(target(&serde_json::from_slice(&tree)?))
}

fn target(tree: &Node) -> Option<Target> {
    let window = find_focused(tree)?;
    // An empty workspace has the focus too, but takes no text.
    if !matches!(window.kind.as_str(), "con" | "floating_con") || !window.nodes.is_empty() {
        return None;
    }
    let properties = window.window_properties.as_ref();
    let class = properties.and_then(|properties| properties.class.clone());
    Some(described(Target {
        window: Some(WindowId(window.id)),
        app_id: window.app_id.clone().or(class),
        instance: properties.and_then(|properties| properties.instance.clone()),
        title: window.name.clone(),
        pid: window.pid,
        ..Target::default()
    }))
}

fn find_focused(node: &Node) -> Option<&Node> {
    if node.focused {
        return Some(node);
    }
    node.nodes.iter().chain(&node.floating_nodes).find_map(find_focused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn focused_in(tree: &str) -> Option<Target> {
        target(&serde_json::from_str(tree).unwrap())
    }

    #[test]
    fn the_focused_window_is_found_wherever_it_is() {
        let found = focused_in(
            r#"{"id":1,"type":"root","name":"root","nodes":[{"id":2,"type":"workspace","focused":false,"nodes":[],
            "floating_nodes":[{"id":7,"type":"floating_con","focused":true,"name":"Title","pid":4294967,"app_id":null,
            "window_properties":{"class":"XTerm","instance":"xterm","title":"x"}}]}]}"#,
        );
        let found = found.unwrap();
        assert_eq!((found.window, found.pid), (Some(WindowId(7)), Some(4_294_967)));
        assert_eq!((found.app_id.as_deref(), found.instance.as_deref()), (Some("XTerm"), Some("xterm")));
    }

    #[test]
    fn an_empty_workspace_is_no_window() {
        assert_eq!(focused_in(r#"{"id":1,"type":"root","nodes":[{"id":2,"type":"workspace","focused":true}]}"#), None);
        assert_eq!(focused_in(r#"{"id":1,"type":"root","nodes":[]}"#), None);
    }
}
