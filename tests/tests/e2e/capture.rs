//! The capture thread on a real sound server: through cpal, with a virtual microphone.

use std::process::Command as Program;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use crossbeam_channel::{Receiver, unbounded};
use scout_core::dictation::DictationId;
use scout_core::microphone::DeviceChoice;
use scout_log::spool::SealedSpool;
use scout_log::vault::{Key, Recipient};
use scout_speech::capture::System;
use scout_speech::capture::{CaptureError, Command, Device, Event, Microphone, Notice, Settings, Utterance, Worker};
use scout_speech::vad::Silero;
use scout_tests::{Desktop, PATIENCE, Parts, inside, speech, wait_for};

/// The alikeness of two loudness curves, as their correlation: what a person hears as the same sentence, whole.
const ALIKE: f64 = 0.98;

/// Samples between two points of the loudness curve, 2.5 ms: fine enough to lay one curve onto the other.
const STEP: usize = 40;

/// Points over which loudness is measured: 20 ms, a short sound of speech.
const WINDOW: usize = 8;

struct Rig {
    worker: Worker,
    events: Receiver<Event>,
}

impl Rig {
    fn new(desktop: &Desktop) -> Result<Self> {
        let (sender, events) = unbounded();
        let spool = desktop.place().file("spool");
        // Recordings are sealed to the public half of a key.
        Recipient::of(&Key::generate()?).write(&spool)?;
        let send = move |event| drop(sender.send(event));
        let worker = Worker::spawn(
            Arc::new(System),
            Box::new(Silero::new()?),
            Some(Box::new(SealedSpool::at(spool))),
            None,
            send,
        )?;
        Ok(Self { worker, events })
    }

    fn start(&self, device: DeviceChoice) -> Result<DictationId> {
        let id = DictationId::new();
        self.worker
            .commands()
            .send(Command::Start { id, settings: Box::new(Settings { device, ..Settings::default() }) })?;
        Ok(id)
    }

    fn stop(&self, id: DictationId) -> Result<()> {
        Ok(self.worker.commands().send(Command::Stop { id })?)
    }

    /// The next event that says something: no level, and nothing about the silence before the first word.
    fn next(&self) -> Result<Event> {
        loop {
            match self.events.recv_timeout(PATIENCE)? {
                Event::Level { .. } | Event::Notice { notice: Notice::OnlyZeros, .. } => {}
                event => return Ok(event),
            }
        }
    }

    fn ready(&self) -> Result<Device> {
        match self.next()? {
            Event::Ready { device, .. } => Ok(device),
            event => bail!("not ready: {event:?}"),
        }
    }

    fn finished(&self) -> Result<Utterance> {
        match self.next()? {
            Event::Finished { utterance, .. } => Ok(utterance),
            event => bail!("not finished: {event:?}"),
        }
    }

    fn failed(&self) -> Result<CaptureError> {
        match self.next()? {
            Event::Failed { error, .. } => Ok(error),
            event => bail!("not failed: {event:?}"),
        }
    }
}

fn sound_only() -> Parts {
    Parts { sound: true, ..Parts::nothing() }
}

#[test]
fn what_is_said_arrives_whole_and_at_the_right_rate() -> Result<()> {
    inside(&sound_only(), "capture::what_is_said_arrives_whole_and_at_the_right_rate", |desktop| {
        let sentence = speech::utterances(desktop.place())?.pop().context("no speech")?;
        let spoken = samples(&sentence.wav)?;
        let rig = Rig::new(desktop)?;
        let id = rig.start(DeviceChoice::Default)?;
        rig.ready()?;
        desktop.sound()?.say(&sentence.wav)?.wait()?;
        rig.stop(id)?;
        let utterance = rig.finished()?;
        let alike = likeness(&spoken, &utterance.samples);
        println!("{:.2} s of speech, likeness {alike:.4}", spoken.len() as f64 / 16_000.0);
        assert!(alike > ALIKE, "what was heard is not what was said: {alike}");
        assert!(!utterance.spans.is_empty());
        assert_eq!(utterance.interrupted, None);
        utterance.spool.context("no copy on disk")?.discard()?;
        wait_for("the microphone to be let go", || Ok((!desktop.sound()?.is_recorded()?).then_some(())))
    })
}

#[test]
fn a_voice_on_any_input_of_a_sound_card_is_heard() -> Result<()> {
    inside(&sound_only(), "capture::a_voice_on_any_input_of_a_sound_card_is_heard", |desktop| {
        let sentence = speech::sentence(desktop.place())?;
        let spoken = samples(&sentence.wav)?;
        desktop.sound()?.plug_in_inputs()?;
        let rig = Rig::new(desktop)?;
        for input in [0, 2] {
            let id = rig.start(DeviceChoice::Default)?;
            rig.ready()?;
            desktop.sound()?.say_to_inputs(&speech::on_input(desktop.place(), &sentence, input)?)?.wait()?;
            rig.stop(id)?;
            let utterance = rig.finished()?;
            assert!(!utterance.spans.is_empty(), "no voice on input {input}");
            let alike = likeness(&spoken, &utterance.samples);
            assert!(alike > ALIKE, "what was heard on input {input} is not what was said: {alike}");
        }
        Ok(())
    })
}

#[test]
fn microphones_are_listed_and_chosen_by_id() -> Result<()> {
    inside(&sound_only(), "capture::microphones_are_listed_and_chosen_by_id", |desktop| {
        let devices = System.devices()?;
        let default: Vec<&Device> = devices.iter().filter(|device| device.is_default).collect();
        let [default] = default[..] else { bail!("not one default: {devices:?}") };
        assert_eq!(default.name, "BoxMicrophone");
        let rig = Rig::new(desktop)?;
        let choice = DeviceChoice::from(default.id.to_string());
        let id = rig.start(choice)?;
        assert_eq!(rig.ready()?.id, default.id);
        rig.stop(id)?;
        rig.finished()?;
        // One that is not there: the default, and it is said.
        let id = rig.start(DeviceChoice::from("pulseaudio:sold_last_year".to_owned()))?;
        let event = rig.next()?;
        ensure!(matches!(event, Event::Notice { notice: Notice::ChosenDeviceMissing { .. }, .. }), "{event:?}");
        rig.ready()?;
        rig.stop(id)?;
        rig.finished().map(drop)
    })
}

#[test]
fn unplugged_while_listening_keeps_what_was_heard_and_works_again_later() -> Result<()> {
    inside(&sound_only(), "capture::unplugged_while_listening_keeps_what_was_heard_and_works_again_later", |desktop| {
        let sentence = speech::sentence(desktop.place())?;
        let rig = Rig::new(desktop)?;
        rig.start(DeviceChoice::Default)?;
        rig.ready()?;
        desktop.sound()?.say(&sentence.wav)?.wait()?;
        desktop.sound()?.unplug()?;
        let utterance = rig.finished()?;
        let alike = likeness(&samples(&sentence.wav)?, &utterance.samples);
        assert!(alike > ALIKE, "what was heard before is lost: {alike}");
        ensure!(matches!(utterance.interrupted, Some(CaptureError::Lost { .. })), "{utterance:?}");
        // Nothing there.
        rig.start(DeviceChoice::Default)?;
        assert_eq!(rig.failed()?, CaptureError::NoMicrophone);
        // And back.
        desktop.sound()?.plug_in()?;
        let id = rig.start(DeviceChoice::Default)?;
        rig.ready()?;
        rig.stop(id)?;
        rig.finished().map(drop)
    })
}

#[test]
fn a_sound_server_that_is_killed_keeps_what_was_heard_and_is_named() -> Result<()> {
    inside(&sound_only(), "capture::a_sound_server_that_is_killed_keeps_what_was_heard_and_is_named", |desktop| {
        let sentence = speech::sentence(desktop.place())?;
        let rig = Rig::new(desktop)?;
        rig.start(DeviceChoice::Default)?;
        rig.ready()?;
        desktop.sound()?.say(&sentence.wav)?.wait()?;
        kill_server()?;
        let utterance = rig.finished()?;
        let alike = likeness(&samples(&sentence.wav)?, &utterance.samples);
        assert!(alike > ALIKE, "what was heard before is lost: {alike}");
        ensure!(matches!(utterance.interrupted, Some(CaptureError::NoSoundServer { .. })), "{utterance:?}");
        rig.start(DeviceChoice::Default)?;
        let error = rig.failed()?;
        ensure!(matches!(error, CaptureError::NoSoundServer { .. }), "{error:?}");
        Ok(())
    })
}

/// Kills the box's sound server, the process whose command line names the box's socket.
fn kill_server() -> Result<()> {
    let server = std::env::var("PULSE_SERVER")?;
    let socket = server.trim_start_matches("unix:");
    for process in std::path::Path::new("/proc").read_dir()? {
        let path = process?.path();
        // Processes come and go while the list is read.
        let command = std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        if command.contains("module-native-protocol-unix") && command.contains(socket) {
            let pid = path.file_name().context("a process without an id")?;
            ensure!(Program::new("kill").arg("-KILL").arg(pid).status()?.success(), "the server lives on");
            return Ok(());
        }
    }
    bail!("no sound server on {socket}")
}

fn samples(wav: &std::path::Path) -> Result<Vec<f32>> {
    let samples = hound::WavReader::open(wav)?.into_samples::<i16>();
    samples.map(|sample| Ok(f32::from(sample?) / 32_768.0)).collect()
}

/// The best correlation of the two loudness curves over all places where the sentence may lie in what was heard. What is
/// missing at the end counts as silence.
fn likeness(spoken: &[f32], heard: &[f32]) -> f64 {
    let (spoken, mut heard) = (loudness(spoken), loudness(heard));
    heard.resize(heard.len() + spoken.len(), 0.0);
    heard.windows(spoken.len()).map(|part| correlation(&spoken, part)).fold(0.0, f64::max)
}

fn loudness(samples: &[f32]) -> Vec<f64> {
    let power = |window: &[f32]| window.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
    let steps: Vec<f64> = samples.chunks(STEP).map(power).collect();
    steps.windows(WINDOW).map(|window| (window.iter().sum::<f64>() / (STEP * WINDOW) as f64).sqrt()).collect()
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (one_mean, other_mean) = (mean(one), mean(other));
    let (mut both, mut one_power, mut other_power) = (0.0, 0.0, 0.0);
    for (one, other) in one.iter().zip(other) {
        let (one, other) = (one - one_mean, other - other_mean);
        both += one * other;
        one_power += one * one;
        other_power += other * other;
    }
    both / (one_power * other_power).sqrt().max(f64::MIN_POSITIVE)
}
