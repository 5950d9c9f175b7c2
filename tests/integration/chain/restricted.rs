//! `sources(..)`: the only sources that a struct allows.

use secrets_runtime::{DotEnv, Env, Environment, ErrorKind, Secret, SecretConfig, Secrets};

use crate::support::folder::Folder;
use crate::support::no_variables;
use crate::support::sources::{Store, chain};
use crate::support::{kinds, places, production};

#[derive(Debug, SecretConfig)]
#[secret(sources(env))]
struct EnvOnly {
    token: Option<Secret<String>>,
    port: Option<u16>,
}

#[derive(Debug, SecretConfig)]
#[secret(sources(aws))]
struct AwsOnly {
    token: Secret<String>,
}

#[tokio::test]
async fn a_source_that_is_not_named_is_not_asked() {
    let store = Store::new("aws").with("token", "from aws");
    let sources = chain([Box::new(store.clone()), Box::new(Env::from_iter([("TOKEN", "from env")]))]);
    let secrets = production().sources(sources).build().unwrap();
    assert_eq!(EnvOnly::load_from(&secrets).await.unwrap().token.unwrap().expose_secret(), "from env");
    assert_eq!(store.fetches(), [[""; 0]; 0]);
    assert_eq!(AwsOnly::load_from(&secrets).await.unwrap().token.expose_secret(), "from aws");
}

#[tokio::test]
async fn what_the_allowed_sources_do_not_have_is_missing_even_if_another_has_it() {
    let sources = chain([Box::new(Store::new("aws")), Box::new(Env::from_iter([("TOKEN", "from env")]))]);
    let error = AwsOnly::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)]);
    assert_eq!(places(&error, "token"), ["aws token: no such secret"]);
}

#[tokio::test]
async fn env_allows_dotenv_which_is_a_file_of_variables() {
    let folder = Folder::new();
    let dotenv = folder.write(".env", "TOKEN=from-file\n");
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let secrets = builder.dotenv(DotEnv::at(dotenv)).build().unwrap();
    let config = EnvOnly::load_from(&secrets).await.unwrap();
    assert_eq!(config.token.unwrap().expose_secret(), "from-file");
    assert_eq!(config.port, None);
}

#[tokio::test]
async fn a_source_of_ones_own_is_named_in_quotes() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources("vault", env))]
    struct Config {
        token: Secret<String>,
    }
    let sources = [Store::new("aws").with("token", "wrong"), Store::new("vault").with("token", "right")];
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!(config.token.expose_secret(), "right");
}

#[tokio::test]
async fn a_nested_config_keeps_to_its_own_sources_or_else_to_its_parents() {
    #[derive(Debug, SecretConfig)]
    struct Silent {
        token: Option<Secret<String>>,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(sources(aws))]
    struct Config {
        #[secret(nested)]
        silent: Silent,
        #[secret(nested)]
        own: EnvOnly,
    }
    let env = [("SILENT_TOKEN", "env"), ("OWN_TOKEN", "env")];
    let store = Store::new("aws").with("own/token", "aws");
    let sources = chain([Box::new(store.clone()), Box::new(Env::from_iter(env))]);
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert!(config.silent.token.is_none());
    assert_eq!(config.own.token.unwrap().expose_secret(), "env");
    assert_eq!(store.fetches(), [["silent/token"]]);
}

#[tokio::test]
async fn a_setting_that_no_allowed_source_can_hold_is_a_mistake_in_the_set_up() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(aws))]
    struct Config {
        port: u16,
    }
    let sources = chain([Box::new(Store::new("aws")), Box::new(Env::from_iter([("PORT", "1")]))]);
    let error = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("port", ErrorKind::Configuration)]);
    assert_eq!(error.fields()[0].to_string(), "port: configuration: no allowed source can hold it");
}
