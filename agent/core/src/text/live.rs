//! Words that are typed while the user still speaks: which of them are certain, and what is left to type at the end.
//!
//! A word is certain once two passes in a row wrote it, and everything before it, in the same way, or once it is settled that
//! it will not be read again. What is typed is never
//! corrected: where the last word on it is another, it stays as it is, and what follows is put behind it. So what was typed is
//! always the beginning of what is delivered.

use super::Step;
use super::step::text_of;
use crate::alignment::fit;
use crate::incremental::checks::is_ideographic;

/// So many words at the end of what two passes agree on wait for what follows: "twenty" may become 23 with the next word, and
/// "new" a line break; the longest spoken command has three words.
const HELD_BACK: usize = 3;

/// So many words at the end of what is settled wait all the same: whether a full stop stays there depends on what follows.
const HELD_BACK_OF_SETTLED: usize = 1;

/// What is typed of a dictation that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    typed: String,
    /// The text as the last pass had it.
    last: String,
}

/// What is left to do at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// What is still to be done, in order.
    pub steps: Vec<Step>,
    /// All text of the dictation: what was typed, and what is still to be.
    pub text: String,
}

impl Live {
    /// A pass was made, and what was found so far is composed to these steps; `settled` is its beginning that will not change.
    /// Gives what can be typed now, behind what is there.
    pub fn read(&mut self, steps: &[Step], settled: &[Step]) -> Option<String> {
        // What follows a key or a program waits for it.
        let first = |steps: &[Step]| steps.first().and_then(Step::text).unwrap_or_default().trim_end().to_owned();
        let (text, settled) = (first(steps), first(settled));
        let now = pieces(&text);
        let agreed = |other: &str| pieces(other).iter().zip(&now).take_while(|(one, other)| one == other).count();
        let by_two = agreed(&self.last).saturating_sub(HELD_BACK);
        let by_one = agreed(&settled).saturating_sub(HELD_BACK_OF_SETTLED);
        let certain: String = now[..by_two.max(by_one)].concat();
        self.last = text;
        let new = certain.strip_prefix(&self.typed).filter(|new| !new.is_empty())?.to_owned();
        self.typed.push_str(&new);
        Some(new)
    }

    /// This end of what was to be typed was not.
    pub fn not_typed(&mut self, rest: &str) {
        if self.typed.ends_with(rest) {
            self.typed.truncate(self.typed.len() - rest.len());
        }
    }

    /// What is typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// All was understood, and is composed to these steps.
    pub fn finish(&self, steps: Vec<Step>) -> Rest {
        if self.typed.is_empty() {
            return Rest { text: text_of(&steps), steps };
        }
        let all = text_of(&steps);
        let (there, mut glue) = if all.starts_with(&self.typed) {
            (self.typed.len(), "")
        } else {
            // The words that are typed, as the last pass wrote them.
            let (typed, pieces) = (cores(&self.typed), pieces(&all));
            let fit = fit(&typed, &cores(&all));
            // Where they have little in common, a word that is there twice is better than one that is lost.
            let there = if fit.edits > typed.len().div_ceil(2) { 0 } else { fit.words };
            let there = pieces[..there].iter().map(|piece| piece.len()).sum();
            (there, joint(&self.typed, &all[there..]))
        };
        let mut passed_over = there;
        let mut rest = Vec::new();
        for step in steps {
            let Step::Text(text) = step else {
                rest.push(step);
                continue;
            };
            let gone = passed_over.min(text.len());
            passed_over -= gone;
            if gone < text.len() {
                rest.push(Step::Text(format!("{}{}", std::mem::take(&mut glue), &text[gone..])));
            }
        }
        Rest { text: format!("{}{}", self.typed, text_of(&rest)), steps: rest }
    }
}

/// What has to stand between two texts that were not written in one go.
fn joint(before: &str, after: &str) -> &'static str {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else { return "" };
    let runs_together = |character: char| character.is_whitespace() || is_ideographic(character);
    if runs_together(last) || runs_together(first) { "" } else { " " }
}

/// The text in words, each with the spaces before it, and with the signs around it. In scripts that do not separate words,
/// characters. Spaces at the end are a piece of their own.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (place, character) in text.char_indices() {
        let begins = match before {
            None => false,
            Some(before) if before.is_whitespace() => false,
            Some(before) => character.is_whitespace() || is_ideographic(before) || is_ideographic(character),
        };
        if begins {
            pieces.push(&text[start..place]);
            start = place;
        }
        before = Some(character);
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// What two readings of a word have in common: no case, no signs, no spaces.
fn cores(text: &str) -> Vec<String> {
    let core = |piece: &&str| piece.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    pieces(text).iter().map(core).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Vec<Step> {
        vec![Step::Text(text.to_owned())]
    }

    /// What is typed after each of these passes, with `|` between.
    fn typed(passes: &[&str]) -> (String, Live) {
        let mut live = Live::default();
        let typed: Vec<String> = passes.iter().map(|pass| live.read(&text(pass), &[]).unwrap_or_default()).collect();
        (typed.join("|"), live)
    }

    #[test]
    fn words_are_typed_once_two_passes_agree_and_three_more_have_followed() {
        for (passes, expected) in [
            (&["One two three four five six"][..], ""),
            (&["One two three four five six", "One two three four five six"], "|One two three"),
            (
                &[
                    "One two three four.",
                    "One two three four five six seven",
                    "One two three four five six seven eight",
                ],
                "||One two three four",
            ),
            (&["One two three four five", "One too three four five", "One too three four five six"], "||One too"),
            // A word that was typed is read otherwise: nothing more comes before the end.
            (&["a b c d e", "a b c d e", "x b c d e f", "x b c d e f"], "|a b||"),
            // And as before again.
            (&["a b c d e", "a b c d e", "x b c d e f", "a b c d e f", "a b c d e f g"], "|a b||| c"),
            (&["今日は天気です", "今日は天気です。"], "|今日は天"),
            (&[" Then it rains. We", " Then it rains. We go"], "| Then"),
            (&["", ""], "|"),
        ] {
            assert_eq!(typed(passes).0, expected, "{passes:?}");
        }
    }

    #[test]
    fn what_is_settled_is_typed_but_for_its_last_word() {
        for (pass, settled, expected) in [
            ("One two. Three four five", "One two. Three", Some("One two.")),
            ("One two three. ", "One two three. ", Some("One two")),
            ("One too three four", "One two three", None),
            ("One two", "One", None),
        ] {
            assert_eq!(Live::default().read(&text(pass), &text(settled)).as_deref(), expected, "{pass:?} {settled:?}");
        }
    }

    #[test]
    fn what_follows_a_key_waits_for_it() {
        let mut live = Live::default();
        let steps = [text("one two three four five"), vec![Step::StopListening], text(" six seven")].concat();
        live.read(&steps, &[]);
        assert_eq!(live.read(&steps, &[]).as_deref(), Some("one two"));
        assert_eq!(live.read(&[Step::UndoLast], &[]), None);
    }

    #[test]
    fn at_the_end_only_the_rest_is_left() {
        for (typed, last, rest, all) in [
            ("", "Go forward.", "Go forward.", "Go forward."),
            ("Go", "Go forward. ", " forward. ", "Go forward. "),
            ("Go forward.", "Go forward.", "", "Go forward."),
            // The last pass writes it otherwise: what is there stays.
            ("Go forward", "go forward, ten meters.", " ten meters.", "Go forward ten meters."),
            (
                "Had he marry the",
                "Had he married a more amiable woman",
                " more amiable woman",
                "Had he marry the more amiable woman",
            ),
            ("We want two", "Want to go.", " go.", "We want two go."),
            ("今日は", "今日わ天気です", "天気です", "今日は天気です"),
            // There is nothing behind it.
            ("Thank you", "", "", "Thank you"),
            // Nothing of it is there any more.
            ("Hello world.", "Goodbye.", " Goodbye.", "Hello world. Goodbye."),
        ] {
            let live = Live { typed: typed.to_owned(), last: String::new() };
            let found = live.finish(text(last));
            assert_eq!((text_of(&found.steps).as_str(), found.text.as_str()), (rest, all), "{typed:?} {last:?}");
        }
    }

    #[test]
    fn keys_stay_where_they_belong() {
        let live = Live { typed: "Dear Anna".to_owned(), last: String::new() };
        let steps = [text("Dear Anna,"), vec![Step::StopListening], text("thank you")].concat();
        let expected = [text(","), vec![Step::StopListening], text("thank you")].concat();
        assert_eq!(live.finish(steps).steps, expected);
        let all = [text("Dear Anna"), vec![Step::StopListening], text("thank you")].concat();
        assert_eq!(live.finish(all).steps, [vec![Step::StopListening], text("thank you")].concat());
    }

    #[test]
    fn what_was_held_is_left_for_the_end() {
        let (_, mut live) = typed(&["one two three four five six", "one two three four five six"]);
        live.not_typed(" three");
        assert_eq!(live.typed(), "one two");
        assert_eq!(text_of(&live.finish(text("one two three four")).steps), " three four");
    }

    fn pass() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "B.", "c,", "dd", "天", "気"]), 0..12)
            .prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn what_is_typed_is_always_the_beginning_of_what_is_delivered(
            passes in prop::collection::vec((pass(), pass()), 0..8), held in 0_usize..3, last in pass()
        ) {
            let mut live = Live::default();
            let mut typed = String::new();
            for (number, (pass, settled)) in passes.iter().enumerate() {
                if let Some(new) = live.read(&text(pass), &text(settled)) {
                    typed.push_str(&new);
                    if number == held {
                        let rest = new.chars().skip(1).collect::<String>();
                        live.not_typed(&rest);
                        typed.truncate(typed.len() - rest.len());
                    }
                }
                prop_assert_eq!(live.typed(), &typed);
            }
            let rest = live.finish(text(&last));
            prop_assert_eq!(&rest.text, &format!("{}{}", typed, text_of(&rest.steps)));
            if last.starts_with(typed.as_str()) {
                prop_assert_eq!(&rest.text, &last, "nothing is changed without need");
            }
        }

        #[test]
        fn a_speaker_whose_words_are_read_the_same_each_time_gets_the_text_of_the_last_pass(
            words in prop::collection::vec("[a-z]{1,5}[,.]?", 1..30), steps in prop::collection::vec(0_usize..5, 0..20)
        ) {
            let mut live = Live::default();
            let mut length = 0;
            for step in steps {
                length = (length + step).min(words.len());
                let settled = words[..length / 2].join(" ");
                live.read(&text(&words[..length].join(" ")), &text(&settled));
            }
            let all = words.join(" ");
            prop_assert_eq!(live.finish(text(&all)).text, all);
        }

        #[test]
        fn pieces_join_to_the_text(sample in "\\PC{0,40}") {
            prop_assert_eq!(pieces(&sample).concat(), sample);
        }
    }
}
