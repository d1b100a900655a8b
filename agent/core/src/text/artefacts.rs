//! What Whisper writes although nobody said it: names of sounds, marks of songs and speakers, its own tokens.
//!
//! Real parentheses stay. What goes is decided by form, so that nothing else can go with it:
//! * `<|endoftext|>`, `[_BEG_]`, `[_TT_50]`: the model's own tokens, always;
//! * `[BLANK_AUDIO]`, `[SPEAKING JAPANESE]`: square brackets around capitals alone, four letters or more. Nobody dictates
//!   those, and Whisper writes them for nothing but sounds;
//! * `[music]`, `(upbeat music)`, `*sighs*`: any brackets, if *every* word in them is one of `SOUNDS` or goes with one,
//!   and at least one is a sound;
//! * `♪ la la la ♪`: songs, with their words; a note on its own goes alone;
//! * `- ` and `>> ` at the start of a line: marks of speakers in subtitles;
//! * control characters, byte order marks and the replacement character, which is a token cut in half;
//! * spaces doubled, before a line break, or at either end.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Words that name a sound. One of them must be in a bracket that is to go. The last two lines name some in other
/// languages than English.
const SOUNDS: &str = "\
    applause applauding audio barking beep beeping bell bells birds breath breathes breathing buzzing chatter \
    cheering cheers chirping chuckle chuckles chuckling clapping clears click clicking clicks cough coughing \
    coughs crosstalk cries crying exhales footsteps gasp gasps giggles groans gunshot gunshots hum humming \
    inaudible indistinct inhales instrumental knocking laugh laughing laughs laughter moans mumbling mumbles music \
    noise noises panting pause rustling screaming screams sigh sighing sighs silence silent singing siren sirens \
    slams sneezes sniffing sniffles sniffs snoring sobbing static thud thunder ticking typing unintelligible \
    whistling whoosh whooshing yawns \
    applaudissements aplausos applaus gelächter lachen musik musique música musica rires risas rumore silencio \
    silenzio stille музыка аплодисменты смех 音楽 拍手 笑 音乐";

/// Words that go with a sound: `dramatic music`, `keyboard clicking`, `clears throat`.
const WITH_SOUNDS: &str = "\
    and audience background blank car continues crowd distant dog door dramatic ends engine fades gentle heavy \
    horn in intense keyboard light loud mouse muffled no of ominous out people phone piano guitar playing plays \
    quiet quietly revving ringing rock sad soft softly sound sounds speech starts stops suspenseful tense the \
    throat upbeat water wind blowing closes opens";

/// Whole brackets that hold no word for a sound, but are one: Whisper writes them for speech that it cannot write.
const PHRASES: &[&str] = &[
    "blank audio",
    "foreign",
    "foreign language",
    "speaking foreign language",
    "speaking in foreign language",
    "speaks in foreign language",
    "non english speech",
    "speaking in a foreign language",
    "no speech",
];

/// Fewer capitals than this in square brackets may be anything.
const FEWEST_CAPITALS: usize = 4;

#[allow(clippy::expect_used)] // constant patterns, compiled by every test below
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern is valid")
}

static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"<\|[A-Za-z0-9_.]*\|>|\[_[A-Z]+_[0-9]*\]"));
static BRACKET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\[([^\[\]()\n]*)\]|\(([^\[\]()\n]*)\)|\*([^*\[\]()\n]+)\*|（([^（）\n]*)）|【([^【】\n]*)】")
});
static SONG: LazyLock<Regex> = LazyLock::new(|| pattern(r"[♩♪♫♬]+[^♩♪♫♬\n]*[♩♪♫♬]+|[♩♪♫♬]+"));
static SPEAKER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:(?:[-–—]|>>+)[ \t]+)+"));
static SPACES: LazyLock<Regex> = LazyLock::new(|| pattern(r" {2,}"));
static SPACE_AT_BREAK: LazyLock<Regex> = LazyLock::new(|| pattern(r" *\n *"));

/// Removes what was not said.
pub fn clean(text: &str) -> String {
    let mut text = plain_characters(text);
    let words = text.chars().any(char::is_alphanumeric);
    // What goes may bring together what then has to go, such as nested brackets. Every round but the last shortens the
    // text, so there is a last one.
    loop {
        let next = without_marks(&text);
        let next = SPACES.replace_all(&next, " ");
        let next = SPACE_AT_BREAK.replace_all(&next, "\n").trim().to_owned();
        if next == text {
            break;
        }
        text = next;
    }
    // `[MUSIC].` leaves a full stop behind that belonged to it.
    if words && !text.chars().any(char::is_alphanumeric) { String::new() } else { text }
}

fn plain_characters(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|character| match character {
            '\t' => Some(' '),
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\u{FEFF}' | '\u{FFFD}' => None,
            other => (!other.is_control()).then_some(other),
        })
        .collect()
}

fn without_marks(text: &str) -> String {
    let text = TOKEN.replace_all(text, "");
    let text = BRACKET.replace_all(&text, |found: &Captures<'_>| {
        let whole = &found[0];
        let inside = found.iter().skip(1).flatten().next().map_or("", |inside| inside.as_str());
        if is_sound(whole, inside) { String::new() } else { whole.to_owned() }
    });
    let text = SONG.replace_all(&text, "");
    SPEAKER.replace_all(&text, "").into_owned()
}

fn is_sound(whole: &str, inside: &str) -> bool {
    if whole.starts_with('[') && is_capitals(inside) {
        return true;
    }
    let words: Vec<String> = inside
        .split(|character: char| !character.is_alphanumeric() && character != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let is_in = |list: &str, word: &String| list.split_whitespace().any(|known| known == word);
    PHRASES.contains(&words.join(" ").as_str())
        || (words.iter().any(|word| is_in(SOUNDS, word))
            && words.iter().all(|word| is_in(SOUNDS, word) || is_in(WITH_SOUNDS, word)))
}

fn is_capitals(inside: &str) -> bool {
    inside.chars().filter(char::is_ascii_uppercase).count() >= FEWEST_CAPITALS
        && inside.chars().all(|character| character.is_ascii_uppercase() || matches!(character, ' ' | '_' | '-' | '\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_go() {
        for (raw, text) in [
            (" Hello there.", "Hello there."),
            (" [BLANK_AUDIO]", ""),
            ("[MUSIC PLAYING]", ""),
            ("[ Silence ]", ""),
            ("[MUSIC].", ""),
            ("(upbeat music)", ""),
            ("(Music playing in the background)", ""),
            ("Hello (laughs) there.", "Hello there."),
            ("Hello. *sighs* Goodbye.", "Hello. Goodbye."),
            ("[SPEAKING JAPANESE] Yes.", "Yes."),
            ("[NON-ENGLISH SPEECH]", ""),
            ("(speaking in foreign language)", ""),
            ("[Applause] Thank you. [Applause]", "Thank you."),
            ("(clears throat) So", "So"),
            ("♪ la la la ♪", ""),
            ("♪♪", ""),
            ("Play it. ♪ na na ♪ Stop.", "Play it. Stop."),
            ("A note ♪ alone", "A note alone"),
            ("- Hello.\n- Hi.", "Hello.\nHi."),
            (">> Good evening.", "Good evening."),
            ("<|startoftranscript|><|en|> Hello.<|endoftext|>", "Hello."),
            ("[_BEG_] Hello.[_TT_50]", "Hello."),
            ("[[MUSIC]] Hello", "[] Hello"),
            ("two  spaces   here ", "two spaces here"),
            ("line one \n line two", "line one\nline two"),
            ("a\u{0}b\u{1b}[c\u{FFFD}\u{FEFF}", "ab[c"),
            ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree four"),
            ("（笑）そうです", "そうです"),
            ("[Musik]", ""),
        ] {
            assert_eq!(clean(raw), text, "{raw:?}");
        }
    }

    #[test]
    fn words_stay() {
        for said in [
            "Call foo(bar) twice.",
            "The engine (it was loud) stopped.",
            "I like it (the music was good).",
            "Ask NASA (the agency).",
            "An array a[I] of [ABC].",
            "[Musical theatre]",
            "Two * three * four",
            "It is -5 degrees - roughly.",
            "A well-known, state-of-the-art thing.",
            "Music and laughter, then silence.",
            "(Beethoven) music",
            "a >> b",
            "...",
            "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} family",
            "می\u{200C}خواهم",
            "Mais oui\u{A0}!",
        ] {
            assert_eq!(clean(said), said);
        }
    }
}
