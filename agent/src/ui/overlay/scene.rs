//! What the overlay shows for a status. Pure.

use crate::control::{State, StatusReport};

/// What there is to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scene {
    pub(super) colour: [u8; 3],
    /// What Scout is doing, or what it has understood: its end.
    pub(super) text: String,
    /// How loud the user is, from 0 to [`LOUDEST`], while they are heard.
    pub(super) level: u8,
}

/// More characters than fit in a line of the picture.
const LINE: usize = 90;

/// The highest level.
pub(super) const LOUDEST: u8 = 4;

/// What counts as silence, in dB of full scale, and what one level more takes. Speech into a headset is at -30 to -15.
const SILENCE_DB: f32 = -60.0;
const LEVEL_DB: f32 = 10.0;

const LISTENING: [u8; 3] = [230, 60, 60];
const WORKING: [u8; 3] = [240, 180, 40];

impl Scene {
    /// The scene for a status and a loudness in dB of full scale; `None` while there is nothing to show.
    pub(super) fn of(report: &StatusReport, dbfs: Option<f32>) -> Option<Self> {
        let (colour, doing) = match report.state {
            State::Listening => (LISTENING, "Listening"),
            State::Finishing => (WORKING, "Writing down"),
            State::Delivering => (WORKING, "Typing"),
            State::Idle if report.hands_free => (LISTENING, "Hands-free: the microphone is open"),
            State::Idle | State::Error => return None,
        };
        let partial = report.partial.as_deref().map(str::trim).filter(|partial| !partial.is_empty());
        let text = partial.map_or_else(|| doing.to_owned(), |partial| end_of(&partial.replace(['\n', '\t'], " ")));
        let is_heard = report.state == State::Listening;
        Some(Self { colour, text, level: dbfs.filter(|_| is_heard).map_or(0, level) })
    }
}

fn level(dbfs: f32) -> u8 {
    ((dbfs - SILENCE_DB) / LEVEL_DB).floor().clamp(0.0, f32::from(LOUDEST)) as u8
}

/// The last words: what was said last is what the user looks for.
fn end_of(text: &str) -> String {
    let count = text.chars().count();
    if count <= LINE {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(count - LINE).collect();
    let from = kept.find(' ').map_or(0, |space| space + 1);
    format!("\u{2026} {}", &kept[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(state: State, partial: Option<&str>) -> Option<Scene> {
        Scene::of(&StatusReport { state, partial: partial.map(str::to_owned), ..StatusReport::starting() }, None)
    }

    #[test]
    fn the_level_is_that_of_the_voice_that_is_heard() {
        let level = |state, dbfs| Scene::of(&StatusReport { state, ..StatusReport::starting() }, dbfs).unwrap().level;
        for (state, dbfs, expected) in [
            (State::Listening, None, 0),
            (State::Listening, Some(-96.0), 0),
            (State::Listening, Some(-45.0), 1),
            (State::Listening, Some(-25.0), 3),
            (State::Listening, Some(0.0), LOUDEST),
            (State::Finishing, Some(-25.0), 0),
        ] {
            assert_eq!(level(state, dbfs), expected, "{state:?} {dbfs:?}");
        }
    }

    #[test]
    fn an_idle_agent_shows_nothing_and_a_listening_one_what_it_heard() {
        assert_eq!(scene(State::Idle, None), None);
        let open = StatusReport { hands_free: true, ..StatusReport::starting() };
        assert!(Scene::of(&open, None).unwrap().text.contains("microphone is open"));
        assert_eq!(scene(State::Listening, None).unwrap().text, "Listening");
        assert_eq!(scene(State::Listening, Some(" go forward\n")).unwrap().text, "go forward");
        let long = scene(State::Finishing, Some(&"word ".repeat(100))).unwrap().text;
        assert!(long.starts_with("\u{2026} word") && long.chars().count() <= LINE + 2, "{long}");
    }
}
