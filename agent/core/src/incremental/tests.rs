//! Dictations as scripts. A word of the script is spoken for four hops (128 ms) each, `.` is a hop of silence, `u` lets the key
//! go, `e` ends the recording, `r` lets the running pass end with the words that its audio holds.
//!
//! Each spoken hop's samples carry the number of its word, so a pass "hears" exactly the words of its audio: a word of which
//! less than half is there is not heard. What is written with a capital or a full stop depends on where a pass begins and ends,
//! as it does with real models.

use proptest::prelude::*;

use super::readings::WORDS_BEFORE;
use super::*;
use crate::speech::HOP;

/// Hops that a word takes.
const WORD_HOPS: usize = 4;
/// The amplitude step that tells words apart.
const STEP: f32 = 1.0 / 4096.0;

/// What a model does wrong in one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It hears nothing.
    Deaf,
    /// It drops the last word.
    LastWord,
}

struct Play {
    speech: Incremental,
    /// In which pass the model is at fault.
    fault: Option<(Fault, u32)>,
    /// How many passes gave each word.
    heard: Vec<u32>,
    vocabulary: Vec<String>,
    under_way: Option<(u32, Arc<[f32]>)>,
    /// What happened, in a few letters: `R`un, `A`bort, `P`artial.
    trace: String,
    passes: Vec<Duration>,
    done: Option<String>,
    /// The last partial.
    partial: String,
}

impl Play {
    fn new() -> Self {
        Self {
            speech: Incremental::new(Rules::DICTATION),
            fault: None,
            heard: Vec::new(),
            vocabulary: Vec::new(),
            under_way: None,
            trace: String::new(),
            passes: Vec::new(),
            done: None,
            partial: String::new(),
        }
    }

    fn follow(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Run { pass, audio, .. } => {
                    assert!(self.under_way.is_none(), "two passes at once");
                    assert!(!audio.is_empty());
                    self.passes.push(duration_of(audio.len()));
                    self.under_way = Some((pass, audio));
                    self.trace.push('R');
                }
                Step::Abort { pass } => {
                    assert_eq!(self.under_way.take().map(|(number, _)| number), Some(pass));
                    self.trace.push('A');
                }
                Step::Partial(text) => {
                    self.partial = text;
                    self.trace.push('P');
                }
                Step::Done(transcript) => {
                    assert!(self.done.is_none(), "done twice");
                    assert!(self.under_way.is_none());
                    self.done = Some(transcript.text);
                }
                Step::Failed(error) => panic!("{error}"),
            }
        }
    }

    fn say(&mut self, word: &str) {
        self.vocabulary.push(word.to_owned());
        self.heard.push(0);
        let sample = self.vocabulary.len() as f32 * STEP;
        for _ in 0..WORD_HOPS {
            let steps = self.speech.hear(&[sample; HOP], 0.9);
            self.follow(steps);
        }
    }

    fn silence(&mut self, hops: usize) {
        for _ in 0..hops {
            let steps = self.speech.hear(&[0.0; HOP], 0.05);
            self.follow(steps);
        }
    }

    /// The words in some audio, written as a sentence.
    fn read(&mut self, pass: u32, audio: &[f32]) -> Transcript {
        let mut samples = vec![0; self.vocabulary.len() + 1];
        for sample in audio {
            samples[(sample / STEP).round() as usize] += 1;
        }
        let is_heard = |number: &usize| samples[number + 1] * 2 >= WORD_HOPS * HOP;
        let mut numbers: Vec<usize> = (0..self.vocabulary.len()).filter(is_heard).collect();
        match self.fault {
            Some((Fault::Deaf, at)) if at == pass => numbers.clear(),
            Some((Fault::LastWord, at)) if at == pass => numbers.truncate(numbers.len().saturating_sub(1)),
            _ => {}
        }
        for number in &numbers {
            self.heard[*number] += 1;
        }
        let heard: Vec<&str> = numbers.into_iter().map(|number| self.vocabulary[number].as_str()).collect();
        let mut text = heard.join(" ");
        if let Some(first) = text.get(..1) {
            text = format!("{}{}.", first.to_uppercase(), &text[1..]);
        }
        Transcript { text, ..Transcript::default() }
    }

    fn result(&mut self) {
        let Some((pass, audio)) = self.under_way.take() else { return };
        let transcript = self.read(pass, &audio);
        let steps = self.speech.result(pass, Ok(transcript));
        self.follow(steps);
    }

    fn run(&mut self, script: &str) {
        for token in script.split_whitespace() {
            match token {
                "u" => {
                    let steps = self.speech.release();
                    self.follow(steps);
                }
                "e" => {
                    let steps = self.speech.end();
                    self.follow(steps);
                }
                "r" => self.result(),
                "resume" => self.speech.resume(),
                dots if dots.starts_with('.') => self.silence(dots.len()),
                word => self.say(word),
            }
        }
    }
}

fn played(script: &str) -> Play {
    let mut play = Play::new();
    play.run(script);
    play
}

#[test]
fn passes_begin_with_pauses_and_their_results_stand_if_nothing_more_is_said() {
    for (script, trace, text) in [
        // Nobody speaks.
        ("........ u . e", "", ""),
        // The key comes up with the last word: a pass begins at once, and the tail holds nothing.
        (".. go on u ..... e r", "RP", "Go on."),
        // The tail ends later than the pass.
        (".. go on u .. r ... e", "RP", "Go on."),
        // The pause before the release was enough for the pass.
        (".. go on ... r .......... u e", "RP", "Go on."),
        // The pass began before the release, and ends after it.
        (".. go on ... u . e r", "RP", "Go on."),
        // More is said while a pass runs: its result is a partial.
        (".. go on ... now r ... r u e", "RPRP", "Go on now."),
        // More is said while a pass runs, and the key comes up: nobody waits for it.
        (".. go on ... now u ..... e r", "RARP", "Go on now."),
        // The last word is said after the key came up.
        (".. go on u now ..... e r", "RARP", "Go on now."),
        // The key only bounced.
        (".. go on u resume now ... r r ..... u e", "RPRP", "Go on now."),
    ] {
        let play = played(script);
        assert_eq!((play.trace.as_str(), play.done.as_deref()), (trace, Some(text)), "{script}");
    }
}

#[test]
fn a_long_silence_is_never_transcribed() {
    let play = played(&format!(".. go on ... r {} and on ... r u e", ".".repeat(300)));
    assert_eq!(play.done.as_deref(), Some("Go on. And on."));
    assert!(play.passes.iter().all(|pass| *pass < Duration::from_secs(1)), "{:?}", play.passes);
}

/// A sentence of so many different words, with a pause of so many hops after every third of them, and each pass ending well
/// before the next.
fn long(words: usize, pause: usize) -> (String, String) {
    let mut script = String::from(".. ");
    let names: Vec<String> = (0..words).map(|number| format!("w{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        script.extend([name.as_str(), " "]);
        if number % 3 == 2 {
            script.extend([".".repeat(pause).as_str(), " r "]);
        }
    }
    let mut text = names.join(" ");
    text = format!("W{}.", &text[1..]);
    (script + "u ..... r e r r", text)
}

#[test]
fn a_long_dictation_is_put_together_without_a_seam() {
    for pause in [4, 7, 10, 12] {
        let (script, text) = long(150, pause);
        let play = played(&script);
        assert_eq!(play.done.as_deref(), Some(text.as_str()), "pauses of {pause} hops");
        let longest = play.passes.iter().max().unwrap();
        assert!(*longest <= Duration::from_millis(11_500), "{longest:?} at pauses of {pause} hops");
    }
}

#[test]
fn a_pass_is_told_the_last_words_that_are_final_and_none_that_it_hears_itself() {
    let mut play = played(".. one two three ... r");
    assert_eq!(play.speech.before(), None, "nothing is final yet");
    play.run(&".".repeat(40));
    assert_eq!(play.speech.before().as_deref(), Some("One two three."));
    let names: Vec<String> = (0..20).map(|number| format!("w{number}")).collect();
    play.run(&format!("{} ... r {}", names.join(" "), ".".repeat(40)));
    assert_eq!(play.speech.before().unwrap(), format!("{}.", names[20 - WORDS_BEFORE..].join(" ")));

    // Nobody pauses: the window begins with the end of what is final.
    let mut play = Play::new();
    play.run(&format!(".. {}", names.iter().cycle().take(90).flat_map(|name| [name, " r "]).collect::<String>()));
    assert!(play.speech.overlaps && !play.speech.said.is_empty());
    assert_eq!(play.speech.before(), None);
}

#[test]
fn audio_is_kept_only_as_long_as_it_may_be_needed() {
    let (script, _) = long(600, 8);
    let mut play = Play::new();
    for token in script.split_whitespace() {
        play.run(token);
        assert!(play.speech.kept() < Duration::from_secs(13), "{:?}", play.speech.kept());
    }
}

#[test]
fn whoever_never_pauses_is_understood_too() {
    let names: Vec<String> = (0..200).map(|number| format!("w{number}")).collect();
    let script: String = names.iter().flat_map(|name| [name.as_str(), " r "]).collect();
    let play = played(&format!(".. {script} u ..... e r r"));
    let text = names.join(" ");
    assert_eq!(play.done.unwrap(), format!("W{}.", &text[1..]));
    assert!(play.passes.iter().all(|pass| *pass < Duration::from_secs(13)), "{:?}", play.passes);
}

#[test]
fn a_model_that_is_far_too_slow_still_gives_all_words() {
    let (script, text) = long(400, 10);
    // No result comes before the end.
    let script: String =
        script.split_whitespace().filter(|token| *token != "r").flat_map(|token| [token, " "]).collect();
    let mut play = played(&script);
    while play.done.is_none() {
        play.result();
    }
    // The pieces are sentences of their own now.
    assert_eq!(bare(&play.done.unwrap()), bare(&text));
    assert!(play.passes.iter().all(|pass| *pass <= Duration::from_millis(28_300)), "{:?}", play.passes);
}

#[test]
fn a_failing_model_is_told_once_and_only_at_the_end() {
    let failure = || Err(TranscribeError::Failed { reason: "no memory".into() });
    let mut play = played(".. go on ...");
    let (pass, _) = play.under_way.take().unwrap();
    assert!(play.speech.result(pass, failure()).is_empty());
    play.run("and on ... u .....");
    assert!(play.under_way.is_none(), "it is not tried again and again");
    let steps = play.speech.end();
    play.follow(steps);
    let (pass, _) = play.under_way.take().unwrap();
    let steps = play.speech.result(pass, failure());
    assert!(matches!(steps.as_slice(), [Step::Failed(_)]), "{steps:?}");
    assert!(play.speech.end().is_empty());
}

#[test]
fn a_model_that_recovers_gives_all_words() {
    let mut play = played(".. go on ...");
    let (pass, _) = play.under_way.take().unwrap();
    play.speech.result(pass, Err(TranscribeError::Failed { reason: "a fault".into() }));
    play.run("and on ... u ..... e r");
    assert_eq!(play.done.as_deref(), Some("Go on and on."));
}

/// A dictation of `tokens`, each `w` a new word.
fn dictated(tokens: &[&str], fault: Option<(Fault, u32)>) -> Play {
    let mut play = Play { fault, ..Play::new() };
    play.run("..");
    for token in tokens {
        if *token == "w" {
            let word = format!("w{}", play.vocabulary.len());
            play.run(&word);
        } else {
            play.run(token);
        }
        assert!(play.speech.kept() < Duration::from_mins(2));
    }
    play.run("u ...... e");
    while play.done.is_none() && play.under_way.is_some() {
        play.result();
    }
    play
}

fn bare(text: &str) -> String {
    text.replace('.', "").to_lowercase()
}

/// Dictations with words, pauses of all kinds, and passes that end at any time.
fn tokens(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    let token = prop_oneof![
        4 => Just("w"),
        1 => Just("."),
        1 => Just("...."),
        1 => Just("............"),
        3 => Just("r"),
    ];
    prop::collection::vec(token, 1..most)
}

#[test]
fn words_that_one_pass_does_not_hear_are_not_lost() {
    // Ten words and a pause, four times, and a pause so long that all before it is final.
    let words = "w w w w w w w w w w ......... r r r ".repeat(4);
    let script = format!("{words} {} {words}", ".".repeat(40));
    let tokens: Vec<&str> = script.split_whitespace().collect();
    let whole = dictated(&tokens, None);
    let expected = whole.vocabulary.join(" ");
    assert_eq!(bare(whole.done.as_ref().unwrap()), expected);
    for pass in 1..=u32::try_from(whole.passes.len()).unwrap() {
        let play = dictated(&tokens, Some((Fault::Deaf, pass)));
        assert_eq!(bare(&play.done.unwrap()), expected, "the model was deaf in pass {pass}");
    }
}

#[test]
fn a_voice_without_words_is_read_once_more_and_then_reported() {
    let mut play = played(".. say it again and again ... u ..... e");
    let (pass, audio) = play.under_way.take().unwrap();
    let steps = play.speech.result(pass, Ok(Transcript::default()));
    let again = steps.iter().find_map(|step| match step {
        Step::Run { pass, audio: repeated, again: true } if repeated.len() == audio.len() => Some(*pass),
        _ => None,
    });
    let steps = play.speech.result(again.expect("it is read once more"), Ok(Transcript::default()));
    assert!(matches!(steps.last(), Some(Step::Failed(TranscribeError::NothingUnderstood))), "{steps:?}");
}

proptest! {
    #[test]
    fn no_word_is_lost_or_doubled_whatever_the_pace(tokens in tokens(300)) {
        let play = dictated(&tokens, None);
        prop_assert_eq!(bare(&play.done.unwrap()), play.vocabulary.join(" "));
    }

    #[test]
    fn a_model_that_hears_nothing_in_one_pass_loses_no_word(tokens in tokens(200), pass in 1..40_u32) {
        let play = dictated(&tokens, Some((Fault::Deaf, pass)));
        prop_assert_eq!(bare(&play.done.unwrap()), play.vocabulary.join(" "));
    }

    /// A word that nothing but the faulty pass has heard cannot be known.
    #[test]
    fn a_model_that_drops_the_last_word_of_one_pass_loses_no_word_that_another_pass_heard(
        tokens in tokens(200), pass in 1..40_u32
    ) {
        let play = dictated(&tokens, Some((Fault::LastWord, pass)));
        let known: Vec<&str> =
            play.vocabulary.iter().zip(&play.heard).filter(|(_, times)| **times > 0).map(|(word, _)| word.as_str()).collect();
        prop_assert_eq!(bare(&play.done.unwrap()), known.join(" "));
    }
}
