//! Which desktop this is, found out at run time, so that one program serves all sessions of a system.

use std::sync::Arc;

use crate::Desktop;

/// What the session's environment says of displays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `DISPLAY`: an X11 display.
    pub display: Option<String>,
    /// `WAYLAND_DISPLAY`: a Wayland compositor's socket.
    pub wayland_display: Option<String>,
}

impl Environment {
    /// That of this process. An empty variable counts as none.
    pub fn of_process() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { display: variable("DISPLAY"), wayland_display: variable("WAYLAND_DISPLAY") }
    }
}

/// The desktop that this process runs on.
pub fn detect() -> Arc<dyn Desktop> {
    detect_in(&Environment::of_process())
}

/// The desktop that `environment` describes.
pub fn detect_in(environment: &Environment) -> Arc<dyn Desktop> {
    #[cfg(target_os = "linux")]
    {
        use crate::headless::HeadlessDesktop;
        use crate::wayland::WaylandDesktop;
        use crate::x11::X11Desktop;
        match choose(environment, X11Desktop::opens) {
            Choice::X11(display) => Arc::new(X11Desktop::new(display)),
            Choice::Wayland { display, xwayland } => Arc::new(WaylandDesktop::new(display, xwayland)),
            Choice::Headless => Arc::new(HeadlessDesktop),
        }
    }
    #[cfg(target_os = "windows")]
    {
        let _ = environment;
        Arc::new(crate::windows::WindowsDesktop)
    }
    #[cfg(target_os = "macos")]
    {
        let _ = environment;
        Arc::new(crate::macos::MacDesktop)
    }
}

#[cfg(any(target_os = "linux", test))]
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    X11(String),
    Wayland { display: String, xwayland: Option<String> },
    Headless,
}

/// Wayland comes first: under it `DISPLAY` names `XWayland`, which knows nothing of the other windows.
#[cfg(any(target_os = "linux", test))]
fn choose(environment: &Environment, x11_opens: impl Fn(&str) -> bool) -> Choice {
    let x11 = environment.display.clone().filter(|display| x11_opens(display));
    match (&environment.wayland_display, x11) {
        (Some(display), xwayland) => Choice::Wayland { display: display.clone(), xwayland },
        (None, Some(display)) => Choice::X11(display),
        (None, None) => Choice::Headless,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionKind;

    fn chosen(display: Option<&str>, wayland: Option<&str>, opens: bool) -> Choice {
        let environment =
            Environment { display: display.map(str::to_owned), wayland_display: wayland.map(str::to_owned) };
        choose(&environment, |_| opens)
    }

    fn wayland(xwayland: Option<String>) -> Choice {
        Choice::Wayland { display: "wayland-0".into(), xwayland }
    }

    #[test]
    fn the_session_is_what_answers() {
        assert_eq!(chosen(Some(":0"), None, true), Choice::X11(":0".into()));
        assert_eq!(chosen(Some(":0"), None, false), Choice::Headless);
        assert_eq!(chosen(None, None, true), Choice::Headless);
        assert_eq!(chosen(None, Some("wayland-0"), true), wayland(None));
        assert_eq!(chosen(Some(":0"), Some("wayland-0"), true), wayland(Some(":0".into())));
        assert_eq!(chosen(Some(":0"), Some("wayland-0"), false), wayland(None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_display_that_does_not_answer_is_none() {
        let environment = Environment { display: Some(":4711".into()), wayland_display: None };
        assert_eq!(detect_in(&environment).kind(), SessionKind::Headless);
    }
}
