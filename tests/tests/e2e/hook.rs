//! Hearing keys on a real display: all of the user's, none of ours.

use std::sync::mpsc::{self, Receiver, Sender};

use anyhow::{Context as _, Result, ensure};
use scout_platform::keys::{ChordEdge, ChordMatcher};
use scout_platform::{Environment, HookError, Key, KeyEvent, KeySink, TypeOptions, capabilities, detect, detect_in};
use scout_tests::{Desktop, PATIENCE, Parts, Target};

#[test]
fn every_key_is_heard_with_its_name() -> Result<()> {
    scout_tests::inside(&Parts::windows(), "hook::every_key_is_heard_with_its_name", |desktop| {
        let display = desktop.display()?;
        let (heard, _) = listen()?;
        for key in ["F9", "Control_R", "a", "Caps_Lock", "XF86AudioPlay"] {
            display.tap(key)?;
        }
        let names = ["F9", "ControlRight", "A", "CapsLock", "code:172"];
        for name in names {
            assert_eq!(next(&heard)?, (name.to_owned(), true));
            assert_eq!(next(&heard)?, (name.to_owned(), false));
        }
        Ok(())
    })
}

#[test]
fn what_scout_types_is_not_heard_and_the_users_keys_are_meanwhile() -> Result<()> {
    scout_tests::inside(
        &Parts::windows(),
        "hook::what_scout_types_is_not_heard_and_the_users_keys_are_meanwhile",
        |desktop| {
            let display = desktop.display()?;
            let target = Target::text_view(display)?;
            let (heard, platform) = listen()?;
            let mut typed = 0;
            let text = "The Quick Brown Fox: ΑΒΓ, ctrl+v";
            platform.injector()?.type_text(text, &TypeOptions::default(), &mut || {
                typed += 1;
                typed != 20 || display.tap("F8").is_ok()
            })?;
            target.wait_for_text(text)?;
            platform.injector()?.press_chord(&"ctrl+A".parse()?)?;
            display.tap("F9")?;
            for name in ["F8", "F9"] {
                assert_eq!(next(&heard)?, (name.to_owned(), true));
                assert_eq!(next(&heard)?, (name.to_owned(), false));
            }
            ensure!(heard.try_recv().is_err());
            Ok(())
        },
    )
}

#[test]
fn a_chord_works_after_typing_has_released_a_held_modifier() -> Result<()> {
    scout_tests::inside(&Parts::windows(), "hook::a_chord_works_after_typing_has_released_a_held_modifier", |desktop| {
        let display = desktop.display()?;
        let _target = Target::text_view(display)?;
        let (heard, platform) = listen()?;
        let mut matcher = ChordMatcher::new("F9".parse()?);
        display.hold("Shift_L")?;
        let hurried = TypeOptions { modifier_wait: std::time::Duration::ZERO, ..TypeOptions::default() };
        platform.injector()?.type_text("x", &hurried, &mut || true)?;
        display.tap("F9")?;
        let mut edges = Vec::new();
        while edges.last() != Some(&ChordEdge::Up) {
            let event = heard.recv_timeout(PATIENCE).context("F9 was not taken for a chord of its own")?;
            edges.extend(matcher.feed(event.key, event.pressed));
        }
        assert_eq!(edges, [ChordEdge::Down, ChordEdge::Up]);
        Ok(())
    })
}

#[test]
fn a_chord_works_after_the_user_has_pressed_shift_or_altgr_right_behind_a_text() -> Result<()> {
    const NAME: &str = "hook::a_chord_works_after_the_user_has_pressed_shift_or_altgr_right_behind_a_text";
    scout_tests::inside(&Parts { layout: "de", ..Parts::windows() }, NAME, |desktop| {
        let display = desktop.display()?;
        let target = Target::text_view(display)?;
        let (heard, platform) = listen()?;
        let mut injector = platform.injector()?;
        let mut matcher = ChordMatcher::new("F9".parse()?);
        let mut expected = String::new();
        for key in ["Shift_L", "ISO_Level3_Shift", "Shift_R"] {
            injector.type_text("Ab@ ", &TypeOptions::default(), &mut || true)?;
            display.tap(key)?;
            injector.type_text("Cd ", &TypeOptions::default(), &mut || true)?;
            display.hold(key)?;
            display.tap("x")?;
            display.release(key)?;
            expected += if key == "ISO_Level3_Shift" { "Ab@ Cd «" } else { "Ab@ Cd X" };
            display.tap("F9")?;
            let mut edges = Vec::new();
            while edges.last() != Some(&ChordEdge::Up) {
                let event = heard.recv_timeout(PATIENCE).with_context(|| format!("F9 was not heard after {key}"))?;
                edges.extend(matcher.feed(event.key, event.pressed));
            }
            assert_eq!(edges, [ChordEdge::Down, ChordEdge::Up], "after {key}");
        }
        target.wait_for_text(&expected)
    })
}

#[test]
fn a_new_listener_takes_over() -> Result<()> {
    scout_tests::inside(&Parts::windows(), "hook::a_new_listener_takes_over", |desktop| {
        let platform = detect();
        let (first, second) = (mpsc::channel(), mpsc::channel());
        platform.key_hook()?.start(sink(first.0))?;
        platform.key_hook()?.start(sink(second.0))?;
        desktop.display()?.tap("F9")?;
        ensure!(next(&second.1)?.0 == "F9");
        ensure!(first.1.recv().is_err(), "the old listener's channel is closed");
        Ok(())
    })
}

#[test]
fn without_a_display_listening_fails_with_a_remedy() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let here = Environment { display: Some(desktop.display()?.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let found = capabilities(&*platform);
    ensure!(found.key_hook.works() && found.typing.works() && found.focus.works(), "{found:?}");
    let mut hook = platform.key_hook()?;
    drop(desktop);
    let failed = hook.start(Box::new(|_| {}));
    ensure!(matches!(&failed, Err(HookError::Connection { .. })), "{failed:?}");
    ensure!(!capabilities(&*platform).typing.works());
    Ok(())
}

fn listen() -> Result<(Receiver<KeyEvent>, std::sync::Arc<dyn scout_platform::Desktop>)> {
    let (sender, heard) = mpsc::channel();
    let platform = detect();
    platform.key_hook()?.start(sink(sender))?;
    Ok((heard, platform))
}

fn sink(sender: Sender<KeyEvent>) -> KeySink {
    Box::new(move |event| {
        // The test may be over.
        let _ = sender.send(event);
    })
}

fn next(heard: &Receiver<KeyEvent>) -> Result<(String, bool)> {
    let event = heard.recv_timeout(PATIENCE).context("no key was heard")?;
    let key: Key = event.key;
    Ok((key.to_string(), event.pressed))
}
