//! `nested(name = ..)`, `nested(id = ..)`, `nested(id_env = ..)`: the JSON secret of a config is said where
//! the config is used.

use secrets_runtime::{Secret, SecretConfig};

use crate::support::sources::Store;
use crate::support::{load_env, production};

#[derive(Debug, SecretConfig)]
#[secret(name = "own")]
struct Named {
    password: Secret<String>,
    #[secret(nested)]
    pool: Option<Pool>,
}

#[derive(Debug, SecretConfig)]
struct Pool {
    size: u32,
}

#[derive(Debug, SecretConfig)]
struct Unnamed {
    password: Secret<String>,
    #[secret(name = "apart")]
    apart: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}", env_prefix = "SHOP_")]
struct Config {
    #[secret(nested)]
    plain: Option<Named>,
    #[secret(nested(name = "smtp"))]
    primary: Named,
    #[secret(nested(name = "smtp-{environment}", prefix = "mail"))]
    backup: Named,
    #[secret(nested(id = "shared/relay"))]
    shared: Unnamed,
    #[secret(nested(id_env = "AUDIT_ARN", name = "audit"))]
    audit: Unnamed,
}

#[tokio::test]
async fn the_place_of_a_config_is_said_where_it_is_used() {
    let value = |password: &str| format!(r#"{{"password": "{password}", "pool": {{"size": 4}}}}"#);
    let store = Store::new("aws")
        .with("shop/production/plain/own", &value("0"))
        .with("shop/production/smtp", &value("1"))
        .with("shop/production/mail/smtp-production", &value("2"))
        .with("shared/relay", &value("3"))
        .with("shop/production/audit", &value("4"))
        .with("shop/production/shared/apart", "a");
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(config.plain.unwrap().password.expose_secret(), "0");
    assert_eq!(config.primary.password.expose_secret(), "1");
    assert_eq!(config.primary.pool.unwrap().size, 4);
    assert_eq!(config.backup.password.expose_secret(), "2");
    assert_eq!(config.shared.password.expose_secret(), "3");
    assert_eq!(config.shared.apart.unwrap().expose_secret(), "a");
    assert_eq!(config.audit.password.expose_secret(), "4");
}

#[tokio::test]
async fn the_variables_keep_the_prefix_of_the_field() {
    let variables = [
        ("SHOP_PRIMARY_PASSWORD", "1"),
        ("SHOP_BACKUP_PASSWORD", "2"),
        ("SHOP_SHARED_PASSWORD", "3"),
        ("SHOP_AUDIT_PASSWORD", "4"),
    ];
    let config: Config = load_env(&variables).await.unwrap();
    assert!(config.plain.is_none());
    let Config { primary, backup, shared, audit, .. } = config;
    let passwords = [primary.password, backup.password, shared.password, audit.password];
    assert_eq!(passwords.each_ref().map(|password| password.expose_secret().as_str()), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn within_a_json_secret_a_config_with_a_place_is_a_secret_of_its_own() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", name = "outer")]
    struct Outer {
        token: Secret<String>,
        #[secret(nested(name = "inner"))]
        inner: Pool,
    }
    let store = Store::new("aws").with("app/outer", r#"{"token": "t"}"#).with("app/inner", r#"{"size": 1}"#);
    let config = Outer::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!((config.token.expose_secret().as_str(), config.inner.size), ("t", 1));
    assert_eq!(store.fetches(), [["app/outer", "app/inner"]]);
}
