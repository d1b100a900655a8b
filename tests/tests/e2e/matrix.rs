//! The delivery matrix: every kind of application, by method, by layout, by what the user's keyboard and the application are
//! doing. Every text is compared exactly; afterwards the keyboard is as it was.
//!
//! `SCOUT_MATRIX=full` runs all of it and prints the table of `docs/performance.md`; without it, a part that goes through
//! every application, method, layout and state at least once.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scout_platform::{Effort, Environment, Injector, Paste, PasteOptions, Paster, TypeOptions, detect_in};
use scout_tests::{Desktop, Display, Parts, Target};

/// 500 ASCII characters, with everything that is printed on a US keyboard.
const PROSE: &str = include_str!("../../texts/prose.txt");
/// 183 characters: accents, Greek, Cyrillic, Chinese, Japanese, Korean, emoji with joiners, line breaks, a tab.
const MIXED: &str = include_str!("../../texts/mixed.txt");

const LAYOUTS: [&str; 5] = ["us", "fr", "de", "us,ru", "us(dvorak)"];

struct Application {
    name: &'static str,
    open: fn(&Display) -> Result<Target>,
    chord: &'static str,
    /// Whether a text that takes that is typed into it; any other is pasted.
    is_typed: fn(Effort) -> bool,
}

/// What Scout would not type even if a profile says so, because the application does not tell when it has taken up a change of
/// the mapping, is pasted.
fn unless_blind(effort: Effort) -> bool {
    !effort.blind
}

/// As `auto` has it. `LibreOffice` puts the joiners of emoji that are typed into another place.
fn what_keys_have(effort: Effort) -> bool {
    effort.rebindings == 0
}

const APPLICATIONS: [Application; 7] = [
    Application { name: "GTK 3", open: Target::text_view, chord: "ctrl+V", is_typed: unless_blind },
    Application { name: "GTK 4", open: Target::gtk4_view, chord: "ctrl+V", is_typed: unless_blind },
    Application { name: "Qt", open: Target::qt_edit, chord: "ctrl+V", is_typed: unless_blind },
    Application { name: "matrix::xterm", open: Target::terminal, chord: "shift+Insert", is_typed: unless_blind },
    Application { name: "VTE terminal", open: Target::vte_terminal, chord: "ctrl+shift+V", is_typed: unless_blind },
    Application { name: "Chromium", open: Target::browser, chord: "ctrl+V", is_typed: unless_blind },
    Application { name: "LibreOffice", open: Target::writer, chord: "ctrl+V", is_typed: what_keys_have },
];

/// What the keyboard or the application is doing when the text comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Quiet,
    CapsLock,
    Held(&'static str),
    Stalled(u64),
}

const STATES: [State; 9] = [
    State::Quiet,
    State::CapsLock,
    State::Held("Control_L"),
    State::Held("Shift_L"),
    State::Held("Alt_L"),
    State::Held("Super_L"),
    State::Stalled(150),
    State::Stalled(500),
    State::Stalled(2_000),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Type,
    Paste,
}

#[test]
fn gtk3() -> Result<()> {
    deliver_to(&APPLICATIONS[0])
}

#[test]
fn gtk4() -> Result<()> {
    deliver_to(&APPLICATIONS[1])
}

#[test]
fn qt() -> Result<()> {
    deliver_to(&APPLICATIONS[2])
}

#[test]
fn xterm() -> Result<()> {
    deliver_to(&APPLICATIONS[3])
}

#[test]
fn vte() -> Result<()> {
    deliver_to(&APPLICATIONS[4])
}

#[test]
fn chromium() -> Result<()> {
    deliver_to(&APPLICATIONS[5])
}

#[test]
fn libreoffice() -> Result<()> {
    deliver_to(&APPLICATIONS[6])
}

/// `SCOUT_MATRIX=full` takes all layouts in all states, `SCOUT_MATRIX=fr` all states of one layout.
fn deliver_to(application: &Application) -> Result<()> {
    let pieces = std::env::var("SCOUT_MATRIX").unwrap_or_default();
    let chosen: Vec<&str> = LAYOUTS.into_iter().filter(|layout| pieces == "full" || pieces == *layout).collect();
    let desktop = Desktop::start(&Parts::windows())?;
    let display = desktop.display()?;
    let target = (application.open)(display)?;
    let here = Environment { display: Some(display.name().to_owned()), wayland_display: None };
    let platform = detect_in(&here);
    let mut scout = Scout { injector: platform.injector()?, paster: platform.paster()? };
    let _copied = display.copy("what the user had copied")?;
    let mut expected = String::new();
    let mut row = format!("| {} |", application.name);
    for method in [Method::Type, Method::Paste] {
        let mut characters = 0;
        let states: Vec<(&str, State)> = if chosen.is_empty() {
            // Each layout and each state once.
            STATES.iter().enumerate().map(|(index, state)| (LAYOUTS[index % LAYOUTS.len()], *state)).collect()
        } else {
            chosen.iter().flat_map(|layout| STATES.map(|state| (*layout, state))).collect()
        };
        for (layout, state) in states {
            display.set_layout(layout)?;
            for text in [PROSE, MIXED] {
                let what = || format!("{}, {method:?}, {layout}, {state:?}", application.name);
                state.enter(display)?;
                let before = Keyboard::of(display)?;
                let stall = match state {
                    State::Stalled(lag) => Some(target.stall(Duration::from_millis(lag))?),
                    _ => None,
                };
                scout.deliver(text, method, application).with_context(what)?;
                drop(stall);
                expected.push_str(text);
                characters += text.chars().count();
                before.is_untouched(display, state).with_context(what)?;
                state.leave(display)?;
                // On a machine under load the application may be seconds behind, and its lag is to be the one that is asked for.
                target.wait_to_hold(&expected).with_context(what)?;
            }
        }
        target.wait_for_text(&expected)?;
        write!(row, " {characters} exact |")?;
    }
    ensure!(display.clipboard()? == "what the user had copied");
    println!("{row}");
    Ok(())
}

struct Scout {
    injector: Box<dyn Injector>,
    paster: Box<dyn Paster>,
}

impl Scout {
    fn deliver(&mut self, text: &str, method: Method, application: &Application) -> Result<()> {
        // A hand that holds a key longer than anybody waits.
        let modifier_wait = Duration::from_millis(50);
        let options = TypeOptions { modifier_wait, ..TypeOptions::default() };
        if method == Method::Type && (application.is_typed)(self.injector.effort(text, &options)) {
            let report = self.injector.type_text(text, &options, &mut || true)?;
            ensure!(report.complete && report.chars_sent == text.chars().count(), "{report:?}");
        } else {
            let options = PasteOptions { chord: application.chord.parse()?, modifier_wait };
            let report = self.paster.paste(Paste::new(text, &options, self.injector.as_mut(), &mut || true))?;
            ensure!(report.arrived(), "{report:?}");
        }
        Ok(())
    }
}

impl State {
    fn enter(self, display: &Display) -> Result<()> {
        match self {
            Self::CapsLock => display.tap("Caps_Lock"),
            Self::Held(key) => display.hold(key),
            Self::Quiet | Self::Stalled(_) => Ok(()),
        }
    }

    fn leave(self, display: &Display) -> Result<()> {
        match self {
            Self::CapsLock => display.tap("Caps_Lock"),
            Self::Held(key) => display.release(key),
            Self::Quiet | Self::Stalled(_) => Ok(()),
        }
    }
}

/// What must be the same before and after.
#[derive(Debug, PartialEq)]
struct Keyboard {
    down: Vec<u8>,
    caps_lock: bool,
    keymap: Vec<Vec<u32>>,
}

impl Keyboard {
    fn of(display: &Display) -> Result<Self> {
        Ok(Self { down: display.keys_down()?, caps_lock: display.caps_lock()?, keymap: display.keymap()? })
    }

    fn is_untouched(&self, display: &Display, state: State) -> Result<()> {
        let now = Self::of(display)?;
        // A key that a program holds, and no hand, stays released: Scout cannot know whether it is still meant.
        let down: &[u8] = if matches!(state, State::Held(_)) { &[] } else { &self.down };
        ensure!(now.down == down, "keys are down: {:?}", now.down);
        ensure!(self.caps_lock == now.caps_lock, "CapsLock changed");
        ensure!(self.keymap == now.keymap, "the keymap changed");
        Ok(())
    }
}
