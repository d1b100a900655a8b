//! Applications in the Wayland session that text is typed into.

use anyhow::Result;

use super::Wayland;
use crate::gnome::Gnome;
use crate::kwin::KWin;
use crate::place::Place;
use crate::target::{Kind, Target};

impl Target {
    /// A terminal of Wayland's own whose program takes every byte as it comes.
    pub fn foot(wayland: &Wayland) -> Result<Self> {
        Self::open_foot(&wayland.place)?.ready(|title| wayland.wait_focused(title))
    }

    /// A GTK 3 text view.
    pub fn text_view_3(wayland: &Wayland) -> Result<Self> {
        Self::text_view_by(wayland, "wayland", Self::TEXT_VIEW)
    }

    /// A GTK 4 text view.
    pub fn text_view_4(wayland: &Wayland) -> Result<Self> {
        Self::text_view_by(wayland, "wayland", Self::GTK4_VIEW)
    }

    /// A window of GTK 4 with a password field, which has the focus, and an ordinary one.
    pub fn fields_in_wayland(wayland: &Wayland) -> Result<Self> {
        Self::open_fields(&wayland.place, "gtk4", "wayland")?.ready(|title| wayland.wait_focused(title))
    }

    /// A GTK 3 text view that knows only X11, and is shown by XWayland.
    pub fn old_text_view(wayland: &Wayland) -> Result<Self> {
        Self::text_view_by(wayland, "x11", Self::TEXT_VIEW)
    }

    /// A GTK 3 text view under KWin.
    pub fn text_view_in_kwin(kwin: &KWin) -> Result<Self> {
        Self::open_text_view(&kwin.place, "wayland", Self::TEXT_VIEW)?.ready_by_itself()
    }

    /// A GTK 3 text view under GNOME's compositor.
    pub fn text_view_in_gnome(gnome: &Gnome) -> Result<Self> {
        Self::open_text_view(&gnome.place, "wayland", Self::TEXT_VIEW)?.ready_by_itself()
    }

    /// A terminal that tells screen readers nothing, under GNOME's compositor. It may not have the focus yet.
    pub fn foot_in_gnome(gnome: &Gnome) -> Result<Self> {
        Self::open_foot(&gnome.place)?.ready(|_| Ok(()))
    }

    /// A GTK 4 text view under GNOME's compositor.
    pub fn text_view_4_in_gnome(gnome: &Gnome) -> Result<Self> {
        Self::open_text_view(&gnome.place, "wayland", Self::GTK4_VIEW)?.ready_by_itself()
    }

    fn text_view_by(wayland: &Wayland, backend: &str, program: &str) -> Result<Self> {
        Self::open_text_view(&wayland.place, backend, program)?.ready(|title| wayland.wait_focused(title))
    }

    fn open_foot(place: &Place) -> Result<Self> {
        let mut target = Self::new(place, Kind::Terminal);
        let mut command = place.command("foot");
        command
            .args(["--title", target.title(), "--override", "locked-title=yes"])
            .args(["/bin/sh", "-c", r#"stty raw -echo && exec cat >>"$0""#])
            .arg(target.file());
        target.start(place, command)?;
        Ok(target)
    }

    fn open_text_view(place: &Place, backend: &str, program: &str) -> Result<Self> {
        let mut target = Self::new(place, Kind::TextView);
        let script = place.file(&format!("{}.py", target.title()));
        std::fs::write(&script, program)?;
        let mut command = place.command("/usr/bin/python3");
        command.arg(script).arg(target.file()).arg(target.title()).env("GDK_BACKEND", backend);
        target.start(place, command)?;
        Ok(target)
    }
}
