//! A tray host (xfce4-panel; on Wayland waybar), and the menus of the icons in it.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::bus::Bus;
use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

const TRAY_MENU: &str = include_str!("../targets/tray_menu.py");
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// A panel at the top of the screen with a tray and nothing else.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"><property name="square-icons" type="bool" value="true"/></property>
  </property>
</channel>
"#;

/// The tray host. Dropping it is a panel that crashes.
#[derive(Debug)]
pub struct Tray {
    place: Place,
    script: std::path::PathBuf,
    _panel: Process,
    _settings: Option<Process>,
}

/// One entry of a tray icon's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Its number in the menu's protocol.
    pub id: i64,
    /// Its text, without the mark of the access key. Empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// Whether it has a tick.
    pub checked: bool,
    /// The entries of its submenu.
    pub children: Vec<MenuItem>,
}

impl Tray {
    pub(crate) fn start(place: &Place, bus: &Bus) -> Result<Self> {
        let script = place.file("tray_menu.py");
        std::fs::write(&script, TRAY_MENU)?;
        if place.wayland().is_some() {
            let settings = place.file("waybar.json");
            std::fs::write(&settings, r#"{"layer": "top", "modules-right": ["tray"], "tray": {"icon-size": 20}}"#)?;
            let mut command = place.command("waybar");
            command.arg("--config").arg(settings).env("GDK_BACKEND", "wayland");
            let mut panel = place.start("waybar", command)?;
            bus.wait_for_name(WATCHER, &mut panel)?;
            return Ok(Self { place: place.clone(), script, _panel: panel, _settings: None });
        }
        // The settings service writes this folder too, but reads the panel's file only when the panel asks.
        let settings_folder = place.config().join("xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&settings_folder)?;
        std::fs::write(settings_folder.join("xfce4-panel.xml"), PANEL)?;
        let settings = if bus.has("org.xfce.Xfconf")? { None } else { Some(bus.start_settings_service()?) };
        let mut command = place.command("xfce4-panel");
        command.arg("--disable-wm-check");
        let mut panel = place.start("xfce4-panel", command)?;
        bus.wait_for_name(WATCHER, &mut panel)?;
        Ok(Self { place: place.clone(), script, _panel: panel, _settings: settings })
    }

    /// The address of the only icon in the tray, once it is there.
    pub fn wait_for_icon(&self) -> Result<String> {
        wait_for("an icon in the tray", || Ok(self.icons()?.into_iter().next()))
    }

    /// The addresses of all icons in the tray.
    pub fn icons(&self) -> Result<Vec<String>> {
        Ok(self.ask(&["items"])?.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// The icon's looks: `title`, `status`, `tooltip`, `picture` (equal for equal pictures) and `colour` (most of it).
    pub fn icon(&self, address: &str) -> Result<Value> {
        Ok(serde_json::from_str(&self.ask(&["icon", address])?)?)
    }

    /// The icon's menu.
    pub fn menu(&self, address: &str) -> Result<Vec<MenuItem>> {
        entries(&serde_json::from_str(&self.ask(&["menu", address])?)?)
    }

    /// Clicks the first entry, at any depth, whose label starts with `label`.
    pub fn click(&self, address: &str, label: &str) -> Result<()> {
        let menu = self.menu(address)?;
        let item = MenuItem::find(&menu, label).with_context(|| format!("no {label:?} in the menu: {menu:#?}"))?;
        anyhow::ensure!(item.enabled, "{label:?} is disabled");
        self.ask(&["click", address, &item.id.to_string()]).map(drop)
    }

    fn ask(&self, arguments: &[&str]) -> Result<String> {
        // A fixed seed makes the hash of a picture the same in every run of the script.
        output_of(self.place.command("/usr/bin/python3").env("PYTHONHASHSEED", "0").arg(&self.script).args(arguments))
    }
}

impl MenuItem {
    /// The first entry, at any depth, whose label starts with `label`.
    pub fn find<'a>(menu: &'a [Self], label: &str) -> Option<&'a Self> {
        menu.iter().find_map(
            |item| {
                if item.label.starts_with(label) { Some(item) } else { Self::find(&item.children, label) }
            },
        )
    }
}

fn entries(menu: &Value) -> Result<Vec<MenuItem>> {
    let list = menu.as_array().context("a menu is a list")?;
    list.iter()
        .map(|item| {
            Ok(MenuItem {
                id: item["id"].as_i64().context("an entry has a number")?,
                label: item["label"].as_str().unwrap_or_default().to_owned(),
                enabled: item["enabled"].as_bool().unwrap_or(true),
                checked: item["checked"].as_bool().unwrap_or(false),
                children: entries(&item["children"])?,
            })
        })
        .collect()
}
