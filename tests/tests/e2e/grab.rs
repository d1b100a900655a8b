//! The dictation key is Scout's alone, and all other keys reach the application while it is held.

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Environment, GrabError, KeyGrab, detect_in};
use scout_tests::{Desktop, Display, Parts, Target};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, ModMask};

#[test]
fn the_application_does_not_see_the_key_and_gets_all_others_while_it_is_held() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let grab = grab(display, "F9")?;
    for _ in 0..3 {
        display.hold("F9")?;
        // Longer than a key takes to repeat.
        std::thread::sleep(std::time::Duration::from_millis(900));
        for key in ["a", "b", "c"] {
            display.tap(key)?;
        }
        display.release("F9")?;
    }
    target.wait_for_text("abcabcabc")?;
    ensure!(presses_of_f9(&target)? == 0, "{:?}", target.events()?);
    ensure!(display.keys_down()?.is_empty());
    drop(grab);
    display.tap("F9")?;
    display.tap("d")?;
    target.wait_for_text("abcabcabcd")?;
    ensure!(presses_of_f9(&target)? == 1, "given back, the key is the application's again");
    display.keyboard_is_clean()
}

#[test]
fn locks_and_a_change_of_layout_make_no_difference() -> Result<()> {
    let desktop = Desktop::start(&Parts { layout: "us,ru", ..Parts::windows() })?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let _grab = grab(display, "F9")?;
    display.tap("Caps_Lock")?;
    display.tap("F9")?;
    display.tap("Num_Lock")?;
    display.tap("F9")?;
    display.tap("Caps_Lock")?;
    display.tap("F9")?;
    for layout in ["fr", "de", "us"] {
        display.set_layout(layout)?;
        // The grab follows the change when it has heard of it; this typing is behind the same change.
        std::thread::sleep(std::time::Duration::from_millis(200));
        display.tap("F9")?;
    }
    display.tap("x")?;
    target.wait_for_text("x")?;
    ensure!(presses_of_f9(&target)? == 0, "{:?}", target.events()?);
    display.keyboard_is_clean()
}

#[test]
fn a_chord_is_taken_with_its_modifiers_only() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let _grab = grab(display, "ctrl+alt+F9")?;
    display.hold("Control_L")?;
    display.hold("Alt_L")?;
    display.tap("F9")?;
    display.release("Alt_L")?;
    display.release("Control_L")?;
    display.tap("x")?;
    target.wait_for_text("x")?;
    ensure!(presses_of_f9(&target)? == 0, "{:?}", target.events()?);
    display.tap("F9")?;
    display.tap("y")?;
    target.wait_for_text("xy")?;
    ensure!(presses_of_f9(&target)? == 1, "F9 alone is another key");
    display.keyboard_is_clean()
}

#[test]
fn a_key_that_another_program_has_is_refused_and_a_bare_modifier_is_left_alone() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let (other, screen) = x11rb::connect(Some(display.name()))?;
    let root = other.setup().roots[screen].root;
    other
        .grab_key(true, root, ModMask::default(), display.keycode("F9")?, GrabMode::ASYNC, GrabMode::ASYNC)?
        .check()?;
    let refused = grab(display, "F9").err().context("it was taken twice")?;
    ensure!(matches!(refused.downcast_ref(), Some(GrabError::Taken { .. })), "{refused}");
    ensure!(refused.to_string().contains("F9"), "{refused}");
    let refused = grab(display, "ControlRight").err().context("a modifier was taken")?;
    ensure!(matches!(refused.downcast_ref(), Some(GrabError::NotOffered(_))), "{refused}");
    display.keyboard_is_clean()
}

fn grab(display: &Display, chord: &str) -> Result<Box<dyn KeyGrab>> {
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    Ok(detect_in(&here).key_grab(&chord.parse()?)?)
}

fn presses_of_f9(target: &Target) -> Result<usize> {
    Ok(target.events()?.iter().filter(|event| event.starts_with("press F9")).count())
}
