//! Repeated measurements of one thing.

use std::time::Duration;

/// The middle one; of an even number the mean of the two in the middle, of none zero.
pub(crate) fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = samples.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2);
    upper.zip(lower).map_or(0.0, |(upper, lower)| f64::midpoint(*upper, *lower))
}

/// The one that 99 of 100 do not exceed: of 1000 the 990th; of none zero.
pub(crate) fn percentile_99(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = samples.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * 99).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The largest; of none zero.
pub(crate) fn largest(samples: impl IntoIterator<Item = f64>) -> f64 {
    samples.into_iter().max_by(f64::total_cmp).unwrap_or(0.0)
}

/// Milliseconds, for tables.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::{median, percentile_99};

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_there() {
        let cases: [(&[f64], f64); 4] =
            [(&[], 0.0), (&[3.0], 3.0), (&[9.0, 1.0, 2.0], 2.0), (&[4.0, 1.0, 2.0, 9.0], 3.0)];
        for (samples, expected) in cases {
            assert!((median(samples.iter().copied()) - expected).abs() < f64::EPSILON, "{samples:?}");
        }
    }

    #[test]
    fn the_99th_percentile_leaves_one_of_a_hundred_out() {
        let up_to = |last: u32| percentile_99((1..=last).map(f64::from));
        for (found, expected) in [(up_to(0), 0.0), (up_to(1), 1.0), (up_to(100), 99.0), (up_to(1000), 990.0)]
        {
            assert!((found - expected).abs() < f64::EPSILON, "{found} is not {expected}");
        }
    }
}
