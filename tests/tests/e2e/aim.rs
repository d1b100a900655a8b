//! Where the keys go: into the window that was aimed at, or nowhere.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{
    Desktop as Platform, Environment, InjectError, Injector, Obstacle, TypeOptions, WindowId, detect_in,
};
use scout_tests::{Desktop, Display, KeyWindow, Locker, Parts, Target, wait_for};

const PROSE: &str = include_str!("../../texts/prose.txt");

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
fn keys_go_to_the_program_that_was_aimed_at_or_nowhere() -> Result<()> {
    let desktop = Desktop::start(&Parts { window_manager: false, ..Parts::windows() })?;
    let display = desktop.display()?;
    let (aimed, other) = (KeyWindow::open(display)?, KeyWindow::open(display)?);
    let own_popup = aimed.another()?;
    let mut injector = platform(display).injector()?;
    injector.aim(Some(WindowId(aimed.id().into())));
    for (what, focus, grab, expected) in [
        ("the window itself", aimed.id(), None, None),
        ("a pop-up of its own", own_popup, None, None),
        ("another program's pop-up", other.id(), None, Some(Obstacle::FocusElsewhere)),
        ("no window", aimed.root(), None, Some(Obstacle::FocusElsewhere)),
        ("another program that has grabbed the keyboard", aimed.id(), Some(&other), Some(Obstacle::KeyboardTaken)),
        ("the same over a pop-up of its own", own_popup, Some(&other), Some(Obstacle::KeyboardTaken)),
    ] {
        aimed.focus(focus)?;
        if let Some(program) = grab {
            program.grab_keyboard()?;
        }
        let report = injector.type_text("rm", &TypeOptions::default(), &mut || true)?;
        let pressed = injector.press_chord(&"Enter".parse()?);
        ensure!(other.events()?.is_empty(), "{what}: the other program got keys");
        let keys = aimed.events()?.len();
        if expected.is_none() {
            ensure!(report.complete && pressed.is_ok() && keys == 6, "{what}: {report:?}, {pressed:?}, {keys}");
        } else {
            ensure!((report.chars_sent, report.obstacle) == (0, expected), "{what}: {report:?}");
            ensure!(matches!(pressed, Err(InjectError::NotReached(reason)) if Some(reason) == expected), "{what}");
            ensure!(keys == 0, "{what}: {keys} keys");
        }
        if let Some(program) = grab {
            program.ungrab_keyboard()?;
        }
    }
    other.say_transient_for(aimed.id())?;
    other.focus(other.id())?;
    let report = injector.type_text("rm", &TypeOptions::default(), &mut || true)?;
    ensure!(report.complete && other.events()?.len() == 4, "a pop-up that says whose it is: {report:?}");
    display.keyboard_is_clean()
}

#[test]
fn a_keyboard_that_is_grabbed_half_way_gives_nothing_to_the_other_program_and_nothing_is_lost() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let platform = platform(display);
    let target = Target::text_view(display)?;
    let launcher = KeyWindow::open(display)?;
    let mut injector = platform.injector()?;
    injector.aim(focused(platform.as_ref())?);
    let mut expected = String::new();
    for grabbed_after in [0, 7, 63, 250] {
        let mut asked = 0;
        let report = injector.type_text(PROSE, &TypeOptions::default(), &mut || {
            asked += 1;
            asked != grabbed_after + 1 || launcher.grab_keyboard().is_ok()
        })?;
        ensure!(!report.complete && report.obstacle == Some(Obstacle::KeyboardTaken), "{report:?}");
        ensure!(launcher.events()?.is_empty(), "the launcher got {:?}", launcher.events()?);
        expected.extend(PROSE.chars().take(report.chars_sent));
        launcher.ungrab_keyboard()?;
        target.wait_for_text(&expected)?;
    }
    // A grab that is soon over, as that of a menu which closes, costs nothing.
    launcher.grab_keyboard()?;
    let report = std::thread::scope(|scope| {
        let ending = scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            launcher.ungrab_keyboard()
        });
        let report = injector.type_text("on it goes", &TypeOptions::default(), &mut || true);
        ending.join().map_err(|_| anyhow::anyhow!("the launcher died"))??;
        anyhow::Ok(report?)
    })?;
    ensure!(report.complete, "{report:?}");
    target.wait_for_text(&format!("{expected}on it goes"))?;
    display.keyboard_is_clean()
}

#[test]
fn menus_and_completion_lists_of_the_application_itself_let_the_text_in() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let platform = platform(display);
    let type_into = |target: &Target, text: &str, so_far: &str| {
        display.focus(target.title())?;
        let mut injector = platform.injector()?;
        injector.aim(focused(platform.as_ref())?);
        type_all(injector.as_mut(), text)?;
        target.wait_to_hold(&format!("{so_far}{text}"))?;
        anyhow::Ok(injector)
    };
    {
        let qt = Target::qt_completion(display)?;
        let mut injector = type_into(&qt, "alph", "")?;
        display.wait_for_popup()?;
        wait_for("the list to grab the keyboard", || Ok(display.is_keyboard_grabbed()?.then_some(())))?;
        type_all(injector.as_mut(), "a and omega")?;
        qt.wait_for_text("alpha and omega")?;
    }
    let gtk = Target::gtk_popups(display)?;
    let mut injector = type_into(&gtk, "alph", "")?;
    display.wait_for_popup()?;
    type_all(injector.as_mut(), "a and ")?;
    gtk.wait_for_text("alpha and ")?;
    gtk.open_popup()?;
    wait_for("the pop-up to grab the keyboard", || Ok(display.is_keyboard_grabbed()?.then_some(())))?;
    type_all(injector.as_mut(), "omega")?;
    gtk.wait_for_text("alpha and omega")?;
    display.keyboard_is_clean()
}

#[test]
fn the_window_does_not_notice_that_it_is_looked_who_has_the_keyboard() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let platform = platform(display);
    let target = Target::text_view(display)?;
    let mut injector = platform.injector()?;
    injector.aim(focused(platform.as_ref())?);
    let focus_events = || {
        let events = target.events()?.into_iter();
        anyhow::Ok(events.filter(|event| event.starts_with("focus")).collect::<Vec<_>>())
    };
    // It writes down a moment later that it has got the focus.
    let before = wait_for("the window's own focus", || Ok(Some(focus_events()?).filter(|events| !events.is_empty())))?;
    type_all(injector.as_mut(), PROSE)?;
    target.wait_for_text(PROSE)?;
    ensure!(focus_events()? == before, "{before:?}, then {:?}", focus_events()?);
    Ok(())
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

fn type_all(injector: &mut dyn Injector, text: &str) -> Result<()> {
    let report = injector.type_text(text, &TypeOptions::default(), &mut || true)?;
    ensure!(report.complete, "{report:?}");
    Ok(())
}

fn focused(platform: &dyn Platform) -> Result<Option<WindowId>> {
    Ok(platform.focus_probe()?.focused()?.context("a window has the focus")?.window)
}
