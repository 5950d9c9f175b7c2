//! The quota of one operation, as AWS's own documents describe their throttling: a bucket of tokens that fills steadily.

use std::time::Duration;

use tokio::time::Instant;

/// Holds one second's worth at most, so that a fleet at rest may start with a burst of that.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// Full, with so many calls a second.
    pub(super) fn full(rate: f64) -> Self {
        Self { rate, tokens: rate, filled: Instant::now() }
    }

    /// Whether a call may pass now. One that may not costs nothing.
    pub(super) fn admits(&mut self) -> bool {
        let now = Instant::now();
        self.fill(now.duration_since(self.filled));
        self.filled = now;
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }

    fn fill(&mut self, elapsed: Duration) {
        self.tokens = self.rate.min(self.tokens + self.rate * elapsed.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(bucket: &mut Bucket) -> usize {
        std::iter::repeat_with(|| bucket.admits()).take_while(|admitted| *admitted).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_second_and_the_rest_comes_steadily() {
        let mut bucket = Bucket::full(100.0);
        assert_eq!(admitted(&mut bucket), 100);
        tokio::time::advance(Duration::from_millis(250)).await;
        assert_eq!(admitted(&mut bucket), 25);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(admitted(&mut bucket), 100);
    }
}
