//! Where the keys go: into the window that was aimed at, or nowhere.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Desktop as Platform, Environment, TypeOptions, WindowId, detect_in};
use scout_tests::{Desktop, Display, Locker, Parts, Target};

const PROSE: &str = include_str!("../texts/prose.txt");

#[test]
fn a_focus_that_moves_half_way_gets_nothing_and_nothing_is_lost() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let platform = platform(display);
    for moved_after in [0, 13, 47, 200] {
        let second = Target::terminal(display)?;
        let first = Target::text_view(display)?;
        let mut injector = platform.injector()?;
        injector.aim(focused(platform.as_ref())?);
        let mut asked = 0;
        // The focus moves behind the injector's back: it goes on, as if nobody had noticed.
        let report = injector.type_text(PROSE, &TypeOptions::default(), &mut || {
            asked += 1;
            asked != moved_after + 1 || display.focus(second.title()).is_ok()
        })?;
        ensure!(!report.complete && (report.chars_sent > 0 || moved_after == 0), "{report:?}");
        let typed: String = PROSE.chars().take(report.chars_sent).collect();
        first.wait_for_text(&typed)?;
        ensure!(second.settled_text()?.is_empty(), "{:?} in the wrong window", second.text()?);
        ensure!(display.keys_down()?.is_empty());
    }
    display.keyboard_is_clean()
}

#[test]
fn nothing_is_typed_into_a_window_that_was_not_aimed_at() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let platform = platform(display);
    let first = Target::text_view(display)?;
    let mut injector = platform.injector()?;
    injector.aim(focused(platform.as_ref())?);
    let second = Target::text_view(display)?;
    let report = injector.type_text("secret", &TypeOptions::default(), &mut || true)?;
    ensure!((report.chars_sent, report.complete) == (0, false), "{report:?}");
    ensure!(injector.press_chord(&"Enter".parse()?).is_err());
    ensure!(first.settled_text()?.is_empty() && second.text()?.is_empty());
    injector.aim(None);
    injector.type_text("hello", &TypeOptions::default(), &mut || true)?;
    second.wait_for_text("hello")?;
    display.keyboard_is_clean()
}

#[test]
fn a_layout_and_caps_lock_that_change_meanwhile_spoil_nothing_and_stay_as_the_user_wants() -> Result<()> {
    let desktop = Desktop::start(&Parts { layout: "us,ru", ..Parts::windows() })?;
    let display = desktop.display()?;
    let platform = platform(display);
    let target = Target::text_view(display)?;
    let mut asked = 0;
    platform.injector()?.type_text(PROSE, &TypeOptions::default(), &mut || {
        asked += 1;
        match asked {
            10 => display.tap("Caps_Lock").is_ok(),
            20 => display.lock_group(1).is_ok(),
            _ => true,
        }
    })?;
    target.wait_for_text(PROSE)?;
    ensure!(display.caps_lock()?, "the user has turned it on");
    ensure!(display.group()? == 1, "the user has chosen the second layout");
    display.keyboard_is_clean()
}

#[test]
fn a_window_that_takes_its_time_for_each_key_gets_every_character() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::slow_view(display, 200)?;
    // More than twice as many characters that no key has as there are spare keys would take minutes; this changes the
    // mapping twice.
    let text: String = "a 漢字 Ω ".chars().chain(('α'..).take(25)).collect();
    let before = display.keymap()?;
    let report = platform(display).injector()?.type_text(&text, &TypeOptions::default(), &mut || true)?;
    ensure!(report.complete, "{report:?}");
    ensure!(display.keymap()? == before, "the keymap changed");
    target.wait_for_text(&text)?;
    display.keyboard_is_clean()
}

#[test]
fn a_locked_screen_is_known_and_a_menu_or_a_big_window_is_none() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let mut probe = platform(display).focus_probe()?;
    let _target = Target::text_view(display)?;
    ensure!(!probe.is_locked());
    let locker = Locker::cover(display)?;
    ensure!(!probe.is_locked(), "a window that covers the screen is no lock");
    locker.take_keyboard()?;
    ensure!(probe.is_locked());
    locker.uncover()?;
    ensure!(!probe.is_locked(), "a program that takes the keyboard, as menus do, is no lock");
    display.keyboard_is_clean()
}

fn platform(display: &Display) -> Arc<dyn Platform> {
    detect_in(&Environment { display: Some(display.name().to_owned()), wayland_display: None })
}

fn focused(platform: &dyn Platform) -> Result<Option<WindowId>> {
    Ok(platform.focus_probe()?.focused()?.context("a window has the focus")?.window)
}
