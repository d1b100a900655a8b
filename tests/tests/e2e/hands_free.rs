//! Hands-free mode: a voice begins a dictation, silence ends it, and a word, a switch or long silence ends the mode.

use anyhow::{Result, ensure};
use scout_tests::noise::NOISES;
use scout_tests::{Agent, Desktop, MenuItem, Parts, Target, speech, wait_for};

fn is_on(agent: &Agent) -> Result<bool> {
    Ok(agent.status()?["hands_free"] == true)
}

#[test]
fn a_voice_begins_a_dictation_and_a_word_closes_the_microphone() -> Result<()> {
    let desktop = Desktop::start(&Parts { tray: true, ..Parts::default() })?;
    let (sound, place) = (desktop.sound()?, desktop.place());
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "[hands_free]\npause_ms = 800\n")?;
    let tray = desktop.tray()?;
    let icon = tray.wait_for_icon()?;
    let idle = tray.icon(&icon)?["picture"].clone();
    ensure!(!is_on(&agent)? && !sound.is_recorded()?, "nobody asked for it");

    // The open microphone is seen at once, by its icon and in the menu.
    tray.click(&icon, "Hands-free")?;
    wait_for("the microphone to be open", || Ok(sound.is_recorded()?.then_some(())))?;
    ensure!(is_on(&agent)?);
    wait_for("an icon that shows it", || Ok((tray.icon(&icon)?["picture"] != idle).then_some(())))?;
    let menu = tray.menu(&icon)?;
    ensure!(MenuItem::find(&menu, "Hands-free").is_some_and(|item| item.checked), "{menu:#?}");

    for noise in NOISES {
        sound.say(&noise.recording(place, 2)?.wav)?.wait()?;
    }
    ensure!(field.settled_text()?.is_empty(), "noise was taken for {:?}", field.text()?);

    for round in 0..3 {
        sound.say(&speech::sentence(place)?.wav)?.wait()?;
        let text = field.wait_for_some_text()?;
        println!("{round}: {text:?}");
        let lower = text.to_lowercase();
        ensure!(lower.starts_with("go forward") && lower.contains("met"), "not whole: {text:?}");
        agent.wait_for_state("idle")?;
        field.clear()?;
    }
    wait_for("a row each", || Ok((agent.history()?.len() == 3).then_some(())))?;

    // The key works as ever meanwhile.
    scout_tests::dictate(&desktop, &agent, &speech::sentence(place)?)?;
    ensure!(field.wait_for_some_text()?.to_lowercase().starts_with("go forward"));
    field.clear()?;

    sound.say(&speech::synthetic(place, "stop", &["stop listening"])?.wav)?.wait()?;
    wait_for("the microphone to be closed", || Ok((!is_on(&agent)? && !sound.is_recorded()?).then_some(())))?;
    wait_for("the idle icon", || Ok((tray.icon(&icon)?["picture"] == idle).then_some(())))?;
    sound.say(&speech::sentence(place)?.wav)?.wait()?;
    ensure!(field.settled_text()?.is_empty(), "it still listens: {:?}", field.text()?);
    Ok(())
}

#[test]
fn it_is_switched_by_commands_and_survives_a_sound_server_that_does_not() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "[hands_free]\nenabled = true\npause_ms = 800\n")?;
    wait_for("the microphone to be open", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    agent.ctl(&["hands-free", "off"])?;
    wait_for("it to be closed", || Ok((!desktop.sound()?.is_recorded()?).then_some(())))?;
    agent.ctl(&["hands-free"])?;
    wait_for("it to be open", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;

    // Turned off in the middle of a sentence: what was said is typed.
    let spoken = desktop.sound()?.say(&speech::presentation(desktop.place())?.wav)?;
    agent.wait_for_state("listening")?;
    wait_for("some words", || Ok(agent.status()?["partial"].as_str().map(drop)))?;
    agent.ctl(&["hands-free", "off"])?;
    let text = field.wait_for_some_text()?;
    ensure!(text.to_lowercase().starts_with("had he"), "{text:?}");
    spoken.wait()?;
    agent.wait_for_state("idle")?;
    ensure!(!desktop.sound()?.is_recorded()?, "it still records");
    field.clear()?;

    // A sound server that is started anew is listened to again.
    agent.ctl(&["hands-free", "on"])?;
    wait_for("it to be open", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.kill_server()?;
    desktop.sound_mut()?.start_server()?;
    desktop.sound()?.plug_in()?;
    wait_for("it to be open again", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&speech::sentence(desktop.place())?.wav)?.wait()?;
    ensure!(field.wait_for_some_text()?.to_lowercase().starts_with("go forward"));
    Ok(())
}
