//! Medians and percentiles.

use std::time::Duration;

/// The value that half of the values do not exceed.
pub(crate) fn median<T: Copy + PartialOrd>(values: &mut [T]) -> Option<T> {
    percentile(values, 50)
}

/// The value that this many percent of the values do not exceed: one of them, never one in between. Sorts the values.
pub(crate) fn percentile<T: Copy + PartialOrd>(values: &mut [T], percent: usize) -> Option<T> {
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied()
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut times = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(median(&mut times), Some(3.0));
        assert_eq!(percentile(&mut times, 95), Some(5.0));
        assert_eq!(percentile(&mut [7], 50), Some(7));
        assert_eq!(percentile(&mut (1..=100).collect::<Vec<_>>(), 95), Some(95));
        assert_eq!(median::<u8>(&mut []), None);
    }
}
