//! The box itself: each part does what a real desktop's does.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use scout_tests::{Desktop, Parts, Target, speech, wait_for};

#[test]
fn keys_reach_the_focused_window_and_come_up_again() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let first = Target::text_view(display)?;
    let second = Target::text_view(display)?;
    display.tap("b")?;
    second.wait_for_text("b")?;
    display.focus(first.title())?;
    display.hold("Shift_L")?;
    display.tap("a")?;
    assert_eq!(display.keys_down()?, [display.keycode("Shift_L")?]);
    display.release("Shift_L")?;
    first.wait_for_text("A")?;
    assert!(display.keys_down()?.is_empty());
    first.clear()?;
    assert_eq!(first.text()?, "");
    assert_eq!(second.text()?, "b");
    Ok(())
}

#[test]
fn a_layout_changes_the_keymap_and_its_return_restores_it() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let american = display.keymap()?;
    display.set_layout("fr")?;
    assert_ne!(display.keymap()?, american);
    display.set_layout("us")?;
    assert_eq!(display.keymap()?, american);
    Ok(())
}

#[test]
fn terminal_and_browser_show_what_is_typed() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    for target in [Target::terminal(display)?, Target::browser(display)?] {
        display.focus(target.title())?;
        for key in ["a", "Return", "b"] {
            display.tap(key)?;
        }
        target.wait_for_text("a\nb")?;
    }
    Ok(())
}

#[test]
fn an_editor_saves_what_was_typed() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let editor = Target::editor(display)?;
    display.tap("h")?;
    display.tap("i")?;
    editor.save(display)?;
    assert_eq!(editor.text()?.trim_end(), "hi");
    Ok(())
}

#[test]
fn what_is_said_is_heard_by_the_microphone() -> Result<()> {
    let mut desktop = Desktop::start(&Parts { sound: true, ..Parts::nothing() })?;
    let heard = desktop.place().file("heard.wav");
    let sentence = speech::sentence(desktop.place())?;
    assert!(!desktop.sound()?.is_recorded()?);
    let mut recorder = desktop.sound()?.record(&heard)?;
    wait_for("the recording to start", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&sentence.wav)?.wait()?;
    recorder.signal("TERM")?;
    recorder.wait()?;
    let loudest = hound::WavReader::open(&heard)?.samples::<i16>().filter_map(Result::ok).map(i16::unsigned_abs).max();
    assert!(loudest > Some(1000), "only {loudest:?} was heard");

    desktop.sound()?.unplug()?;
    assert!(desktop.sound()?.say(&sentence.wav)?.wait().is_err(), "an unplugged speaker plays nothing");
    desktop.sound()?.kill_server()?;
    desktop.sound_mut()?.start_server()?;
    desktop.sound()?.plug_in()?;
    desktop.sound()?.say(&sentence.wav)?.wait()
}

#[test]
fn the_bus_carries_notifications_a_tray_and_a_keychain() -> Result<()> {
    let parts = Parts { tray: true, keychain: true, sound: false, ..Parts::default() };
    let mut desktop = Desktop::start(&parts)?;
    let notify = ["call", "--session", "--dest", "org.freedesktop.Notifications"];
    let object =
        ["--object-path", "/org/freedesktop/Notifications", "--method", "org.freedesktop.Notifications.Notify"];
    let message = ["box", "0", "", "Title", "Body", "[]", "{}", "0"];
    let output = desktop.place().command("gdbus").args(notify).args(object).args(message).output()?;
    assert!(output.status.success(), "{output:?}");
    let shown = desktop.notifications()?.all()?;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].summary.as_str(), shown[0].body.as_str()), ("Title", "Body"));
    assert!(desktop.bus()?.has("org.freedesktop.secrets")?);
    assert!(desktop.tray()?.icons()?.is_empty());
    desktop.stop_tray();
    wait_for("the tray to go", || Ok((!desktop.bus()?.has("org.kde.StatusNotifierWatcher")?).then_some(())))?;
    desktop.start_tray()?;
    assert!(desktop.tray()?.icons()?.is_empty());
    Ok(())
}

#[test]
fn the_clipboard_tells_who_holds_it() -> Result<()> {
    let desktop = Desktop::start(&Parts { display: true, ..Parts::nothing() })?;
    let display = desktop.display()?;
    let mut first = display.copy("first")?;
    assert!(first.is_still_owner());
    let _second = display.copy("second")?;
    wait_for("the first owner to end", || Ok((!first.is_still_owner()).then_some(())))?;
    assert_eq!(display.clipboard()?, "second");
    Ok(())
}

#[test]
fn nothing_is_left_of_a_box() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: true, display: true, ..Parts::nothing() })?;
    let place = desktop.place().clone();
    let folder = place.home();
    assert!(folder.exists());
    drop((desktop, place));
    assert!(!folder.exists());
    Ok(())
}

#[test]
fn nothing_is_left_of_a_test_that_was_killed() -> Result<()> {
    let mut victim = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "box_itself::waits_to_be_killed", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(victim.stdout.take().expect("it was piped")).lines();
    let told = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("up: ")?.1.to_owned()));
    let (folder, display) = told.as_deref().and_then(|told| told.split_once(' ')).expect("it tells where it is");
    victim.kill()?;
    victim.wait()?;
    wait_for("the folder to go", || Ok((!Path::new(folder).exists()).then_some(())))?;
    wait_for("the display to go", || Ok(x11rb::connect(Some(display)).is_err().then_some(())))
}

#[test]
#[ignore = "it waits for the test above to kill it"]
fn waits_to_be_killed() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    println!("up: {} {}", desktop.place().home().display(), desktop.display()?.name());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_test_can_run_inside() -> Result<()> {
    scout_tests::inside(&Parts::windows(), "box_itself::a_test_can_run_inside", |desktop| {
        let display = desktop.display()?;
        assert_eq!(std::env::var("DISPLAY")?, display.name());
        let field = Target::text_view(display)?;
        display.tap("x")?;
        field.wait_for_text("x")
    })
}
