//! Random interleavings of reads, calls, answers, failures, changes and time, against what may be served at
//! all.

mod server;
mod world;

use std::time::Duration;

use proptest::prelude::*;

use server::{Ask, NAMES};
use world::{Outcome, World};

use crate::client::cache::Acceptance;

#[derive(Debug, Clone)]
enum Step {
    Read(Ask, Acceptance),
    Refresh(Ask),
    /// Reads a value by one of the leases of the fast path.
    ReadByLease(usize),
    Start,
    /// Completes one of the requests in flight.
    Complete(usize, Outcome),
    CompleteAll(Outcome),
    Abandon(usize),
    CancelQueued,
    Clear,
    ClearName(Ask),
    Rotate(usize),
    Delete(usize),
    Pass(Duration),
}

fn asks() -> impl Strategy<Value = Ask> {
    let secret = 0..NAMES.len();
    prop_oneof![
        4 => secret.clone().prop_map(|secret| Ask::Name { secret }),
        1 => secret.clone().prop_map(|secret| Ask::PartialArn { secret }),
        3 => (secret, 1..4_usize).prop_map(|(secret, making)| Ask::Arn { secret, making }),
    ]
}

fn acceptances() -> impl Strategy<Value = Acceptance> {
    prop_oneof![
        6 => Just(Acceptance::Cached),
        2 => Just(Acceptance::RefreshAhead),
        1 => prop_oneof![Just(0), Just(10), Just(200), Just(100_000)]
            .prop_map(|age| Acceptance::YoungerThan(Duration::from_secs(age))),
    ]
}

/// One of several, of which there may be fewer.
fn which() -> impl Strategy<Value = usize> {
    0..12_usize
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => which().prop_map(Outcome::Honest),
        1 => Just(Outcome::Denied),
        1 => Just(Outcome::Throttled),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    // From within a back-off to past everything.
    let pauses = [1, 300, 3_000, 20_000, 85_000, 120_000, 1_000_000];
    prop_oneof![
        11 => (asks(), acceptances()).prop_map(|(ask, acceptance)| Step::Read(ask, acceptance)),
        1 => asks().prop_map(Step::Refresh),
        4 => which().prop_map(Step::ReadByLease),
        6 => Just(Step::Start),
        8 => (which(), outcomes()).prop_map(|(index, outcome)| Step::Complete(index, outcome)),
        2 => outcomes().prop_map(Step::CompleteAll),
        1 => which().prop_map(Step::Abandon),
        1 => Just(Step::CancelQueued),
        1 => Just(Step::Clear),
        1 => asks().prop_map(Step::ClearName),
        3 => (0..NAMES.len()).prop_map(Step::Rotate),
        2 => (0..NAMES.len()).prop_map(Step::Delete),
        5 => proptest::sample::select(pauses.to_vec()).prop_map(|ms| Step::Pass(Duration::from_millis(ms))),
    ]
}

proptest! {
    #[test]
    fn only_valid_answers_are_served_and_every_wait_ends(
        seed in any::<u64>(),
        capacity in 1..5_usize,
        steps in proptest::collection::vec(steps(), 1..150),
    ) {
        let mut world = World::new(seed, capacity);
        for step in steps {
            match step {
                Step::Read(ask, acceptance) => world.read(ask, acceptance),
                Step::Refresh(ask) => world.refresh(ask),
                Step::ReadByLease(index) => world.read_by_lease(index),
                Step::Start => world.start(),
                Step::Complete(index, outcome) => world.complete_one(index, outcome),
                Step::CompleteAll(outcome) => world.complete_all(outcome),
                Step::Abandon(index) => world.abandon(index),
                Step::CancelQueued => world.cancel_queued(),
                Step::Clear => world.clear(),
                Step::ClearName(ask) => world.clear_name(ask),
                Step::Rotate(secret) => world.rotate(secret),
                Step::Delete(secret) => world.delete(secret),
                Step::Pass(duration) => world.pass(duration),
            }
            world.check();
        }
        world.end();
    }
}
