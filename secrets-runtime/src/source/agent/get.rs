//! Requests one secret from the agent.

use std::net::SocketAddrV4;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::exchange::exchange;
use super::fault::{Failure, REFUSED_TOKEN, UNREADABLE_ANSWER, no_answer};
use super::request::head;
use super::settings::{LOOPBACK, Settings};
use super::token::Token;
use super::value::Unreadable;
use crate::error::SourceError;
use crate::secret::Secret;
use crate::source::service::value::Value;
use crate::source::{Answer, Key};

/// The pauses before a throttled request is repeated. The connections of other callers have ended by then,
/// and all of them together are shorter than what a load waits.
const THROTTLE_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1600)];

/// How often another token is tried. A service that starts again and again makes new ones all the time.
const MAX_TOKENS: usize = 3;

/// The agent, as the clones of a source share it.
pub(super) struct Agent {
    port: Result<u16, SourceError>,
    token: Token,
    is_lambda: bool,
    /// How many requests were sent.
    requests: AtomicU64,
}

impl Agent {
    pub(super) fn new(Settings { port, token, is_lambda }: Settings) -> Self {
        Self { port, token: Token::new(token), is_lambda, requests: AtomicU64::new(0) }
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests a secret. With `refresh`, the agent asks AWS instead of its cache.
    pub(super) async fn get(&self, key: &Key, refresh: bool) -> Answer {
        let answer = match self.value(key, refresh).await {
            Ok(value) => value.answer_to(key),
            Err(answer) => answer,
        };
        match (answer, &self.port) {
            (Answer::Failed(error), Ok(port)) => {
                error.or_in_place(&SocketAddrV4::new(LOOPBACK, *port).to_string()).into()
            }
            (answer, _) => answer,
        }
    }

    /// The value.
    ///
    /// # Errors
    /// The answer without a value.
    async fn value(&self, key: &Key, mut refresh: bool) -> Result<Value, Answer> {
        let address = SocketAddrV4::new(LOOPBACK, self.port.clone()?);
        let mut token = self.token.get().await?;
        let (mut tokens, mut pauses) = (1..MAX_TOKENS, THROTTLE_PAUSES.into_iter());
        loop {
            let failure = match self.ask(address, key, refresh, &token).await? {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            match failure {
                Failure::Missing(missing) => return Err(missing.into()),
                Failure::Other(error) => return Err(error.into()),
                // It is served from the agent's cache then.
                Failure::UnknownRefresh if refresh => refresh = false,
                Failure::UnknownRefresh => return Err(UNREADABLE_ANSWER.into()),
                Failure::BadToken => match self.token.other_than(&token).await? {
                    Some(other) if tokens.next().is_some() => token = other,
                    _ => {
                        return Err(REFUSED_TOKEN
                            .in_place(&format!("{address}, {}", self.token.origin()))
                            .into());
                    }
                },
                Failure::Throttled(error) => match pauses.next() {
                    // Random, so that callers that were refused together do not come back together.
                    Some(pause) => tokio::time::sleep(pause.mul_f64(0.5 + 0.5 * fastrand::f64())).await,
                    None => return Err(error.into()),
                },
            }
        }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// If there is no answer that can be read.
    async fn ask(
        &self,
        address: SocketAddrV4,
        key: &Key,
        refresh: bool,
        token: &Secret<String>,
    ) -> Result<Result<Value, Failure>, SourceError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = exchange(address, &head(address, key, refresh, token))
            .await
            .map_err(|cause| no_answer(cause, self.is_lambda))?;
        if !response.is_ok() {
            return Ok(Err(Failure::of(response.status, response.body())));
        }
        let value = Value::from_json(response.body());
        value.map(Ok).map_err(|Unreadable| UNREADABLE_ANSWER)
    }
}
