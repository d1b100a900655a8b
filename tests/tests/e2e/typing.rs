//! Typing into real applications: every character arrives, and the keyboard is left as it was found.

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Environment, Injector, Newline, TypeOptions, detect_in};
use scout_tests::{Desktop, Display, KeyTime, KeyWindow, Parts, Target, wait_for};
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xinput::{self, ConnectionExt as _, DeviceType};
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AutoRepeatMode, ChangeKeyboardControlAux, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

mod accessx;

/// 500 ASCII characters, with everything that is printed on a US keyboard.
const PROSE: &str = include_str!("../../texts/prose.txt");
/// 183 characters: accents, Greek, Cyrillic, Chinese, Japanese, Korean, emoji with joiners, line breaks, a tab.
const MIXED: &str = include_str!("../../texts/mixed.txt");
const LAYOUTS: [&str; 4] = ["us", "fr", "de", "us,ru"];

#[test]
fn texts_are_as_long_as_they_say() {
    assert_eq!((PROSE.chars().count(), MIXED.chars().count()), (500, 183));
}

#[test]
fn every_character_arrives_in_a_text_view() -> Result<()> {
    arrives(Target::text_view, &LAYOUTS)
}

#[test]
fn quotes_and_accents_arrive_where_their_keys_are_dead() -> Result<()> {
    arrives(Target::text_view, &["us(intl)", "es"])
}

#[test]
fn characters_of_the_third_level_arrive_where_the_layouts_of_a_key_differ_in_their_levels() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut injector = injector(display)?;
    let text = "Straße „Zitat“ “x” 10² £ 5 €, łódź: {ñ}. fin. ";
    let mut expected = String::new();
    for layout in ["us,de", "us,es", "us,fr", "us,ru,gr,il", "ca(multix)", "de(neo)"] {
        display.set_layout(layout)?;
        let before = Keyboard::of(display)?;
        let report = injector.type_text(text, &TypeOptions::default(), &mut || true)?;
        ensure!(report.complete, "{layout}: {report:?}");
        expected.push_str(text);
        target.wait_for_text(&expected).with_context(|| format!("layout {layout}"))?;
        before.is_untouched(display).with_context(|| format!("layout {layout}"))?;
    }
    Ok(())
}

#[test]
fn every_character_arrives_in_a_terminal() -> Result<()> {
    arrives(Target::terminal, &LAYOUTS)
}

#[test]
fn every_character_arrives_in_a_browser() -> Result<()> {
    arrives(Target::browser, &LAYOUTS)
}

fn arrives(open: fn(&Display) -> Result<Target>, layouts: &[&str]) -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = open(display)?;
    let mut injector = injector(display)?;
    let mut expected = String::new();
    for layout in layouts {
        display.set_layout(layout)?;
        let before = Keyboard::of(display)?;
        for text in [PROSE, MIXED] {
            let report = injector.type_text(text, &TypeOptions::default(), &mut || true)?;
            ensure!(report.complete && report.chars_sent == text.chars().count(), "{layout}: {report:?}");
            expected.push_str(text);
        }
        target.wait_for_text(&expected).with_context(|| format!("layout {layout}"))?;
        before.is_untouched(display).with_context(|| format!("layout {layout}"))?;
    }
    Ok(())
}

#[test]
fn a_window_that_is_busy_when_it_is_first_asked_gets_every_character() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let target = Target::text_view(desktop.display()?)?;
    // Longer than a window that never answers is waited for.
    let _stall = target.stall(std::time::Duration::from_secs(4))?;
    injector(desktop.display()?)?.type_text(MIXED, &TypeOptions::default(), &mut || true)?;
    target.wait_for_text(MIXED)
}

#[test]
fn caps_lock_changes_nothing_and_stays_on() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    display.tap("Caps_Lock")?;
    ensure!(display.caps_lock()?, "the test needs CapsLock on");
    let before = Keyboard::of(display)?;
    injector(display)?.type_text(MIXED, &TypeOptions::default(), &mut || true)?;
    target.wait_for_text(MIXED)?;
    before.is_untouched(display)
}

#[test]
fn the_second_layout_is_used_and_returned_to() -> Result<()> {
    let desktop = Desktop::start(&Parts { layout: "us,ru", ..Parts::windows() })?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let real = RealKeyboard::of(display)?;
    real.lock_group(1)?;
    let before = Keyboard::of(display)?;
    let text = "Привет, world! Ещё раз: hello.";
    injector(display)?.type_text(text, &TypeOptions::default(), &mut || true)?;
    target.wait_for_text(text)?;
    ensure!(real.group()? == 1, "the user's layout is in use again");
    before.is_untouched(display)
}

#[test]
fn a_modifier_that_a_program_holds_spoils_nothing_and_does_not_stick() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    display.hold("Control_R")?;
    injector(display)?.type_text(PROSE, &hurried(), &mut || true)?;
    target.wait_for_text(PROSE)?;
    ensure!(display.keys_down()?.is_empty(), "{:?} is down", display.keys_down()?);
    Ok(())
}

#[test]
fn a_modifier_that_the_user_still_holds_is_restored_and_can_be_let_go() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let real = RealKeyboard::of(display)?;
    let mut injector = injector(display)?;
    let mut expected = String::new();
    for name in ["Control_R", "Shift_L"] {
        let key = display.keycode(name)?;
        // Twice: what the first time leaves behind must not spoil the second.
        for _ in 0..2 {
            real.press(key)?;
            injector.type_text("Held, Not Lost: ÄÖ ", &hurried(), &mut || true)?;
            expected.push_str("Held, Not Lost: ÄÖ ");
            ensure!(
                display.keys_down()? == [key],
                "{name} is still held, and nothing else: {:?}",
                display.keys_down()?
            );
            real.release(key)?;
            ensure!(display.keys_down()?.is_empty(), "{name} can be let go");
            injector.type_text("Then Free. ", &hurried(), &mut || true)?;
            expected.push_str("Then Free. ");
        }
    }
    target.wait_for_text(&expected)
}

#[test]
fn a_modifier_that_the_user_lets_go_meanwhile_does_not_stick() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let real = RealKeyboard::of(display)?;
    let key = display.keycode("Control_L")?;
    real.press(key)?;
    let mut typed = 0;
    let mut let_go = || {
        typed += 1;
        typed != 10 || real.release(key).is_ok()
    };
    injector(display)?.type_text(PROSE, &hurried(), &mut let_go)?;
    target.wait_for_text(PROSE)?;
    ensure!(display.keys_down()?.is_empty(), "{:?} sticks", display.keys_down()?);
    Ok(())
}

#[test]
fn a_key_that_the_user_still_holds_is_typed_as_well() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let real = RealKeyboard::of(display)?;
    real.stop_repeating()?;
    let space = display.keycode("space")?;
    real.press(space)?;
    // What the user types arrives first; from then on the key is held.
    target.wait_for_text(" ")?;
    injector(display)?.type_text("one two three", &TypeOptions::default(), &mut || true)?;
    real.release(space)?;
    target.wait_for_text(" one two three")?;
    ensure!(display.keys_down()?.is_empty(), "{:?} sticks", display.keys_down()?);
    Ok(())
}

#[test]
fn typing_that_is_stopped_or_breaks_leaves_the_keyboard_as_it_was() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    display.tap("Caps_Lock")?;
    let before = Keyboard::of(display)?;
    let mut injector = injector(display)?;
    let mut asked = 0;
    let report = injector.type_text("ΑΒΓ abc", &TypeOptions::default(), &mut || {
        asked += 1;
        asked <= 2
    })?;
    ensure!((report.chars_sent, report.complete) == (2, false), "{report:?}");
    target.wait_for_text("ΑΒ")?;
    before.is_untouched(display)?;

    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        injector.type_text("ΔΕ", &TypeOptions::default(), &mut || panic!("as a bug would"))
    }));
    ensure!(broken.is_err());
    before.is_untouched(display)
}

#[test]
fn nothing_is_typed_of_a_text_that_cannot_be_typed() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let refused = injector(display)?.type_text("fine until\u{7}here", &TypeOptions::default(), &mut || true);
    ensure!(matches!(refused, Err(scout_platform::InjectError::Untypable { .. })), "{refused:?}");
    ensure!(target.settled_text()?.is_empty());
    Ok(())
}

#[test]
fn a_key_that_is_struck_twice_in_a_row_is_up_for_two_milliseconds_in_between() -> Result<()> {
    let desktop = Desktop::start(&Parts { window_manager: false, ..Parts::windows() })?;
    let display = desktop.display()?;
    let window = KeyWindow::open(display)?;
    window.focus(window.id())?;
    let mut injector = injector(display)?;
    // Where the layout has no key for them, characters follow themselves on a spare one; the capital needs Shift.
    injector.type_text("balloon  AAh\u{e9}\u{e9}l", &TypeOptions::default(), &mut || true)?;
    // Each call takes the keyboard over anew.
    injector.type_text("l", &TypeOptions::default(), &mut || true)?;
    injector.press_repeatedly(&"Backspace".parse()?, 12, &mut || true)?;
    injector.press_chord(&"Enter".parse()?)?;
    injector.press_chord(&"Enter".parse()?)?;
    let shift = display.keycode("Shift_L")?;
    let events: Vec<KeyTime> = window.events()?.into_iter().filter(|event| event.keycode != shift).collect();
    let mut repeats = 0;
    for pair in events.windows(2) {
        let (release, press) = (pair[0], pair[1]);
        if release.keycode == press.keycode && !release.pressed && press.pressed {
            repeats += 1;
            // What comes within the same millisecond is a key that repeats by itself, for LibreOffice.
            ensure!(press.time - release.time >= 2, "{release:?}, then {press:?}");
        }
    }
    ensure!(repeats == 6 + 11 + 1, "{repeats} repeats in {events:?}");
    display.keyboard_is_clean()
}

#[test]
fn a_line_break_becomes_what_the_profile_says() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let mut injector = injector(display)?;
    for newline in [Newline::Enter, Newline::ShiftEnter, Newline::Space] {
        injector.type_text("a\nb", &TypeOptions { newline, ..TypeOptions::default() }, &mut || true)?;
    }
    target.wait_for_text("a\nba\nba b")?;
    let enters: Vec<String> = target.events()?.into_iter().filter(|event| event.starts_with("press Return")).collect();
    assert_eq!(enters, ["press Return 0x0", "press Return 0x1"]);
    Ok(())
}

#[test]
fn a_chord_pastes_on_any_layout_while_caps_lock_is_on() -> Result<()> {
    let desktop = Desktop::start(&Parts { layout: "us,ru", ..Parts::windows() })?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let real = RealKeyboard::of(display)?;
    let _owner = display.copy("pasted ")?;
    let mut injector = injector(display)?;
    injector.press_chord(&"ctrl+V".parse()?)?;
    target.wait_for_text("pasted ")?;
    real.lock_group(1)?;
    display.tap("Caps_Lock")?;
    injector.press_chord(&"ctrl+V".parse()?)?;
    target.wait_for_text("pasted pasted ")?;
    ensure!(display.keys_down()?.is_empty() && display.caps_lock()? && real.group()? == 1);
    Ok(())
}

#[test]
fn the_focused_window_is_told() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let mut probe = platform(display).focus_probe()?;
    wait_for("no window to have the focus", || Ok(probe.focused()?.is_none().then_some(())))?;
    let first = Target::text_view(display)?;
    let seen = probe.focused()?.context("a window has the focus")?;
    assert_eq!(seen.title.as_deref(), Some(first.title()));
    assert_eq!(seen.app_id.as_deref(), Some("Text_view.py"));
    ensure!(seen.executable.as_deref().is_some_and(|file| file.contains("python3")), "{seen:?}");
    let second = Target::terminal(display)?;
    let now = probe.focused()?.context("a window has the focus")?;
    assert_eq!((now.title.as_deref(), now.app_id.as_deref()), (Some(second.title()), Some("XTerm")));
    ensure!(now.window != seen.window);
    display.focus(first.title())?;
    assert_eq!(probe.focused()?, Some(seen));
    Ok(())
}

/// Does not wait for held modifiers.
fn hurried() -> TypeOptions {
    TypeOptions { modifier_wait: std::time::Duration::ZERO, ..TypeOptions::default() }
}

fn platform(display: &Display) -> std::sync::Arc<dyn scout_platform::Desktop> {
    detect_in(&Environment { display: Some(display.name().to_owned()), wayland_display: None })
}

fn injector(display: &Display) -> Result<Box<dyn Injector>> {
    Ok(platform(display).injector()?)
}

/// What must be the same before and after.
#[derive(Debug, PartialEq)]
struct Keyboard {
    down: Vec<u8>,
    caps_lock: bool,
    keymap: Vec<Vec<u32>>,
}

impl Keyboard {
    fn of(display: &Display) -> Result<Self> {
        Ok(Self { down: display.keys_down()?, caps_lock: display.caps_lock()?, keymap: display.keymap()? })
    }

    fn is_untouched(&self, display: &Display) -> Result<()> {
        let now = Self::of(display)?;
        ensure!(self.down == now.down, "keys are down: {:?}", now.down);
        ensure!(self.caps_lock == now.caps_lock, "CapsLock changed");
        ensure!(self.keymap == now.keymap, "the keymap changed");
        Ok(())
    }
}

/// The keyboard that the X server takes for a real one: what the user presses on it is not what programs inject.
struct RealKeyboard {
    connection: RustConnection,
    id: u8,
    first_event: u8,
    root: u32,
}

impl RealKeyboard {
    fn of(display: &Display) -> Result<Self> {
        const ALL_DEVICES: u16 = 0;
        let (connection, screen) = x11rb::connect(Some(display.name()))?;
        connection.xkb_use_extension(1, 0)?.reply()?;
        connection.xinput_xi_query_version(2, 0)?.reply()?;
        let devices = connection.xinput_xi_query_device(ALL_DEVICES)?.reply()?.infos;
        let real = devices.into_iter().find(|device| {
            device.type_ == DeviceType::SLAVE_KEYBOARD && !String::from_utf8_lossy(&device.name).contains("XTEST")
        });
        let id = u8::try_from(real.context("the X server has no keyboard")?.deviceid)?;
        let extension = connection.extension_information(xinput::X11_EXTENSION_NAME)?.context("no XINPUT")?;
        let root = connection.setup().roots[screen].root;
        Ok(Self { connection, id, first_event: extension.first_event, root })
    }

    fn press(&self, keycode: u8) -> Result<()> {
        self.fake(KEY_PRESS_EVENT, keycode)
    }

    fn release(&self, keycode: u8) -> Result<()> {
        self.fake(KEY_RELEASE_EVENT, keycode)
    }

    fn fake(&self, kind: u8, keycode: u8) -> Result<()> {
        // Key presses are event 2 of the core and 1 of the extension.
        let kind = self.first_event + kind - KEY_PRESS_EVENT + 1;
        Ok(self.connection.xtest_fake_input(kind, keycode, 0, self.root, 0, 0, self.id)?.check()?)
    }

    /// Held keys would be typed again and again, depending on how slow the machine is.
    fn stop_repeating(&self) -> Result<()> {
        let off = ChangeKeyboardControlAux::new().auto_repeat_mode(AutoRepeatMode::OFF);
        Ok(self.connection.change_keyboard_control(&off)?.check()?)
    }

    fn lock_group(&self, group: u8) -> Result<()> {
        let none = ModMask::default();
        let locked = xkb::Group::from(group);
        Ok(self.connection.xkb_latch_lock_state(0x100, none, none, true, locked, none, false, 0)?.check()?)
    }

    fn group(&self) -> Result<u8> {
        Ok(self.connection.xkb_get_state(0x100)?.reply()?.locked_group.into())
    }
}
