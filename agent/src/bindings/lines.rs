//! The lines that bind the key, in each compositor's own words. Pure.

use scout_core::config::schema::KeySettings;
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

/// GNOME's places for shortcuts of the user's own: ours for dictating, and for throwing a dictation away.
pub(super) const GNOME_SLOTS: [&str; 2] = [
    "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/scout/",
    "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/scout-cancel/",
];
pub(super) const GNOME_LIST: &str = "org.gnome.settings-daemon.plugins.media-keys";

/// What a key does.
struct Action<'a> {
    chord: &'a Chord,
    /// GNOME's place for it, and its name there.
    slot: (&'static str, &'static str),
    /// What `scout ctl` is told when the key goes down.
    press: &'static str,
    /// And when it comes up.
    release: Option<&'static str>,
}

/// The lines that bind the configured keys to `program`, which is the path of `scout`.
pub fn lines(compositor: Compositor, keys: &KeySettings, program: &str) -> Result<Lines, NoBinding> {
    let holds = match compositor {
        Compositor::Sway | Compositor::Hyprland | Compositor::River | Compositor::Labwc => true,
        Compositor::Niri | Compositor::Gnome => false,
        Compositor::Kde => return Err(NoBinding::Unneeded),
    };
    let (press, release) = if holds { ("start", Some("stop")) } else { ("toggle", None) };
    let mut text =
        bind(compositor, &Action { chord: &keys.chord, slot: (GNOME_SLOTS[0], "Scout"), press, release }, program)?;
    if let Some(chord) = &keys.cancel {
        let slot = (GNOME_SLOTS[1], "Scout: cancel");
        text.extend(bind(compositor, &Action { chord, slot, press: "cancel", release: None }, program)?);
    }
    Ok(Lines { text, holds })
}

fn bind(compositor: Compositor, action: &Action<'_>, program: &str) -> Result<Vec<String>, NoBinding> {
    let Action { chord, slot, press, release } = action;
    if Modifier::of(chord.key).is_some() {
        return Err(NoBinding::BareModifier((*chord).clone()));
    }
    let nameless = || NoBinding::Nameless { name: compositor.name(), chord: (*chord).clone() };
    let keysym = || keysym_name(chord.key).ok_or_else(nameless);
    let down = format!("{program} ctl {press}");
    let up = release.map(|release| format!("{program} ctl {release}"));
    let (down, up) = match compositor {
        Compositor::Sway => {
            let names = modifiers(chord, ["Ctrl", "Shift", "Mod1", "Mod4"]);
            let (bind, key) = match chord.key {
                Key::Named(_) => ("bindsym", keysym()?),
                Key::Code(code) => ("bindcode", code.to_string()),
            };
            let keys = [names, vec![key]].concat().join("+");
            (
                format!("{bind} --no-repeat {keys} exec {down}"),
                // Also behind a locked screen: the microphone must not stay open there.
                up.map(|up| format!("{bind} --release --locked {keys} exec {up}")),
            )
        }
        Compositor::Hyprland => {
            let names = modifiers(chord, ["CTRL", "SHIFT", "ALT", "SUPER"]).join(" ");
            let key = keysym_name(chord.key).unwrap_or_else(|| chord.key.to_string());
            (
                format!("bind = {names}, {key}, exec, {down}"),
                up.map(|up| format!("bindrl = {names}, {key}, exec, {up}")),
            )
        }
        Compositor::River => {
            let names = modifiers(chord, ["Control", "Shift", "Alt", "Super"]);
            let names = if names.is_empty() { "None".to_owned() } else { names.join("+") };
            let key = keysym()?;
            (
                format!("riverctl map normal {names} {key} spawn '{down}'"),
                up.map(|up| format!("riverctl map -release normal {names} {key} spawn '{up}'")),
            )
        }
        Compositor::Labwc => {
            let keys = [modifiers(chord, ["C", "S", "A", "W"]), vec![keysym()?]].concat().join("-");
            let bind = |more: &str, command: &str| {
                format!(r#"<keybind key="{keys}"{more}><action name="Execute" command="{command}"/></keybind>"#)
            };
            (bind("", &down), up.map(|up| bind(r#" onRelease="yes""#, &up)))
        }
        Compositor::Niri => {
            let keys = [modifiers(chord, ["Ctrl", "Shift", "Alt", "Super"]), vec![keysym()?]].concat().join("+");
            (format!(r#"{keys} repeat=false {{ spawn "{program}" "ctl" "{press}"; }}"#), None)
        }
        Compositor::Gnome => {
            let keys = modifiers(chord, ["<Control>", "<Shift>", "<Alt>", "<Super>"]).concat() + &keysym()?;
            let set = format!("gsettings set {GNOME_LIST}.custom-keybinding:{}", slot.0);
            return Ok(vec![
                format!("{set} name '{}'", slot.1),
                format!("{set} command '{down}'"),
                format!("{set} binding '{keys}'"),
            ]);
        }
        Compositor::Kde => return Err(NoBinding::Unneeded),
    };
    Ok(std::iter::once(down).chain(up).collect())
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

    fn keys(chord: &str) -> KeySettings {
        KeySettings { chord: chord.parse().unwrap(), ..KeySettings::default() }
    }

    fn text(compositor: Compositor, chord: &str) -> String {
        lines(compositor, &keys(chord), "/bin/scout").unwrap().text.join("\n")
    }

    #[test]
    fn each_compositor_is_told_in_its_own_words() {
        for (compositor, chord, expected) in [
            (
                Compositor::Sway,
                "F9",
                "bindsym --no-repeat F9 exec /bin/scout ctl start\nbindsym --release --locked F9 exec /bin/scout ctl stop",
            ),
            (
                Compositor::Sway,
                "ctrl+super+code:172",
                "bindcode --no-repeat Ctrl+Mod4+172 exec /bin/scout ctl start\n\
                 bindcode --release --locked Ctrl+Mod4+172 exec /bin/scout ctl stop",
            ),
            (
                Compositor::Hyprland,
                "ctrl+alt+Space",
                "bind = CTRL ALT, space, exec, /bin/scout ctl start\nbindrl = CTRL ALT, space, exec, /bin/scout ctl stop",
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
    fn the_key_that_throws_a_dictation_away_is_bound_too() {
        for (compositor, last) in [
            (Compositor::Sway, "bindsym --no-repeat Ctrl+Escape exec /bin/scout ctl cancel"),
            (Compositor::Hyprland, "bind = CTRL, Escape, exec, /bin/scout ctl cancel"),
            (Compositor::River, "riverctl map normal Control Escape spawn '/bin/scout ctl cancel'"),
            (Compositor::Niri, r#"Ctrl+Escape repeat=false { spawn "/bin/scout" "ctl" "cancel"; }"#),
        ] {
            let keys = KeySettings { cancel: Some("ctrl+Escape".parse().unwrap()), ..KeySettings::default() };
            let bound = lines(compositor, &keys, "/bin/scout").unwrap();
            assert_eq!(bound.text.last().map(String::as_str), Some(last), "{compositor:?}");
            let without = lines(compositor, &KeySettings::default(), "/bin/scout").unwrap();
            assert_eq!(bound.text.len(), without.text.len() + 1);
        }
        let keys = KeySettings { cancel: Some("ctrl+Escape".parse().unwrap()), ..KeySettings::default() };
        let gnome = lines(Compositor::Gnome, &keys, "/bin/scout").unwrap().text.join("\n");
        assert!(gnome.contains("custom-keybindings/scout-cancel/ command '/bin/scout ctl cancel'"), "{gnome}");
    }

    #[test]
    fn what_cannot_be_bound_says_so() {
        let refused = |compositor, chord: &str| lines(compositor, &keys(chord), "scout").unwrap_err();
        assert!(matches!(refused(Compositor::Sway, "ControlRight"), NoBinding::BareModifier(_)));
        assert!(matches!(refused(Compositor::Niri, "code:172"), NoBinding::Nameless { .. }));
        assert_eq!(refused(Compositor::Kde, "F9"), NoBinding::Unneeded);
    }
}
