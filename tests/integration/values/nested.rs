//! Configs within configs.

use secrets_runtime::{ErrorKind, Secret, SecretConfig};

use crate::support::sources::Store;
use crate::support::{failures, kinds, load_env, load_memory, production};

#[derive(Debug, SecretConfig)]
struct Smtp {
    #[secret(default = "localhost", plain)]
    host: String,
    password: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct App {
    #[secret(nested)]
    smtp: Smtp,
    #[secret(nested)]
    backup: Option<Smtp>,
}

#[tokio::test]
async fn a_nested_config_is_filled_in_its_place() {
    let config: App = load_env(&[("SMTP_HOST", "mail"), ("SMTP_PASSWORD", "p")]).await.unwrap();
    assert_eq!((config.smtp.host.as_str(), config.smtp.password.expose_secret().as_str()), ("mail", "p"));
    assert!(config.backup.is_none());
}

#[tokio::test]
async fn an_optional_one_is_there_as_soon_as_one_of_its_settings_is() {
    let variables = [("SMTP_PASSWORD", "p"), ("BACKUP_PASSWORD", "q")];
    let config: App = load_env(&variables).await.unwrap();
    let backup = config.backup.unwrap();
    assert_eq!((backup.host.as_str(), backup.password.expose_secret().as_str()), ("localhost", "q"));
}

#[tokio::test]
async fn half_of_an_optional_one_is_an_error() {
    let error = load_env::<App>(&[("SMTP_PASSWORD", "p"), ("BACKUP_HOST", "mail")]).await.unwrap_err();
    assert_eq!(kinds(&error), [("backup.password", ErrorKind::Missing)]);
}

#[tokio::test]
async fn the_settings_after_an_absent_one_are_still_their_own() {
    #[derive(Debug, SecretConfig)]
    struct Deep {
        #[secret(nested)]
        app: Option<App>,
        last: u16,
    }
    let config: Deep = load_env(&[("LAST", "7")]).await.unwrap();
    assert!(config.app.is_none());
    assert_eq!(config.last, 7);
}

#[tokio::test]
async fn errors_name_the_whole_path() {
    let error = load_env::<App>(&[("BACKUP_PASSWORD", "[REDACTED]")]).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "smtp.password: missing",
            "backup.password: invalid: a masked value was stored: the text is [REDACTED]",
        ]
    );
}

#[tokio::test]
async fn in_a_document_nested_fields_are_keys_below_the_fields_name() {
    #[derive(Debug, SecretConfig)]
    struct Deepest {
        pin: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Pool {
        size: u32,
        #[secret(nested)]
        deep_est: Deepest,
        #[secret(nested(prefix = ""))]
        flat: Flat,
    }
    #[derive(Debug, SecretConfig)]
    struct Flat {
        #[secret(key = "user.name", plain)]
        user: String,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", name = "db")]
    struct Config {
        password: Secret<String>,
        #[secret(nested)]
        pool: Pool,
        #[secret(nested(prefix = "other_pool", env_prefix = "OTHER_"))]
        second: Option<Pool>,
    }
    let document = r#"{"password": "p", "pool": {"size": 5, "deep_est": {"pin": 1}, "user": {"name": "u"}},
                       "other_pool": {"size": 6, "deep_est": {"pin": 2}, "user": {"name": "v"}}}"#;
    let store = Store::new("store").with("app/db", document);
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(config.password.expose_secret(), "p");
    let second = config.second.unwrap();
    for (pool, size, pin, user) in [(config.pool, 5, "1", "u"), (second, 6, "2", "v")] {
        let pool_pin = pool.deep_est.pin.expose_secret().as_str();
        assert_eq!((pool.size, pool_pin, pool.flat.user.as_str()), (size, pin, user));
    }
    assert_eq!(store.fetches(), [["app/db"]]);
}

#[tokio::test]
async fn a_config_mixes_a_nested_document_and_plain_secrets() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "database")]
    struct Database {
        port: u16,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        jwt: Secret<String>,
        #[secret(nested(prefix = ""))]
        database: Database,
    }
    let config: Config = load_memory(&[("app/jwt", "j"), ("app/database", "{\"port\": 1}")]).await.unwrap();
    assert_eq!((config.jwt.expose_secret().as_str(), config.database.port), ("j", 1));
}

#[tokio::test]
async fn two_settings_under_one_name_are_a_mistake_that_is_reported() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        password: Secret<String>,
        #[secret(nested(prefix = "", env_prefix = ""))]
        smtp: Smtp,
    }
    let error = load_env::<Config>(&[("PASSWORD", "p")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(kinds(&error), []);
    let help = r#"help: give one of the nested configs a prefix: #[secret(nested(prefix = "..", env_prefix = ".."))]"#;
    assert_eq!(
        error.to_string(),
        format!(
            "Config could not be loaded (environment: production)\n\n\
             \x20 PASSWORD: two settings read this environment variable\n    {help}\n\n\
             \x20 app/password: two settings read this secret\n    {help}\n"
        )
    );
}

#[tokio::test]
async fn the_same_absolute_secret_may_be_read_twice() {
    #[derive(Debug, SecretConfig)]
    struct Part {
        #[secret(id = "shared/key")]
        key: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested)]
        one: Part,
        #[secret(nested)]
        two: Part,
    }
    let store = Store::new("store").with("shared/key", "k");
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(
        (config.one.key.expose_secret(), config.two.key.expose_secret()),
        (&"k".to_owned(), &"k".to_owned())
    );
    assert_eq!(store.fetches(), [["shared/key"]]);
}

#[tokio::test]
async fn in_a_document_a_prefix_takes_the_environment_too() {
    #[derive(Debug, SecretConfig)]
    struct Part {
        pin: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(nested(prefix = "{environment}"))]
        part: Part,
        #[secret(nested(prefix = "of.{environment}"))]
        deep: Part,
    }
    let document = r#"{"production": {"pin": 1}, "staging": {"pin": 2}, "{environment}": {"pin": 3},
                       "of": {"production": {"pin": 4}}}"#;
    let config: Config = load_memory(&[("app", document)]).await.unwrap();
    assert_eq!(config.part.pin.expose_secret(), "1");
    assert_eq!(config.deep.pin.expose_secret(), "4");
}

#[tokio::test]
async fn in_a_document_a_prefix_on_the_field_replaces_the_types_own() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "own")]
    struct Part {
        pin: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", name = "db")]
    struct Config {
        #[secret(nested(prefix = "x"))]
        within: Part,
        // Without one the type's own leads out of the document.
        #[secret(nested)]
        beside: Part,
    }
    let store = Store::new("store").with("app/db", r#"{"x": {"pin": "1"}}"#).with("own/pin", "2");
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(config.within.pin.expose_secret(), "1");
    assert_eq!(config.beside.pin.expose_secret(), "2");
    assert_eq!(store.fetches(), [["app/db", "own/pin"]]);
}
