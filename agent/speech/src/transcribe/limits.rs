//! How much of the encoder and how many threads a clip gets.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use scout_core::transcript::FULL_CONTEXT;
use scout_platform::cpu::running_now;

use scout_core::dictation::SAMPLE_RATE;

/// Positions for each second of audio.
const POSITIONS_PER_SECOND: usize = 50;
/// Positions behind the end of the clip, where the model finds the silence that ends it (1.28 s).
const CONTEXT_MARGIN: u32 = 64;
/// Contexts come in multiples of this, so that the encoder's matrices keep sizes that are quick to multiply.
const CONTEXT_STEP: u32 = 64;
/// Clips longer than this, in seconds, get the full context: the margin would reach over the window's end anyway.
pub(super) const LONGEST_REDUCED: usize = 28;
/// whisper.cpp returns nothing for less than 1 s; a tenth more keeps clear of its rounding.
pub(super) const LEAST_SAMPLES: usize = SAMPLE_RATE as usize * 11 / 10;
/// More threads than this were never faster for models of this size: they wait for one another at every layer.
const MOST_THREADS: usize = 8;
/// How often it is looked for what else runs before a pass, and how long lies between: a pass takes a hundred times as long.
const LOOKS: usize = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// Positions of the encoder for a clip of that many samples, or 0 for all of them.
///
/// `least` is the shortest that there may be, usually [`LEAST_CONTEXT`](scout_core::transcript::LEAST_CONTEXT). `reducible` says whether the model bears a shorter context than it was trained with.
pub(crate) fn audio_context(samples: usize, reducible: bool, least: u32) -> u32 {
    if !reducible || samples > LONGEST_REDUCED * SAMPLE_RATE as usize {
        return 0;
    }
    let clip = (samples * POSITIONS_PER_SECOND).div_ceil(SAMPLE_RATE as usize) as u32;
    (clip + CONTEXT_MARGIN).next_multiple_of(CONTEXT_STEP).clamp(least, FULL_CONTEXT)
}

/// Samples to which a clip of that many is padded with silence.
pub fn padded(samples: usize) -> usize {
    samples.max(LEAST_SAMPLES)
}

/// Threads for a machine with that many logical processors, of which so many are `busy` with something else.
///
/// Two logical processors are often one physical core, and threads that share one slow each other down; so: one more than
/// half of them. With two, both. And never one on a processor that is busy: the threads of a pass wait for each other at every
/// layer, spinning, so the slowest one sets the pace. On two processors with some fifteen busy programs, a pass over 11 s took
/// 30 s with two threads and 16.5 s with one.
pub(crate) fn threads(processors: usize, busy: usize) -> usize {
    (processors / 2 + 1).min(processors.saturating_sub(busy)).clamp(1, MOST_THREADS)
}

/// Threads for this machine, as it is now.
pub fn threads_here() -> usize {
    // Whoever wakes for a moment, such as the thread that has just asked for this, is not there each time.
    let looks = (0..LOOKS).map(|look| {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        running_now()
    });
    // The one who asks is running, too.
    let busy = looks.flatten().min().map_or(0, |running| running.saturating_sub(1));
    threads(available_parallelism().map_or(1, NonZero::get), busy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use scout_core::transcript::LEAST_CONTEXT;

    use super::*;

    #[test]
    fn the_context_follows_the_clip() {
        let seconds = |seconds: f64| audio_context((seconds * 16_000.0) as usize, true, LEAST_CONTEXT);
        for (clip, context) in [
            (0.5, 640),
            (2.0, 640),
            (11.52, 640),
            (11.53, 704),
            (16.0, 896),
            (27.9, 1472),
            (28.0, 1472),
            (28.1, 0),
            (60.0, 0),
        ] {
            assert_eq!(seconds(clip), context, "{clip} s");
        }
        assert_eq!(audio_context(32_000, false, LEAST_CONTEXT), 0);
    }

    #[test]
    fn threads_leave_room_for_the_rest_of_the_machine() {
        for (processors, expected) in
            [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (6, 4), (8, 5), (12, 7), (16, 8), (64, 8)]
        {
            assert_eq!(threads(processors, 0), expected, "{processors} processors");
        }
        for (processors, busy, expected) in
            [(2, 1, 1), (2, 2, 1), (2, 9, 1), (4, 1, 3), (4, 2, 2), (8, 3, 5), (8, 6, 2), (64, 50, 8)]
        {
            assert_eq!(threads(processors, busy), expected, "{busy} of {processors} processors are busy");
        }
        assert!(threads_here() >= 1);
    }

    #[test]
    fn short_clips_are_padded_past_a_second() {
        assert_eq!(padded(1), 17_600);
        assert_eq!(padded(17_600), 17_600);
        assert_eq!(padded(17_601), 17_601);
    }

    proptest! {
        #[test]
        fn the_context_covers_the_clip_and_fits_the_model(samples in 0usize..2_000_000) {
            let context = audio_context(samples, true, LEAST_CONTEXT);
            prop_assert!(context == 0 || (640..=1500).contains(&context));
            prop_assert!(context == 0 || context as usize * SAMPLE_RATE as usize >= samples * POSITIONS_PER_SECOND);
        }
    }
}
