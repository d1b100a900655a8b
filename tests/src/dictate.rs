//! What a user does: hold the key, speak, let go.

use std::time::Duration;

use anyhow::Result;

use crate::agent::Agent;
use crate::desktop::Desktop;
use crate::speech::Utterance;
use crate::wait::wait_for;

/// The default push-to-talk key.
const KEY: &str = "F9";

/// A user takes longer than this from one press to the next; what is faster is a switch that bounces.
pub const BETWEEN_PRESSES: Duration = Duration::from_millis(200);

/// Dictates one utterance with the key and waits until the agent is idle again.
pub fn dictate(desktop: &Desktop, agent: &Agent, utterance: &Utterance) -> Result<()> {
    while_listening(desktop, agent, utterance, || Ok(()))?;
    agent.wait_for_state("idle")
}

/// Holds the key, speaks the utterance to its end, does `then` while the key is still down, and lets go.
pub fn while_listening(
    desktop: &Desktop,
    agent: &Agent,
    utterance: &Utterance,
    then: impl FnOnce() -> Result<()>,
) -> Result<()> {
    std::thread::sleep(BETWEEN_PRESSES);
    match desktop.wayland() {
        Ok(wayland) => wayland.hold(KEY)?,
        Err(_) => desktop.display()?.hold(KEY)?,
    }
    let spoken = speak(desktop, agent, utterance).and_then(|()| then());
    // Let go whatever happened: the next test step must not find the key down.
    match desktop.wayland() {
        Ok(wayland) => wayland.release(KEY)?,
        Err(_) => desktop.display()?.release(KEY)?,
    }
    spoken
}

/// Dictates one utterance by two commands, where no key of the box does.
pub fn dictate_by(
    desktop: &Desktop,
    agent: &Agent,
    utterance: &Utterance,
    press: impl FnOnce() -> Result<()>,
    release: impl FnOnce() -> Result<()>,
) -> Result<()> {
    press()?;
    let spoken = speak(desktop, agent, utterance);
    release()?;
    spoken?;
    agent.wait_for_state("idle")
}

/// Speaks once the agent listens: a user waits for the cue.
fn speak(desktop: &Desktop, agent: &Agent, utterance: &Utterance) -> Result<()> {
    agent.wait_for_state("listening")?;
    wait_for("the agent to record", || Ok(desktop.sound()?.is_recorded()?.then_some(())))?;
    desktop.sound()?.say(&utterance.wav)?.wait()
}
