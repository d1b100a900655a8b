//! Keys that other programs have bound, or grabbed together with the keyboard: their programs get none of what Scout types.

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Environment, InjectError, Injector, Obstacle, TypeOptions, WindowId, detect_in};
use scout_tests::{Desktop, Display, KeyWindow, Parts, Target};
use x11rb::protocol::xproto::ModMask;

#[test]
fn a_key_that_another_program_has_bound_is_typed_with_another_key_and_the_other_program_gets_none() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    for by_xinput in [false, true] {
        for (key, held) in [
            ("h", ModMask::default()),
            ("h", ModMask::SHIFT),
            ("h", ModMask::ANY),
            ("Return", ModMask::default()),
            ("Shift_L", ModMask::default()),
        ] {
            let what = format!("{key} with {held:?}, by XINPUT 2: {by_xinput}");
            let target = Target::text_view(display)?;
            let daemon = KeyWindow::open(display)?;
            daemon.bind(display.keycode(key)?, held, by_xinput)?;
            let mut injector = aimed_at_the_focus(display)?;
            let effort = injector.effort("Hoho\nhe", &TypeOptions::default());
            ensure!(effort.rebindings > 0, "{what}: typing is said to be as quick as ever");
            let report = injector.type_text("Hoho\nhe", &TypeOptions::default(), &mut || true)?;
            ensure!(report.complete, "{what}: {report:?}");
            target.wait_for_text("Hoho\nhe").context(what.clone())?;
            ensure!(daemon.events()?.is_empty(), "{what}: the other program got {:?}", daemon.events()?);
        }
    }
    display.keyboard_is_clean()
}

#[test]
fn a_chord_that_another_program_has_bound_is_not_pressed() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let daemon = KeyWindow::open(display)?;
    daemon.bind(display.keycode("Return")?, ModMask::default(), false)?;
    let mut injector = aimed_at_the_focus(display)?;
    let refused = injector.press_chord(&"Enter".parse()?);
    ensure!(matches!(refused, Err(InjectError::NotReached(Obstacle::KeyBound))), "{refused:?}");
    ensure!(daemon.events()?.is_empty());
    // With a modifier it is another chord; and what only looked whether a key is free has bound none.
    injector.press_chord(&"shift+Enter".parse()?)?;
    target.wait_for_text("\n")?;
    let other = KeyWindow::open(display)?;
    other.bind(display.keycode("Return")?, ModMask::SHIFT, false)?;
    display.keyboard_is_clean()
}

#[test]
fn a_grab_that_may_be_another_programs_gets_nothing_whatever_the_application_shows() -> Result<()> {
    let desktop = Desktop::start(&Parts { window_manager: false, ..Parts::windows() })?;
    let display = desktop.display()?;
    let (aimed, other) = (KeyWindow::open(display)?, KeyWindow::open(display)?);
    let mut injector = platform_injector(display)?;
    injector.aim(Some(WindowId(aimed.id().into())));
    aimed.focus(aimed.id())?;
    let is_held = |what: &str, injector: &mut dyn Injector| {
        let report = injector.type_text("rm", &TypeOptions::default(), &mut || true)?;
        let pressed = injector.press_chord(&"Enter".parse()?);
        ensure!(other.events()?.is_empty(), "{what}: the other program got keys");
        ensure!((report.chars_sent, report.obstacle) == (0, Some(Obstacle::KeyboardTaken)), "{what}: {report:?}");
        ensure!(matches!(pressed, Err(InjectError::NotReached(Obstacle::KeyboardTaken))), "{what}: {pressed:?}");
        ensure!(aimed.events()?.is_empty(), "{what}");
        anyhow::Ok(())
    };
    let popup = |kind| {
        let popup = aimed.another()?;
        aimed.say_kind(popup, kind)?;
        anyhow::Ok(popup)
    };
    // A launcher with a window of its own, behind a pop-up that opens later.
    other.grab_keyboard()?;
    for kind in ["TOOLTIP", "NORMAL", "POPUP_MENU"] {
        let popup = popup(kind)?;
        is_held(&format!("a launcher behind a {kind}"), injector.as_mut())?;
        aimed.close(popup)?;
    }
    other.ungrab_keyboard()?;
    other.close(other.id())?;
    // Without one.
    for (kind, with_pointer) in [("TOOLTIP", true), ("POPUP_MENU", false)] {
        let popup = popup(kind)?;
        other.grab_by_the_root(with_pointer)?;
        is_held(&format!("a grab without a window, and a {kind}"), injector.as_mut())?;
        other.ungrab_keyboard()?;
        aimed.close(popup)?;
    }
    // Of the device that all injected keys come by.
    other.grab_injected_keys()?;
    is_held("a grab of the injecting device", injector.as_mut())?;
    drop(other);
    let report = injector.type_text("rm", &TypeOptions::default(), &mut || true)?;
    ensure!(report.complete && aimed.events()?.len() == 4, "{report:?}");
    display.keyboard_is_clean()
}

#[test]
fn a_popup_of_another_program_with_the_same_process_number_is_no_part_of_the_application() -> Result<()> {
    let desktop = Desktop::start(&Parts { window_manager: false, ..Parts::windows() })?;
    let display = desktop.display()?;
    let (aimed, other) = (KeyWindow::open(display)?, KeyWindow::open(display)?);
    // As programs in sandboxes do.
    aimed.say_process(2)?;
    other.say_process(2)?;
    other.focus(other.id())?;
    let mut injector = platform_injector(display)?;
    injector.aim(Some(WindowId(aimed.id().into())));
    let report = injector.type_text("rm", &TypeOptions::default(), &mut || true)?;
    ensure!((report.chars_sent, report.obstacle) == (0, Some(Obstacle::FocusElsewhere)), "{report:?}");
    ensure!(other.events()?.is_empty() && aimed.events()?.is_empty());
    display.keyboard_is_clean()
}

fn platform_injector(display: &Display) -> Result<Box<dyn Injector>> {
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    Ok(detect_in(&here).injector()?)
}

fn aimed_at_the_focus(display: &Display) -> Result<Box<dyn Injector>> {
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let mut injector = platform.injector()?;
    injector.aim(platform.focus_probe()?.focused()?.context("a window has the focus")?.window);
    Ok(injector)
}
