//! What the overlay shows for a status. Pure.

use crate::control::{State, StatusReport};

/// What there is to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scene {
    pub(super) colour: [u8; 3],
    /// What Scout is doing, or what it has understood: its end.
    pub(super) text: String,
}

/// More characters than fit in a line of the picture.
const LINE: usize = 90;

const LISTENING: [u8; 3] = [230, 60, 60];
const WORKING: [u8; 3] = [240, 180, 40];

impl Scene {
    /// The scene for a status; `None` while there is nothing to show.
    pub(super) fn of(report: &StatusReport) -> Option<Self> {
        let (colour, doing) = match report.state {
            State::Listening => (LISTENING, "Listening"),
            State::Finishing => (WORKING, "Writing down"),
            State::Delivering => (WORKING, "Typing"),
            State::Idle if report.hands_free => (LISTENING, "Hands-free: the microphone is open"),
            State::Idle | State::Error => return None,
        };
        let partial = report.partial.as_deref().map(str::trim).filter(|partial| !partial.is_empty());
        let text = partial.map_or_else(|| doing.to_owned(), |partial| end_of(&partial.replace(['\n', '\t'], " ")));
        Some(Self { colour, text })
    }
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
        Scene::of(&StatusReport { state, partial: partial.map(str::to_owned), ..StatusReport::starting() })
    }

    #[test]
    fn an_idle_agent_shows_nothing_and_a_listening_one_what_it_heard() {
        assert_eq!(scene(State::Idle, None), None);
        let open = StatusReport { hands_free: true, ..StatusReport::starting() };
        assert!(Scene::of(&open).unwrap().text.contains("microphone is open"));
        assert_eq!(scene(State::Listening, None).unwrap().text, "Listening");
        assert_eq!(scene(State::Listening, Some(" go forward\n")).unwrap().text, "go forward");
        let long = scene(State::Finishing, Some(&"word ".repeat(100))).unwrap().text;
        assert!(long.starts_with("\u{2026} word") && long.chars().count() <= LINE + 2, "{long}");
    }
}
