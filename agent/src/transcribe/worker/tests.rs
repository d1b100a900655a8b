use crossbeam_channel::unbounded;

use super::*;
use crate::models::StoreError;

/// Says how long its clips are; panics for one sample, fails for two, waits for the abort for three.
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
            length => Ok(Transcript { text: length.to_string(), ..Transcript::default() }),
        }
    }
}

fn job(number: u64, samples: usize) -> Job {
    let audio = vec![0.0; samples].into();
    Job { id: DictationId::numbered(number), pass: 1, audio, options: Options::default(), abort: Abort::default() }
}

fn missing() -> LoadError {
    LoadError::Store(StoreError::Missing { name: "tiny.en".into(), dir: "models".into(), remedy: "fetch it".into() })
}

fn started() -> (Transcription, Receiver<Event>) {
    let (sender, events) = unbounded();
    let worker = Transcription::with_loader(|_| Ok(Counter), move |event| drop(sender.send(event))).unwrap();
    worker.load("counter").unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Loaded { model, .. } if model == "counter"));
    (worker, events)
}

fn done(events: &Receiver<Event>) -> (DictationId, Result<Transcript, TranscribeError>) {
    match events.recv().unwrap() {
        Event::Done { id, result, .. } => (id, result),
        other => panic!("{other:?}"),
    }
}

#[test]
fn jobs_are_answered_in_order() {
    let (worker, events) = started();
    for samples in 4..8 {
        worker.submit(job(samples, samples as usize)).unwrap();
    }
    for samples in 4..8 {
        let (id, result) = done(&events);
        assert_eq!((id, result.unwrap().text), (DictationId::numbered(samples), samples.to_string()));
    }
}

#[test]
fn a_panic_and_a_failure_are_reported_and_the_next_job_works() {
    let (worker, events) = started();
    for samples in [1, 2] {
        worker.submit(job(1, samples)).unwrap();
        let (_, result) = done(&events);
        let message = result.unwrap_err().to_string();
        assert!(message.contains(["one sample", "two samples"][samples - 1]), "{message}");
        assert!(matches!(events.recv().unwrap(), Event::Loaded { .. }));
        worker.submit(job(2, 4)).unwrap();
        assert_eq!(done(&events).1.unwrap().text, "4");
    }
    assert!(worker.alive());
}

#[test]
fn a_missing_model_is_told_and_tried_again_with_the_next_job() {
    let (sender, events) = unbounded();
    let mut tries = 0;
    let loader = move |_: &str| {
        tries += 1;
        if tries < 3 { Err(missing()) } else { Ok(Counter) }
    };
    let worker = Transcription::with_loader(loader, move |event| drop(sender.send(event))).unwrap();
    worker.load("tiny.en").unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Unusable { .. }));
    worker.submit(job(1, 4)).unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Unusable { .. }));
    let message = done(&events).1.unwrap_err().to_string();
    assert!(message.contains("tiny.en") && message.contains("fetch it"), "{message}");
    worker.submit(job(2, 4)).unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Loaded { .. }));
    assert_eq!(done(&events).1.unwrap().text, "4");
}

#[test]
fn a_model_that_was_let_go_comes_back_with_the_next_job() {
    let (worker, events) = started();
    worker.unload().unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Unloaded));
    worker.submit(job(1, 4)).unwrap();
    assert!(matches!(events.recv().unwrap(), Event::Loaded { model, .. } if model == "counter"));
    assert_eq!(done(&events).1.unwrap().text, "4");
}

#[test]
fn a_job_before_any_model_was_chosen_is_answered() {
    let (sender, events) = unbounded();
    let worker = Transcription::with_loader(|_| Ok(Counter), move |event| drop(sender.send(event))).unwrap();
    worker.submit(job(1, 4)).unwrap();
    assert!(matches!(done(&events).1, Err(TranscribeError::NoneChosen)));
}

#[test]
fn a_loader_that_panics_is_reported() {
    let (sender, events) = unbounded();
    let loader = |_: &str| -> Result<Counter, LoadError> { panic!("no memory") };
    let worker = Transcription::with_loader(loader, move |event| drop(sender.send(event))).unwrap();
    worker.load("tiny.en").unwrap();
    let Event::Unusable { error } = events.recv().unwrap() else { panic!("it cannot be used") };
    assert!(error.to_string().contains("no memory"), "{error}");
}

#[test]
fn an_aborted_job_ends_and_is_answered_running_or_waiting() {
    let (worker, events) = started();
    let (running, waiting) = (job(1, 3), job(2, 4));
    for job in [&running, &waiting] {
        worker.submit(job.clone()).unwrap();
    }
    waiting.abort.store(true, Ordering::Relaxed);
    running.abort.store(true, Ordering::Relaxed);
    for number in 1..=2 {
        let (id, result) = done(&events);
        assert_eq!(id, DictationId::numbered(number));
        assert!(matches!(result, Err(TranscribeError::Aborted)));
    }
}

#[test]
fn a_worker_that_is_far_behind_says_so() {
    let (worker, _events) = started();
    let mut refused = (0..).filter_map(|number| Some((number, worker.submit(job(number, 3)).err()?)));
    let (taken, error) = refused.next().unwrap();
    // One may be running already.
    assert!((WAITING_COMMANDS..=WAITING_COMMANDS + 1).contains(&(taken as usize)), "{taken}");
    assert_eq!(error, SubmitError::Busy);
}

#[test]
fn dropping_it_ends_what_is_under_way_and_answers_all() {
    let (worker, events) = started();
    for number in 0..4 {
        worker.submit(job(number, 3)).unwrap();
    }
    drop(worker);
    assert!(events.iter().all(|event| matches!(event, Event::Done { result: Err(TranscribeError::Aborted), .. })));
}
