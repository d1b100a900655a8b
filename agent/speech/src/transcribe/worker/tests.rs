use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::unbounded;

use scout_platform::supervise::LOOK_EVERY;

use super::*;
use crate::models::StoreError;

/// Says how long its clips are; panics for one sample, fails for two, waits for the abort for three, hangs for 100.
struct Counter;

impl Transcriber for Counter {
    fn transcribe(&mut self, audio: &[f32], _: &Options, abort: &Abort) -> Result<Transcript, TranscribeError> {
        match audio.len() {
            1 => panic!("one sample"),
            2 => Err(TranscribeError::Failed { reason: "two samples".into() }),
            3 => {
                while !is_aborted(abort) {
                    thread::yield_now();
                }
                Err(TranscribeError::Aborted)
            }
            100 => loop {
                thread::park();
            },
            length => Ok(Transcript { text: length.to_string(), ..Transcript::default() }),
        }
    }
}

/// A worker with its events, and the answers to its jobs.
struct Bench {
    worker: Transcription,
    events: Receiver<Event>,
    answer: Sender<Answer>,
    answers: Receiver<Answer>,
}

impl Bench {
    fn with_loader<T: Transcriber + Send + 'static>(
        loader: impl Fn(&str) -> Result<T, LoadError> + Send + Sync + 'static,
    ) -> Self {
        let (sender, events) = unbounded();
        let (answer, answers) = unbounded();
        let worker = Transcription::with_loader(loader, move |event| drop(sender.send(event))).unwrap();
        Self { worker, events, answer, answers }
    }

    fn started() -> Self {
        let bench = Self::with_loader(|_| Ok(Counter));
        bench.worker.load("counter").unwrap();
        assert!(matches!(bench.events.recv().unwrap(), Event::Loaded { model, .. } if model == "counter"));
        bench
    }

    /// Submits a clip of so many samples; gives what aborts it.
    fn submit(&self, number: u64, samples: usize) -> Abort {
        self.submit_with("counter", number, samples)
    }

    fn submit_with(&self, model: &str, number: u64, samples: usize) -> Abort {
        let reply = Reply::new(DictationId::numbered(number), 1, self.answer.clone());
        let (audio, abort) = (vec![0.0; samples].into(), Abort::default());
        let (model, options) = (model.to_owned(), Options::default());
        self.worker.passes().submit(Job { model, audio, options, abort: Abort::clone(&abort), reply });
        abort
    }

    fn done(&self) -> (DictationId, Result<Transcript, TranscribeError>) {
        let answer = self.answers.recv().unwrap();
        (answer.id, answer.result)
    }
}

fn missing() -> LoadError {
    LoadError::Store(StoreError::Missing { name: "tiny.en".into(), dir: "models".into(), remedy: "fetch it".into() })
}

#[test]
fn jobs_are_answered_in_order() {
    let bench = Bench::started();
    for samples in 4..8 {
        bench.submit(samples, samples as usize);
    }
    for samples in 4..8 {
        let (id, result) = bench.done();
        assert_eq!((id, result.unwrap().text), (DictationId::numbered(samples), samples.to_string()));
    }
}

#[test]
fn a_panic_and_a_failure_are_reported_and_the_next_job_works() {
    let bench = Bench::started();
    for samples in [1, 2] {
        bench.submit(1, samples);
        let (_, result) = bench.done();
        let message = result.unwrap_err().to_string();
        assert!(message.contains(["one sample", "two samples"][samples - 1]), "{message}");
        assert!(matches!(bench.events.recv().unwrap(), Event::Loaded { .. }));
        bench.submit(2, 4);
        assert_eq!(bench.done().1.unwrap().text, "4");
    }
    assert!(bench.worker.alive());
}

#[test]
fn a_missing_model_is_told_and_tried_again_with_the_next_job() {
    let tries = AtomicUsize::new(0);
    let bench =
        Bench::with_loader(
            move |_| {
                if tries.fetch_add(1, Ordering::Relaxed) < 2 { Err(missing()) } else { Ok(Counter) }
            },
        );
    bench.worker.load("tiny.en").unwrap();
    assert!(matches!(bench.events.recv().unwrap(), Event::Unusable { .. }));
    bench.submit_with("tiny.en", 1, 4);
    assert!(matches!(bench.events.recv().unwrap(), Event::Unusable { .. }));
    let message = bench.done().1.unwrap_err().to_string();
    assert!(message.contains("tiny.en") && message.contains("fetch it"), "{message}");
    bench.submit_with("tiny.en", 2, 4);
    assert!(matches!(bench.events.recv().unwrap(), Event::Loaded { .. }));
    assert_eq!(bench.done().1.unwrap().text, "4");
}

#[test]
fn a_model_that_was_let_go_comes_back_with_the_next_job() {
    let bench = Bench::started();
    bench.worker.unload().unwrap();
    assert!(matches!(bench.events.recv().unwrap(), Event::Unloaded));
    bench.submit(1, 4);
    assert!(matches!(bench.events.recv().unwrap(), Event::Loaded { model, .. } if model == "counter"));
    assert_eq!(bench.done().1.unwrap().text, "4");
}

#[test]
fn a_job_is_done_by_the_model_that_it_names_whatever_was_chosen_last() {
    let bench = Bench::started();
    bench.submit_with("other", 1, 4);
    bench.submit(2, 4);
    bench.submit(3, 4);
    let models: Vec<_> = (0..3).map(|_| bench.answers.recv().unwrap().model).collect();
    assert_eq!(models.iter().flatten().collect::<Vec<_>>(), ["other", "counter", "counter"]);
    let loads = bench.events.try_iter().filter(|event| matches!(event, Event::Loaded { .. })).count();
    assert_eq!(loads, 2, "the third one finds its model there");
}

#[test]
fn a_loader_that_panics_is_reported() {
    let bench = Bench::with_loader(|_| -> Result<Counter, LoadError> { panic!("no memory") });
    bench.worker.load("tiny.en").unwrap();
    let Event::Unusable { error } = bench.events.recv().unwrap() else { panic!("it cannot be used") };
    assert!(error.to_string().contains("no memory"), "{error}");
}

#[test]
fn an_aborted_job_ends_and_is_answered_running_or_waiting() {
    let bench = Bench::started();
    let (running, waiting) = (bench.submit(1, 3), bench.submit(2, 4));
    waiting.set();
    running.set();
    for number in 1..=2 {
        let (id, result) = bench.done();
        assert_eq!(id, DictationId::numbered(number));
        assert!(matches!(result, Err(TranscribeError::Aborted)));
    }
}

#[test]
fn a_worker_that_is_far_behind_says_so() {
    let bench = Bench::started();
    // One may be running already.
    for number in 0..WAITING_COMMANDS as u64 + 2 {
        bench.submit(number, 3);
    }
    let (_, result) = bench.done();
    assert!(result.unwrap_err().to_string().contains("far behind"));
}

#[test]
fn dropping_it_ends_what_is_under_way_and_answers_all() {
    let Bench { worker, answer, answers, .. } = {
        let bench = Bench::started();
        for number in 0..4 {
            bench.submit(number, 3);
        }
        bench
    };
    drop((worker, answer));
    let results: Vec<_> = answers.iter().map(|answer| answer.result).collect();
    assert_eq!(results.len(), 4);
    assert!(results.iter().all(|result| matches!(result, Err(TranscribeError::Aborted))), "{results:?}");
}

#[test]
fn a_job_after_its_end_is_answered() {
    let Bench { worker, answer, answers, .. } = Bench::started();
    let passes = worker.passes();
    drop(worker);
    let reply = Reply::new(DictationId::numbered(1), 1, answer);
    let (audio, options, abort) = (vec![0.0; 4].into(), Options::default(), Abort::default());
    passes.submit(Job { model: "counter".into(), audio, options, abort, reply });
    assert!(matches!(answers.recv().unwrap().result, Err(TranscribeError::Failed { .. })));
}

/// How often the pass under way has asked whether it is to end; `None` where there is none.
fn asked(worker: &Transcription) -> Option<u64> {
    let running = lock(&worker.running);
    running.reply.as_ref().and(running.abort.as_ref()).map(Abort::times_asked)
}

#[test]
fn a_pass_that_hangs_is_answered_its_thread_left_behind_and_the_next_one_works_but_not_for_ever() {
    let mut bench = Bench::started();
    let mut now = Instant::now();
    for hang in 1..=HANGS_MAX + 1 {
        bench.submit(1, 100);
        bench.submit(2, 4);
        while asked(&bench.worker).is_none() {
            thread::yield_now();
        }
        let end = (0..1000).find_map(|_| {
            now += LOOK_EVERY;
            bench.worker.look(now)
        });
        let expected = if hang <= HANGS_MAX { Hang::Replaced } else { Hang::GivenUp };
        assert_eq!(end, Some(expected));
        let (id, result) = bench.done();
        assert_eq!(id, DictationId::numbered(1));
        assert!(result.unwrap_err().to_string().contains("did not answer"));
        // The one that waited is served, or answered.
        let (id, result) = bench.done();
        assert_eq!(id, DictationId::numbered(2));
        assert_eq!(result.is_ok(), expected == Hang::Replaced, "{result:?}");
    }
    assert!(!bench.worker.alive());
    bench.submit(3, 4);
    assert!(matches!(bench.done().1, Err(TranscribeError::Failed { .. })));
}

#[test]
fn a_pass_that_asks_whether_it_is_to_end_does_not_hang() {
    let mut bench = Bench::started();
    let now = Instant::now();
    let abort = bench.submit(1, 3);
    while asked(&bench.worker).is_none() {
        thread::yield_now();
    }
    for look in 1..1000 {
        let before = asked(&bench.worker);
        while asked(&bench.worker) == before {
            thread::yield_now();
        }
        assert_eq!(bench.worker.look(now + LOOK_EVERY * look), None);
    }
    abort.set();
    assert!(matches!(bench.done().1, Err(TranscribeError::Aborted)));
}
