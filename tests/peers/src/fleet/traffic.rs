//! What the service has been asked, second by second.

use std::time::Duration;

use tokio::time::Instant;

/// The two operations that read secrets, each with a quota of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Batch,
    Get,
}

/// The requests since a moment.
#[derive(Debug)]
pub(super) struct Traffic {
    since: Instant,
    /// How long the count went on; zero as long as it does.
    pub(super) lasted: Duration,
    pub(super) batch: Log,
    pub(super) get: Log,
}

impl Traffic {
    pub(super) fn from_now() -> Self {
        let (batch, get) = (Log::default(), Log::default());
        Self { since: Instant::now(), lasted: Duration::ZERO, batch, get }
    }

    pub(super) fn until_now(self) -> Self {
        Self { lasted: self.since.elapsed(), ..self }
    }

    pub(super) fn note(&mut self, operation: Operation, admitted: bool) {
        let second = usize::try_from(self.since.elapsed().as_secs()).unwrap_or(usize::MAX);
        match operation {
            Operation::Batch => self.batch.note(second, admitted),
            Operation::Get => self.get.note(second, admitted),
        }
    }
}

/// The requests of one operation.
#[derive(Debug, Default)]
pub(super) struct Log {
    seconds: Vec<u64>,
    throttled: u64,
}

impl Log {
    fn note(&mut self, second: usize, admitted: bool) {
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, 0);
        }
        if let Some(requests) = self.seconds.get_mut(second) {
            *requests += 1;
        }
        self.throttled += u64::from(!admitted);
    }

    pub(super) fn requests(&self) -> u64 {
        self.seconds.iter().sum()
    }

    pub(super) const fn throttled(&self) -> u64 {
        self.throttled
    }

    /// The most requests in one second.
    pub(super) fn peak(&self) -> u64 {
        self.seconds.iter().copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_are_counted_by_operation_and_second() {
        let mut traffic = Traffic::from_now();
        traffic.note(Operation::Get, true);
        tokio::time::advance(Duration::from_millis(1500)).await;
        traffic.note(Operation::Get, true);
        traffic.note(Operation::Get, false);
        traffic.note(Operation::Batch, true);
        assert_eq!((traffic.get.requests(), traffic.get.throttled(), traffic.get.peak()), (3, 1, 2));
        assert_eq!((traffic.batch.requests(), traffic.batch.throttled(), traffic.batch.peak()), (1, 0, 1));
        assert_eq!(traffic.until_now().lasted, Duration::from_millis(1500));
    }
}
