//! Which cached values a reader accepts.

use std::time::Duration;

use super::{Held, Trip};
use crate::client::clock::Moment;

/// How old an answer a reader accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::client) enum Wish {
    /// What the cache's own TTL allows, and stale while it is refreshed.
    #[default]
    Cached,
    /// The same, but a value that will soon be stale is asked for now.
    Ahead,
    /// At most so old. If nothing younger can be had, what the cache may serve stale.
    YoungerThan(Duration),
    /// Of a call that begins after this reader has come.
    After(Trip),
}

impl Wish {
    /// Whether a value will do.
    pub(in crate::client) fn fits(self, held: &Held, now: Moment) -> bool {
        match self {
            Self::Cached => now < held.fresh_until,
            Self::Ahead => now < held.ahead(),
            Self::YoungerThan(age) => now.since(held.fetched_at) < age,
            Self::After(trip) => held.trip > trip,
        }
    }

    /// Whether a value past its time will do for now, while another is asked for or cannot be had yet.
    pub(in crate::client) const fn accepts_stale(self, waits_for_retry: bool) -> bool {
        match self {
            Self::Cached | Self::Ahead => true,
            Self::YoungerThan(_) => waits_for_retry,
            Self::After(_) => false,
        }
    }

    /// Whether the answer of a call that began with this trip will do.
    pub(in crate::client) fn accepts_answer_of(self, trip: Trip) -> bool {
        match self {
            Self::Cached | Self::Ahead | Self::YoungerThan(_) => true,
            Self::After(earlier) => trip > earlier,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asked_past_all_earlier_calls_turns_an_earlier_answer_down() {
        let [earlier, now, later] = Trip::three();
        for wish in [Wish::Cached, Wish::YoungerThan(Duration::ZERO)] {
            assert!([earlier, now, later].iter().all(|trip| wish.accepts_answer_of(*trip)));
        }
        assert_eq!(
            [earlier, now, later].map(|trip| Wish::After(now).accepts_answer_of(trip)),
            [false, false, true]
        );
    }

    #[test]
    fn a_value_past_its_time_is_for_who_takes_what_the_cache_has_and_for_others_only_when_nothing_else_is_to_be_had()
     {
        let [trip, ..] = Trip::three();
        let accepts = |wish: Wish| (wish.accepts_stale(false), wish.accepts_stale(true));
        assert_eq!(accepts(Wish::Cached), (true, true));
        assert_eq!(accepts(Wish::YoungerThan(Duration::ZERO)), (false, true));
        assert_eq!(accepts(Wish::After(trip)), (false, false));
    }
}
