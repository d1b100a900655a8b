//! Whose settings the key is bound in.

use std::path::{Path, PathBuf};

/// A compositor, or a desktop, whose settings Scout knows how to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Compositor {
    /// sway.
    Sway,
    /// Hyprland.
    Hyprland,
    /// niri.
    Niri,
    /// river.
    River,
    /// labwc.
    Labwc,
    /// GNOME.
    Gnome,
    /// KDE Plasma.
    Kde,
}

/// What the environment says of the session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Variables by which compositors are told apart, with their values.
    variables: Vec<(&'static str, String)>,
}

/// sway, Hyprland and niri name their sockets; the others tell what desktop they are.
const VARIABLES: [&str; 4] = ["SWAYSOCK", "HYPRLAND_INSTANCE_SIGNATURE", "NIRI_SOCKET", "XDG_CURRENT_DESKTOP"];

impl Session {
    /// That of this process.
    pub fn of_process() -> Self {
        let known = VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        Self { variables: known.filter(|(_, value)| !value.is_empty()).collect() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The compositor, if it is one that Scout knows.
    pub fn compositor(&self) -> Option<Compositor> {
        let sockets = [
            ("SWAYSOCK", Compositor::Sway),
            ("HYPRLAND_INSTANCE_SIGNATURE", Compositor::Hyprland),
            ("NIRI_SOCKET", Compositor::Niri),
        ];
        if let Some((_, found)) = sockets.into_iter().find(|(name, _)| self.get(name).is_some()) {
            return Some(found);
        }
        // A list, the most special name first.
        self.get("XDG_CURRENT_DESKTOP")?.split(':').find_map(|name| match name.to_ascii_lowercase().as_str() {
            "sway" => Some(Compositor::Sway),
            "hyprland" => Some(Compositor::Hyprland),
            "niri" => Some(Compositor::Niri),
            "river" => Some(Compositor::River),
            "labwc" => Some(Compositor::Labwc),
            "gnome" | "ubuntu" => Some(Compositor::Gnome),
            "kde" => Some(Compositor::Kde),
            _ => None,
        })
    }
}

impl Compositor {
    /// The user's settings file, under the folder for configuration; `None` where settings are not a file.
    pub fn settings(self, config: &Path) -> Option<PathBuf> {
        let file = match self {
            Self::Sway => "sway/config",
            Self::Hyprland => "hypr/hyprland.conf",
            Self::Niri => "niri/config.kdl",
            Self::River => "river/init",
            Self::Labwc => "labwc/rc.xml",
            Self::Gnome | Self::Kde => return None,
        };
        Some(config.join(file))
    }

    /// Its name as users know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sway => "sway",
            Self::Hyprland => "Hyprland",
            Self::Niri => "niri",
            Self::River => "river",
            Self::Labwc => "labwc",
            Self::Gnome => "GNOME",
            Self::Kde => "KDE Plasma",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compositor_is_known_by_its_socket_or_its_name() {
        for (variables, expected) in [
            (vec![("SWAYSOCK", "/run/sway")], Some(Compositor::Sway)),
            (vec![("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")], Some(Compositor::Gnome)),
            (vec![("XDG_CURRENT_DESKTOP", "KDE")], Some(Compositor::Kde)),
            (vec![("XDG_CURRENT_DESKTOP", "XFCE"), ("NIRI_SOCKET", "/run/niri")], Some(Compositor::Niri)),
            (vec![("XDG_CURRENT_DESKTOP", "weston")], None),
            (vec![], None),
        ] {
            let variables: Vec<_> = variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            assert_eq!(Session { variables: variables.clone() }.compositor(), expected, "{variables:?}");
        }
    }
}
