//! Carries plans out: types, pastes, copies, presses chords, and remembers what can be undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use scout_core::delivery::job::{Held, Job};
use scout_core::delivery::plan::{Focus, Guard, HoldReason, Means, Method, Plan, obstacle, plan};
use scout_core::delivery::undo::{NotThere, Undoable, Undone, missing};
use scout_core::dictation::Outcome;
use scout_platform::{
    Arrival, Chord, Clipboard, ClipboardError, ClipboardFate, Desktop, Effort, FocusProbe, InjectError, Injector, Key,
    Legacy, Newline, Paste, PasteError, Paster, Target,
};

use super::focus::{observe, observe_now};
use scout_platform::supervise::Pulse;

/// How long the keys of the binding that asks for it are waited for.
const MODIFIER_WAIT: Duration = Duration::from_secs(1);

/// While typing, the focus is looked at this often. A user who moves it wants the typing to end at once; each look costs
/// the X server a few round trips (4 to 6 ms on a loaded machine), so it cannot be after each character.
const FOCUS_CHECK: Duration = Duration::from_millis(25);

/// The parts are made when they are first needed, and made anew after they failed: the desktop may come back.
pub(super) struct Executor {
    pub(super) desktop: Arc<dyn Desktop>,
    injector: Option<Box<dyn Injector>>,
    focus: Option<Box<dyn FocusProbe>>,
    clipboard: Option<Box<dyn Clipboard>>,
    paster: Option<Box<dyn Paster>>,
    undoable: Option<Undoable>,
    /// Beats while a text makes headway.
    pub(super) pulse: Pulse,
}

/// What was done with a text.
pub(super) struct Done {
    pub(super) result: Result<Outcome, Held>,
    pub(super) problem: Option<String>,
    /// Why a key that was to follow the text was not pressed.
    pub(super) unpressed: Option<String>,
    /// How long it took until the text was there, if that is known better than by when it was done.
    pub(super) there_after: Option<Duration>,
}

impl Done {
    fn with(outcome: Outcome) -> Self {
        Self { result: Ok(outcome), problem: None, unpressed: None, there_after: None }
    }

    fn held(reason: HoldReason, rest: impl Into<String>) -> Self {
        let result = Err(Held { reason, rest: rest.into() });
        Self { result, problem: None, unpressed: None, there_after: None }
    }

    fn failed(rest: impl Into<String>, error: &dyn std::error::Error) -> Self {
        Self { problem: Some(error.to_string()), ..Self::held(HoldReason::Failed, rest) }
    }
}

impl Executor {
    pub(super) fn new(desktop: Arc<dyn Desktop>) -> Self {
        Self {
            desktop,
            injector: None,
            focus: None,
            clipboard: None,
            paster: None,
            undoable: None,
            pulse: Pulse::default(),
        }
    }

    /// Delivers a text, and presses what is to follow it, until `stop` is set.
    pub(super) fn deliver(&mut self, job: &Job, stop: &AtomicBool) -> Done {
        if stop.load(Ordering::Relaxed) {
            return Done::held(HoldReason::Stopped, &job.text);
        }
        let now = observe_now(self.desktop.as_ref(), &mut self.focus);
        let injector_fails = self.injector().err();
        let means = Means {
            cannot_type: matches!(injector_fails, Some(InjectError::NotOffered(_))).then(|| self.desktop.kind()),
            can_paste: self.can_paste(job.method),
        };
        let effort = match &mut self.injector {
            Some(injector) => injector.effort(&job.text, &job.options),
            None => Effort::default(),
        };
        if let Some(injector) = &mut self.injector {
            injector.aim(now.target().and_then(|target| target.window).filter(|_| job.guard == Guard::Hold));
        }
        let planned = plan(job.method, job.guard, &job.aimed, &now, means, effort);
        tracing::debug!(id = %job.id, ?planned, "delivery");
        let mut done = match planned {
            Plan::Nothing => Done::with(Outcome::Logged),
            Plan::Hold(reason) => Done::held(reason, &job.text),
            Plan::Copy => match self.copy(&job.text) {
                Ok(()) => Done::with(Outcome::Copied),
                Err(error) => Done::failed(&job.text, &error),
            },
            Plan::Type(_) => self.type_text(job, stop, &now),
            Plan::Paste(_) => {
                // Where typing would lose characters, an unconfirmed paste is better.
                let rather_types = job.method == Method::Auto && !effort.blind;
                if let Some(paster) = &mut self.paster {
                    paster.refuse_watched(rather_types);
                }
                self.paste(job, stop, &now)
            }
        };
        if done.result.as_ref().is_ok_and(|outcome| outcome.is_in_window()) {
            let is_certain = done.result != Ok(Outcome::Unconfirmed) && job.then.is_empty();
            let text = as_delivered(&format!("{}{}", job.behind, job.text), job.options.newline);
            self.undoable = Undoable::of(&text, &now).filter(|_| is_certain);
            done.unpressed = self.press(job, stop, &now);
        } else if planned != Plan::Nothing {
            // Part of it may be there: nothing can be taken back any more without guessing.
            self.undoable = None;
        }
        done
    }

    fn type_text(&mut self, job: &Job, stop: &AtomicBool, target: &Focus) -> Done {
        if job.text.is_empty() {
            return Done::with(Outcome::Typed);
        }
        let Self { desktop, injector: Some(injector), focus, pulse, .. } = self else {
            // It could not be made: ask again for the reason.
            return match self.injector() {
                Err(error) => Done::failed(&job.text, &error),
                Ok(()) => Done::held(HoldReason::Failed, &job.text),
            };
        };
        let mut guard = FocusGuard::new(job, stop, target, pulse);
        let mut keep_going = || guard.keep_going(desktop.as_ref(), focus);
        match injector.type_text(&job.text, &job.options, &mut keep_going) {
            Ok(report) if report.complete => Done { there_after: Some(report.elapsed), ..Done::with(Outcome::Typed) },
            Ok(report) => {
                let rest: String = job.text.chars().skip(report.chars_sent).collect();
                Done::held(report.obstacle.map_or_else(|| guard.reason(), HoldReason::from), rest)
            }
            Err(error) => {
                self.injector = None;
                Done::failed(&job.text, &error)
            }
        }
    }

    fn paste(&mut self, job: &Job, stop: &AtomicBool, target: &Focus) -> Done {
        let Self { desktop, injector: Some(injector), paster: Some(paster), focus, pulse, .. } = self else {
            return self.type_text(job, stop, target);
        };
        let mut guard = FocusGuard::new(job, stop, target, pulse);
        let mut keep_going = || {
            guard.checked = None;
            guard.keep_going(desktop.as_ref(), focus)
        };
        let text = as_delivered(&job.text, job.options.newline);
        match paster.paste(Paste::new(&text, &job.paste, injector.as_mut(), &mut keep_going)) {
            Ok(report) => {
                let problem = report.restored.as_ref().err().map(ToString::to_string);
                if let Some(problem) = &problem {
                    tracing::warn!(problem, "the old clipboard");
                }
                let done = match report.arrival {
                    _ if !report.pressed => Done::held(guard.reason(), &job.text),
                    Arrival::Confirmed => Done { there_after: report.first_read, ..Done::with(Outcome::Pasted) },
                    Arrival::Unconfirmed => Done { there_after: report.first_read, ..Done::with(Outcome::Unconfirmed) },
                    Arrival::Unread if report.restored == Ok(ClipboardFate::LeftToNewOwner) => {
                        Done::held(HoldReason::Overtaken, &job.text)
                    }
                    Arrival::Unread => Done::held(HoldReason::NotTaken, &job.text),
                };
                Done { problem, ..done }
            }
            Err(PasteError::Awaited) => Done::held(HoldReason::Awaited, &job.text),
            // Nothing was pasted and nothing was touched: the other way is still open.
            Err(error @ (PasteError::Unsaved { .. } | PasteError::NotOffered(_) | PasteError::Watched)) => {
                tracing::info!(%error, "typed instead");
                self.type_text(job, stop, target)
            }
            Err(error @ PasteError::Connection { .. }) => {
                self.paster = None;
                tracing::warn!(%error, "typed instead");
                self.type_text(job, stop, target)
            }
            Err(PasteError::Chord(InjectError::NotReached(obstacle))) => Done::held(obstacle.into(), &job.text),
            Err(PasteError::Chord(error)) => {
                self.injector = None;
                Done::failed(&job.text, &error)
            }
        }
    }

    /// Presses what follows a text, as long as that reaches the same window. Gives why a key was not pressed, in words for the
    /// user; a user who stopped it knows.
    fn press(&mut self, job: &Job, stop: &AtomicBool, target: &Focus) -> Option<String> {
        for chord in &job.then {
            let now = observe(self.desktop.as_ref(), &mut self.focus);
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(reason) = obstacle(Guard::Hold, target, &now) {
                return Some(reason.to_string());
            }
            match self.press_one(job, stop, chord) {
                Ok(()) => {}
                Err(InjectError::NotReached(obstacle)) => return Some(HoldReason::from(obstacle).to_string()),
                Err(error) => return Some(error.to_string()),
            }
        }
        None
    }

    fn press_one(&mut self, job: &Job, stop: &AtomicBool, chord: &Chord) -> Result<(), InjectError> {
        self.injector()?;
        if let Some(injector) = &mut self.injector {
            let pulse = &self.pulse;
            let mut keep_going = || {
                pulse.beat();
                !stop.load(Ordering::Relaxed)
            };
            injector.await_release(job.options.modifier_wait, &mut keep_going)?;
            injector.press_chord(chord)?;
        }
        Ok(())
    }

    fn injector(&mut self) -> Result<(), InjectError> {
        if self.injector.as_ref().is_some_and(|injector| injector.is_lost()) {
            tracing::info!("connecting to the desktop again, to press keys");
            self.injector = None;
        }
        if self.injector.is_none() {
            self.injector = Some(self.desktop.injector()?);
        }
        Ok(())
    }

    /// Whether a paste gives a receipt here. Asked only where it matters: the paster takes connections of its own.
    fn can_paste(&mut self, method: Method) -> bool {
        if self.paster.as_ref().is_some_and(|paster| paster.is_lost()) {
            tracing::info!("connecting to the desktop again, to paste");
            self.paster = None;
        }
        if self.paster.is_none() && matches!(method, Method::Auto | Method::Type | Method::Paste) {
            self.paster = self.desktop.paster().inspect_err(|error| tracing::debug!(%error, "no pasting")).ok();
        }
        self.paster.is_some()
    }

    /// Removes the last text, if it is certain to be before the cursor: its window has the focus and shows the same, the
    /// application says that it stands there as it was delivered, nothing was delivered since, and the user does nothing
    /// meanwhile, which sets `stop`. What was removed, or tried to be, cannot be removed again.
    pub(super) fn undo(&mut self, stop: &AtomicBool) -> Undone {
        let Some(undoable) = self.undoable.clone() else { return Undone::Nothing };
        if stop.load(Ordering::Relaxed) {
            return Undone::Disturbed;
        }
        let now = observe_now(self.desktop.as_ref(), &mut self.focus);
        if let Some(reason) = missing(&undoable.place, &now) {
            return Undone::Elsewhere(reason);
        }
        if let Some(reason) = now.target().and_then(|target| self.doubt(&undoable, target)) {
            return Undone::Elsewhere(reason);
        }
        let (place, graphemes) = (&undoable.place, undoable.graphemes());
        self.undoable = None;
        if let Err(error) = self.injector() {
            return Undone::Failed { reason: error.to_string() };
        }
        let Self { desktop, injector: Some(injector), focus, pulse, .. } = self else { return Undone::Nothing };
        let backspace = Chord { modifiers: [].into(), key: Key::Named("Backspace") };
        let mut keep_going = || {
            pulse.beat();
            !stop.load(Ordering::Relaxed) && missing(place, &observe(desktop.as_ref(), focus)).is_none()
        };
        let pressed = injector
            .await_release(MODIFIER_WAIT, &mut keep_going)
            .and_then(|_| injector.press_repeatedly(&backspace, graphemes, &mut keep_going));
        match pressed {
            Ok(graphemes) => Undone::Removed { graphemes },
            // Nothing was removed.
            Err(InjectError::NotReached(obstacle)) => {
                self.undoable = Some(undoable);
                Undone::Elsewhere(obstacle.into())
            }
            Err(error) => {
                self.injector = None;
                Undone::Failed { reason: error.to_string() }
            }
        }
    }

    /// Why the text before the cursor of this window is not certain to be this one. The application is asked for it.
    fn doubt(&self, undoable: &Undoable, target: &Target) -> Option<NotThere> {
        let probe = self.desktop.field_probe();
        let characters = undoable.text.chars().count();
        undoable.doubt(&probe.map(|mut probe| probe.text_before(target, characters)).unwrap_or_default())
    }

    /// The thread ends, and what is on the clipboard through Scout is to stay there: gives what another process is to keep.
    /// It is served from here until that process has it.
    pub(super) fn leave(&mut self) -> Vec<Legacy> {
        let copied = self.clipboard.as_mut().and_then(|clipboard| clipboard.leave());
        let restored = self.paster.as_mut().and_then(|paster| paster.leave());
        copied.into_iter().chain(restored).collect()
    }

    pub(super) fn copy(&mut self, text: &str) -> Result<(), ClipboardError> {
        let clipboard = match self.clipboard.take() {
            Some(clipboard) => clipboard,
            None => self.desktop.clipboard()?,
        };
        self.clipboard.insert(clipboard).set_text(text)
    }
}

/// What arrives of a text. A line break in a pasted text does not press Enter, but a shell may still run what comes before it.
fn as_delivered(text: &str, newline: Newline) -> String {
    match newline {
        Newline::Space => text.replace('\n', " "),
        Newline::Enter | Newline::ShiftEnter => text.to_owned(),
    }
}

/// Watches the focus while a text goes out.
struct FocusGuard<'a> {
    job: &'a Job,
    stop: &'a AtomicBool,
    target: &'a Focus,
    pulse: &'a Pulse,
    checked: Option<Instant>,
    /// Why it ended, if the focus is the reason.
    moved: Option<HoldReason>,
}

impl<'a> FocusGuard<'a> {
    fn new(job: &'a Job, stop: &'a AtomicBool, target: &'a Focus, pulse: &'a Pulse) -> Self {
        Self { job, stop, target, pulse, checked: Some(Instant::now()), moved: None }
    }

    /// Why it ended before the text did.
    fn reason(&self) -> HoldReason {
        let stopped = self.stop.load(Ordering::Relaxed);
        // Where nobody asked to stop, the injector saw the focus go before we did, or the window hangs.
        self.moved.unwrap_or(if stopped { HoldReason::Stopped } else { HoldReason::FocusMoved })
    }

    fn keep_going(&mut self, desktop: &dyn Desktop, probe: &mut Option<Box<dyn FocusProbe>>) -> bool {
        self.pulse.beat();
        if self.checked.is_none_or(|at| at.elapsed() >= FOCUS_CHECK) {
            self.moved = obstacle(self.job.guard, self.target, &observe(desktop, probe));
            self.checked = Some(Instant::now());
        }
        self.moved.is_none() && !self.stop.load(Ordering::Relaxed)
    }
}
