//! Which cached values and answers a reader accepts.

use std::time::Duration;

use super::clock::Moment;
use super::ids::FetchSeq;
use super::slot::Held;

/// How old an answer may be for one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Acceptance {
    /// Within the cache's own TTL, or stale while it is refreshed.
    Cached,
    /// The same, but a value that expires soon is refreshed now.
    RefreshAhead,
    /// At most this old. If no younger value can be had, one that the cache may serve stale.
    YoungerThan(Duration),
    /// Of a fetch that starts after this one.
    After(FetchSeq),
}

impl Acceptance {
    /// Whether a held value is recent enough.
    pub(super) fn accepts(self, held: &Held, now: Moment) -> bool {
        match self {
            Self::Cached => now < held.fresh_until,
            Self::RefreshAhead => now < held.refresh_ahead_at(),
            Self::YoungerThan(age) => now.since(held.fetched_at) < age,
            Self::After(fetch) => held.fetch > fetch,
        }
    }

    /// Whether a fetch for this reader goes past other caches on the way to the store: the reader asks how
    /// the store is now.
    pub(super) const fn needs_the_store(self) -> bool {
        match self {
            Self::Cached => false,
            Self::RefreshAhead | Self::YoungerThan(_) | Self::After(_) => true,
        }
    }

    /// Whether a stale value will do while another is fetched or, if `waits_for_retry`, cannot be fetched
    /// yet.
    pub(in crate::client) const fn accepts_stale(self, waits_for_retry: bool) -> bool {
        match self {
            Self::Cached | Self::RefreshAhead => true,
            Self::YoungerThan(_) => waits_for_retry,
            Self::After(_) => false,
        }
    }

    /// Whether an answer of this fetch will do.
    pub(in crate::client) fn accepts_answer_of(self, fetch: FetchSeq) -> bool {
        match self {
            Self::Cached | Self::RefreshAhead | Self::YoungerThan(_) => true,
            Self::After(earlier) => fetch > earlier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refresh_rejects_answers_of_earlier_fetches() {
        let [earlier, now, later] = FetchSeq::three();
        for acceptance in [Acceptance::Cached, Acceptance::YoungerThan(Duration::ZERO)] {
            assert!([earlier, now, later].iter().all(|fetch| acceptance.accepts_answer_of(*fetch)));
        }
        assert_eq!(
            [earlier, now, later].map(|fetch| Acceptance::After(now).accepts_answer_of(fetch)),
            [false, false, true]
        );
    }

    #[test]
    fn a_stale_value_is_for_plain_reads_and_for_others_only_while_no_younger_one_can_be_had() {
        let [fetch, ..] = FetchSeq::three();
        let accepts =
            |acceptance: Acceptance| (acceptance.accepts_stale(false), acceptance.accepts_stale(true));
        assert_eq!(accepts(Acceptance::Cached), (true, true));
        assert_eq!(accepts(Acceptance::YoungerThan(Duration::ZERO)), (false, true));
        assert_eq!(accepts(Acceptance::After(fetch)), (false, false));
    }
}
