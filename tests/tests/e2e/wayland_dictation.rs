//! Dictation under Wayland: the key by the compositor's own settings or by the portal, the words in applications of every kind.

use anyhow::{Result, ensure};
use scout_tests::{
    Agent, BETWEEN_PRESSES, Desktop, MenuItem, PATIENCE, Parts, Target, Wayland, dictate, dictate_by, speech, wait_for,
    while_listening,
};

/// A session in which dictation can happen.
fn session() -> Parts {
    Parts { sound: true, notifications: true, ..Parts::wayland() }
}

/// Binds the key as a user would.
fn bind_key(desktop: &Desktop) -> Result<()> {
    let output = desktop.scout(&["setup", "wayland", "--install"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    desktop.wayland()?.sway("reload")
}

/// The newest text in the log.
fn logged(agent: &Agent) -> Result<String> {
    Ok(agent.history()?.first().and_then(|row| row["text"].as_str()).unwrap_or_default().to_owned())
}

#[test]
fn what_is_said_is_typed_in_each_application_and_touches_nothing_else() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    let picture = b"not really a picture";
    let mut clipboard = wayland.copy("image/png", picture)?;
    let agent = Agent::start(&desktop, "")?;
    let utterance = speech::sentence(desktop.place())?;
    let targets: [fn(&Wayland) -> Result<Target>; 4] =
        [Target::foot, Target::text_view_3, Target::text_view_4, Target::old_text_view];
    for (index, open) in targets.into_iter().enumerate() {
        let field = open(wayland)?;
        dictate(&desktop, &agent, &utterance)?;
        wait_for("the log's row", || Ok((agent.history()?.len() > index).then_some(())))?;
        let text = logged(&agent)?;
        ensure!(text.to_lowercase().contains("go forward"), "{text:?}");
        let arrived = field.wait_for_some_text()?;
        println!("{}: {arrived:?}", field.title());
        ensure!(arrived.trim() == text.trim(), "{arrived:?} is not {text:?}");
    }
    ensure!(clipboard.is_still_owner(), "the clipboard was touched");
    ensure!(wayland.clipboard("image/png")? == picture);
    let told = desktop.notifications()?.all()?;
    ensure!(!told.iter().any(|note| note.summary.contains("key is not heard")), "the compositor hears it: {told:?}");
    Ok(())
}

#[test]
fn where_typing_is_not_heard_nothing_is_taken_back_and_scout_says_so() -> Result<()> {
    const REASON: &str = "does not hear";
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    let agent = Agent::start(&desktop, "[delivery]\nlive = true\n")?;
    let field = Target::text_view_3(wayland)?;
    let place = desktop.place();
    dictate(&desktop, &agent, &speech::sentence(place)?)?;
    field.wait_for_some_text()?;
    wayland.tap("a")?;
    wayland.tap("b")?;
    let mine = field.settled_text()?;
    ensure!(mine.ends_with("ab"), "{mine:?}");
    let refused = agent.ctl(&["undo"]).err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(refused.contains(REASON) && refused.contains("scout setup devices"), "{refused:?}");
    // By voice, too.
    let told = || -> Result<usize> {
        Ok(desktop.notifications()?.all()?.iter().filter(|note| note.body.contains(REASON)).count())
    };
    dictate(&desktop, &agent, &speech::synthetic(place, "scratch", &["Scratch that."])?)?;
    wait_for("a word about it", || Ok((told()? == 1).then_some(())))?;
    ensure!(field.settled_text()? == mine, "{:?}", field.text()?);
    // And where a dictation is cancelled after its first words were typed.
    let parts = [speech::presentation(place)?, speech::sentence(place)?, speech::silence(place)?];
    let mut typed = String::new();
    while_listening(&desktop, &agent, &speech::joined(place, "live", &parts)?, || {
        typed = wait_for("words while the user speaks", || Ok(Some(field.text()?).filter(|text| *text != mine)))?;
        agent.ctl(&["cancel"]).map(drop)
    })?;
    agent.wait_for_state("idle")?;
    let left = field.settled_text()?;
    ensure!(left.starts_with(&typed), "{typed:?} has become {left:?}");
    Ok(())
}

#[test]
fn text_is_delivered_once_whoever_reads_the_clipboard_and_whatever_becomes_of_the_old_one() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    // Long enough to be pasted where the choice is Scout's.
    let long = "long ".repeat(100);
    let replace = format!("[[replace]]\nheard = [\"go forward\"]\nwith = \"{}\"\n", long.trim());
    let agent = Agent::start(&desktop, &replace)?;
    let field = Target::text_view_3(wayland)?;
    let utterance = speech::sentence(desktop.place())?;
    let before = || -> Result<Option<()>> { Ok((wayland.clipboard("text/plain")? == b"the user's own").then_some(())) };
    let _own = wayland.copy("text/plain", b"the user's own")?;
    let outcome = |index: usize| {
        wait_for("the log's row", || Ok((agent.history()?.len() == index).then_some(())))?;
        wait_for("its outcome", || Ok(Some(agent.history()?[0].clone()).filter(|row| row["outcome"] != "transcribed")))
    };
    // Somebody has read it: the compositor does not tell who.
    dictate(&desktop, &agent, &utterance)?;
    let row = outcome(1)?;
    ensure!(row["outcome"] == "unconfirmed", "{row}");
    ensure!(agent.status()?["last"] == "unconfirmed", "{}", agent.status()?);
    let text = row["text"].as_str().unwrap_or_default().to_owned();
    ensure!(text.contains(long.trim()), "{text:?}");
    field.wait_for_text(&text)?;
    wait_for("the old clipboard", before)?;

    // The compositor hangs right after the window has read the text, so that the old clipboard cannot be given back in time.
    field.clear()?;
    std::thread::scope(|scope| -> Result<()> {
        let hanging = scope.spawn(|| -> Result<()> {
            let until = std::time::Instant::now() + PATIENCE;
            while field.text()?.is_empty() && std::time::Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
            wayland.hang(std::time::Duration::from_millis(3_500))
        });
        agent.ctl(&["paste-last"])?;
        hanging.join().expect("hanging does not panic")
    })?;
    agent.wait_for_state("idle")?;
    field.wait_for_text(&text)?;

    // Somebody reads everything that is copied: what can be typed is typed.
    field.clear()?;
    let _watcher = wayland.watch_clipboard()?;
    dictate(&desktop, &agent, &utterance)?;
    let row = outcome(2)?;
    ensure!(row["outcome"] == "typed", "{row}");
    field.wait_for_text(row["text"].as_str().unwrap_or_default())
}

#[test]
fn when_another_window_gets_the_focus_the_text_is_held_and_can_be_pasted() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    let agent = Agent::start(&desktop, "")?;
    let meant = Target::text_view_3(wayland)?;
    let other = Target::text_view_4(wayland)?;
    wayland.focus(meant.title())?;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || wayland.focus(other.title()))?;
    agent.wait_for_state("idle")?;
    wait_for("a word about it", || {
        Ok(desktop.notifications()?.all()?.iter().any(|note| note.body.contains("focus")).then_some(()))
    })?;
    ensure!((meant.settled_text()?, other.text()?) == (String::new(), String::new()));
    agent.ctl(&["paste-last"])?;
    ensure!(other.wait_for_some_text()?.trim() == logged(&agent)?.trim());
    ensure!(meant.text()?.is_empty());
    Ok(())
}

#[test]
fn when_the_screen_is_locked_the_text_is_held_and_the_key_still_ends_the_dictation() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    let agent = Agent::start(&desktop, "")?;
    let field = Target::text_view_3(wayland)?;
    let mut locked = None;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || {
        locked = Some(wayland.lock()?);
        Ok(())
    })?;
    agent.wait_for_state("idle")?;
    wait_for("a word about it", || {
        Ok(desktop
            .notifications()?
            .all()?
            .iter()
            .any(|note| note.body.contains("No window has the focus"))
            .then_some(()))
    })?;
    if let Some(locked) = locked {
        locked.unlock()?;
    }
    wayland.wait_focused(field.title())?;
    ensure!(field.settled_text()?.is_empty());
    agent.ctl(&["paste-last"])?;
    ensure!(field.wait_for_some_text()?.trim() == logged(&agent)?.trim());
    Ok(())
}

#[test]
fn waybar_shows_the_icon_and_its_menu_steers_the_agent() -> Result<()> {
    let desktop = Desktop::start(&Parts { tray: true, ..session() })?;
    let agent = Agent::start(&desktop, "")?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let idle = tray.icon(&icon)?["picture"].clone();
    tray.click(&icon, "Start")?;
    agent.wait_for_state("listening")?;
    wait_for("an icon that shows listening", || Ok((tray.icon(&icon)?["picture"] != idle).then_some(())))?;
    wait_for("an entry that ends it", || Ok(MenuItem::find(&tray.menu(&icon)?, "Stop").map(drop)))?;
    tray.click(&icon, "Cancel")?;
    agent.wait_for_state("idle")
}

#[test]
fn the_portals_shortcut_is_held_and_let_go() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let portal = desktop.start_portal(true)?;
    let field = Target::text_view_4(desktop.wayland()?)?;
    let agent = Agent::start(&desktop, "[key]\nchord = \"ctrl+alt+Space\"\n")?;
    let bound = wait_for("the shortcut", || Ok(Some(portal.bound()?).filter(|bound| bound["dictate"].is_object())))?;
    ensure!(bound["dictate"]["preferred_trigger"] == "CTRL+ALT+space", "{bound}");
    for index in 1..=2 {
        let utterance = speech::sentence(desktop.place())?;
        std::thread::sleep(BETWEEN_PRESSES);
        dictate_by(&desktop, &agent, &utterance, || portal.press("dictate"), || portal.release("dictate"))?;
        wait_for("the log's row", || Ok((agent.history()?.len() == index).then_some(())))?;
        ensure!(field.wait_for_some_text()?.trim() == logged(&agent)?.trim());
        field.clear()?;
    }
    Ok(())
}

#[test]
fn a_desktop_that_declines_and_one_that_offers_nothing_are_told_of() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let told = |what: &str| -> Result<()> {
        wait_for(what, || {
            let all = desktop.notifications()?.all()?;
            Ok(all.iter().any(|note| note.summary.contains("key") && note.body.contains(what)).then_some(()))
        })
    };
    let agent = Agent::start(&desktop, "")?;
    told("scout setup wayland")?;
    let doctor = String::from_utf8(agent.scout(&["doctor"])?.stdout)?;
    ensure!(doctor.contains("`scout setup wayland`"), "{doctor}");
    agent.kill();
    let _portal = desktop.start_portal(false)?;
    let _agent = Agent::start(&desktop, "")?;
    told("did not grant")
}

#[test]
fn the_doctor_knows_what_the_compositor_offers() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let before = String::from_utf8(desktop.scout(&["doctor"])?.stdout)?;
    // The page is cut to the terminal's width.
    let before = before.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["virtual keyboard, data control, window list, layer shell", "limited hearing keys"] {
        ensure!(before.contains(part), "{part:?} is missing in\n{before}");
    }
    bind_key(&desktop)?;
    let after = String::from_utf8(desktop.scout(&["doctor"])?.stdout)?;
    println!("{after}");
    for part in ["hearing keys", "typing", "pasting", "clipboard"] {
        let line = after.lines().find(|line| line.contains(part)).unwrap_or_default();
        ensure!(line.starts_with("works"), "{line:?} in\n{after}");
    }
    Ok(())
}

#[test]
fn the_overlay_shows_that_scout_listens_and_takes_nothing() -> Result<()> {
    const LISTENING: [u8; 3] = [230, 60, 60];
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    let field = Target::text_view_3(wayland)?;
    let agent = Agent::start(&desktop, "")?;
    ensure!(wayland.count_pixels(LISTENING)? == 0);
    agent.ctl(&["start"])?;
    wait_for("the overlay", || Ok((wayland.count_pixels(LISTENING)? > 100).then_some(())))?;
    if let Some(folder) = std::env::var_os("SCOUT_PICTURES") {
        wayland.screenshot(&std::path::Path::new(&folder).join("overlay.png"))?;
    }
    // On a screen with finer pixels it is as big as before, so it has more of them.
    let pixels = wayland.count_pixels(LISTENING)?;
    wayland.sway("output * scale 2")?;
    wait_for("the finer overlay", || {
        // It is drawn anew when there is something new to see.
        agent.ctl(&["cancel"])?;
        agent.wait_for_state("idle")?;
        agent.ctl(&["start"])?;
        agent.wait_for_state("listening")?;
        let now = wait_for("the overlay", || Ok(Some(wayland.count_pixels(LISTENING)?).filter(|now| *now > 100)))?;
        Ok((pixels * 3..pixels * 5).contains(&now).then_some(()))
    })?;
    wayland.tap("a")?;
    field.wait_for_text("a")?;
    wayland.wait_focused(field.title())?;
    agent.ctl(&["cancel"])?;
    wait_for("the overlay to go", || Ok((wayland.count_pixels(LISTENING)? == 0).then_some(())))
}

#[test]
fn the_overlay_shows_the_words_so_far() -> Result<()> {
    const INK: [u8; 3] = [245, 245, 245];
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    bind_key(&desktop)?;
    wayland.sway("output * resolution 760x300")?;
    let field = Target::text_view_3(wayland)?;
    wayland.sway("border none")?;
    let agent = Agent::start(&desktop, "")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    field.wait_for_some_text()?;
    let utterance = speech::presentation(desktop.place())?;
    while_listening(&desktop, &agent, &utterance, || {
        wait_for("words in the overlay", || {
            let words = agent.status()?["partial"].as_str().map_or(0, |text| text.split_whitespace().count());
            // The word "Listening" alone has 63 pixels of the letters' own colour.
            Ok((words >= 5 && wayland.count_pixels(INK)? > 200).then_some(()))
        })?;
        if let Some(folder) = std::env::var_os("SCOUT_PICTURES") {
            wayland.screenshot(&std::path::Path::new(&folder).join("listening.png"))?;
        }
        Ok(())
    })
}

#[test]
fn the_overlay_can_be_switched_off() -> Result<()> {
    let desktop = Desktop::start(&session())?;
    let wayland = desktop.wayland()?;
    let before = wayland.count_pixels([24, 24, 28])?;
    let agent = Agent::start(&desktop, "[cues]\noverlay = false\n")?;
    agent.ctl(&["start"])?;
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    ensure!(wayland.count_pixels([24, 24, 28])? == before && wayland.count_pixels([230, 60, 60])? == 0);
    Ok(())
}
