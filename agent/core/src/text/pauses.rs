//! Where in a transcript the speaker paused.
//!
//! The model tells when a segment begins and ends, not when a word does; the voice activity detector tells when there was
//! voice, to 32 ms. A pause inside a segment is looked for where it would be if the words of the segment took time by their
//! length, and only there where a sign or a new sentence shows that the model heard it too.

use std::time::Duration;

/// A shorter silence is the middle of a word, or a breath. The pause before and after a command that is meant to be one
/// takes longer.
pub const SHORTEST: Duration = Duration::from_millis(250);

/// The joint between two segments is taken for a pause that is at most this far away, in seconds: the model's time stamps
/// are this exact, not more.
const TIMESTAMPS_WITHIN: f32 = 0.6;

/// A sign counts for a pause if it is at most this far from where the pause should be, as part of the segment's text.
const SIGNS_WITHIN: f32 = 0.15;

/// And always within so many characters: about two words.
const SIGNS_NEAR: usize = 12;

/// A stretch of text with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<'t> {
    /// The text.
    pub text: &'t str,
    /// Where it begins, in seconds.
    pub start: f32,
    /// Where it ends.
    pub end: f32,
}

/// The places in `text` where there was a pause, in bytes, each behind the character before it.
///
/// `segments` are parts of the text, in order; what is not found in it is passed over. `voiced` are the stretches with
/// voice, in seconds.
pub fn places(text: &str, segments: &[Timed<'_>], voiced: &[(f32, f32)]) -> Vec<usize> {
    let gaps: Vec<(f32, f32)> = voiced
        .windows(2)
        .map(|pair| (pair[0].1, pair[1].0))
        .filter(|(from, to)| to - from >= SHORTEST.as_secs_f32())
        .collect();
    let mut places = Vec::new();
    let mut from = 0;
    let mut last: Option<&Timed<'_>> = None;
    for segment in segments {
        let Some(found) = text[from..].find(segment.text).filter(|_| !segment.text.is_empty()) else { continue };
        let start = from + found;
        if let Some(last) = last {
            let joint = (last.end - TIMESTAMPS_WITHIN, segment.start + TIMESTAMPS_WITHIN);
            if gaps.iter().any(|(gap, end)| *end > joint.0 && *gap < joint.1) {
                places.push(start - (text[..start].len() - text[..start].trim_end().len()));
            }
        }
        places.extend(inside(segment, &gaps, voiced).into_iter().map(|place| start + place));
        from = start + segment.text.len();
        last = Some(segment);
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// The places of pauses in one segment.
fn inside(segment: &Timed<'_>, gaps: &[(f32, f32)], voiced: &[(f32, f32)]) -> Vec<usize> {
    let spoken = |until: f32| -> f32 {
        voiced.iter().map(|(from, to)| (to.min(until).min(segment.end) - from.max(segment.start)).max(0.0)).sum()
    };
    let whole = spoken(segment.end);
    if whole <= 0.0 {
        return Vec::new();
    }
    let length = segment.text.chars().count();
    let within = SIGNS_NEAR.max((length as f32 * SIGNS_WITHIN) as usize);
    let mut places = Vec::new();
    for (gap, _) in gaps.iter().filter(|(gap, end)| *gap > segment.start && *end < segment.end) {
        let expected = (spoken(*gap) / whole * length as f32) as usize;
        // The sign nearest to where the pause should be.
        let nearest = signs(segment.text)
            .map(|(place, number)| (number.abs_diff(expected), place))
            .filter(|(away, _)| *away <= within)
            .min();
        places.extend(nearest.map(|(_, place)| place));
    }
    places
}

/// Commas and sentence ends: the place behind each in bytes, and how many characters are before it.
fn signs(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    text.char_indices().enumerate().filter_map(|(number, (place, character))| {
        let is_sign = matches!(character, ',' | '.' | '?' | '!' | ';' | ':' | '…' | '、' | '。' | '，');
        is_sign.then_some((place + character.len_utf8(), number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, segments: &[(&str, f32, f32)], voiced: &[(f32, f32)]) -> String {
        let segments: Vec<Timed<'_>> =
            segments.iter().map(|(text, start, end)| Timed { text, start: *start, end: *end }).collect();
        super::super::clauses::mark(text, &places(text, &segments, voiced)).replace(super::super::clauses::PAUSE, "|")
    }

    #[test]
    fn pauses_are_found_at_signs_and_between_segments() {
        // A second of quiet around a command, in one segment.
        assert_eq!(
            shown(
                "Dear Anna, new line, thank you for the letter.",
                &[("Dear Anna, new line, thank you for the letter.", 0.0, 6.0)],
                &[(0.0, 0.9), (1.9, 2.7), (3.7, 6.0)]
            ),
            "Dear Anna,| new line,| thank you for the letter."
        );
        // Spoken without a break, the commas are the model's.
        assert_eq!(shown("Red, green, blue.", &[("Red, green, blue.", 0.0, 2.0)], &[(0.1, 1.9)]), "Red, green, blue.");
        // Between segments, with and without a pause.
        assert_eq!(
            shown("One two. Three.", &[("One two.", 0.0, 1.0), ("Three.", 1.4, 2.0)], &[(0.0, 1.0), (1.5, 2.0)]),
            "One two.| Three."
        );
        assert_eq!(
            shown("One two three.", &[("One two", 0.0, 1.0), ("three.", 1.0, 2.0)], &[(0.0, 2.0)]),
            "One two three."
        );
        // A hesitation in the middle of a sentence leaves no sign, and so no mark.
        assert_eq!(
            shown(
                "He asked for a new line of products.",
                &[("He asked for a new line of products.", 0.0, 5.0)],
                &[(0.0, 1.0), (2.0, 5.0)]
            ),
            "He asked for a new line of products."
        );
    }

    #[test]
    fn what_does_not_fit_together_marks_nothing() {
        assert_eq!(shown("abc", &[("xyz", 0.0, 1.0)], &[(0.0, 0.3), (0.8, 1.0)]), "abc");
        assert_eq!(shown("", &[], &[]), "");
        assert_eq!(shown("é, è", &[("é, è", 0.0, 0.0)], &[(5.0, 6.0)]), "é, è");
    }
}
