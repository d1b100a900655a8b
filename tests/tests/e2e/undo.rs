//! The agent takes a text back on request, and never the user's own words.

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, Display, Parts, Target, dictate, speech, wait_for, while_listening};

/// A sentence of which the fields below swallow something: a line break, a full stop, or all after the fourteenth character.
const CONFIG: &str = "[delivery]\nmethod = \"type\"\n\n[[replace]]\nheard = \"forward\"\nwith = \"for\\nward\"\n";

/// The same notice is not shown again within this time.
const NOTICES_APART: std::time::Duration = std::time::Duration::from_secs(10);

/// What is in the field before anything is dictated into it.
const OWN: &str = "my own ";

/// Why nothing is taken back, as the user reads it.
const CHANGED: &str = "is not the text as it was delivered";
const UNREAD: &str = "does not say what is before the cursor";

fn notices(desktop: &Desktop, reason: &str) -> Result<usize> {
    Ok(desktop.notifications()?.all()?.iter().filter(|note| note.body.contains(reason)).count())
}

fn write_own_words(display: &Display, target: &Target) -> Result<()> {
    for key in ["m", "y", "space", "o", "w", "n", "space"] {
        display.tap(key)?;
    }
    target.wait_to_hold(OWN)
}

#[test]
fn a_field_that_swallows_characters_loses_none_of_the_users_own_words() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, CONFIG)?;
    let place = desktop.place();
    let (sentence, scratch) = (speech::sentence(place)?, speech::synthetic(place, "scratch", &["Scratch that."])?);
    let cases = [
        ("short", CHANGED, "command"),
        ("letters", CHANGED, "command"),
        ("line", CHANGED, "command"),
        ("short", CHANGED, "voice"),
        ("xterm", UNREAD, "command"),
    ];
    for (kind, reason, by) in cases {
        let target = match kind {
            "xterm" => Target::terminal(display)?,
            kind => Target::swallowing_entry(display, kind)?,
        };
        write_own_words(display, &target)?;
        dictate(&desktop, &agent, &sentence)?;
        let whole = target.settled_text()?;
        ensure!(whole.starts_with(OWN) && whole.len() > OWN.len(), "{kind}: {whole:?}");
        let said = agent.history()?[0]["text"].as_str().context("the log has the text")?.to_owned();
        ensure!(kind == "xterm" || !whole.ends_with(&said), "{kind} swallows nothing: {whole:?}");
        let told = notices(&desktop, reason)?;
        std::thread::sleep(NOTICES_APART);
        let asked = match by {
            "voice" => dictate(&desktop, &agent, &scratch),
            _ => agent.ctl(&["undo"]).map(drop),
        };
        asked.with_context(|| format!("{kind}: {}", agent.log()))?;
        wait_for("a word about it", || Ok((notices(&desktop, reason)? > told).then_some(())))
            .with_context(|| format!("{kind}: the field has {:?}; {}", target.text(), agent.log()))?;
        ensure!(target.settled_text()? == whole, "{kind}: {whole:?} has become {:?}", target.text()?);
    }
    display.keyboard_is_clean()
}

#[test]
fn applications_that_take_part_in_accessibility_say_that_the_text_is_there() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    for toolkit in ["gtk3", "gtk4", "qt5", "chromium"] {
        let window = match toolkit {
            "chromium" => Target::fields_in_browser(display)?,
            toolkit => Target::fields(display, toolkit)?,
        };
        // To the ordinary field.
        display.tap("Tab")?;
        for key in ["m", "y", "space"] {
            display.tap(key)?;
        }
        dictate(&desktop, &agent, &sentence)?;
        let whole = window.other_text()?;
        ensure!(whole.len() > 3, "{toolkit}: {whole:?}");
        agent.ctl(&["undo"])?;
        wait_for("the text to be taken back", || Ok((window.other_text()? == "my ").then_some(())))
            .with_context(|| format!("{toolkit}: {whole:?} has become {:?}; {}", window.other_text(), agent.log()))?;
    }
    display.keyboard_is_clean()
}

#[test]
fn a_live_dictation_that_is_cancelled_in_such_a_field_loses_none_of_them_either() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "[delivery]\nlive = true\n")?;
    let place = desktop.place();
    let parts = [speech::presentation(place)?, speech::sentence(place)?, speech::silence(place)?];
    let spoken = speech::joined(place, "live", &parts)?;
    let target = Target::swallowing_entry(display, "short")?;
    write_own_words(display, &target)?;
    while_listening(&desktop, &agent, &spoken, || {
        wait_for("a full field", || Ok((target.text()?.len() == 14).then_some(())))?;
        agent.ctl(&["cancel"]).map(drop)
    })?;
    agent.wait_for_state("idle")?;
    wait_for("a word about it", || Ok((notices(&desktop, CHANGED)? == 1).then_some(())))
        .with_context(|| format!("the field has {:?}", target.text()))?;
    ensure!(target.settled_text()?.starts_with(OWN), "{:?}", target.text()?);

    // In a field that takes everything, a key that is pressed right before counts.
    let target = Target::text_view(display)?;
    let mut typed = String::new();
    while_listening(&desktop, &agent, &spoken, || {
        typed = wait_for("words", || Ok(Some(target.text()?).filter(|text| !text.is_empty())))?;
        display.tap("y")?;
        agent.ctl(&["cancel"]).map(drop)
    })?;
    agent.wait_for_state("idle")?;
    wait_for("a word about it", || Ok((notices(&desktop, "A key was pressed")? == 1).then_some(())))?;
    let left = target.settled_text()?;
    ensure!(left.starts_with(&typed) && left.len() > typed.len(), "{typed:?} has become {left:?}");
    display.keyboard_is_clean()
}

#[test]
fn the_last_text_is_taken_back_once_in_its_own_window_and_never_the_users_own_words() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    desktop.start_accessibility()?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "")?;
    let other = Target::text_view(display)?;
    let target = Target::text_view(display)?;
    ensure!(agent.ctl(&["undo"]).is_err(), "there is nothing yet");
    display.tap("x")?;
    let sentence = speech::sentence(desktop.place())?;
    dictate(&desktop, &agent, &sentence)?;
    wait_for("the text", || Ok((target.text()?.len() > 1).then_some(())))?;
    let whole = target.settled_text()?;

    display.focus(other.title())?;
    agent.ctl(&["undo"])?;
    ensure!(target.settled_text()? == whole && other.text()?.is_empty(), "another window has the focus");
    display.focus(target.title())?;
    wait_for("the text to be undone", || Ok(agent.ctl(&["undo"]).is_ok().then_some(())))?;
    target.wait_for_text("x")?;
    ensure!(agent.ctl(&["undo"]).is_err(), "a second time there is nothing");
    ensure!(target.settled_text()? == "x");

    // The user's own words stay, whatever the user has done since the text came.
    let said = whole.strip_prefix('x').context("the text comes after the x")?;
    let chord = |modifier: &str, key: &str| -> Result<()> {
        display.hold(modifier)?;
        display.tap(key)?;
        display.release(modifier)
    };
    let deeds: [(&str, &dyn Fn() -> Result<()>); 8] = [
        ("click", &|| display.click(300, 120, 1)),
        ("key was pressed", &|| display.tap("y")),
        ("key was pressed", &|| display.tap("Home")),
        ("key was pressed", &|| chord("Control_L", "a")),
        ("key was pressed", &|| chord("Control_L", "Home")),
        ("key was pressed", &|| chord("Control_L", "Tab")),
        ("click", &|| display.click(300, 120, 4)),
        // The tray, say.
        ("click", &|| display.click(1000, 750, 1)),
    ];
    for (reason, deed) in deeds {
        let before = delivered_again(&agent, display, &target, said)?;
        deed()?;
        let undone = agent.ctl(&["undo"]);
        let after = target.settled_text()?;
        ensure!(after.starts_with(&before), "{before:?} has become {after:?}");
        let refused = undone.err().context("no reason was given")?.to_string();
        ensure!(refused.contains(reason), "{refused}");
    }
    // A key that the desktop has bound to the command is down when the command comes.
    let _binding = display.bind_with_super("z")?;
    delivered_again(&agent, display, &target, said)?;
    display.hold("Super_L")?;
    display.hold("z")?;
    agent.ctl(&["undo"])?;
    display.release("z")?;
    display.release("Super_L")?;
    target.wait_for_text("my own ")?;
    // Another tab or file in the same window.
    let before = delivered_again(&agent, display, &target, said)?;
    target.retitle(display)?;
    agent.ctl(&["undo"])?;
    wait_for("a word about it", || {
        let told = desktop.notifications()?.all()?;
        Ok(told.iter().any(|note| note.body.contains("another title")).then_some(()))
    })?;
    ensure!(target.settled_text()? == before, "{:?}", target.text()?);
    display.keyboard_is_clean()
}

/// Empties the field, writes something by hand, and has the last text delivered again after it. Gives what is there then.
fn delivered_again(agent: &Agent, display: &Display, target: &Target, said: &str) -> Result<String> {
    // Whatever was done before, the field has the focus.
    display.click(300, 120, 1)?;
    target.clear()?;
    for key in ["m", "y", "space", "o", "w", "n", "space"] {
        display.tap(key)?;
    }
    target.wait_to_hold("my own ")?;
    agent.ctl(&["paste-last"])?;
    let whole = format!("my own {said}");
    target.wait_to_hold(&whole)?;
    // The receipt follows the text.
    agent.wait_for_state("idle")?;
    Ok(whole)
}
