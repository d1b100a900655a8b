//! A sound server with a virtual microphone, and speaking into it.

use std::path::{Path, PathBuf};
use std::process::Command;

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
/// The microphone's name for people.
pub const MICROPHONE_NAME: &str = "BoxMicrophone";
/// A second microphone, and where it is spoken into.
const SECOND: (&str, &str) = ("box_second", "box_second_voice");
/// The second microphone's name for people.
pub const SECOND_NAME: &str = "SecondMicrophone";
/// A loudspeaker, which plays films and music.
const LOUDSPEAKER: &str = "box_loudspeaker";

/// Which sound server a box has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoundServer {
    /// `PulseAudio`. Like a user's, it moves streams whose device is gone to another one.
    PulseAudio,
    /// `PipeWire` with `WirePlumber`, in the guise of `PulseAudio`.
    PipeWire,
}

/// A private sound server. It can lose its microphone and be killed, as on a real desktop.
#[derive(Debug)]
pub struct Sound {
    place: Place,
    kind: SoundServer,
    /// The last one is dropped first.
    servers: Vec<Process>,
}

impl Sound {
    pub(crate) fn start(place: &Place, kind: SoundServer) -> Result<Self> {
        // Programs that ask ALSA get the same microphone.
        let alsa = place.config().join("alsa");
        std::fs::create_dir_all(&alsa)?;
        std::fs::write(alsa.join("asoundrc"), "pcm.!default { type pulse }\nctl.!default { type pulse }\n")?;
        let mut sound = Self { place: place.clone(), kind, servers: Vec::new() };
        sound.start_server()?;
        sound.plug_in()?;
        Ok(sound)
    }

    /// The sound server that another process has started. It cannot be killed from here.
    pub(crate) fn attach(place: &Place, kind: SoundServer) -> Self {
        Self { place: place.clone(), kind, servers: Vec::new() }
    }

    /// Starts the server, without a microphone.
    pub fn start_server(&mut self) -> Result<()> {
        let socket = self.place.sound_socket();
        if let Some(folder) = socket.parent() {
            std::fs::create_dir_all(folder)?;
        }
        self.servers.clear();
        match self.kind {
            SoundServer::PulseAudio => {
                let mut command = self.place.command(pulseaudio());
                command
                    .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"])
                    .arg("--log-target=stderr")
                    .args(["-L", "module-rescue-streams"])
                    .arg("-L")
                    .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()));
                self.servers.push(self.place.start("pulseaudio", command)?);
            }
            SoundServer::PipeWire => {
                self.servers.push(self.place.start("pipewire", pipewire(&self.place, "pipewire"))?);
                wait_for("PipeWire", || Ok(self.place.runtime().join("pipewire-0").exists().then_some(())))?;
                for program in ["wireplumber", "pipewire-pulse"] {
                    self.servers.push(self.place.start(program, pipewire(&self.place, program))?);
                }
            }
        }
        wait_for("the sound server", || {
            for server in &mut self.servers {
                anyhow::ensure!(server.is_running(), "no sound server. {}", server.complaint());
            }
            Ok(output_of(self.place.command("pactl").arg("info")).ok())
        })?;
        Ok(())
    }

    /// Plugs the virtual microphone in. It is the default source.
    pub fn plug_in(&self) -> Result<()> {
        self.add_sink(SPEAKER)?;
        self.add_microphone(MICROPHONE, SPEAKER, MICROPHONE_NAME)?;
        self.set_default("sink", SPEAKER)?;
        self.set_default("source", MICROPHONE)
    }

    /// Plugs a second microphone in, without making it the default.
    pub fn plug_in_second(&self) -> Result<()> {
        self.add_sink(SECOND.1)?;
        self.add_microphone(SECOND.0, SECOND.1, SECOND_NAME)?;
        self.wait_for_source(SECOND.0)
    }

    /// Makes the second microphone the default.
    pub fn prefer_second(&self) -> Result<()> {
        self.set_default("source", SECOND.0)
    }

    /// Makes the first microphone the default.
    pub fn prefer_first(&self) -> Result<()> {
        self.set_default("source", MICROPHONE)
    }

    /// Plugs a loudspeaker in, which becomes the default. What it plays can be recorded, but comes from no microphone.
    pub fn plug_in_loudspeaker(&self) -> Result<()> {
        self.add_sink(LOUDSPEAKER)?;
        self.wait_for_source(&format!("{LOUDSPEAKER}.monitor"))?;
        self.set_default("sink", LOUDSPEAKER)
    }

    /// Makes the loudspeaker the default again, after another one was plugged in.
    pub fn prefer_loudspeaker(&self) -> Result<()> {
        self.set_default("sink", LOUDSPEAKER)
    }

    fn add_sink(&self, name: &str) -> Result<()> {
        // Without norewinds=1 PulseAudio's first samples come after seconds, in lumps.
        let smooth = if self.kind == SoundServer::PulseAudio { "norewinds=1" } else { "media.class=Audio/Sink" };
        self.pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={name}"),
            "rate=48000",
            "channels=2",
            smooth,
        ])
        .map(drop)
    }

    fn add_microphone(&self, name: &str, sink: &str, description: &str) -> Result<()> {
        self.wait_for_source(&format!("{sink}.monitor"))?;
        self.pactl(&[
            "load-module",
            "module-remap-source",
            &format!("source_name={name}"),
            &format!("master={sink}.monitor"),
            "channels=1",
            &format!("source_properties=device.description={description}"),
        ])
        .map(drop)
    }

    /// `PipeWire` makes devices some time after it was asked to.
    fn wait_for_source(&self, name: &str) -> Result<()> {
        wait_for(&format!("the source {name}"), || {
            Ok(self.pactl(&["list", "short", "sources"])?.contains(&format!("\t{name}\t")).then_some(()))
        })
    }

    fn set_default(&self, what: &str, name: &str) -> Result<()> {
        wait_for(&format!("the default {what} {name}"), || {
            let set = self.pactl(&[&format!("set-default-{what}"), name]);
            let is_set = set.is_ok() && self.pactl(&[&format!("get-default-{what}")])?.trim() == name;
            Ok(is_set.then_some(()))
        })
    }

    /// Unplugs the microphone, and the speaker with it: where nothing else was plugged in, no source at all is left. What
    /// plays is cut off.
    pub fn unplug(&self) -> Result<()> {
        self.unload(&[&format!("source_name={MICROPHONE} "), &format!("sink_name={SPEAKER} ")])
    }

    /// Mutes the microphone, or no longer.
    pub fn mute(&self, muted: bool) -> Result<()> {
        self.pactl(&["set-source-mute", MICROPHONE, if muted { "1" } else { "0" }]).map(drop)
    }

    /// Unplugs the second microphone.
    pub fn unplug_second(&self) -> Result<()> {
        self.unload(&[&format!("source_name={} ", SECOND.0), &format!("sink_name={} ", SECOND.1)])
    }

    /// Unloads the modules whose arguments hold these words.
    fn unload(&self, words: &[&str]) -> Result<()> {
        let modules = self.pactl(&["list", "short", "modules"])?;
        for word in words {
            let module = modules.lines().find(|line| format!("{line} ").contains(word));
            let number = module.and_then(|line| line.split('\t').next()).with_context(|| format!("no {word}"))?;
            self.pactl(&["unload-module", number])?;
        }
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

    /// Takes the microphone away and gives it back at once, as a plug with a loose contact does.
    pub fn blink(&self) -> Result<()> {
        let modules = self.pactl(&["list", "short", "modules"])?;
        let module = modules.lines().find(|line| line.contains(&format!("source_name={MICROPHONE} ")));
        let fields: Vec<&str> = module.context("no microphone")?.split('\t').collect();
        let [number, name, arguments, ..] = fields[..] else { anyhow::bail!("not understood: {fields:?}") };
        // One shell for both, since the microphone is to be gone for a moment only.
        let script = format!(
            "pactl unload-module {number} && pactl load-module {name} {arguments} && pactl set-default-source {MICROPHONE}"
        );
        output_of(self.place.command("/bin/sh").args(["-c", &script])).map(drop)
    }

    /// Kills the server, as a crash would.
    pub fn kill_server(&self) -> Result<()> {
        anyhow::ensure!(!self.servers.is_empty(), "the sound server is not ours to kill");
        self.servers.iter().rev().try_for_each(|server| server.signal("KILL"))
    }

    /// Makes the server hang: it takes connections, and answers nothing.
    pub fn hang(&self) -> Result<()> {
        self.servers.iter().try_for_each(|server| server.signal("STOP"))
    }

    /// Makes the server go on after it hung.
    pub fn go_on(&self) -> Result<()> {
        self.servers.iter().try_for_each(|server| server.signal("CONT"))
    }

    /// Speaks a WAV file into the microphone, in real time. Returns at once.
    pub fn say(&self, wav: &Path) -> Result<Playback> {
        self.play(SPEAKER, wav)
    }

    /// Speaks a WAV file into the second microphone. Returns at once.
    pub fn say_to_second(&self, wav: &Path) -> Result<Playback> {
        self.play(SECOND.1, wav)
    }

    /// Plays a WAV file on the loudspeaker. Returns at once.
    pub fn play_aloud(&self, wav: &Path) -> Result<Playback> {
        self.play(LOUDSPEAKER, wav)
    }

    fn play(&self, sink: &str, wav: &Path) -> Result<Playback> {
        let mut command = self.place.command("paplay");
        command.arg(format!("--device={sink}")).arg(wav);
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
fn pulseaudio() -> PathBuf {
    private("pulseaudio").unwrap_or_else(|| PathBuf::from("pulseaudio"))
}

/// A program of `PipeWire`, from the private copy that `packaging/setup.sh test` unpacks, or from the system.
fn pipewire(place: &Place, program: &str) -> Command {
    match private("pipewire") {
        Some(run) => {
            let mut command = place.command(run);
            command.arg(program);
            command
        }
        None => place.command(program),
    }
}

/// The script that runs a program which only the tests have.
fn private(name: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.map(|cache| cache.join("scout").join(name).join("run")).filter(|program| program.exists())
}

/// The remapped microphone is itself a recorder of the speaker's monitor; in `PulseAudio` it has no client, and in
/// `PipeWire` that of the server.
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
