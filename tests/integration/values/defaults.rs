//! What a field takes when nothing has it: its default, in each of its forms.

use std::net::SocketAddr;
use std::time::Duration;

use secrets_runtime::{ErrorKind, Secret, SecretConfig};

use crate::support::{failures, kinds, load_env, load_memory, places};

const fn half(number: u32) -> u32 {
    number / 2
}

/// A secret has no literal for a default, which everybody could read in the binary.
fn made() -> Secret<String> {
    Secret::new(std::iter::repeat_n('x', 3).collect())
}

const LIMIT: u64 = 1 << 40;

#[derive(Debug, SecretConfig)]
struct Defaults {
    #[secret(default = 8080)]
    port: u16,
    #[secret(default = -1.5)]
    offset: f64,
    #[secret(default = true)]
    tls: bool,
    #[secret(default = "info", plain)]
    level: String,
    #[secret(default = "30s")]
    timeout: Duration,
    #[secret(default = "127.0.0.1:80")]
    listen: SocketAddr,
    #[secret(default = "a,b", separator = ",", plain)]
    hosts: Vec<String>,
    #[secret(default = half(20))]
    pool: u32,
    #[secret(default = LIMIT)]
    limit: u64,
    #[secret(default = vec![1, 2])]
    numbers: Vec<u16>,
    #[secret(default)]
    retries: u8,
    #[secret(default = Some(3))]
    optional: Option<u8>,
    #[secret(default = made())]
    made: Secret<String>,
}

#[tokio::test]
async fn a_default_stands_in_for_what_nothing_has() {
    let config: Defaults = load_env(&[]).await.unwrap();
    assert_eq!((config.port, config.tls, config.level.as_str()), (8080, true, "info"));
    assert!((config.offset + 1.5).abs() < f64::EPSILON);
    assert_eq!(config.timeout, Duration::from_secs(30));
    assert_eq!(config.listen, "127.0.0.1:80".parse().unwrap());
    assert_eq!(config.hosts, ["a", "b"]);
    assert_eq!((config.pool, config.limit, config.numbers), (10, 1 << 40, vec![1, 2]));
    assert_eq!((config.retries, config.optional), (0, Some(3)));
    assert_eq!(config.made.expose_secret(), "xxx");
}

#[tokio::test]
async fn a_value_comes_before_the_default() {
    let variables = [
        ("PORT", "1"),
        ("LEVEL", "debug"),
        ("TIMEOUT", "1s"),
        ("HOSTS", "c"),
        ("RETRIES", "7"),
        ("OPTIONAL", "8"),
        ("MADE", "y"),
    ];
    let config: Defaults = load_env(&variables).await.unwrap();
    assert_eq!((config.port, config.level.as_str(), config.timeout), (1, "debug", Duration::from_secs(1)));
    assert_eq!((config.hosts, config.retries, config.optional), (vec!["c".to_owned()], 7, Some(8)));
    assert_eq!(config.made.expose_secret(), "y");
}

#[tokio::test]
async fn an_empty_variable_takes_the_default() {
    let config: Defaults = load_env(&[("PORT", ""), ("LEVEL", "")]).await.unwrap();
    assert_eq!((config.port, config.level.as_str()), (8080, "info"));
}

#[tokio::test]
async fn a_malformed_value_does_not_take_the_default() {
    let error = load_env::<Defaults>(&[("PORT", "http"), ("TIMEOUT", "30")]).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "port: invalid: expected u16",
            "timeout: invalid: expected a duration with units, such as 30s or 1h 30m, found a number",
        ]
    );
}

#[tokio::test]
async fn null_takes_the_default() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(default = 5432)]
        port: u16,
    }
    let config: Config = load_memory(&[("app", "{\"port\": null}")]).await.unwrap();
    assert_eq!(config.port, 5432);
}

#[tokio::test]
async fn a_default_that_does_not_decode_is_a_mistake_in_the_code() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(default = "half a minute")]
        timeout: Duration,
    }
    let error = load_env::<Config>(&[]).await.unwrap_err();
    assert_eq!(kinds(&error), [("timeout", ErrorKind::Configuration)]);
    assert_eq!(
        failures(&error),
        ["timeout: configuration: expected a duration with units, such as 30s or 1h 30m"]
    );
    assert_eq!(places(&error, "timeout"), ["default : in the code"]);
}

#[tokio::test]
async fn an_expression_is_evaluated_only_when_it_is_needed() {
    fn unneeded() -> u16 {
        panic!("the variable is set")
    }

    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(default = unneeded())]
        port: u16,
    }
    let config: Config = load_env(&[("PORT", "1")]).await.unwrap();
    assert_eq!(config.port, 1);
}

#[tokio::test]
async fn a_skipped_field_is_its_types_default_and_is_looked_for_nowhere() {
    #[derive(Debug, Default, PartialEq)]
    struct NotASetting(Vec<String>);

    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(skip)]
        state: NotASetting,
        #[secret(skip)]
        count: usize,
    }
    let config: Config = load_env(&[("COUNT", "7")]).await.unwrap();
    assert_eq!((config.state, config.count), (NotASetting::default(), 0));
}
