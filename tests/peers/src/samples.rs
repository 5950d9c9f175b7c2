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

/// Milliseconds, for tables.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_there() {
        let cases: [(&[f64], f64); 4] =
            [(&[], 0.0), (&[3.0], 3.0), (&[9.0, 1.0, 2.0], 2.0), (&[4.0, 1.0, 2.0, 9.0], 3.0)];
        for (samples, expected) in cases {
            assert!((median(samples.iter().copied()) - expected).abs() < f64::EPSILON, "{samples:?}");
        }
    }
}
