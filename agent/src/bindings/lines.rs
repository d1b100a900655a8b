//! The lines that bind the key, in each compositor's own words. Pure.

use scout_platform::keys::Modifier;
use scout_platform::{Chord, Key, keysym_name};

use super::Compositor;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// One setting a line; commands for a desktop whose settings are not a file.
    pub text: Vec<String>,
    /// Whether the compositor tells when the key comes up. Where it does not, one press starts and the next one ends.
    pub holds: bool,
}

/// Why there are no lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoBinding {
    /// A modifier alone.
    #[error("compositors bind no bare modifier such as {0}: choose another `key.chord` in Scout's configuration")]
    BareModifier(Chord),
    /// A key that this compositor's settings have no name for.
    #[error("{name}'s settings have no name for {chord}: choose another `key.chord` in Scout's configuration")]
    Nameless {
        /// The compositor.
        name: &'static str,
        /// The chord.
        chord: Chord,
    },
    /// Nothing needs to be done.
    #[error(
        "KDE Plasma needs no setting: Scout asks it for its key when it starts, and the key can be changed in Scout's configuration"
    )]
    Unneeded,
}

/// GNOME's place for one shortcut of the user's own.
pub(super) const GNOME_SLOT: &str = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/scout/";
pub(super) const GNOME_LIST: &str = "org.gnome.settings-daemon.plugins.media-keys";

/// The lines that bind `chord` to `program`, which is the path of `scout`.
pub fn lines(compositor: Compositor, chord: &Chord, program: &str) -> Result<Lines, NoBinding> {
    if Modifier::of(chord.key).is_some() {
        return Err(NoBinding::BareModifier(chord.clone()));
    }
    let nameless = || NoBinding::Nameless { name: compositor.name(), chord: chord.clone() };
    let keysym = || keysym_name(chord.key).ok_or_else(nameless);
    let start = format!("{program} ctl start");
    let stop = format!("{program} ctl stop");
    let toggle = format!("{program} ctl toggle");
    let (text, holds) = match compositor {
        Compositor::Sway => {
            let names = modifiers(chord, ["Ctrl", "Shift", "Mod1", "Mod4"]);
            let (bind, key) = match chord.key {
                Key::Named(_) => ("bindsym", keysym()?),
                Key::Code(code) => ("bindcode", code.to_string()),
            };
            let keys = [names, vec![key]].concat().join("+");
            (
                vec![format!("{bind} --no-repeat {keys} exec {start}"), format!("{bind} --release {keys} exec {stop}")],
                true,
            )
        }
        Compositor::Hyprland => {
            let names = modifiers(chord, ["CTRL", "SHIFT", "ALT", "SUPER"]).join(" ");
            let key = keysym_name(chord.key).unwrap_or_else(|| chord.key.to_string());
            (
                vec![format!("bind = {names}, {key}, exec, {start}"), format!("bindr = {names}, {key}, exec, {stop}")],
                true,
            )
        }
        Compositor::River => {
            let names = modifiers(chord, ["Control", "Shift", "Alt", "Super"]);
            let names = if names.is_empty() { "None".to_owned() } else { names.join("+") };
            let key = keysym()?;
            (
                vec![
                    format!("riverctl map normal {names} {key} spawn '{start}'"),
                    format!("riverctl map -release normal {names} {key} spawn '{stop}'"),
                ],
                true,
            )
        }
        Compositor::Labwc => {
            let keys = [modifiers(chord, ["C", "S", "A", "W"]), vec![keysym()?]].concat().join("-");
            let bind = |more: &str, command: &str| {
                format!(r#"<keybind key="{keys}"{more}><action name="Execute" command="{command}"/></keybind>"#)
            };
            (vec![bind("", &start), bind(r#" onRelease="yes""#, &stop)], true)
        }
        Compositor::Niri => {
            let keys = [modifiers(chord, ["Ctrl", "Shift", "Alt", "Super"]), vec![keysym()?]].concat().join("+");
            (vec![format!(r#"{keys} repeat=false {{ spawn "{program}" "ctl" "toggle"; }}"#)], false)
        }
        Compositor::Gnome => {
            let keys = modifiers(chord, ["<Control>", "<Shift>", "<Alt>", "<Super>"]).concat() + &keysym()?;
            let slot = format!("gsettings set {GNOME_LIST}.custom-keybinding:{GNOME_SLOT}");
            (
                vec![
                    format!("{slot} name 'Scout'"),
                    format!("{slot} command '{toggle}'"),
                    format!("{slot} binding '{keys}'"),
                ],
                false,
            )
        }
        Compositor::Kde => return Err(NoBinding::Unneeded),
    };
    Ok(Lines { text, holds })
}

/// The chord's modifiers by the names of Control, Shift, Alt and Super.
fn modifiers(chord: &Chord, names: [&str; 4]) -> Vec<String> {
    let [control, shift, alt, logo] = names;
    let name = |modifier: &Modifier| match modifier {
        Modifier::Control => control,
        Modifier::Shift => shift,
        Modifier::Alt => alt,
        Modifier::Super => logo,
    };
    chord.modifiers.iter().map(name).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(compositor: Compositor, chord: &str) -> String {
        lines(compositor, &chord.parse().unwrap(), "/bin/scout").unwrap().text.join("\n")
    }

    #[test]
    fn each_compositor_is_told_in_its_own_words() {
        for (compositor, chord, expected) in [
            (
                Compositor::Sway,
                "F9",
                "bindsym --no-repeat F9 exec /bin/scout ctl start\nbindsym --release F9 exec /bin/scout ctl stop",
            ),
            (
                Compositor::Sway,
                "ctrl+super+code:172",
                "bindcode --no-repeat Ctrl+Mod4+172 exec /bin/scout ctl start\n\
                 bindcode --release Ctrl+Mod4+172 exec /bin/scout ctl stop",
            ),
            (
                Compositor::Hyprland,
                "ctrl+alt+Space",
                "bind = CTRL ALT, space, exec, /bin/scout ctl start\nbindr = CTRL ALT, space, exec, /bin/scout ctl stop",
            ),
            (
                Compositor::River,
                "F9",
                "riverctl map normal None F9 spawn '/bin/scout ctl start'\n\
                 riverctl map -release normal None F9 spawn '/bin/scout ctl stop'",
            ),
            (
                Compositor::Labwc,
                "super+D",
                "<keybind key=\"W-d\"><action name=\"Execute\" command=\"/bin/scout ctl start\"/></keybind>\n\
                 <keybind key=\"W-d\" onRelease=\"yes\"><action name=\"Execute\" command=\"/bin/scout ctl stop\"/></keybind>",
            ),
            (Compositor::Niri, "alt+D", r#"Alt+d repeat=false { spawn "/bin/scout" "ctl" "toggle"; }"#),
        ] {
            assert_eq!(text(compositor, chord), expected, "{compositor:?}");
        }
        assert!(text(Compositor::Gnome, "ctrl+alt+Space").ends_with("binding '<Control><Alt>space'"));
    }

    #[test]
    fn what_cannot_be_bound_says_so() {
        let refused = |compositor, chord: &str| lines(compositor, &chord.parse().unwrap(), "scout").unwrap_err();
        assert!(matches!(refused(Compositor::Sway, "ControlRight"), NoBinding::BareModifier(_)));
        assert!(matches!(refused(Compositor::Niri, "code:172"), NoBinding::Nameless { .. }));
        assert_eq!(refused(Compositor::Kde, "F9"), NoBinding::Unneeded);
    }
}
