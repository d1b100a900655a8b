//! The agent delivers into the window in which the user began to speak, or holds the text.

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, KeyWindow, Locker, Parts, Target, dictate, speech, wait_for, while_listening};
use x11rb::protocol::xproto::ModMask;

#[test]
fn a_text_whose_window_lost_the_focus_is_held_and_delivered_where_the_user_wants_it() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "")?;
    let other = Target::text_view(display)?;
    let aimed = Target::text_view(display)?;
    let sentence = speech::sentence(desktop.place())?;
    // Once while the key is still down, once between its release and the delivery.
    for before_release in [true, false] {
        display.focus(aimed.title())?;
        while_listening(&desktop, &agent, &sentence, || {
            if before_release { display.focus(other.title()) } else { Ok(()) }
        })?;
        display.focus(other.title())?;
        agent.wait_for_state("idle")?;
        ensure!(agent.status()?["held"] == true, "{}", agent.status()?);
        ensure!(aimed.settled_text()?.is_empty(), "{:?}", aimed.text()?);
        ensure!(other.text()?.is_empty(), "in the wrong window: {:?}", other.text()?);
        let log = agent.history()?;
        let said = log[0]["text"].as_str().context("the log has the text")?.to_owned();
        ensure!(!said.trim().is_empty() && log[0]["outcome"] == "held", "{}", log[0]);

        display.focus(aimed.title())?;
        agent.ctl(&["paste-last"])?;
        aimed.wait_for_text(&said)?;
        wait_for("nothing to be held", || Ok((agent.status()?["held"] == false).then_some(())))?;
        ensure!(other.text()?.is_empty());
        aimed.clear()?;
    }
    display.keyboard_is_clean()
}

#[test]
fn a_text_whose_window_loses_the_focus_half_way_is_neither_lost_nor_doubled() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    // So slowly that a hand has the time to move the focus.
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"type\"\ngap_ms = 100")?;
    let other = Target::text_view(display)?;
    let aimed = Target::text_view(display)?;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || Ok(()))?;
    wait_for("the first characters", || Ok((aimed.text()?.len() > 3).then_some(())))?;
    display.focus(other.title())?;
    agent.wait_for_state("idle")?;
    let beginning = aimed.settled_text()?;
    ensure!(other.text()?.is_empty(), "in the wrong window: {:?}", other.text()?);
    ensure!(agent.status()?["held"] == true, "{}", agent.status()?);
    let said = agent.history()?[0]["text"].as_str().context("the log has the text")?.to_owned();
    ensure!(said.starts_with(&beginning) && beginning.len() < said.len(), "{beginning:?} of {said:?}");
    ensure!(display.keys_down()?.is_empty());

    display.focus(aimed.title())?;
    agent.ctl(&["paste-last"])?;
    aimed.wait_for_text(&said)?;
    ensure!(other.text()?.is_empty());
    display.keyboard_is_clean()
}

#[test]
fn a_text_that_another_program_would_get_is_held_and_the_user_hears_why() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    // So slowly that a launcher can open half way.
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"type\"\ngap_ms = 20\nsubmit = \"Enter\"")?;
    let launcher = KeyWindow::open(display)?;
    let is_held = |reason: &str| {
        agent.wait_for_state("idle")?;
        wait_for("the text to be held", || Ok((agent.status()?["held"] == true).then_some(())))?;
        wait_for(&format!("a notice with {reason:?}"), || {
            let notices = desktop.notifications()?.all()?;
            Ok(notices.iter().any(|notice| notice.body.contains(reason)).then_some(()))
        })?;
        ensure!(launcher.events()?.is_empty(), "the launcher got {:?}", launcher.events()?);
        anyhow::Ok(())
    };
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || Ok(()))?;
    wait_for("the first characters", || Ok((target.text()?.len() > 3).then_some(())))?;
    launcher.grab_keyboard()?;
    is_held("Another program has taken the keyboard")?;
    let said = agent.history()?[0]["text"].as_str().context("the log has the text")?.to_owned();
    let beginning = target.settled_text()?;
    ensure!(said.starts_with(&beginning) && beginning.len() < said.len(), "{beginning:?} of {said:?}");

    // The launcher is still there, and the window still has the focus.
    agent.ctl(&["paste-last"])?;
    is_held("Another program has taken the keyboard")?;
    ensure!(target.settled_text()? == beginning, "{:?}", target.text()?);
    launcher.ungrab_keyboard()?;
    agent.ctl(&["paste-last"])?;
    target.wait_for_text(&said)?;
    target.clear()?;

    // Nor does it get anything because the application shows a tooltip in front of it.
    let tooltip = KeyWindow::open(display)?;
    launcher.grab_keyboard()?;
    tooltip.say_kind(tooltip.id(), "TOOLTIP")?;
    tooltip.say_transient_for(display.window(target.title())?)?;
    tooltip.raise()?;
    agent.ctl(&["paste-last"])?;
    is_held("Another program has taken the keyboard")?;
    ensure!(target.settled_text()?.is_empty(), "{:?}", target.text()?);
    launcher.ungrab_keyboard()?;
    drop(tooltip);

    // Without a grab, a window that the window manager knows nothing of has the focus.
    launcher.focus(launcher.id())?;
    agent.ctl(&["paste-last"])?;
    is_held("has the focus")?;
    ensure!(target.settled_text()?.is_empty(), "{:?}", target.text()?);
    drop(launcher);
    display.focus(target.title())?;
    agent.ctl(&["paste-last"])?;
    target.wait_for_text(&said)?;
    target.clear()?;

    // A key that another program has bound: the text arrives, and the Enter key that follows it is not pressed.
    let daemon = KeyWindow::open(display)?;
    display.focus(target.title())?;
    daemon.bind(display.keycode("Return")?, ModMask::default(), false)?;
    daemon.bind(display.keycode("e")?, ModMask::default(), false)?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    wait_for("a word about the key", || {
        let notices = desktop.notifications()?.all()?;
        Ok(notices.iter().any(|notice| notice.body.contains("Another program has bound a key")).then_some(()))
    })?;
    ensure!(target.settled_text()?.contains('e'), "{:?}", target.text()?);
    ensure!(daemon.events()?.is_empty(), "the daemon got {:?}", daemon.events()?);
    display.keyboard_is_clean()
}

#[test]
fn a_text_that_comes_while_the_screen_is_locked_or_no_window_has_the_focus_is_held() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    let dictate_by_command = || {
        agent.ctl(&["start"])?;
        agent.wait_for_state("listening")?;
        wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
        desktop.sound()?.say(&sentence.wav)?.wait()?;
        agent.ctl(&["stop"])?;
        agent.wait_for_state("idle")
    };
    dictate_by_command()?;
    wait_for("the text to be held", || Ok((agent.status()?["held"] == true).then_some(())))?;
    let target = Target::text_view(display)?;
    agent.ctl(&["paste-last"])?;
    target.wait_for_some_text()?;
    target.clear()?;

    let locker = Locker::cover(display)?;
    locker.take_keyboard()?;
    dictate_by_command()?;
    ensure!(agent.status()?["held"] == true, "{}", agent.status()?);
    ensure!(target.settled_text()?.is_empty(), "typed behind the lock: {:?}", target.text()?);
    drop(locker);
    display.wait_focused(target.title())?;
    agent.ctl(&["paste-last"])?;
    let text = target.wait_for_some_text()?;
    ensure!(agent.history()?[0]["text"] == text, "{text:?}, {}", agent.history()?[0]);
    display.keyboard_is_clean()
}

#[test]
fn the_dictation_key_is_kept_from_the_application_and_other_keys_are_not() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    let target = Target::text_view(display)?;
    let agent = Agent::start(&desktop, "")?;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || {
        display.tap("a")?;
        display.tap("b")
    })?;
    agent.wait_for_state("idle")?;
    let text = target.wait_for_some_text()?;
    ensure!(text.starts_with("ab") && text.len() > 2, "{text:?}");
    let events = target.events()?;
    ensure!(!events.iter().any(|event| event.starts_with("press F9")), "{events:?}");
    display.keyboard_is_clean()
}

#[test]
fn texts_that_are_asked_for_in_quick_succession_do_not_mix() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let target = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"paste\"")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    let text = target.wait_for_some_text()?;
    ensure!(agent.history()?[0]["outcome"] == "pasted", "{}", agent.history()?[0]);
    for _ in 0..5 {
        agent.ctl(&["paste-last"])?;
    }
    target.wait_for_text(&text.repeat(6))
}

#[test]
fn nothing_but_a_space_that_has_not_arrived_is_not_offered() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let display = desktop.display()?;
    // So slowly that the focus can be moved before the space at the end.
    let agent = Agent::start(&desktop, "[delivery]\nmethod = \"type\"\ngap_ms = 1000")?;
    let other = Target::text_view(display)?;
    let aimed = Target::text_view(display)?;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || Ok(()))?;
    wait_for("all but the space", || Ok(aimed.text()?.ends_with('.').then_some(())))?;
    display.focus(other.title())?;
    agent.wait_for_state("idle")?;
    ensure!(aimed.settled_text()?.ends_with('.') && other.text()?.is_empty(), "{:?}", aimed.text()?);
    let told = desktop.notifications()?.all()?;
    let is_offered = told.iter().any(|note| note.body.contains("Deliver here"));
    ensure!(agent.status()?["held"] == false && !is_offered, "{}, {told:?}", agent.status()?);
    display.keyboard_is_clean()
}
