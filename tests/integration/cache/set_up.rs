//! How the cache is set up, by the environment and in code.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use secrets_runtime::{Clock, Env, Error, ErrorKind, Secrets, SecretsBuilder};
use tokio::time::advance;

use super::{of, text, warm, with};
use crate::support::child::{folder, run};
use crate::support::kinds;
use crate::support::remote::Remote;
use crate::support::time::turns;

fn from_variable(remote: &Remote, ttl: &str) -> SecretsBuilder {
    with(remote.clone()).variables(Env::from_iter([("SECRET_CACHE_TTL", ttl)]))
}

fn refused(ttl: &str) -> Error {
    Secrets::builder().variables(Env::from_iter([("SECRET_CACHE_TTL", ttl)])).build().unwrap_err()
}

/// How long a value stays fresh, as whole seconds that are surely within and surely past its spread.
async fn assert_fresh_for(secrets: &Secrets, remote: &Remote, seconds: u64) {
    warm(secrets, "key").await;
    let ttl = Duration::from_secs(seconds);
    advance(ttl.mul_f32(0.89)).await;
    warm(secrets, "key").await;
    turns().await;
    assert_eq!(remote.requests(), 1, "before {seconds} s");
    advance(ttl.mul_f32(0.22)).await;
    warm(secrets, "key").await;
    turns().await;
    assert_eq!(remote.requests(), 2, "after {seconds} s");
}

#[tokio::test(start_paused = true)]
async fn the_variable_says_the_ttl_in_seconds() {
    for (variable, seconds) in [("60", 60), ("3600", 3600), (" 60\n", 60), ("", 300)] {
        let remote = Remote::new().with("key", "k");
        let secrets = from_variable(&remote, variable).build().unwrap();
        assert_fresh_for(&secrets, &remote, seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_variable_of_zero_keeps_nothing() {
    let remote = Remote::new().with("key", "k");
    let secrets = from_variable(&remote, "0").build().unwrap();
    warm(&secrets, "key").await;
    assert_eq!(remote.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn code_comes_before_the_variable() {
    for variable in ["7", "hunter2"] {
        let remote = Remote::new().with("key", "k");
        let secrets = from_variable(&remote, variable).ttl(Duration::from_mins(1)).build().unwrap();
        assert_fresh_for(&secrets, &remote, 60).await;
    }
}

#[test]
fn a_variable_that_is_no_number_of_seconds_is_named_and_not_repeated() {
    for text in ["hunter2", "5m", "-1", "1.5", "1e3", "0x10", "300s", "٣٠٠", "99999999999999999999999", " "]
    {
        let error = refused(text);
        assert_eq!((error.kind(), kinds(&error)), (ErrorKind::Configuration, vec![]));
        let expected = "\
Secrets could not be loaded (environment: development, since ENVIRONMENT is not set)

  SECRET_CACHE_TTL: not a whole number of seconds
    help: seconds, such as 300; 0 disables the cache
";
        assert_eq!(error.to_string(), expected, "{text:?}");
    }
}

#[test]
fn a_malformed_variable_is_reported_together_with_other_problems() {
    let variables = Env::from_iter([("ENVIRONMENT", "Prod!"), ("SECRET_CACHE_TTL", "hunter2")]);
    let error = Secrets::builder().variables(variables).capacity(0).build().unwrap_err();
    let mut places: Vec<&str> = error.problems().iter().map(secrets_runtime::Problem::place).collect();
    places.sort_unstable();
    assert_eq!(places, ["ENVIRONMENT", "SECRET_CACHE_TTL", "capacity"]);
    assert!(!format!("{error}{error:?}").contains("hunter2"));
}

#[test]
fn a_service_that_finds_it_malformed_ends_with_its_name() {
    let variables =
        [("ENVIRONMENT", "development"), ("SECRET_CACHE_TTL", "hunter2"), ("TOKEN", "t"), ("PORT", "1")];
    for how in ["waiting", "blocking"] {
        let ended = run(how, &folder(""), &variables);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{how}");
        assert!(
            ended.stderr.contains("\n  SECRET_CACHE_TTL: not a whole number of seconds\n"),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("hunter2"), "{how}");
    }
}

#[test]
fn a_variable_that_is_not_unicode_is_named_and_not_repeated() {
    let variables = [
        ("ENVIRONMENT", OsStr::new("development")),
        ("SECRET_CACHE_TTL", OsStr::from_bytes(b"hunter2-\xff")),
    ];
    let ended = run("waiting", &folder("TOKEN=t\nPORT=1\n"), &variables);
    assert_eq!(ended.code, Some(1));
    let expected = "\n  SECRET_CACHE_TTL: set to something that is not Unicode\n";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn room_for_no_secrets_is_refused() {
    let error = with(Remote::new()).capacity(0).build().unwrap_err();
    let expected = "\
Secrets could not be loaded (environment: production)

  capacity: the cache capacity must be at least 1
    help: `ttl(Duration::ZERO)` disables the cache
";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Configuration, expected));
}

#[tokio::test(start_paused = true)]
async fn the_default_ttl_is_five_minutes() {
    let remote = Remote::new().with("key", "k");
    assert_fresh_for(&of(&remote), &remote, 300).await;
}

#[tokio::test(start_paused = true)]
async fn on_the_clock_of_the_system_a_paused_clock_ages_nothing() {
    let remote = Remote::new().with("key", "k");
    let secrets = with(remote.clone()).clock(Clock::System).build().unwrap();
    warm(&secrets, "key").await;
    advance(super::PAST_TTL).await;
    assert_eq!(text(&secrets, "key").await, "k");
    turns().await;
    assert_eq!((remote.requests(), Clock::default()), (1, Clock::System));
}
