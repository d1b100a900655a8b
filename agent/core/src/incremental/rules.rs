//! The numbers that incremental transcription goes by, each with its reason.

use std::time::Duration;

/// When passes are run, and where the text of one becomes final. All are lengths of audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A silence of this length starts a pass over what was said so far. Three hops: plosives and breaths inside of words
    /// are shorter. A pass that was started in vain costs nothing but processor time.
    pub speculate_after: Duration,
    /// The least silence that counts as a pause, where text may be cut. The reference's rule for the end of a span.
    pub least_pause: Duration,
    /// A pause that is as good as a sentence's end: pieces cut here are as accurate as the whole (3.70 % against 3.35 % of
    /// 567 words; cutting at every pause of 200 ms costs two points).
    pub good_pause: Duration,
    /// Where a good pause is missing, this has to do once the window is nearly full.
    pub fair_pause: Duration,
    /// After so much silence everything said before it is final: whoever thinks for a second has ended a phrase, and the
    /// silence itself must not get into the window, since models invent text for it.
    pub long_pause: Duration,
    /// Pieces are not made shorter than this, except before a long pause: a word or two without what stands around them are
    /// misheard.
    pub least_piece: Duration,
    /// From this length of the window on, it is cut at the last good pause. Pieces at good pauses were as accurate each on its
    /// own as grouped to nine seconds (3.70 % both), and the shorter the window, the fewer words does the release wait for.
    pub full: Duration,
    /// From this length on, it is cut at the last fair pause.
    pub fuller: Duration,
    /// From this length on, it is cut at the longest pause there is, or else at the quietest moment: the least context of the
    /// encoder covers 11.5 s, and every second more makes each pass slower.
    pub fullest: Duration,
    /// Where nobody pauses and the window is as long as it should be, it is read again each time that so much was added: it then
    /// grows to twelve seconds, no more.
    pub unread: Duration,
    /// Where words are typed while they are spoken, what is said is read again each time that so much was added.
    pub unread_while_followed: Option<Duration>,
    /// So much speech behind a good pause is enough to know how it goes on: a pass then reads across it, though nobody pauses.
    pub ahead: Duration,
    /// A pass takes no more than this: the encoder's own limit is 30 s, less the margin for the silence that ends a clip.
    pub longest_pass: Duration,
    /// A window begins so long before its first word, and a pass ends so long behind the last: soft sounds lie outside of what the
    /// detector calls speech. With 300 ms, base heard `But` for a `That` that begins softly.
    pub lead: Duration,
    /// Where no pause was found, the next window begins so long before the cut, so that no word is cut in two.
    pub overlap: Duration,
}

impl Rules {
    /// What dictation does.
    pub const DICTATION: Self = Self {
        speculate_after: Duration::from_millis(96),
        least_pause: Duration::from_millis(100),
        good_pause: Duration::from_millis(300),
        fair_pause: Duration::from_millis(200),
        long_pause: Duration::from_secs(1),
        least_piece: Duration::from_millis(2_500),
        full: Duration::from_secs(4),
        fuller: Duration::from_secs(7),
        fullest: Duration::from_millis(9_500),
        unread: Duration::from_secs(2),
        unread_while_followed: None,
        ahead: Duration::from_millis(1_200),
        longest_pass: Duration::from_secs(28),
        lead: Duration::from_millis(500),
        overlap: Duration::from_millis(500),
    };

    /// What the transcription of a finished recording does: as dictation, but no user waits for the words, so that a pass is
    /// only begun where its words become final. That saves more than half of the passes.
    pub const RECORDING: Self = Self { speculate_after: Self::DICTATION.long_pause, ..Self::DICTATION };

    /// [`Rules::unread_while_followed`] where words are typed while they are spoken: a word is certain with the second pass over
    /// it, so it stands there two or three seconds after it was said. The smallest model takes a third of this for a pass.
    pub const FOLLOWED: Duration = Duration::from_secs(1);

    /// The shortest pause at which a window of this length may be cut; `None` as long as it need not be.
    pub fn needed_pause(&self, window: Duration) -> Option<Duration> {
        if window >= self.fullest {
            Some(self.least_pause)
        } else if window >= self.fuller {
            Some(self.fair_pause)
        } else if window >= self.full {
            Some(self.good_pause)
        } else {
            None
        }
    }
}
