//! Schedules the calls of one fetch: one for each secret, side by side.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::get::Agent;
use crate::error::{ErrorKind, SourceError};
use crate::source::runtime::{NO_IO, NO_TIMERS, lacks_io, lacks_timers};
use crate::source::service::checked_id;
use crate::source::{Answer, Deliver, Key};

/// How many calls of one fetch run at once. The agent allows 800 connections of all processes together by
/// default, and answers from its cache in less than a millisecond.
const MAX_CALLS: usize = 32;

/// Answers each key as soon as the call for it is done.
pub(super) async fn fetch_each(agent: &Arc<Agent>, keys: &[Key], refresh: bool, deliver: Deliver<'_>) {
    if let Err(error) = check_runtime() {
        return (0..keys.len()).for_each(|index| deliver(index, error.clone().into()));
    }
    let mut queue = keys.iter().enumerate();
    // Dropping the set ends the calls, so that a fetch that is cancelled leaves none behind.
    let mut calls: JoinSet<(usize, Answer)> = JoinSet::new();
    loop {
        while calls.len() < MAX_CALLS
            && let Some((index, key)) = queue.next()
        {
            match checked_id(key.name()) {
                Ok(_) => {
                    let (agent, key) = (Arc::clone(agent), key.clone());
                    calls.spawn(async move { (index, agent.get(&key, refresh).await) });
                }
                Err(error) => deliver(index, error.into()),
            }
        }
        match calls.join_next().await {
            Some(Ok((index, answer))) => deliver(index, answer),
            // The caller reports a key without an answer.
            Some(Err(_)) => {}
            None => return,
        }
    }
}

/// Whether calls can be made here.
fn check_runtime() -> Result<(), SourceError> {
    if Handle::try_current().is_err() {
        return Err(NO_RUNTIME);
    }
    if lacks_timers() {
        return Err(NO_TIMERS);
    }
    if lacks_io() { Err(NO_IO) } else { Ok(()) }
}

const NO_RUNTIME: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the agent can be asked from a Tokio runtime only")
    .keeping_cached_value();
