//! The keyboard's accessibility settings, as a settings window switches them and the X server has them.

use anyhow::{Context as _, Result};
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::xinput::{self, ConnectionExt as _, DeviceType};
use x11rb::protocol::xkb::{self, AXOption, BoolCtrl, ConnectionExt as _};
use x11rb::protocol::xproto::{KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::display::Display;

/// All keyboards, in XKB's words.
const CORE_KEYBOARD: u16 = 0x100;
/// The bit that says that controls are switched.
const CONTROLS_ENABLED: u32 = 1 << 31;
/// All devices, in `XIQueryDevice`'s words.
const ALL_DEVICES: u16 = 0;

/// What is switched on: for each keyboard its name, its controls and its options.
pub type Controls = Vec<(String, u32, u16)>;

impl Display {
    /// Switches these controls on, with XKB's usual options, on all keyboards. A key counts after 300 ms with Slow Keys, and
    /// again after 300 ms with Bounce Keys; with Sticky Keys, two keys together turn it off.
    pub fn switch_on(&self, controls: &[BoolCtrl]) -> Result<()> {
        let wanted = controls.iter().fold(0, |all, control| all | u32::from(*control));
        let sticky = u32::from(BoolCtrl::STICKY_KEYS);
        let (none, no_mods, same) = (BoolCtrl::default(), ModMask::default(), xkb::VMod::default());
        let options = AXOption::TWO_KEYS | AXOption::LATCH_TO_LOCK;
        let (changed, nothing) = (xkb::Control::from(CONTROLS_ENABLED | sticky), AXOption::default());
        self.connection.xkb_use_extension(1, 0)?.reply()?;
        let switched = self.connection.xkb_set_controls(
            CORE_KEYBOARD,
            no_mods,
            no_mods,
            no_mods,
            no_mods,
            same,
            same,
            same,
            same,
            0,
            0,
            options,
            BoolCtrl::SLOW_KEYS | BoolCtrl::BOUNCE_KEYS | BoolCtrl::STICKY_KEYS,
            BoolCtrl::from(wanted),
            changed,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            none,
            none,
            nothing,
            nothing,
            &[0; 32],
        );
        Ok(switched?.check()?)
    }

    /// What is switched on.
    pub fn controls(&self) -> Result<Controls> {
        self.connection.xkb_use_extension(1, 0)?.reply()?;
        let mut all = Vec::new();
        for (id, name, _) in self.keyboards()? {
            let controls = self.connection.xkb_get_controls(id.into())?.reply()?;
            all.push((name, controls.enabled_controls.into(), controls.access_x_option.into()));
        }
        Ok(all)
    }

    /// Presses and releases a key of the keyboard that the server takes for a real one.
    pub fn tap_really(&self, key: &str) -> Result<()> {
        let keyboards = self.keyboards()?;
        let (id, ..) = keyboards.iter().find(|(.., is_real)| *is_real).context("the X server has no keyboard")?;
        let extension = self.connection.extension_information(xinput::X11_EXTENSION_NAME)?.context("no XINPUT")?;
        let keycode = self.keycode(key)?;
        for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            // Key presses are event 2 of the core and 1 of the extension.
            let kind = extension.first_event + kind - KEY_PRESS_EVENT + 1;
            self.connection.xtest_fake_input(kind, keycode, 0, self.root, 0, 0, *id)?.check()?;
        }
        Ok(())
    }

    fn keyboards(&self) -> Result<Vec<(u8, String, bool)>> {
        self.connection.xinput_xi_query_version(2, 0)?.reply()?;
        let mut keyboards = Vec::new();
        for device in self.connection.xinput_xi_query_device(ALL_DEVICES)?.reply()?.infos {
            let name = String::from_utf8_lossy(&device.name).into_owned();
            let is_slave = device.type_ == DeviceType::SLAVE_KEYBOARD;
            if is_slave || device.type_ == DeviceType::MASTER_KEYBOARD {
                let is_real = is_slave && !name.contains("XTEST");
                keyboards.push((u8::try_from(device.deviceid)?, name, is_real));
            }
        }
        Ok(keyboards)
    }
}
