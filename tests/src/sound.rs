//! A sound server with a virtual microphone, and speaking into it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::place::Place;
use crate::process::{Process, output_of};
use crate::wait::wait_for;

/// What is played here ...
const SPEAKER: &str = "box_speaker";
/// ... is heard here.
const MICROPHONE: &str = "box_microphone";
/// The same for a sound card with inputs.
const INPUTS_SPEAKER: &str = "box_inputs_speaker";
const INPUTS: &str = "aux0,aux1,aux2,aux3";

/// A private `PulseAudio` server. It can lose its microphone and be killed, as on a real desktop.
#[derive(Debug)]
pub struct Sound {
    place: Place,
    server: Option<Process>,
}

impl Sound {
    pub(crate) fn start(place: &Place) -> Result<Self> {
        // Programs that ask ALSA get the same microphone.
        let alsa = place.config().join("alsa");
        std::fs::create_dir_all(&alsa)?;
        std::fs::write(alsa.join("asoundrc"), "pcm.!default { type pulse }\nctl.!default { type pulse }\n")?;
        let mut sound = Self { place: place.clone(), server: None };
        sound.start_server()?;
        sound.plug_in()?;
        Ok(sound)
    }

    /// The sound server that another process has started. It cannot be killed from here.
    pub(crate) fn attach(place: &Place) -> Self {
        Self { place: place.clone(), server: None }
    }

    /// Starts the server, without a microphone.
    pub fn start_server(&mut self) -> Result<()> {
        let socket = self.place.sound_socket();
        if let Some(folder) = socket.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut command = self.place.command(server_program());
        command
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"])
            .arg("--log-target=stderr")
            .arg("-L")
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()));
        let mut server = self.place.start("pulseaudio", command)?;
        wait_for("the sound server", || {
            anyhow::ensure!(server.is_running(), "no sound server. {}", server.complaint());
            Ok(self.pactl(&["info"]).ok())
        })?;
        self.server = Some(server);
        Ok(())
    }

    /// Plugs the virtual microphone in. It is the default source.
    pub fn plug_in(&self) -> Result<()> {
        // Without norewinds=1 the first samples come after seconds, in lumps.
        self.pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={SPEAKER}"),
            "rate=48000",
            "channels=2",
            "norewinds=1",
        ])?;
        self.pactl(&[
            "load-module",
            "module-remap-source",
            &format!("source_name={MICROPHONE}"),
            &format!("master={SPEAKER}.monitor"),
            "channels=1",
            "source_properties=device.description=BoxMicrophone",
        ])?;
        self.pactl(&["set-default-sink", SPEAKER])?;
        self.pactl(&["set-default-source", MICROPHONE])?;
        Ok(())
    }

    /// Plugs a sound card for studios in, with four inputs that have numbers and no places. It becomes the default source.
    pub fn plug_in_inputs(&self) -> Result<()> {
        self.pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={INPUTS_SPEAKER}"),
            "rate=48000",
            "channels=4",
            &format!("channel_map={INPUTS}"),
            "norewinds=1",
        ])?;
        self.pactl(&[
            "load-module",
            "module-remap-source",
            "source_name=box_inputs",
            &format!("master={INPUTS_SPEAKER}.monitor"),
            "channels=4",
            &format!("channel_map={INPUTS}"),
            &format!("master_channel_map={INPUTS}"),
            "remix=no",
        ])?;
        self.pactl(&["set-default-source", "box_inputs"])?;
        Ok(())
    }

    /// Speaks a WAV file of four channels into those inputs, in real time. Returns at once.
    pub fn say_to_inputs(&self, wav: &Path) -> Result<Playback> {
        let mut command = self.place.command("paplay");
        command.arg(format!("--device={INPUTS_SPEAKER}")).arg(format!("--channel-map={INPUTS}")).arg(wav);
        Ok(Playback { player: self.place.start("paplay", command)? })
    }

    /// Unplugs the microphone, and the speaker with it, so that no source at all is left. What plays is cut off.
    pub fn unplug(&self) -> Result<()> {
        self.pactl(&["unload-module", "module-remap-source"])?;
        self.pactl(&["unload-module", "module-null-sink"])?;
        Ok(())
    }

    /// Kills the server, as a crash would.
    pub fn kill_server(&self) -> Result<()> {
        self.server.as_ref().context("the sound server is not ours to kill")?.signal("KILL")
    }

    /// Speaks a WAV file into the microphone, in real time. Returns at once.
    pub fn say(&self, wav: &Path) -> Result<Playback> {
        let mut command = self.place.command("paplay");
        command.arg(format!("--device={SPEAKER}")).arg(wav);
        Ok(Playback { player: self.place.start("paplay", command)? })
    }

    /// Records what the microphone hears into a WAV file, until the returned process is dropped.
    pub fn record(&self, wav: &Path) -> Result<Process> {
        let mut command = self.place.command("parecord");
        command
            .arg(format!("--device={MICROPHONE}"))
            .args(["--rate=16000", "--channels=1", "--format=s16le", "--file-format=wav"])
            .arg(wav);
        self.place.start("parecord", command)
    }

    /// Whether a program is recording now.
    pub fn is_recorded(&self) -> Result<bool> {
        Ok(!self.pactl(&["list", "short", "source-outputs"])?.lines().all(is_internal))
    }

    fn pactl(&self, arguments: &[&str]) -> Result<String> {
        output_of(self.place.command("pactl").args(arguments))
    }
}

/// `PulseAudio` from the system, or the private copy that `packaging/setup.sh test` unpacks where `PipeWire` keeps it out.
fn server_program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let private = cache.map(|cache| cache.join("scout/pulseaudio/run"));
    private.filter(|program| program.exists()).unwrap_or_else(|| PathBuf::from("pulseaudio"))
}

/// The remapped microphone is itself a recorder of the speaker's monitor; it has no client.
fn is_internal(line: &str) -> bool {
    line.split('\t').nth(2).is_none_or(|client| client == "-")
}

/// Speech that is being played into the microphone. Dropping it stops it.
#[derive(Debug)]
pub struct Playback {
    player: Process,
}

impl Playback {
    /// Waits until everything has been heard.
    pub fn wait(mut self) -> Result<()> {
        let status = self.player.wait()?;
        anyhow::ensure!(status.success(), "the speech was not played to its end. {}", self.player.complaint());
        Ok(())
    }
}
