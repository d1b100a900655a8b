//! Which pass runs when, and where the window is cut.

use super::voice::Pause;
use super::{Aim, Incremental, Pass, Phase, Step};
use crate::dictation::{duration_of, samples_in};

impl Incremental {
    /// Decides what to do next.
    pub(super) fn advance(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Some(run) = &self.running {
            // A pass that began with the release is not begun anew for each hop of a last word, but when that is over.
            let speech_goes_on = self.phase == run.since && self.voice.silence().is_none();
            if self.phase == Phase::Listening || self.is_covered(run.to) || speech_goes_on {
                return steps;
            }
            steps.push(Step::Abort { pass: run.number });
            self.running = None;
            self.repeat = None;
        }
        if let Some(pass) = self.repeat.take() {
            steps.push(self.begin(pass));
            return steps;
        }
        match self.phase {
            Phase::Listening => steps.extend(self.while_listening()),
            Phase::Released | Phase::Ended => steps.extend(self.towards_the_end()),
            Phase::Over => {}
        }
        steps
    }

    fn while_listening(&mut self) -> Option<Step> {
        if !self.has_speech() || self.failing {
            return None;
        }
        let silence = self.voice.silence().map(|pause| (pause.from, pause.length()));
        if self.is_understood() {
            match silence {
                Some((_, length)) if length >= samples_in(self.rules.long_pause) => {
                    if let Some(step) = self.read_once_more() {
                        return Some(step);
                    }
                    self.commit_all();
                    self.open(self.voice.position().saturating_sub(samples_in(self.rules.lead)), false);
                    return Some(Step::Partial(self.text()));
                }
                _ => return self.cut(),
            }
        }
        if let Some((from, length)) = silence
            && length >= samples_in(self.rules.speculate_after)
        {
            return Some(self.run_up_to_now(Aim::Pause(from)));
        }
        let unread = self.voice.position() - self.latest.as_ref().map_or(self.window, |latest| latest.to);
        if self.rules.unread_while_followed.is_some_and(|most| unread >= samples_in(most)) {
            return Some(self.run_up_to_now(Aim::Now));
        }
        if self.wants_to_look_ahead() {
            return Some(self.run_up_to_now(Aim::Now));
        }
        // Nobody pauses.
        let window = self.voice.position() - self.window;
        if window >= samples_in(self.rules.fullest) && unread >= samples_in(self.rules.unread) {
            return Some(self.run_up_to_now(Aim::Now));
        }
        self.cut()
    }

    /// Whether a pass should read across a good pause, so that the window can be cut there.
    fn wants_to_look_ahead(&self) -> bool {
        let (first, ahead) = (self.window + samples_in(self.rules.least_piece), samples_in(self.rules.ahead));
        let read = self.latest.as_ref().map_or(0, |latest| latest.to);
        let is_open = |pause: &Pause| pause.from >= first && read < pause.to + ahead;
        let mut pauses = self.voice.pauses(samples_in(self.rules.good_pause));
        let is_full = self.voice.position() - self.window >= samples_in(self.rules.full);
        is_full && pauses.rfind(is_open).is_some_and(|pause| self.voice.position() >= pause.to + ahead)
    }

    fn towards_the_end(&mut self) -> Option<Step> {
        if self.failing && self.phase == Phase::Released {
            return None;
        }
        if self.is_understood() {
            if let Some(step) = self.read_once_more() {
                return Some(step);
            }
            return (self.phase == Phase::Ended).then(|| {
                self.phase = Phase::Over;
                self.outcome()
            });
        }
        Some(self.run_up_to_now(Aim::Now))
    }

    /// A pass over all of the window, or as much of it as one pass takes.
    fn run_up_to_now(&mut self, aim: Aim) -> Step {
        let (now, longest) = (self.voice.position(), self.window + samples_in(self.rules.longest_pass));
        // Silence behind the last word tells nothing.
        let heard = now.min(self.voice.voiced_until() + samples_in(self.rules.lead));
        if heard <= longest {
            return self.run(aim, heard, now);
        }
        tracing::debug!(window = ?duration_of(heard - self.window), "transcription is behind: longer passes");
        let least = self.window + samples_in(self.rules.least_piece);
        let fits = |pause: &Pause| pause.from >= least && pause.cut(samples_in(self.rules.lead)) <= longest;
        let pauses = self.voice.pauses(samples_in(self.rules.least_pause)).filter(fits);
        let at = pauses.map(|pause| pause.cut(samples_in(self.rules.lead))).next_back();
        let at = at.or_else(|| self.voice.quietest(least..longest)).unwrap_or(longest);
        self.run(Aim::Piece(at), at, at)
    }

    /// The pass that repeats the newest reading, if that is incomplete and about to become final.
    fn read_once_more(&mut self) -> Option<Step> {
        let to = self.latest.as_ref().filter(|latest| latest.incomplete)?.to;
        let end = to.min(self.voice.voiced_until() + samples_in(self.rules.lead));
        Some(self.begin(Pass { number: 0, aim: Aim::Now, end, to, since: self.phase, again: true }))
    }

    fn run(&mut self, aim: Aim, end: usize, to: usize) -> Step {
        self.begin(Pass { number: 0, aim, end, to, since: self.phase, again: false })
    }

    fn begin(&mut self, pass: Pass) -> Step {
        self.passes += 1;
        let audio = self.audio[self.window - self.kept_from..pass.end - self.kept_from].into();
        let step = Step::Run { pass: self.passes, audio, again: pass.again };
        self.running = Some(Pass { number: self.passes, since: self.phase, ..pass });
        step
    }

    /// Cuts the window where it should be, or has the pass run that tells which words lie before the cut.
    fn cut(&mut self) -> Option<Step> {
        let latest = self.latest.as_ref()?;
        let needed = samples_in(self.rules.needed_pause(duration_of(latest.to - self.window))?);
        let (first, lead) = (self.window + samples_in(self.rules.least_piece), samples_in(self.rules.lead));
        // There must be words behind it, so that the reading that goes across it knows how they follow.
        let last = latest.to.saturating_sub(samples_in(self.rules.least_pause));
        let fits = |pause: &Pause| pause.from >= first && pause.to < last;
        let is_read = |at: usize| self.marks.iter().any(|(mark, _)| *mark == at);
        let pauses: Vec<Pause> = self.voice.pauses(needed).filter(fits).collect();
        let found = pauses.iter().rev().find(|pause| is_read(pause.from));
        let longest = pauses.iter().max_by_key(|pause| pause.length());
        if let Some(pause) = found.copied().or(longest.copied()) {
            if is_read(pause.from) {
                self.commit(pause.from);
                self.open(pause.cut(lead), false);
                // The window may still be longer than it should be.
                return self.cut();
            }
            let end = pause.cut(lead);
            return Some(self.run(Aim::Pause(pause.from), end, end)).inspect(|_| self.mark_only());
        }
        if duration_of(latest.to - self.window) < self.rules.fullest {
            return None;
        }
        let forced = self.marks.iter().map(|(at, _)| *at).find(|at| self.voice.pause_from(*at).is_none());
        if let Some(at) = forced {
            self.commit(at);
            self.open(at.saturating_sub(samples_in(self.rules.overlap)), true);
            return None;
        }
        // Not in the first half, or the next window would be as long as this one.
        let half = self.window + (latest.to - self.window) / 2;
        let at = self.voice.quietest(half.max(first)..last.saturating_sub(samples_in(self.rules.overlap)))?;
        Some(self.run(Aim::Cut(at), at, at))
    }

    /// The pass that has just begun ends before the newest reading does: it is wanted for its mark alone.
    fn mark_only(&mut self) {
        if let Some(Pass { aim, .. }) = &mut self.running
            && let Aim::Pause(from) = *aim
        {
            *aim = Aim::Cut(from);
        }
    }
}
