//! What the compositor offers that Scout can use, for the user.

use wayland_client::globals::registry_queue_init;

use super::link::{LinkError, connect, ignore_registry};

const KEYBOARD: &str = "virtual keyboard";
const CHORDS: &str = "chords";

/// Protocols and what they are for. What succeeds another stands before it.
const KNOWN: &[(&str, &str)] = &[
    ("zwp_virtual_keyboard_manager_v1", KEYBOARD),
    ("org_kde_kwin_fake_input", CHORDS),
    ("ext_data_control_manager_v1", "data control"),
    ("zwlr_data_control_manager_v1", "data control"),
    ("zwlr_foreign_toplevel_manager_v1", "window list"),
    ("zwlr_layer_shell_v1", "layer shell"),
];

struct Quiet;

ignore_registry!(Quiet);

/// The names of what is offered, each once.
pub(super) fn offered(display: &str) -> Result<Vec<&'static str>, LinkError> {
    let (globals, _queue) = registry_queue_init::<Quiet>(&connect(display)?)?;
    let list = globals.contents().clone_list();
    let mut names: Vec<&str> = KNOWN
        .iter()
        .filter(|(protocol, _)| list.iter().any(|global| global.interface == *protocol))
        .map(|(_, name)| *name)
        .collect();
    names.dedup();
    Ok(names)
}

/// Whether one of them presses keys.
pub(super) fn presses_keys(names: &[&str]) -> bool {
    names.iter().any(|name| [KEYBOARD, CHORDS].contains(name))
}
