//! One-line scenarios: what the user and the rooms do, and all that comes of it.
//!
//! `d` and `u` are the key going down and up, `c` its being part of a shortcut, `key` another key; a number waits that many
//! milliseconds; `start`, `stop`, `toggle`, `cancel`, `quit`, `free` (hands-free mode, off after a minute of silence), `unfree`,
//! `paste` (the last text), `undo` and `erase` (the whole log) are commands; `voice` is heard while nothing is recorded, `tick` is
//! the machine's own time, `deaf` a microphone that fails meanwhile.
//!
//! The rooms answer: `ready`, `partial=WORDS`, `audio` (with voice), `silence`, `lost` (voice, but the microphone failed), `nomic`,
//! `words`, `words=WORDS`, `nowords`, `nomodel`; `typed`, `pasted`, `unconfirmed`, `copied`, `moved` (nothing arrived, since the focus
//! moved), `half` (the first word arrived), `spaceless` (all but the last space arrived); `caught` (all keys and clicks are known; at
//! once, unless the script has it), `undone`, `elsewhere`; `rewritten=WORDS`, `unrewritten`; `logged`; `secret` and `plain` (the
//! field), `nofield` (nobody will say which it is). `dead=ROOM` is a room that has died, `hung=ROOM`
//! one that another has taken the place of. Where the focus is, and that the field is a plain one, is answered at once, unless the
//! script has `aimed` or one of `secret`, `plain`, `nofield` and `mute`. A room answers for dictation 1, or for `:N`; the delivery of an older
//! text is `:pN`. Words are written with `_` between them. Dictations are numbered by the order of the events that might begin one.

mod delivering;
mod listening;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use scout_desktop::{Click, Field, Target, WindowId};

use super::undo::Asked;
use super::{Captured, Effect, Event, Machine, Moment, Notification, Room};
use crate::delivery::{Focus, Held, HoldReason, Job, NotThere, Receipt, Undone};
use crate::dictation::{DictationId, Outcome};
use crate::profile::Profiles;
use crate::setup::Loaded;
use crate::speech::SpeechSpan;
use crate::text::vocabulary::lists::Lists;
use crate::transcript::{Partial, TranscribeError, Transcript, Words};

/// The ids of deliveries of older texts begin here.
const PASTES: u64 = 100;

/// Settings from a configuration file's text.
pub(super) fn setup(config: &str) -> Arc<Loaded> {
    static PROFILES: LazyLock<Profiles> = LazyLock::new(Profiles::ready_made);
    Arc::new(Loaded {
        config: toml::from_str(config).unwrap_or_else(|error| panic!("{error} in {config}")),
        profiles: PROFILES.clone(),
        lists: Lists::new(),
        models: Vec::new(),
        rewrites_at: None,
    })
}

pub(super) fn window(id: u64) -> Focus {
    Focus::In(Target { window: Some(WindowId(id)), title: Some("notes".into()), ..Target::default() })
}

pub(super) fn recording(speech: bool, interrupted: bool) -> Captured {
    let spans = if speech { vec![SpeechSpan { start: 0, end: 16_000 }] } else { Vec::new() };
    Captured { length: Duration::from_secs(1), spans, interrupted }
}

pub(super) fn words(text: &str) -> Words {
    Words { transcript: Transcript { text: text.to_owned(), ..Transcript::default() }, model: Some("tiny".into()) }
}

fn number(id: DictationId) -> String {
    let number = (1..200).find(|number| DictationId::numbered(*number) == id).unwrap();
    if number > PASTES { format!("p{}", number - PASTES) } else { number.to_string() }
}

fn id_of(number: &str) -> DictationId {
    let read = |digits: &str| digits.parse::<u64>().unwrap();
    DictationId::numbered(number.strip_prefix('p').map_or_else(|| read(number), |paste| PASTES + read(paste)))
}

/// What is answered at once.
struct AtOnce {
    focus: bool,
    field: bool,
    /// That all keys and clicks are known.
    input: bool,
}

/// A machine and all that its rooms have been asked.
struct Play {
    machine: Machine,
    now: Duration,
    /// Dictations that have begun, and pastes that were asked for.
    begun: u64,
    pastes: u64,
    /// What was sent on its way last, by its id.
    jobs: Vec<Job>,
    at_once: AtOnce,
    hears_everything: bool,
    trace: Vec<String>,
}

impl Play {
    fn step(&mut self, event: Event) {
        let is_paste = matches!(event, Event::PasteLast);
        self.pastes += u64::from(is_paste);
        let fresh = if is_paste { PASTES + self.pastes } else { self.begun + 1 };
        let moment = Moment {
            at: self.now,
            clock: Timestamp::UNIX_EPOCH,
            fresh: DictationId::numbered(fresh),
            hears_everything: self.hears_everything,
        };
        let effects = self.machine.step(moment, event);
        let mut answers = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Record { .. } => self.begun += 1,
                Effect::Deliver(job) => self.jobs.push((**job).clone()),
                Effect::LookUpFocus(id) if self.at_once.focus => answers.push(Event::Aimed(*id, window(1))),
                Effect::CatchUp if self.at_once.input => answers.push(Event::CaughtUp),
                Effect::LookUpField(id) if self.at_once.field => answers.push(Event::Field(*id, Some(Field::Other))),
                _ => {}
            }
        }
        self.trace.extend(effects.iter().filter_map(written));
        for answer in answers {
            self.step(answer);
        }
    }

    fn receipt(&self, id: DictationId, answer: &str) -> Receipt {
        let job = self.jobs.iter().rev().find(|job| job.id == id);
        let text = job.map(|job| job.text.clone()).unwrap_or_default();
        let rest = |from: usize| Err(Held { reason: HoldReason::FocusMoved, rest: text[from..].to_owned() });
        let result = match answer {
            "typed" => Ok(Outcome::Typed),
            "pasted" => Ok(Outcome::Pasted),
            "unconfirmed" => Ok(Outcome::Unconfirmed),
            "copied" => Ok(Outcome::Copied),
            "half" => rest(text.find(' ').unwrap_or_default()),
            "spaceless" => rest(text.trim_end().len()),
            _ => rest(0),
        };
        Receipt { id, result, took: Duration::from_millis(5), problem: None, unpressed: None }
    }

    fn act(&mut self, word: &str) {
        let (word, text) =
            word.split_once('=').map_or((word, None), |(word, text)| (word, Some(text.replace('_', " "))));
        let (word, id) = word.split_once(':').map_or((word, id_of("1")), |(word, number)| (word, id_of(number)));
        let said = text.clone().unwrap_or_default();
        let event = match word {
            "d" | "u" => Event::Key { key: self.machine.setup.config.key.chord.key, pressed: word == "d" },
            "c" | "key" => {
                let key = "A".parse().unwrap();
                self.step(Event::Key { key, pressed: true });
                Event::Key { key, pressed: false }
            }
            "click" => Event::Clicked(Click { elsewhere: false }),
            "start" => Event::Start { profile: text },
            "stop" => Event::Stop,
            "toggle" => Event::Toggle,
            "cancel" => Event::Cancel,
            "quit" => Event::Quit,
            "free" => Event::HandsFree(Some(true)),
            "unfree" => Event::HandsFree(Some(false)),
            "paste" => Event::PasteLast,
            "undo" => Event::Undo(Asked::Command),
            "erase" => Event::Erased,
            "voice" => Event::Voice,
            "tick" => Event::Tick,
            "deaf" => Event::Deaf,
            "ready" => Event::Ready(id),
            "partial" => Event::Partial(id, Partial { text: said, ..Partial::default() }),
            "audio" => Event::Captured(id, recording(true, false)),
            "silence" => Event::Captured(id, recording(false, false)),
            "lost" => Event::Captured(id, recording(true, true)),
            "nomic" => Event::CaptureFailed(id),
            "words" => Event::Transcribed(id, Ok(words(text.as_deref().unwrap_or("Hello there.")))),
            "nowords" => Event::Transcribed(id, Ok(words(""))),
            "nomodel" => Event::Transcribed(id, Err(TranscribeError::Failed { reason: "a fault".into() })),
            "aimed" => Event::Aimed(id, window(1)),
            "secret" => Event::Field(id, Some(Field::Password)),
            "plain" => Event::Field(id, Some(Field::Other)),
            "nofield" => Event::Field(id, None),
            "mute" => return,
            "rewritten" => Event::Rewritten(id, Some(said)),
            "unrewritten" => Event::Rewritten(id, None),
            "logged" => Event::Recorded(id),
            "caught" => Event::CaughtUp,
            "undone" => Event::Undone(Undone::Removed { graphemes: 1 }),
            "elsewhere" => Event::Undone(Undone::Elsewhere(NotThere::OtherWindow)),
            "dead" => Event::Died(room(&said)),
            "hung" => Event::Replaced(room(&said)),
            "typed" | "pasted" | "unconfirmed" | "copied" | "moved" | "half" | "spaceless" => {
                Event::Delivered(self.receipt(id, word))
            }
            wait => {
                self.now += Duration::from_millis(wait.parse().unwrap_or_else(|_| panic!("no such word: {wait}")));
                return;
            }
        };
        self.step(event);
    }
}

/// Plays a script with these settings.
fn play(config: &str, script: &str) -> Play {
    let word = |words: &[&str]| {
        let name = |token: &str| token.split([':', '=']).next().unwrap_or_default().to_owned();
        script.split_whitespace().any(|token| words.contains(&name(token).as_str()))
    };
    // Only a bare modifier can be part of a shortcut.
    let chord = if word(&["c", "click"]) { "ControlRight" } else { "F9" };
    let config = format!("key.chord = '{chord}'\ncues.sound = true\nhands_free.off_after_minutes = 1\n{config}");
    let mut play = Play {
        machine: Machine::new(setup(&config), Instant::now),
        now: Duration::from_mins(1),
        begun: 0,
        pastes: 0,
        jobs: Vec::new(),
        at_once: AtOnce {
            focus: !word(&["aimed"]),
            field: !word(&["secret", "plain", "nofield", "mute"]),
            input: !word(&["caught"]),
        },
        hears_everything: true,
        trace: Vec::new(),
    };
    for word in script.split_whitespace() {
        play.act(word);
    }
    play
}

/// The effects that every scenario shows are short; those behind `#` only tables of their own show.
fn written(effect: &Effect) -> Option<String> {
    let with = |name: &str, id: &DictationId| format!("{name}:{}", number(*id));
    let underscored = |text: &str| text.trim_end().replace([' ', '\n'], "_");
    Some(match effect {
        Effect::Record { id, by_voice: false, .. } => with("begin", id),
        Effect::Record { id, .. } => with("heed", id),
        Effect::HoldOn(id) => with("hold", id),
        Effect::Watch(on) => if *on { "watch" } else { "unwatch" }.to_owned(),
        Effect::CueReady(id) => with("cue", id),
        Effect::StopCapture(id) => with("tail", id),
        Effect::ResumeCapture(id) => with("resume", id),
        Effect::EndTail(id) => with("end", id),
        Effect::CancelCapture(id) => with("drop", id),
        Effect::AbortTranscription(id) => with("abort", id),
        Effect::Rewrite(id, ..) => with("rewrite", id),
        Effect::Deliver(job) => {
            let keys = job.then.iter().fold(String::new(), |keys, chord| format!("{keys}+{chord}"));
            format!("deliver:{}#{}{keys}", number(job.id), underscored(&job.text))
        }
        Effect::StopDelivery(id) => with("halt", id),
        Effect::Undo => "undo".to_owned(),
        Effect::StopUndo => "unundo".to_owned(),
        Effect::Close(id, outcome) => with(outcome.as_str(), id),
        Effect::Log(entry) => format!("#log:{}={}:{}", number(entry.id), entry.outcome, underscored(&entry.text)),
        Effect::LogDelivery(id, delivery) => format!("#update:{}={}", number(*id), delivery.outcome),
        Effect::LogAudio(id) => format!("#{}", with("sound", id)),
        Effect::DiscardRecording(id) => format!("#{}", with("discard", id)),
        Effect::KeepRecording(id) => format!("#{}", with("keep", id)),
        Effect::Notify(Notification::Held { .. }) => "#told=held".to_owned(),
        Effect::Notify(_) => "#told".to_owned(),
        Effect::Refuse(_) => "refused".to_owned(),
        Effect::Run(program) => format!("run={}", program.join("_")),
        Effect::CatchUp
        | Effect::CueStopped(_)
        | Effect::Recognise(..)
        | Effect::LookUpFocus(_)
        | Effect::LookUpField(_) => return None,
    })
}

/// The trace without what is behind `#`.
fn short(trace: &[String]) -> String {
    let visible = trace.iter().filter_map(|word| word.split('#').next().filter(|word| !word.is_empty()));
    visible.collect::<Vec<_>>().join(" ")
}

fn table(mode: &str, rows: &[(&str, &str)]) {
    for (script, expected) in rows {
        let play = play(&format!("key.mode = '{mode}'"), script);
        assert_eq!(short(&play.trace), *expected, "scenario: {script}");
    }
}

/// The same with everything that the log and the user are told, of what follows the recording.
fn full_table(config: &str, rows: &[(&str, &str)]) {
    let hidden = ["begin", "cue", "tail", "drop", "abort", "end"];
    for (script, expected) in rows {
        let play = play(config, script);
        let shown = play.trace.iter().filter(|word| !hidden.contains(&word.split(':').next().unwrap_or_default()));
        let trace: Vec<String> = shown.map(|word| word.trim_start_matches('#').replace('#', "=")).collect();
        assert_eq!(trace.join(" "), *expected, "scenario: {script}");
    }
}

fn room(name: &str) -> Room {
    match name {
        "capture" => Room::Capture,
        "delivery" => Room::Delivery,
        "log" => Room::History,
        room => panic!("no room {room}"),
    }
}
