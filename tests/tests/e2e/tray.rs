//! The tray: its menu and icon, and trays that come late, go, or never come.

use anyhow::{Context as _, Result, ensure};
use scout_tests::{Agent, Desktop, MenuItem, Parts, Target, dictate, speech, wait_for, while_listening};
use serde_json::Value;

#[test]
fn the_menu_steers_the_agent_and_the_icon_shows_its_state() -> Result<()> {
    let desktop = Desktop::start(&Parts { tray: true, ..Parts::default() })?;
    let field = Target::text_view(desktop.display()?)?;
    let mut agent = Agent::start(&desktop, "")?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let menu = tray.menu(&icon)?;
    for label in [
        "Start",
        "Cancel",
        "Paste last",
        "Undo last",
        "Profile",
        "Microphone",
        "Model",
        "Recent",
        "Open configuration",
        "Quit",
    ] {
        MenuItem::find(&menu, label).with_context(|| format!("no {label:?} in {menu:#?}"))?;
    }
    let idle = tray.icon(&icon)?["picture"].clone();

    tray.click(&icon, "Start")?;
    agent.wait_for_state("listening")?;
    let looks_different = || Ok((tray.icon(&icon)?["picture"] != idle).then_some(()));
    wait_for("an icon that shows listening", looks_different)?;
    wait_for("an entry that ends it", || Ok(MenuItem::find(&tray.menu(&icon)?, "Stop").map(drop)))?;
    desktop.sound()?.say(&speech::sentence(desktop.place())?.wav)?.wait()?;
    tray.click(&icon, "Stop")?;
    agent.wait_for_state("idle")?;
    let text = field.wait_for_some_text()?;
    wait_for("the idle icon", || Ok((tray.icon(&icon)?["picture"] == idle).then_some(())))?;

    // The click itself must not take the focus: the text goes where the user was.
    field.clear()?;
    wait_for("the last dictation to be on offer", || {
        Ok(MenuItem::find(&tray.menu(&icon)?, "Paste last").filter(|item| item.enabled).map(drop))
    })?;
    tray.click(&icon, "Paste last")?;
    field.wait_for_text(&text)?;

    tray.click(&icon, "Quit")?;
    assert!(agent.wait()?.success(), "{}", agent.log());
    wait_for("the icon to go", || Ok(tray.icons()?.is_empty().then_some(())))
}

#[test]
fn the_icon_says_that_a_text_is_waiting_and_the_menu_delivers_it() -> Result<()> {
    let desktop = Desktop::start(&Parts { tray: true, ..Parts::default() })?;
    let display = desktop.display()?;
    let agent = Agent::start(&desktop, "")?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let looks =
        |what: &str, expected: &Value| wait_for(what, || Ok((tray.icon(&icon)?["picture"] == *expected).then_some(())));
    let plain = tray.icon(&icon)?["picture"].clone();
    let picture_of_listening = || -> Result<Value> {
        let before = tray.icon(&icon)?["picture"].clone();
        tray.click(&icon, "Start")?;
        agent.wait_for_state("listening")?;
        let picture = wait_for("another picture", || {
            Ok(Some(tray.icon(&icon)?["picture"].clone()).filter(|picture| *picture != before))
        })?;
        tray.click(&icon, "Cancel")?;
        agent.wait_for_state("idle")?;
        looks("the picture from before", &before)?;
        Ok(picture)
    };
    let listening = picture_of_listening()?;

    let other = Target::text_view(display)?;
    let aimed = Target::text_view(display)?;
    while_listening(&desktop, &agent, &speech::sentence(desktop.place())?, || display.focus(other.title()))?;
    agent.wait_for_state("idle")?;
    let badge = wait_for("a badge", || {
        let picture = tray.icon(&icon)?["picture"].clone();
        Ok(agent.status()?["held"].as_bool().filter(|held| *held && picture != plain).map(|_| picture))
    })?;
    let shown = tray.icon(&icon)?;
    ensure!(shown["tooltip"].as_str().is_some_and(|said| said.contains("waiting")), "{shown}");
    ensure!(picture_of_listening()? != listening, "the badge stays while the agent listens");
    ensure!(badge != plain && aimed.settled_text()?.is_empty() && other.text()?.is_empty());

    display.focus(aimed.title())?;
    tray.click(&icon, "Deliver here")?;
    let text = aimed.wait_for_some_text()?;
    let row = &agent.history()?[0];
    ensure!(row["text"].as_str().is_some_and(|said| said.trim() == text.trim()), "{text:?}, {row}");
    looks("the badge to go", &plain)?;
    ensure!(MenuItem::find(&tray.menu(&icon)?, "Deliver here").is_none(), "nothing is held any more");
    ensure!(other.text()?.is_empty(), "{:?}", other.text()?);
    Ok(())
}

#[test]
fn a_mistake_in_the_configuration_at_log_in_leaves_the_last_good_one_in_force() -> Result<()> {
    const AMBER: &str = "#f5b400";
    let desktop = Desktop::start(&Parts { tray: true, ..Parts::default() })?;
    let field = Target::text_view(desktop.display()?)?;
    let sentence = speech::sentence(desktop.place())?;
    let files = desktop.place().config().join("scout");
    // The first start of all: there is no good configuration yet.
    let mut agent = Agent::start(&desktop, "[key]\nchord = F9\n")?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let looks = |amber: bool| {
        let what = if amber { "an amber icon" } else { "an icon that is not amber" };
        wait_for(what, || Ok(((tray.icon(&icon)?["colour"] == AMBER) == amber).then_some(())))
    };
    let told = |parts: &[&str]| {
        wait_for(&format!("a notice with {parts:?}"), || {
            let all = desktop.notifications()?.all()?;
            let is_it = |body: &str| parts.iter().all(|part| body.contains(part));
            let notice = |notice: &scout_tests::Notification| {
                notice.summary == "The configuration was not taken over" && is_it(&notice.body)
            };
            Ok(all.iter().any(notice).then_some(()))
        })
    };
    let doctor = |agent: &Agent| -> Result<String> {
        Ok(String::from_utf8_lossy(&agent.scout(&["doctor", "--json"])?.stdout).into_owned())
    };
    told(&["config.toml:2:9: ", "text in quotation marks", "the default settings are in force"])?;
    looks(true)?;
    let warnings = agent.status()?["warnings"].to_string();
    ensure!(
        warnings.contains("config.toml:2:9") && warnings.contains("the default settings are in force"),
        "{warnings}"
    );
    let said = doctor(&agent)?;
    ensure!(said.contains("Until this is corrected, the default settings are in force."), "{said}");
    dictate(&desktop, &agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    ensure!(text.starts_with("Go forward") && text.ends_with(". "), "{text:?}");

    // Corrected and saved, it is taken over.
    let good = "[key]\nchord = 'F9'\n\n[text]\nfull_stop = 'drop'\ntrailing_space = false\n";
    std::fs::write(files.join("config.toml"), good)?;
    wait_for("the warning to go", || {
        Ok((!agent.status()?["warnings"].to_string().contains("config.toml")).then_some(()))
    })?;
    looks(false)?;
    agent.ctl(&["quit"])?;
    ensure!(agent.wait()?.success(), "{}", agent.log());

    // The next log-in, with a mistake in another of the files.
    std::fs::create_dir_all(files.join("profiles"))?;
    std::fs::write(files.join("profiles/mine.toml"), "[[match]\n")?;
    let agent = Agent::start(&desktop, good)?;
    told(&["mine.toml:1:", "the last good configuration is in force"])?;
    let icon = tray.wait_for_icon()?;
    wait_for("an amber icon", || Ok((tray.icon(&icon)?["colour"] == AMBER).then_some(())))?;
    let said = doctor(&agent)?;
    ensure!(said.contains("Until this is corrected, the last good configuration is in force."), "{said}");
    field.clear()?;
    dictate(&desktop, &agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    ensure!(text.starts_with("Go forward") && !text.ends_with(['.', ' ']), "{text:?}");
    Ok(())
}

#[test]
fn the_icon_comes_with_a_late_tray_and_comes_back_with_a_restarted_one() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    // Without a tray the agent works, and says that it shows nothing.
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    field.wait_for_some_text()?;
    wait_for("a word about the missing tray", || Ok(agent.log().to_lowercase().contains("tray").then_some(())))?;

    for _ in 0..2 {
        desktop.start_tray()?;
        let icon = desktop.tray()?.wait_for_icon()?;
        desktop.tray()?.click(&icon, "Start")?;
        agent.wait_for_state("listening")?;
        desktop.tray()?.click(&icon, "Cancel")?;
        agent.wait_for_state("idle")?;
        desktop.stop_tray();
    }
    Ok(())
}

#[test]
fn without_a_display_the_agent_says_so_and_still_listens() -> Result<()> {
    let desktop = Desktop::start(&Parts { sound: true, ..Parts::nothing() })?;
    let agent = Agent::start(&desktop, "")?;
    wait_for("a word about the display", || Ok(agent.log().to_lowercase().contains("display").then_some(())))?;
    agent.ctl(&["start"])?;
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&speech::sentence(desktop.place())?.wav)?.wait()?;
    agent.ctl(&["stop"])?;
    agent.wait_for_state("idle")?;
    // There is nowhere to type it: it is kept.
    let rows = wait_for("the log's row", || Ok(Some(agent.history()?).filter(|rows| !rows.is_empty())))?;
    assert!(rows[0]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rows:?}");
    Ok(())
}
