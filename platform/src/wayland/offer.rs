//! What the compositor offers that Scout can use, for the user.

use wayland_client::globals::registry_queue_init;

use super::link::{LinkError, connect, ignore_registry};

/// Protocols and what they are for. What succeeds another stands before it.
const KNOWN: &[(&str, &str)] = &[
    ("zwp_virtual_keyboard_manager_v1", "virtual keyboard"),
    ("org_kde_kwin_fake_input", "chords"),
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
