//! What Scout does by itself when nobody has spoken for a while. The shortest while that can be set is a minute.

use anyhow::{Result, ensure};
use scout_tests::{Agent, Desktop, PATIENCE, Parts, Target, dictate, speech, wait_for};

/// Sleeps most of the minute, so that what follows is not given up too early.
fn wait_half_a_minute() {
    std::thread::sleep(PATIENCE / 2);
}

#[test]
fn hands_free_mode_turns_itself_off_and_says_so() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let agent = Agent::start(&desktop, "[hands_free]\nenabled = true\noff_after_minutes = 1\n")?;
    let is_open = || desktop.sound()?.is_recorded();
    wait_for("the microphone to be open", || Ok(is_open()?.then_some(())))?;
    wait_half_a_minute();
    ensure!(is_open()?, "it was closed too early");
    wait_for("the microphone to be closed", || Ok((!is_open()?).then_some(())))?;
    ensure!(agent.status()?["hands_free"] == false);
    wait_for("a word about it", || {
        let notices = desktop.notifications()?.all()?;
        Ok(notices.iter().any(|notice| notice.summary.contains("Hands-free")).then_some(()))
    })
}

#[test]
fn the_model_is_let_go_and_comes_back_while_the_user_speaks() -> Result<()> {
    let desktop = Desktop::start(&Parts::default())?;
    let field = Target::text_view(desktop.display()?)?;
    let agent = Agent::start(&desktop, "[model]\nunload_minutes = 1\n")?;
    let model = || Ok::<_, anyhow::Error>(agent.status()?["model"].as_str().map(str::to_owned));
    let loaded = wait_for("the model", model)?;
    wait_half_a_minute();
    ensure!(model()?.is_some(), "it was let go too early");
    wait_for("the model to be let go", || Ok(model()?.is_none().then_some(())))?;
    dictate(&desktop, &agent, &speech::sentence(desktop.place())?)?;
    ensure!(field.wait_for_some_text()?.to_lowercase().contains("go forward"));
    ensure!(model()? == Some(loaded));
    Ok(())
}
