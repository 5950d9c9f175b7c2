//! Names that several settings read: mistakes, and what is none.

use secrets_runtime::{Env, Problem, Secret, SecretConfig};

use crate::support::sources::{Store, chain};
use crate::support::{load_env, load_memory, production};

#[tokio::test]
async fn a_struct_that_is_a_secret_named_in_full_may_be_nested_twice() {
    #[derive(Debug, SecretConfig)]
    #[secret(id = "shared/db")]
    struct Database {
        password: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested(env_prefix = "READ_"))]
        read: Database,
        #[secret(nested(env_prefix = "WRITE_"))]
        write: Database,
    }
    let config: Config = load_memory(&[("shared/db", r#"{"password": "p"}"#)]).await.unwrap();
    assert_eq!(config.read.password.expose_secret(), "p");
    assert_eq!(config.write.password.expose_secret(), "p");
    let config: Config = load_env(&[("READ_PASSWORD", "1"), ("WRITE_PASSWORD", "2")]).await.unwrap();
    assert_eq!(config.read.password.expose_secret(), "1");
    assert_eq!(config.write.password.expose_secret(), "2");
}

#[derive(Debug, SecretConfig)]
struct Part {
    token: Secret<String>,
}

#[tokio::test]
async fn variables_that_no_source_may_read_clash_with_nothing() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(aws))]
    struct Config {
        #[secret(nested(prefix = "one", env_prefix = ""))]
        one: Part,
        #[secret(nested(prefix = "two", env_prefix = ""))]
        two: Part,
    }
    let store = Store::new("aws").with("one/token", "1").with("two/token", "2");
    let sources = chain([Box::new(store), Box::new(Env::from_iter([("TOKEN", "wrong")]))]);
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!(config.one.token.expose_secret(), "1");
    assert_eq!(config.two.token.expose_secret(), "2");
}

#[tokio::test]
async fn nor_do_those_of_one_struct() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(aws))]
    struct Config {
        #[secret(env = "KEY")]
        one: Secret<String>,
        #[secret(env = "KEY")]
        two: Secret<String>,
    }
    let store = Store::new("aws").with("one", "1").with("two", "2");
    let config = Config::load_from(&production().sources([store]).build().unwrap()).await.unwrap();
    assert_eq!((config.one.expose_secret().as_str(), config.two.expose_secret().as_str()), ("1", "2"));
}

#[tokio::test]
async fn secrets_that_no_source_may_ask_for_clash_with_nothing() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(env))]
    struct Config {
        #[secret(nested(prefix = "", env_prefix = "ONE_"))]
        one: Part,
        #[secret(nested(prefix = "", env_prefix = "TWO_"))]
        two: Part,
    }
    let config: Config = load_env(&[("ONE_TOKEN", "1"), ("TWO_TOKEN", "2")]).await.unwrap();
    assert_eq!(config.one.token.expose_secret(), "1");
    assert_eq!(config.two.token.expose_secret(), "2");
}

#[tokio::test]
async fn variables_that_a_file_or_memory_is_named_after_clash() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(aws, memory))]
    struct Config {
        #[secret(nested(prefix = "one", env_prefix = ""))]
        one: Part,
        #[secret(nested(prefix = "two", env_prefix = ""))]
        two: Part,
    }
    let error = load_memory::<Config>(&[("one/token", "1"), ("two/token", "2")]).await.unwrap_err();
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["TOKEN: two settings read this environment variable"]);
}

#[tokio::test]
async fn a_name_that_can_be_none_is_not_repeated() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested(prefix = "", env_prefix = ""))]
        one: Part,
        #[secret(nested(prefix = "", env_prefix = ""))]
        two: Part,
    }
    let builder = production().prefix("hunter2; x").env_prefix("hunter2; ");
    let error = Config::load_from(&builder.sources([Store::new("aws")]).build().unwrap()).await.unwrap_err();
    let problems: Vec<&str> = error.problems().iter().map(Problem::place).collect();
    assert_eq!(problems, ["(not a secret id)"; 2]);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
