//! Microphones that are missing, unplugged, or gone with the sound server; on both sound servers of Linux.
//!
//! `SCOUT_DICTATIONS=10 cargo test -p scout-tests --test e2e microphone::` dictates that often on each server.

use anyhow::{Context as _, Result, ensure};
use scout_tests::speech::{self, Utterance};
use scout_tests::wer::WordErrors;
use scout_tests::{
    Agent, Desktop, MICROPHONE_NAME, Notification, Parts, SECOND_NAME, SoundServer, Target, dictate, is_told, wait_for,
    while_listening,
};

/// Dictations on each sound server in an ordinary run.
const DICTATIONS: usize = 2;

fn with(sound_server: SoundServer) -> Parts {
    Parts { sound_server, ..Parts::default() }
}

#[test]
fn without_a_microphone_the_user_is_told_once_and_can_dictate_when_there_is_one() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    desktop.sound()?.unplug()?;
    let agent = Agent::start(&desktop, "")?;
    let display = desktop.display()?;
    display.hold("F9")?;
    let told = wait_for("a word about the microphone", || Ok(about_microphones(&desktop)?.pop()));
    display.release("F9")?;
    ensure!(told?.summary == "No microphone");
    wait_for("the agent to be ready again", || Ok((agent.status()?["state"] != "listening").then_some(())))?;

    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

#[test]
fn what_was_heard_is_kept_when_the_microphone_is_unplugged() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.unplug()?;
        is_told(&desktop, "The microphone was disconnected", "Plug the microphone in again")
    })?;
    is_kept(&agent, &sentence)?;
    field.wait_for_some_text()?;
    field.clear()?;

    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

#[test]
fn what_was_heard_is_kept_when_the_sound_server_dies() -> Result<()> {
    let mut desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.kill_server()?;
        is_told(&desktop, "The sound system does not answer", "Nothing heard so far is lost")
    })?;
    let told = about_microphones(&desktop)?.pop().context("no word about the microphone")?;
    ensure!(told.body.contains("systemctl --user restart pipewire") && !told.body.contains("Plug"), "{told:?}");
    is_kept(&agent, &sentence)?;
    field.wait_for_some_text()?;
    field.clear()?;

    desktop.sound_mut()?.start_server()?;
    desktop.sound()?.plug_in()?;
    works_again(&desktop, &agent, &field)
}

#[test]
fn a_sound_server_that_is_not_there_at_the_press_is_named() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let agent = Agent::start(&desktop, "")?;
    desktop.sound()?.kill_server()?;
    desktop.display()?.hold("F9")?;
    let told = is_told(&desktop, "The sound system does not answer", "systemctl --user restart pipewire");
    desktop.display()?.release("F9")?;
    told?;
    let warnings = agent.status()?["warnings"].to_string();
    ensure!(warnings.contains("The sound system does not answer"), "{warnings}");
    Ok(())
}

#[test]
fn a_sound_server_that_hangs_is_not_taken_for_a_microphone_that_is_switched_off() -> Result<()> {
    for is_listening in [true, false] {
        let desktop = Desktop::start(&Parts::default())?;
        let field = Target::text_view(desktop.display()?)?;
        let agent = Agent::start(&desktop, "")?;
        let sentence = speech::sentence(desktop.place())?;
        let told = || is_told(&desktop, "The sound system does not answer", "or `systemctl --user restart pulseaudio`");
        if is_listening {
            while_listening(&desktop, &agent, &sentence, || {
                desktop.sound()?.hang()?;
                told()
            })?;
            is_kept(&agent, &sentence)?;
            field.wait_for_some_text()?;
            field.clear()?;
        } else {
            desktop.sound()?.hang()?;
            desktop.display()?.hold("F9")?;
            let told = told();
            desktop.display()?.release("F9")?;
            told?;
        }
        let all = about_microphones(&desktop)?;
        ensure!(all.iter().all(|told| !told.body.contains("switch")), "{all:?}");
        desktop.sound()?.go_on()?;
        wait_for("the agent to be ready again", || Ok((agent.status()?["state"] != "listening").then_some(())))?;
        works_again(&desktop, &agent, &field)?;
    }
    Ok(())
}

#[test]
fn what_a_loudspeaker_plays_is_not_heard_even_where_it_was_chosen() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    desktop.sound()?.plug_in_loudspeaker()?;
    let agent = Agent::start(&desktop, "[microphone]\ndevice = \"pulseaudio:box_loudspeaker.monitor\"\n")?;
    let sentence = speech::sentence(desktop.place())?;
    desktop.display()?.hold("F9")?;
    let told = is_told(&desktop, "Your microphone is not there", "what a loudspeaker plays");
    desktop.sound()?.play_aloud(&sentence.wav)?.wait()?;
    desktop.display()?.release("F9")?;
    told?;
    wait_for("the end of the dictation", || Ok((agent.status()?["state"] != "listening").then_some(())))?;
    assert_eq!(field.settled_text()?, "");
    dictate(&desktop, &agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    let doctor = desktop.scout(&["doctor"])?;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(said.contains("what a loudspeaker plays"), "{said}");
    Ok(())
}

#[test]
fn a_microphone_that_is_gone_for_a_moment_may_have_missed_words() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(desktop.place())?;
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.blink()?;
        is_told(&desktop, "Some words may be missing", &format!("{MICROPHONE_NAME} was gone for a moment"))?;
        desktop.sound()?.say(&sentence.wav)?.wait()
    })?;
    let twice = format!("{} {}", sentence.reference, sentence.reference);
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&twice, &text).total(), 0, "{text:?}");
    let told = about_microphones(&desktop)?;
    assert_eq!(told.len(), 1, "one clear message, not {told:?}");
    Ok(())
}

#[test]
fn a_chosen_microphone_that_is_not_there_is_named_as_such() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "[microphone]\ndevice = \"pulseaudio:sold_last_year\"\n")?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    field.wait_for_some_text()?;
    is_told(&desktop, "Your microphone is not there", &format!("{MICROPHONE_NAME} is used"))?;
    let told = about_microphones(&desktop)?;
    ensure!(told.len() == 1 && !told[0].summary.contains("disconnected"), "{told:?}");
    Ok(())
}

#[test]
fn a_microphone_that_is_muted_in_mid_dictation_is_named_once_on_both_sound_servers() -> Result<()> {
    for server in [SoundServer::PulseAudio, SoundServer::PipeWire] {
        let desktop = Desktop::start(&with(server))?;
        let field = Target::text_view(desktop.display()?)?;
        let agent = Agent::start(&desktop, "")?;
        let sentence = speech::sentence(desktop.place())?;
        while_listening(&desktop, &agent, &sentence, || {
            desktop.sound()?.mute(true)?;
            is_told(&desktop, "The microphone is muted", &format!("Unmute {MICROPHONE_NAME}"))?;
            desktop.sound()?.mute(false)
        })?;
        field.wait_for_some_text()?;
        field.clear()?;
        works_again(&desktop, &agent, &field)?;
    }
    Ok(())
}

#[test]
fn a_user_whose_programs_never_used_libpulse_has_a_microphone() -> Result<()> {
    for server in [SoundServer::PulseAudio, SoundServer::PipeWire] {
        let desktop = Desktop::start(&with(server))?;
        for content in [None, Some(""), Some("too short")] {
            let cookie = desktop.place().config().join("pulse/cookie");
            match content {
                None => std::fs::remove_file(&cookie).or_else(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })?,
                Some(text) => {
                    std::fs::create_dir_all(cookie.parent().context("it is in a folder")?)?;
                    std::fs::write(&cookie, text)?;
                }
            }
            let doctor = desktop.scout(&["doctor"])?;
            let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
            ensure!(said.contains(MICROPHONE_NAME) && !said.contains("does not answer"), "{content:?}: {said}");
        }
    }
    Ok(())
}

#[test]
fn nothing_that_a_loudspeaker_plays_is_typed_after_the_microphone_is_gone_on_pulseaudio() -> Result<()> {
    nothing_that_a_loudspeaker_plays_is_typed(SoundServer::PulseAudio)
}

#[test]
fn nothing_that_a_loudspeaker_plays_is_typed_after_the_microphone_is_gone_on_pipewire() -> Result<()> {
    nothing_that_a_loudspeaker_plays_is_typed(SoundServer::PipeWire)
}

fn nothing_that_a_loudspeaker_plays_is_typed(server: SoundServer) -> Result<()> {
    let desktop = Desktop::start(&with(server))?;
    let (sound, place) = (desktop.sound()?, desktop.place());
    let field = Target::text_view(desktop.display()?)?;
    sound.plug_in_loudspeaker()?;
    let agent = Agent::start(&desktop, "")?;
    let sentence = speech::sentence(place)?;
    let film = speech::presentation(place)?;

    // While the key is held.
    while_listening(&desktop, &agent, &sentence, || {
        sound.unplug()?;
        sound.play_aloud(&film.wav)?.wait()
    })?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    is_told(&desktop, "The microphone was disconnected", "Plug the microphone in again")?;
    field.clear()?;

    // While a voice is listened for.
    sound.plug_in()?;
    sound.prefer_loudspeaker()?;
    agent.ctl(&["hands-free", "on"])?;
    wait_for("the microphone to be open", || Ok(sound.is_recorded()?.then_some(())))?;
    sound.unplug()?;
    sound.play_aloud(&film.wav)?.wait()?;
    wait_for("the end of hands-free mode", || Ok((agent.status()?["hands_free"] == false).then_some(())))?;
    ensure!(field.settled_text()?.is_empty(), "the film was typed: {:?}", field.text()?);

    // Where the microphone is open all the time.
    sound.plug_in()?;
    sound.prefer_loudspeaker()?;
    agent.configure("[microphone]\nopen = true\n")?;
    wait_for("the microphone to be open", || Ok(sound.is_recorded()?.then_some(())))?;
    sound.unplug()?;
    let playing = sound.play_aloud(&film.wav)?;
    desktop.display()?.hold("F9")?;
    let played = playing.wait();
    desktop.display()?.release("F9")?;
    played?;
    is_told(&desktop, "No microphone", "Plug one in")?;
    ensure!(field.settled_text()?.is_empty(), "the film was typed: {:?}", field.text()?);
    let words: Vec<_> = agent.history()?.iter().map(|row| row["text"].clone()).filter(|text| text != "").collect();
    assert_eq!(words.len(), 1, "only what was said into the microphone is logged, not {words:?}");
    Ok(())
}

#[test]
fn the_microphone_that_is_heard_is_the_one_that_is_named_on_pulseaudio() -> Result<()> {
    the_microphone_that_is_heard_is_the_one_that_is_named(SoundServer::PulseAudio)
}

#[test]
fn the_microphone_that_is_heard_is_the_one_that_is_named_on_pipewire() -> Result<()> {
    the_microphone_that_is_heard_is_the_one_that_is_named(SoundServer::PipeWire)
}

fn the_microphone_that_is_heard_is_the_one_that_is_named(server: SoundServer) -> Result<()> {
    let mut desktop = Desktop::start(&with(server))?;
    let field = Target::text_view(desktop.display()?)?;
    desktop.sound()?.plug_in_second()?;
    let sentence = speech::sentence(desktop.place())?;
    let agent = Agent::start(&desktop, "[microphone]\ndevice = \"pulseaudio:box_microphone\"\nopen = true\n")?;
    let is_named = |name: &str| {
        wait_for(&format!("{name} in the status"), || Ok((agent.status()?["device"] == name).then_some(())))
    };
    let arrives = |said: &Utterance| -> Result<()> {
        let text = field.wait_for_some_text()?;
        assert_eq!(WordErrors::between(&said.reference, &text).total(), 0, "{text:?}");
        field.clear()
    };

    // The chosen one stays the chosen one.
    is_named(MICROPHONE_NAME)?;
    desktop.sound()?.prefer_second()?;
    for _ in 0..dictations() {
        dictate(&desktop, &agent, &sentence)?;
        arrives(&sentence)?;
        is_named(MICROPHONE_NAME)?;
    }

    // The default one follows the system's settings.
    agent.configure("[microphone]\nopen = true\n")?;
    is_named(SECOND_NAME)?;
    desktop.sound()?.prefer_first()?;
    is_named(MICROPHONE_NAME)?;

    // One that is lost while the user speaks is replaced, and both are told apart.
    while_listening(&desktop, &agent, &sentence, || {
        desktop.sound()?.unplug()?;
        is_told(&desktop, "The microphone was disconnected", &format!("Recording goes on with {SECOND_NAME}"))?;
        is_named(SECOND_NAME)?;
        desktop.sound()?.say_to_second(&sentence.wav)?.wait()
    })?;
    let text = field.wait_for_some_text()?;
    let twice = format!("{} {}", sentence.reference, sentence.reference);
    assert_eq!(WordErrors::between(&twice, &text).total(), 0, "{text:?}");
    field.clear()?;

    // And everything works after a restart of the server.
    desktop.sound()?.kill_server()?;
    desktop.sound_mut()?.start_server()?;
    desktop.sound()?.plug_in()?;
    for _ in 0..dictations() {
        dictate(&desktop, &agent, &sentence)?;
        arrives(&sentence)?;
    }
    is_named(MICROPHONE_NAME)
}

fn dictations() -> usize {
    std::env::var("SCOUT_DICTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(DICTATIONS)
}

fn is_kept(agent: &Agent, said: &Utterance) -> Result<()> {
    let rows = wait_for("the log's row", || Ok(Some(agent.history()?).filter(|rows| !rows.is_empty())))?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let text = rows[0]["text"].as_str().unwrap_or_default();
    assert_eq!(WordErrors::between(&said.reference, text).total(), 0, "{text:?}");
    Ok(())
}

fn works_again(desktop: &Desktop, agent: &Agent, field: &Target) -> Result<()> {
    let sentence = speech::sentence(desktop.place())?;
    dictate(desktop, agent, &sentence)?;
    let text = field.wait_for_some_text()?;
    assert_eq!(WordErrors::between(&sentence.reference, &text).total(), 0, "{text:?}");
    let told = about_microphones(desktop)?;
    assert_eq!(told.len(), 1, "one clear message, not {told:?}");
    Ok(())
}

fn about_microphones(desktop: &Desktop) -> Result<Vec<Notification>> {
    let mut all = desktop.notifications()?.all()?;
    all.retain(|shown| format!("{} {}", shown.summary, shown.body).to_lowercase().contains("microphone"));
    Ok(all)
}
