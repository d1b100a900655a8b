//! The parts without I/O that run for every dictation or every key press, and the log's search.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::civil::date;
use scout_core::config::Config;
use scout_core::config::language::Language;
use scout_core::incremental::Rules;
use scout_core::profile::{Profiles, Settings, resolve};
use scout_core::speech::{HOP, SpeechError, VoiceActivity};
use scout_core::text::{Context, Vocabulary, compose};
use scout_core::transcript::{Abort, Options, TranscribeError, Transcript};
use scout_lab::dictations::Speaker;
use scout_lab::replay;
use scout_log::history::{HistoryError, Query, Store};
use scout_log::vault::Key;
use scout_platform::Target;
use scout_speech::transcribe::Transcriber;

/// Two sentences with something for each stage to do.
const SAID: &str = "So I have walked twenty three kilometres to Shofenbach, new paragraph which took four hours. \
                    Camel case user name. You owe me one hundred and five dollars, period";

/// With every stage on, and with what a profile for editors sets.
fn text(criterion: &mut Criterion) {
    let config = Config::default();
    let profiles = Profiles::ready_made();
    let editors =
        profiles.named("editors").map_or_else(|| Settings::from(&config), |profile| profile.settings(&config));
    let mut everything = editors.clone();
    (everything.text.commands, everything.text.punctuation, everything.text.units) = (true, true, true);
    let vocabulary = Vocabulary::of_words(["Schoffenbach", "Kubernetes", "Elinor", "Tailwind", "Zimmerman"]);
    let context = Context {
        language: Language::Code("en"),
        before: Some("Hello there. ".to_owned()),
        vocabulary: Arc::new(vocabulary),
        ..Context::default()
    };
    let mut group = criterion.benchmark_group("text::compose");
    for (name, settings) in [("editors", &editors), ("every stage", &everything)] {
        group.bench_function(name, |bencher| bencher.iter(|| compose(black_box(SAID), settings, &context)));
    }
    group.finish();
}

/// Hops of a spoken word, and of the pause after each eighth.
const WORD_HOPS: usize = 12;
const PAUSE_HOPS: usize = 12;
/// The samples of word `n` are `n` of this.
const STEP: f32 = 1.0 / 4096.0;

/// A dictation of that many words, in which a word's samples tell its number.
fn dictation(words: usize) -> Vec<f32> {
    let mut samples = Vec::new();
    for number in 1..=words {
        samples.extend(std::iter::repeat_n(number as f32 * STEP, WORD_HOPS * HOP));
        if number % 8 == 0 {
            samples.extend(std::iter::repeat_n(0.0, PAUSE_HOPS * HOP));
        }
    }
    samples
}

/// Hears a voice wherever it is not silent.
struct Level;

impl VoiceActivity for Level {
    fn probability(&mut self, hop: &[f32; HOP]) -> Result<f32, SpeechError> {
        Ok(if hop[0] > 0.0 { 0.9 } else { 0.05 })
    }

    fn reset(&mut self) {}
}

/// Reads the words by their numbers, in no time. A word of which less than half is there is not heard.
struct Reader;

impl Transcriber for Reader {
    fn transcribe(&mut self, audio: &[f32], _: &Options, _: &Abort) -> Result<Transcript, TranscribeError> {
        let numbers: Vec<u32> = audio.iter().step_by(HOP).map(|sample| (sample / STEP).round() as u32).collect();
        let heard = numbers.chunk_by(PartialEq::eq).filter(|hops| hops[0] > 0 && hops.len() * 2 >= WORD_HOPS);
        let words: Vec<String> = heard.map(|hops| word(hops[0])).collect();
        Ok(Transcript { text: words.join(" "), ..Transcript::default() })
    }
}

/// Five letters that differ from those of the next word, so that none is taken for the other misheard.
fn word(number: u32) -> String {
    let mut left = number.wrapping_mul(2_654_435_769) >> 8;
    let mut letters = String::new();
    for _ in 0..5 {
        letters.extend(char::from_digit(10 + left % 26, 36));
        left /= 26;
    }
    letters
}

/// Deciding on passes and cuts, and fitting readings together, for a dictation of a minute and one of five.
fn incremental(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transcribe::incremental");
    group.sample_size(20);
    for (name, words) in [("one minute", 140), ("five minutes", 700)] {
        let clip = dictation(words);
        let speak = || {
            replay::replay(&clip, &mut Level, &mut Reader, &Options::default(), Rules::DICTATION, replay::PASS)
                .map(|replayed| replayed.transcript.text)
        };
        // Where words are lost, something cheaper is measured.
        let text = speak().unwrap_or_default();
        assert!(text.split(' ').count() * 10 >= words * 9, "{text}");
        group.bench_function(name, |bencher| bencher.iter(speak));
    }
    group.finish();
}

/// Dictations in the log that is searched.
const LOGGED: usize = 5_000;

/// Understanding a query, and asking a log for a page.
fn search(criterion: &mut Criterion) {
    const QUERIES: [(&str, &str); 4] = [
        ("words", "report friday"),
        ("phrase and filters", "app:firefox lang:en after:2024-03 \"the an\" to"),
        ("script without spaces", "天气会议"),
        ("part of a word", "nst"),
    ];
    let today = date(2026, 11, 1);
    let mut group = criterion.benchmark_group("history::Query::parse");
    for (name, query) in QUERIES {
        group.bench_function(name, |bencher| bencher.iter(|| Query::parse(black_box(query), today)));
    }
    group.finish();

    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let store = log(&folder.path().join("log")).unwrap_or_else(|error| panic!("{error}"));
    let now = jiff::Timestamp::now();
    let mut group = criterion.benchmark_group("history::Store::search_at");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    for (name, query) in QUERIES {
        let query = Query::parse(query, today);
        group.bench_function(name, |bencher| {
            bencher.iter(|| store.search_at(black_box(&query), 20, now));
        });
    }
    group.finish();
}

fn log(path: &Path) -> Result<Store, HistoryError> {
    let store = Store::open(path, &Key::from_bytes([0x5c; 32]))?;
    let mut speaker = Speaker::default();
    let entries: Vec<_> = (0..LOGGED).map(|_| speaker.dictation(LOGGED)).collect();
    store.record_all(&entries)?;
    Ok(store)
}

/// Choosing a profile by the window: the first that fits, the last, and none.
fn profile(criterion: &mut Criterion) {
    let profiles = Profiles::ready_made();
    let mut group = criterion.benchmark_group("profile::resolve");
    for (app_id, title) in [
        ("kitty", "notes.md (~/src) - VIM"),
        ("firefox", "Inbox (3) - anna@example.org - Gmail — Mozilla Firefox"),
        ("Gedit", "notes.txt"),
    ] {
        let window = Target { app_id: Some(app_id.to_owned()), title: Some(title.to_owned()), ..Target::default() };
        group.bench_function(app_id, |bencher| bencher.iter(|| resolve(black_box(&window), &profiles)));
    }
    group.finish();
}

criterion_group!(benches, text, incremental, search, profile);
criterion_main!(benches);
