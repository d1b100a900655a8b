//! Slow Keys, Bounce Keys and Sticky Keys: text arrives whole, and they are as the user set them afterwards.

use anyhow::{Result, ensure};
use scout_platform::TypeOptions;
use scout_tests::{Agent, Desktop, Display, Parts, Target, dictate, speech, wait_for};
use x11rb::protocol::xkb::BoolCtrl;

use super::injector;

const SLOW: BoolCtrl = BoolCtrl::SLOW_KEYS;
const BOUNCE: BoolCtrl = BoolCtrl::BOUNCE_KEYS;
const STICKY: BoolCtrl = BoolCtrl::STICKY_KEYS;

#[test]
fn text_chords_and_keys_arrive_and_the_settings_survive() -> Result<()> {
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let _owner = display.copy("Pasted, All of It. ")?;
    let mut injector = injector(display)?;
    let mut expected = String::new();
    display.tap("Caps_Lock")?;
    for controls in [&[SLOW][..], &[BOUNCE], &[STICKY], &[SLOW, BOUNCE, STICKY], &[]] {
        display.switch_on(controls)?;
        // The keyboard that was used last decides which settings are in force: the user's own, then Scout's.
        for user_types_before in [true, false] {
            if user_types_before {
                display.tap_really("Escape")?;
            }
            let (before, capitals) = (display.controls()?, display.caps_lock()?);
            let text = "A letter will follow. ÄÖ Ω 漢 Too All ";
            let report = injector.type_text(text, &TypeOptions::default(), &mut || true)?;
            ensure!(report.complete, "{controls:?}: {report:?}");
            injector.press_chord(&"ctrl+V".parse()?)?;
            target.wait_for_text(&format!("{expected}{text}Pasted, All of It. "))?;
            injector.press_repeatedly(&"Backspace".parse()?, 3, &mut || true)?;
            expected = expected + text + "Pasted, All of I";
            target.wait_for_text(&expected)?;
            let after = display.controls()?;
            ensure!(after == before, "{controls:?}: {before:x?} became {after:x?}");
            ensure!(display.caps_lock()? == capitals, "{controls:?}: CapsLock changed");
            ensure!(display.keys_down()?.is_empty(), "{controls:?}: {:?} is down", display.keys_down()?);
        }
    }
    Ok(())
}

#[test]
fn an_agent_that_is_killed_in_mid_text_leaves_them_as_they_were() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let field = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"type\"\ngap_ms = 200\n")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let dictated = field.wait_for_some_text()?;
    field.clear()?;
    display.switch_on(&[SLOW, BOUNCE, STICKY])?;
    display.tap_really("Escape")?;
    let before = display.controls()?;
    let doctor = agent.scout(&["doctor"])?;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(said.contains("Slow Keys, Bounce Keys and Sticky Keys"), "{said}");
    let _again = agent.spawn(&["ctl", "paste-last"])?;
    wait_for("the first letters", || Ok((!field.text()?.is_empty()).then_some(())))?;
    agent.kill();
    let begun = field.settled_text()?;
    ensure!(begun.len() < dictated.len(), "it was killed in mid text: {begun:?}");
    let enabled = |display: &Display| -> Result<Vec<u32>> {
        Ok(display.controls()?.into_iter().map(|(_, enabled, _)| enabled).collect())
    };
    let wanted: Vec<u32> = before.iter().map(|(_, enabled, _)| *enabled).collect();
    wait_for("the settings as they were", || Ok((enabled(display)? == wanted).then_some(())))?;
    // Whether two keys together turn Sticky Keys off comes back with the first key of the user's keyboard.
    display.tap_really("Escape")?;
    let (now, was) = (&display.controls()?[0], &before[0]);
    ensure!(now == was, "{was:x?} became {now:x?}");
    Ok(())
}
