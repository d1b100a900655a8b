//! Made-up dictations with the statistics of real ones: words by Zipf's law, a few to many in each, a dozen applications,
//! five years.

use std::time::Duration;

use jiff::Timestamp;

use scout_core::dictation::DictationId;
use scout_core::log_entry::{Entry, Outcome};

/// Words that are used: about what one person uses in a few years.
const VOCABULARY: u64 = 40_000;
/// Characters of the dictations in Chinese: what a newspaper uses.
const CHARACTERS: u64 = 2_500;
/// One dictation of so many is in Chinese.
const CHINESE_ONE_IN: u64 = 20;
/// The shortest and the longest, in words; half of them are shorter than fifteen.
const WORDS_MIN: u64 = 3;
const WORDS_MAX: u64 = 90;
/// Over which time they are spread.
const SPAN: Duration = Duration::from_hours(5 * 365 * 24);

const APPLICATIONS: [&str; 12] = [
    "firefox",
    "org.gnome.TextEditor",
    "code",
    "thunderbird",
    "slack",
    "signal",
    "libreoffice-writer",
    "kitty",
    "obsidian",
    "chromium",
    "discord",
    "org.kde.kate",
];
const PROFILES: [&str; 4] = ["default", "mail", "chat", "code"];

/// Somebody who dictates. Says the same in every run.
pub struct Speaker {
    state: u64,
    said: u64,
    /// Texts that queries are taken from.
    remembered: Vec<String>,
}

impl Default for Speaker {
    fn default() -> Self {
        Self { state: 0x5eed, said: 0, remembered: Vec::new() }
    }
}

impl Speaker {
    /// `SplitMix64` (Steele, Lea and Flood, 2014).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    fn share(&mut self) -> f64 {
        (self.random() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A rank from 0: each about as frequent as its number is small.
    fn zipf(&mut self, count: u64) -> u64 {
        let rank = ((count as f64 + 1.0).ln() * self.share()).exp();
        (rank as u64).clamp(1, count) - 1
    }

    /// The next dictation of a log that will have so many.
    pub fn dictation(&mut self, of: usize) -> Entry {
        let began = Timestamp::now().as_millisecond() - SPAN.as_millis() as i64;
        let step = SPAN.as_millis() as i64 / i64::try_from(of).unwrap_or(i64::MAX).max(1);
        let started = Timestamp::from_millisecond(began + self.said.cast_signed() * step).unwrap_or_default();
        self.said += 1;
        let is_chinese = self.below(CHINESE_ONE_IN) == 0;
        let length = (WORDS_MIN as f64 * (WORDS_MAX as f64 / WORDS_MIN as f64).powf(self.share())) as u64;
        let text = if is_chinese { self.chinese(2 * length) } else { self.sentence(length) };
        if self.remembered.len() < 500 || self.below(1_000) == 0 {
            let at = self.below(500) as usize;
            if self.remembered.len() < 500 {
                self.remembered.push(text.clone());
            } else {
                self.remembered[at].clone_from(&text);
            }
        }
        let mut entry = Entry::new(id_at(started, self.random()), started, PROFILES[self.zipf(4) as usize]);
        entry.application.id = Some(APPLICATIONS[self.zipf(12) as usize].to_owned());
        entry.language = Some(if is_chinese { "zh" } else { "en" }.to_owned());
        entry.model = Some("tiny.en".to_owned());
        entry.audio = Duration::from_millis(400 * length);
        entry.speech = Duration::from_millis(350 * length);
        entry.outcome = Outcome::Typed;
        entry.segments = serde_json::json!([{ "start": 0.0, "end": 0.4 * length as f64, "text": text,
            "avg_logprob": -0.3 - self.share(), "no_speech_probability": 0.01 }]);
        entry.raw_text.clone_from(&text);
        entry.text = text;
        entry
    }

    fn sentence(&mut self, length: u64) -> String {
        let words: Vec<String> = (0..length).map(|_| word(self.zipf(VOCABULARY))).collect();
        words.join(" ") + ". "
    }

    fn chinese(&mut self, length: u64) -> String {
        (0..length).filter_map(|_| char::from_u32(0x4e00 + self.zipf(CHARACTERS) as u32 * 7 % 20_000)).collect()
    }

    /// Queries of all kinds, taken from what was said, each with its kind.
    pub fn queries(&mut self, count: usize) -> Vec<(&'static str, String)> {
        (0..count).map(|number| self.query(number)).collect()
    }

    fn query(&mut self, number: usize) -> (&'static str, String) {
        let at = self.below(self.remembered.len() as u64) as usize;
        let text = self.remembered[at].clone();
        let characters: Vec<char> = text.chars().collect();
        if !text.is_ascii() {
            let at = self.below(characters.len() as u64 - 1) as usize;
            return ("two characters", characters[at..at + 2].iter().collect());
        }
        let words: Vec<&str> = text.trim_end_matches(['.', ' ']).split(' ').collect();
        let at = self.below(words.len() as u64 - 1) as usize;
        let (first, second) = (words[at], words[at + 1]);
        match number % 8 {
            0 => ("a word", first.to_owned()),
            1 => ("two words", format!("{first} {second}")),
            2 => ("a phrase", format!("\"{first} {second}\"")),
            3 => ("a beginning", format!("{}*", &first[..first.len().min(3)])),
            4 => ("in an application", format!("app:{} {first}", APPLICATIONS[self.zipf(12) as usize])),
            5 => {
                let (year, month) = (2023 + self.below(3), 1 + self.below(9));
                ("in a time", format!("after:{year}-0{month} before:2026-11 {first}"))
            }
            6 => ("a rare word", word(self.below(VOCABULARY))),
            // Of a rather rare word.
            _ => ("a part of a word", word(VOCABULARY / 4 + self.below(VOCABULARY / 2)).split_off(1)),
        }
    }
}

/// The word of that rank: short if it is frequent.
fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 40] = [
        "the", "an", "to", "in", "er", "re", "on", "at", "ed", "is", "or", "en", "al", "ing", "com", "st", "de", "con",
        "ti", "ma", "lo", "pre", "ra", "li", "ne", "so", "pa", "vi", "mo", "ca", "ter", "sel", "ban", "fu", "gra",
        "hu", "ki", "jo", "wen", "zu",
    ];
    let mut left = rank + 1;
    let mut word = String::new();
    while left > 0 {
        word.push_str(SYLLABLES[(left % 40) as usize]);
        left /= 40;
    }
    word
}

/// An id that was made at that moment (UUID version 7).
fn id_at(moment: Timestamp, random: u64) -> DictationId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&moment.as_millisecond().to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8..].copy_from_slice(&random.to_be_bytes());
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    DictationId::from_bytes(bytes)
}
