//! Loading on runtimes that lack something.

use std::task::{Context, Poll, Waker};

use secrets_runtime::{Env, Memory, Secret, SecretConfig, Secrets};

use crate::support::production;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
}

/// What has its answers at once.
fn at_once() -> [Secrets; 2] {
    [
        production().sources([Memory::from([("token", "t")])]).build().unwrap(),
        production().sources([Env::from_iter([("TOKEN", "t")])]).build().unwrap(),
    ]
}

#[test]
fn what_answers_at_once_needs_no_timer() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for secrets in at_once() {
        let config = runtime.block_on(Config::load_from(&secrets)).unwrap();
        assert_eq!(config.token.expose_secret(), "t", "{secrets:?}");
        assert_eq!(runtime.block_on(secrets.get("token")).unwrap().expose_secret(), "t", "{secrets:?}");
    }
}

#[test]
fn what_answers_at_once_needs_no_runtime() {
    for secrets in at_once() {
        let mut load = Box::pin(Config::load_from(&secrets));
        let Poll::Ready(config) = load.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("{secrets:?} waits")
        };
        assert_eq!(config.unwrap().token.expose_secret(), "t", "{secrets:?}");
    }
}
