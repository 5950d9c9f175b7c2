//! Which prefix a nested config's names get: the nearest wins.

use secrets_runtime::{Secret, SecretConfig};

use crate::support::production;
use crate::support::sources::Store;

/// `path secret-id VARIABLE` of each setting.
async fn names<C: SecretConfig>() -> Vec<String> {
    let store = Store::new("store");
    let secrets = production().prefix("outer").env_prefix("OUTER_").sources([store.clone()]).build().unwrap();
    // Every setting is optional: only the names are of interest.
    drop(C::load_from(&secrets).await.unwrap());
    let settings = store.settings();
    let name = |setting: &secrets_runtime::source::Setting| {
        format!(
            "{} {} {}",
            setting.path(),
            setting.secret_id(),
            setting.variables().collect::<Vec<_>>().join(" ")
        )
    };
    settings.iter().map(name).collect()
}

#[derive(Debug, SecretConfig)]
struct Plain {
    pass_word: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "own/{environment}", env_prefix = "OWN_")]
struct Own {
    pass_word: Option<Secret<String>>,
}

#[tokio::test]
async fn a_field_that_says_nothing_puts_its_name_under_the_parents_prefix() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}", env_prefix = "APP_")]
    struct Config {
        #[secret(nested)]
        smtp_relay: Plain,
    }
    let expected = ["smtp_relay.pass_word app/production/smtp-relay/pass-word APP_SMTP_RELAY_PASS_WORD"];
    assert_eq!(names::<Config>().await, expected);
}

#[tokio::test]
async fn a_prefix_on_the_field_is_put_under_the_parents_and_replaces_the_types_own() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", env_prefix = "APP_")]
    struct Config {
        #[secret(nested(prefix = "db/{environment}", env_prefix = "DB_"))]
        plain: Plain,
        #[secret(nested(prefix = "x", env_prefix = "X_"))]
        own: Own,
    }
    assert_eq!(
        names::<Config>().await,
        [
            "plain.pass_word app/db/production/pass-word APP_DB_PASS_WORD",
            "own.pass_word app/x/pass-word APP_X_PASS_WORD"
        ]
    );
}

#[tokio::test]
async fn a_prefix_on_the_type_stands_by_itself() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", env_prefix = "APP_")]
    struct Config {
        #[secret(nested)]
        own: Own,
    }
    assert_eq!(names::<Config>().await, ["own.pass_word own/production/pass-word OWN_PASS_WORD"]);
}

#[tokio::test]
async fn an_empty_prefix_on_the_field_leaves_the_names_as_they_are() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        #[secret(nested(prefix = "", env_prefix = ""))]
        plain: Plain,
    }
    assert_eq!(names::<Config>().await, ["plain.pass_word app/pass-word OUTER_PASS_WORD"]);
}

#[tokio::test]
async fn without_any_prefix_the_builders_holds_at_every_depth() {
    #[derive(Debug, SecretConfig)]
    struct Middle {
        #[secret(nested)]
        inner: Plain,
    }
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested)]
        middle: Middle,
        #[secret(nested)]
        optional: Option<Plain>,
    }
    assert_eq!(
        names::<Config>().await,
        [
            "middle.inner.pass_word outer/middle/inner/pass-word OUTER_MIDDLE_INNER_PASS_WORD",
            "optional.pass_word outer/optional/pass-word OUTER_OPTIONAL_PASS_WORD",
        ]
    );
}

#[tokio::test]
async fn one_prefix_alone_leaves_the_other_to_the_field() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", env_prefix = "APP_")]
    struct Config {
        #[secret(nested(prefix = "db"))]
        first: Plain,
        #[secret(nested(env_prefix = "DB_"))]
        second: Plain,
    }
    assert_eq!(
        names::<Config>().await,
        [
            "first.pass_word app/db/pass-word APP_FIRST_PASS_WORD",
            "second.pass_word app/second/pass-word APP_DB_PASS_WORD"
        ]
    );
}

#[tokio::test]
async fn an_id_takes_no_prefix_and_takes_the_environment() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", env_prefix = "APP_")]
    struct Config {
        #[secret(id = "{environment}/shared")]
        shared: Option<Secret<String>>,
        #[secret(name = "{environment}/own")]
        own: Option<Secret<String>>,
    }
    assert_eq!(
        names::<Config>().await,
        ["shared production/shared APP_SHARED", "own app/production/own APP_OWN"]
    );
}
