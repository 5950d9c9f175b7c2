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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Mutex;
    use std::task::{Context, Poll, Waker};

    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::lock::lock;
    use crate::secret::Secret;
    use crate::source::agent::settings::{Settings, TokenSetting};

    fn agent_at(port: u16) -> Arc<Agent> {
        let token = TokenSetting::of_text(Secret::from("token"), None);
        Arc::new(Agent::new(Settings { port: Ok(port), token, is_lambda: false }))
    }

    /// What every key is answered with by an agent that cannot be asked here.
    fn answers_on(runtime: Option<&Runtime>) -> Vec<String> {
        let keys = [Key::new("a"), Key::new("b")];
        let (agent, answers) = (agent_at(1), Mutex::new(Vec::new()));
        let deliver = |_, answer: Answer| lock(&answers).push(format!("{answer:?}"));
        let _entered = runtime.map(Runtime::enter);
        let mut fetch = std::pin::pin!(fetch_each(&agent, &keys, false, &deliver));
        let poll = fetch.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(poll, Poll::Ready(())), "nothing to wait for");
        std::mem::take(&mut *lock(&answers))
    }

    #[test]
    fn where_no_call_can_be_made_there_is_an_error_and_no_panic() {
        assert_eq!(
            answers_on(None),
            ["Failed(configuration: the agent can be asked from a Tokio runtime only)"; 2]
        );
        let without_timers = Builder::new_current_thread().enable_io().build().unwrap();
        assert_eq!(
            answers_on(Some(&without_timers)),
            ["Failed(configuration: the Tokio runtime has no timers)"; 2]
        );
        let without_io = Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(answers_on(Some(&without_io)), ["Failed(configuration: the Tokio runtime has no I/O)"; 2]);
    }

    #[tokio::test]
    async fn an_id_that_is_not_one_is_not_sent_and_the_others_are() {
        // It listens, and never answers.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = agent_at(listener.local_addr().unwrap().port());
        let keys = [Key::new("hunter2 hunter2"), Key::new("db")];
        let answers = Mutex::new(Vec::new());
        let deliver = |index, answer: Answer| lock(&answers).push((index, format!("{answer:?}")));
        tokio::select! {
            () = fetch_each(&agent, &keys, false, &deliver) => panic!("the second one is not answered"),
            () = async {
                while agent.requests() == 0 {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        let answers = std::mem::take(&mut *lock(&answers));
        assert_eq!(answers.len(), 1);
        assert!(answers[0].1.contains("not a valid secret name or ARN"), "{answers:?}");
        // The fetch was dropped, and its call with it.
        while Arc::strong_count(&agent) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
