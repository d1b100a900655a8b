//! Debounces the dictation key, and turns its edges into what the user means by them: pure, with the time passed in.
//!
//! Keyboards repeat held keys, some systems as presses without releases between them, some as release and press pairs;
//! worn switches bounce. All of it happens within [`RELEASE_GRACE`], so a press that follows a release that closely
//! continues the old press. The release itself takes effect at once: waiting for the grace to pass would make every
//! dictation that much later. If the press does continue, [`Intent::Resume`] takes the release back.

use std::time::Duration;

use scout_desktop::keys::ChordEdge;

/// A press this soon after a release continues the press before it. X11 repeats arrive within a few milliseconds of their
/// release, bouncing switches within 20 ms; nobody presses a key twice within 50 ms on purpose. (The figure that other
/// push-to-talk programs settled on as well.)
pub const RELEASE_GRACE: Duration = Duration::from_millis(50);

/// How the key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyMode {
    /// Push to talk: listening while the key is down.
    #[default]
    Hold,
    /// One press starts, the next one stops.
    Toggle,
    /// A press shorter than `tap` latches until the next press; a longer one is push to talk.
    Hybrid {
        /// The longest tap.
        tap: Duration,
    },
}

/// What the user means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Begin to listen.
    Start,
    /// Stop listening, and bring the text.
    Stop,
    /// The last [`Intent::Stop`] was none: go on listening.
    Resume,
    /// The press that began the dictation was part of a shortcut: throw away what was heard.
    Cancel,
}

/// Follows the chord's edges. Times are durations since any fixed moment, the same for all calls.
#[allow(clippy::struct_excessive_bools)] // each is one fact about the key, on its own
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gesture {
    held: bool,
    pressed_at: Duration,
    released_at: Option<Duration>,
    /// This press began the dictation, so its release may end it.
    began: bool,
    /// This press gave [`Intent::Start`] or [`Intent::Resume`], rather than taking over what a command had begun.
    started: bool,
    /// The last release ended the dictation, so a press within the grace takes that back.
    ended: bool,
}

impl Gesture {
    /// Takes one edge. `active` tells whether Scout is listening now: it may have been started or stopped by other means
    /// than the key.
    pub fn feed(&mut self, mode: KeyMode, edge: ChordEdge, now: Duration, active: bool) -> Option<Intent> {
        match edge {
            ChordEdge::Down if self.held => None,
            ChordEdge::Down => {
                self.held = true;
                if self.released_at.is_some_and(|at| now.saturating_sub(at) < RELEASE_GRACE) {
                    return std::mem::take(&mut self.ended).then_some(Intent::Resume);
                }
                self.ended = false;
                self.pressed_at = now;
                (self.began, self.started) = (!active, !active);
                match mode {
                    KeyMode::Hold if active => {
                        // Started by a command: the key takes it over, and its release ends it.
                        self.began = true;
                        None
                    }
                    KeyMode::Toggle | KeyMode::Hybrid { .. } if active => Some(Intent::Stop),
                    _ => Some(Intent::Start),
                }
            }
            ChordEdge::Up | ChordEdge::Shortcut if !self.held => None,
            ChordEdge::Shortcut => {
                self.held = false;
                // The next press is one of its own, however soon it comes.
                (self.released_at, self.ended) = (None, false);
                let intent = if self.started { Intent::Cancel } else { Intent::Stop };
                (self.began && active).then_some(intent)
            }
            ChordEdge::Up => {
                self.held = false;
                self.released_at = Some(now);
                let ends = match mode {
                    KeyMode::Hold => self.began,
                    KeyMode::Toggle => false,
                    KeyMode::Hybrid { tap } => self.began && now.saturating_sub(self.pressed_at) >= tap,
                };
                self.ended = ends && active;
                self.ended.then_some(Intent::Stop)
            }
        }
    }

    /// Whether the chord is down.
    pub fn held(&self) -> bool {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `+` (down), `-` (up), `c` (part of a shortcut) and waits in milliseconds; gives S(tart), E(nd), R(esume), X (cancel)
    /// and `.` for nothing.
    fn intents(mode: KeyMode, script: &str) -> String {
        let (mut gesture, mut now, mut active, mut out) =
            (Gesture::default(), Duration::from_secs(5), false, String::new());
        for word in script.split_whitespace() {
            let edge = match word {
                "+" => ChordEdge::Down,
                "-" => ChordEdge::Up,
                "cancelled" => {
                    active = false;
                    continue;
                }
                "c" => ChordEdge::Shortcut,
                "started" => {
                    active = true;
                    continue;
                }
                wait => {
                    now += Duration::from_millis(wait.parse().unwrap());
                    continue;
                }
            };
            out.push(match gesture.feed(mode, edge, now, active) {
                Some(Intent::Start) => {
                    active = true;
                    'S'
                }
                Some(Intent::Stop) => {
                    active = false;
                    'E'
                }
                Some(Intent::Resume) => {
                    active = true;
                    'R'
                }
                Some(Intent::Cancel) => {
                    active = false;
                    'X'
                }
                None => '.',
            });
        }
        out
    }

    const HYBRID: KeyMode = KeyMode::Hybrid { tap: Duration::from_millis(250) };

    #[test]
    fn holding_listens_while_the_key_is_down() {
        for (script, expected) in [
            ("+ 1000 -", "SE"),
            ("+ 600 + 40 + 40 + 40 -", "S...E"),
            ("+ 600 - 1 + 40 - 1 + 40 -", "SERERE"),
            ("+ 600 - 12 + 5 - 400 + 300 -", "SERESE"),
            ("+ 600 - 51 + 300 -", "SESE"),
            ("- + 100 -", ".SE"),
            ("+ 300 cancelled - 100 + 100 -", "S.SE"),
            ("started + 500 -", ".E"),
        ] {
            assert_eq!(intents(KeyMode::Hold, script), expected, "{script}");
        }
    }

    #[test]
    fn a_press_that_was_part_of_a_shortcut_leaves_nothing() {
        for (mode, script, expected) in [
            (KeyMode::Hold, "+ 80 c 20 + 1000 -", "SXSE"),
            (KeyMode::Hold, "started + 80 c", ".E"),
            (KeyMode::Hold, "+ 80 cancelled c", "S."),
            (KeyMode::Hold, "c", "."),
            (KeyMode::Toggle, "+ 80 c 500 + 80 -", "SXS."),
            (KeyMode::Toggle, "+ 80 - 900 + 80 c", "S.E."),
            (HYBRID, "+ 80 c 500 + 1000 -", "SXSE"),
        ] {
            assert_eq!(intents(mode, script), expected, "{mode:?}: {script}");
        }
    }

    #[test]
    fn toggling_starts_and_stops_by_press() {
        for (script, expected) in [
            ("+ 80 - 900 + 80 -", "S.E."),
            ("+ 600 + 40 + 40 - 900 + 80 -", "S...E."),
            ("+ 600 - 1 + 40 - 1 + 40 - 900 + 80 -", "S.....E."),
            ("+ 80 - 500 cancelled + 80 -", "S.S."),
        ] {
            assert_eq!(intents(KeyMode::Toggle, script), expected, "{script}");
        }
    }

    #[test]
    fn hybrid_latches_on_a_tap_and_talks_on_a_hold() {
        for (script, expected) in [
            ("+ 100 - 2000 + 80 -", "S.E."),
            ("+ 1000 -", "SE"),
            ("+ 100 - 2000 + 1000 -", "S.E."),
            ("+ 100 - 2000 + 80 - 500 + 1000 -", "S.E.SE"),
        ] {
            assert_eq!(intents(HYBRID, script), expected, "{script}");
        }
    }
}
