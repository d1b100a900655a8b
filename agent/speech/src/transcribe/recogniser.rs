//! The words of the dictations under way: each has its [`Incremental`] transcription, and the passes that it asks for are run by
//! the thread that has the model.
//!
//! Whoever hears the sound owns the [`Recogniser`], and tells it every hop. What is understood goes to its events; every
//! dictation that has ended gets its words, or why there are none, exactly once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};
use scout_core::dictation::{DictationId, duration_of};
use scout_core::incremental::{Incremental, Rules, Step};
use scout_core::transcript::{Partial, Recognition, Words};

use super::worker::{Answer, Job, Passes, Reply};
use super::{Abort, TranscribeError};

/// What the recogniser tells.
#[derive(Debug)]
pub enum Recognised {
    /// What was understood so far has changed.
    Partial(DictationId, Partial),
    /// The words of a dictation that has ended, or why there are none.
    Words(DictationId, Result<Words, TranscribeError>),
}

/// Finds the words of all dictations under way.
pub struct Recogniser {
    passes: Passes,
    under_way: Vec<UnderWay>,
    /// Where passes are answered. Without a bound, so that the thread with the model waits for nobody: each dictation has one
    /// pass under way, and one that was aborted.
    answer: Sender<Answer>,
    answers: Receiver<Answer>,
    events: Box<dyn FnMut(Recognised) + Send>,
}

struct UnderWay {
    id: DictationId,
    speech: Incremental,
    recognition: Recognition,
    /// The pass that was begun last, and how to end it.
    pass: Option<(u32, Abort)>,
    /// The model that made the last pass.
    model: Option<String>,
}

impl UnderWay {
    /// Nobody waits for the pass any more.
    fn end_pass(&mut self) {
        if let Some((_, abort)) = self.pass.take() {
            abort.set();
        }
    }

    fn partial(&self, text: String) -> Partial {
        let settled = if self.recognition.follow_closely { self.speech.settled() } else { String::new() };
        Partial { text, settled, language: self.speech.language().map(str::to_owned) }
    }

    /// The job of a pass, which names everything that it takes: the next dictation may take another model.
    fn job(&mut self, pass: u32, audio: Arc<[f32]>, again: bool, reply: Reply) -> Job {
        let options = self.speech.options(&self.recognition.options, again);
        let abort = Abort::default();
        self.pass = Some((pass, Abort::clone(&abort)));
        Job { model: self.recognition.model.clone(), audio, options, abort, reply }
    }
}

impl Recogniser {
    /// A recogniser whose passes are run there. `events` must not block.
    pub fn new(passes: Passes, events: impl FnMut(Recognised) + Send + 'static) -> Self {
        let (answer, answers) = unbounded();
        Self { passes, under_way: Vec::new(), answer, answers, events: Box::new(events) }
    }

    /// Where passes are answered. Each answer is for [`Recogniser::answer`].
    pub(crate) fn answers(&self) -> &Receiver<Answer> {
        &self.answers
    }

    /// A dictation begins.
    pub(crate) fn begin(&mut self, id: DictationId, recognition: Recognition) {
        let mut speech = Incremental::new(Rules::DICTATION);
        if recognition.follow_closely {
            speech.follow_closely();
        }
        self.under_way.push(UnderWay { id, speech, recognition, pass: None, model: None });
    }

    /// Its words are to be found in another way from the next pass on.
    pub(crate) fn change(&mut self, id: DictationId, recognition: Recognition) {
        if let Some(under_way) = self.under_way.iter_mut().find(|under_way| under_way.id == id) {
            if recognition.follow_closely {
                under_way.speech.follow_closely();
            }
            under_way.recognition = recognition;
        }
    }

    /// The next hop was heard, of which the detector said this.
    pub(crate) fn hear(&mut self, id: DictationId, hop: &[f32], probability: f32) {
        self.follow(id, |speech| speech.hear(hop, probability));
    }

    /// The key came up. What follows is the tail.
    pub(crate) fn release(&mut self, id: DictationId) {
        self.follow(id, Incremental::release);
    }

    /// It did not: the user goes on.
    pub(crate) fn resume(&mut self, id: DictationId) {
        self.follow(id, |speech| {
            speech.resume();
            Vec::new()
        });
    }

    /// All audio has been heard. [`Recognised::Words`] follows.
    pub(crate) fn end(&mut self, id: DictationId) {
        if self.under_way.iter().any(|under_way| under_way.id == id) {
            self.follow(id, Incremental::end);
        } else {
            let reason = "the dictation is not known".to_owned();
            (self.events)(Recognised::Words(id, Err(TranscribeError::Failed { reason })));
        }
    }

    /// Nobody wants the words of this dictation.
    pub(crate) fn cancel(&mut self, id: DictationId) {
        for mut under_way in self.under_way.extract_if(.., |under_way| under_way.id == id) {
            under_way.end_pass();
        }
    }

    /// A pass has ended.
    pub(crate) fn answer(&mut self, answer: Answer) {
        let Answer { id, pass, model, result } = answer;
        tracing::debug!(%id, pass, timings = ?result.as_ref().ok().map(|transcript| transcript.timings), "a pass ends");
        if let Some(under_way) = self.under_way.iter_mut().find(|under_way| under_way.id == id) {
            under_way.model = model.or_else(|| under_way.model.take());
        }
        self.follow(id, |speech| speech.result(pass, result));
    }

    /// Tells the transcription of a dictation something, and does what it says.
    fn follow(&mut self, id: DictationId, tell: impl FnOnce(&mut Incremental) -> Vec<Step>) {
        let Some(place) = self.under_way.iter().position(|under_way| under_way.id == id) else { return };
        let under_way = &mut self.under_way[place];
        let Ok(steps) = catch_unwind(AssertUnwindSafe(|| tell(&mut under_way.speech))) else {
            under_way.end_pass();
            self.under_way.remove(place);
            let reason = "it stopped unexpectedly".to_owned();
            return (self.events)(Recognised::Words(id, Err(TranscribeError::Failed { reason })));
        };
        for step in steps {
            let under_way = &mut self.under_way[place];
            match step {
                Step::Run { pass, audio, again } => {
                    tracing::debug!(%id, pass, audio = ?duration_of(audio.len()), "a pass begins");
                    let reply = Reply::new(id, pass, self.answer.clone());
                    // One that is not taken is answered, too.
                    self.passes.submit(under_way.job(pass, audio, again, reply));
                }
                Step::Abort { pass } => {
                    tracing::debug!(%id, pass, "a pass is in vain");
                    under_way.end_pass();
                }
                Step::Partial(text) => {
                    let partial = under_way.partial(text);
                    (self.events)(Recognised::Partial(id, partial));
                }
                Step::Done(transcript) => {
                    let words = Words { transcript, model: under_way.model.take() };
                    self.under_way.remove(place);
                    return (self.events)(Recognised::Words(id, Ok(words)));
                }
                Step::Failed(error) => {
                    self.under_way.remove(place);
                    return (self.events)(Recognised::Words(id, Err(error)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use scout_core::transcript::{Options, Transcript};

    use super::*;
    use crate::transcribe::worker::Transcription;
    use crate::transcribe::{LoadError, Transcriber};
    use scout_core::speech::HOP;

    /// Says the name that it was loaded by for each second of its audio.
    struct Named(String);

    impl Transcriber for Named {
        fn transcribe(&mut self, audio: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
            let seconds = audio.len().div_ceil(16_000);
            Ok(Transcript { text: vec![self.0.as_str(); seconds].join(" "), ..Transcript::default() })
        }
    }

    struct Bench {
        recogniser: Recogniser,
        told: Receiver<Recognised>,
        transcription: Transcription,
    }

    fn bench() -> Bench {
        let loader = |name: &str| -> Result<Named, LoadError> { Ok(Named(name.to_owned())) };
        let transcription = Transcription::with_loader(loader, drop).unwrap();
        let (sender, told) = unbounded();
        let recogniser = Recogniser::new(transcription.passes(), move |event| sender.send(event).unwrap());
        Bench { recogniser, told, transcription }
    }

    fn with(model: &str) -> Recognition {
        Recognition { model: model.to_owned(), ..Recognition::default() }
    }

    impl Bench {
        fn speak(&mut self, id: DictationId) {
            for _ in 0..40 {
                self.recogniser.hear(id, &[0.1; HOP], 0.9);
            }
        }

        /// The words of the dictation that ends next.
        fn words(&mut self) -> (DictationId, Result<Words, TranscribeError>) {
            loop {
                while let Ok(event) = self.told.try_recv() {
                    if let Recognised::Words(id, words) = event {
                        return (id, words);
                    }
                }
                let answer = self.recogniser.answers().recv_timeout(std::time::Duration::from_secs(30)).unwrap();
                self.recogniser.answer(answer);
            }
        }
    }

    #[test]
    fn two_dictations_with_different_models_do_not_mix() {
        let mut bench = bench();
        let (one, two) = (DictationId::numbered(1), DictationId::numbered(2));
        bench.recogniser.begin(one, with("small"));
        bench.speak(one);
        bench.recogniser.end(one);
        // The second one begins, and changes its model, before the first one has its words.
        bench.recogniser.begin(two, with("small"));
        bench.recogniser.change(two, with("large"));
        bench.speak(two);
        bench.recogniser.end(two);
        let mut found = [bench.words(), bench.words()].map(|(id, words)| (id, words.unwrap()));
        found.sort_by_key(|(id, _)| *id);
        for ((id, words), (expected, model)) in found.iter().zip([(one, "small"), (two, "large")]) {
            assert_eq!((*id, words.model.as_deref()), (expected, Some(model)));
            assert!(words.transcript.text.contains(model), "{words:?}");
        }
    }

    #[test]
    fn a_dictation_that_ends_gets_its_words_once_and_one_that_was_cancelled_none() {
        let mut bench = bench();
        let (one, two) = (DictationId::numbered(1), DictationId::numbered(2));
        bench.recogniser.begin(one, with("small"));
        bench.speak(one);
        bench.recogniser.cancel(one);
        bench.recogniser.begin(two, with("small"));
        bench.speak(two);
        bench.recogniser.release(two);
        bench.recogniser.end(two);
        assert_eq!(bench.words().0, two);
        while let Ok(answer) = bench.recogniser.answers().try_recv() {
            bench.recogniser.answer(answer);
        }
        assert!(bench.told.try_iter().all(|event| matches!(event, Recognised::Partial(..))));
        // One that nobody knows does not wait for ever.
        bench.recogniser.end(one);
        assert!(matches!(bench.words(), (id, Err(TranscribeError::Failed { .. })) if id == one));
    }

    #[test]
    fn a_transcriber_that_has_ended_keeps_nobody_waiting() {
        let Bench { mut recogniser, told, transcription } = bench();
        drop(transcription);
        let id = DictationId::numbered(1);
        recogniser.begin(id, with("small"));
        for _ in 0..40 {
            recogniser.hear(id, &[0.1; HOP], 0.9);
        }
        recogniser.end(id);
        while let Ok(answer) = recogniser.answers().try_recv() {
            recogniser.answer(answer);
        }
        let is_failure = |event: Recognised| matches!(event, Recognised::Words(_, Err(TranscribeError::Failed { .. })));
        assert_eq!(told.try_iter().filter(|_| true).map(is_failure).filter(|fails| *fails).count(), 1);
    }
}
