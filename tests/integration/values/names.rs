//! What a setting is called: its variable, its aliases, its secret, its version.

use secrets_runtime::{Env, ErrorKind, Files, Memory, Secret, SecretConfig};

use crate::support::folder::Folder;
use crate::support::sources::Store;
use crate::support::{kinds, load_env, load_memory, places, production};

#[tokio::test]
async fn a_name_gives_the_variable_too_and_env_replaces_it() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "pay/ment-key")]
        payment: Secret<String>,
        #[secret(name = "jwt", env = "SIGNING_KEY")]
        signing: Secret<String>,
        #[secret(id = "shared/other")]
        other: Secret<String>,
        r#type: Secret<String>,
    }
    let variables = [("PAY_MENT_KEY", "1"), ("SIGNING_KEY", "2"), ("OTHER", "3"), ("TYPE", "4")];
    let config: Config = load_env(&variables).await.unwrap();
    let values = [&config.payment, &config.signing, &config.other, &config.r#type];
    assert_eq!(values.map(|value| value.expose_secret().as_str()), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_alias_is_read_where_the_name_is_not_set() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(alias = "DB_URL", alias = "DATABASE")]
        database_url: Secret<String>,
    }
    for (variables, expected) in [
        (vec![("DATABASE_URL", "new"), ("DB_URL", "old")], "new"),
        (vec![("DB_URL", "old"), ("DATABASE", "older")], "old"),
        (vec![("DATABASE", "older")], "older"),
        (vec![("DATABASE_URL", ""), ("DATABASE", "older")], "older"),
    ] {
        let config: Config = load_env(&variables).await.unwrap();
        assert_eq!(config.database_url.expose_secret(), expected, "{variables:?}");
    }
    let error = load_env::<Config>(&[]).await.unwrap_err();
    assert_eq!(places(&error, "database_url"), ["env DATABASE_URL, DB_URL, DATABASE: not set"]);
}

#[tokio::test]
async fn every_variable_gets_the_prefix_aliases_included() {
    #[derive(Debug, SecretConfig)]
    #[secret(env_prefix = "APP_")]
    struct Config {
        #[secret(env = "KEY", alias = "OLD_KEY")]
        key: Secret<String>,
        #[secret(name = "jwt")]
        token: Secret<String>,
    }
    let config: Config = load_env(&[("APP_OLD_KEY", "1"), ("KEY", "wrong"), ("APP_JWT", "2")]).await.unwrap();
    assert_eq!((config.key.expose_secret().as_str(), config.token.expose_secret().as_str()), ("1", "2"));
}

#[tokio::test]
async fn a_struct_without_prefixes_takes_those_of_the_builder() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        key: Secret<String>,
    }
    let store = Store::new("store");
    let builder = production().prefix("app/{environment}/").env_prefix("APP_");
    let secrets = builder.sources([store.clone()]).build().unwrap();
    let error = Config::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Missing)]);
    assert_eq!(store.fetches(), [["app/production/key"]]);
    assert_eq!(store.settings()[0].variables().collect::<Vec<_>>(), ["APP_KEY"]);
}

#[tokio::test]
async fn the_secret_prefix_is_a_variable_as_well() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        key: Option<Secret<String>>,
    }
    let store = Store::new("store");
    let variables = Env::from_iter([("ENVIRONMENT", "staging"), ("SECRET_PREFIX", "app/{environment}")]);
    let secrets =
        secrets_runtime::Secrets::builder().variables(variables).sources([store.clone()]).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert!(config.key.is_none());
    assert_eq!(store.fetches(), [["app/staging/key"]]);
}

#[tokio::test]
async fn a_stage_or_a_version_is_asked_for_as_such() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        key: Option<Secret<String>>,
        #[secret(name = "key", env = "OLD_KEY", stage = "AWSPREVIOUS")]
        old: Option<Secret<String>>,
        #[secret(name = "key", env = "FIRST_KEY", version_id = "00000000-0000-4000-8000-000000000001")]
        first: Option<Secret<String>>,
        #[secret(name = "other", stage = "AWSCURRENT")]
        other: Option<Secret<String>>,
    }
    let store = Store::new("store");
    Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    let first = "app/key@00000000-0000-4000-8000-000000000001";
    assert_eq!(store.fetches(), [["app/key", "app/key@AWSPREVIOUS", first, "app/other"]]);
}

#[derive(Debug, SecretConfig)]
struct Versions {
    #[secret(name = "k")]
    current: Secret<String>,
    #[secret(name = "k", stage = "AWSPREVIOUS", env = "OLD_K")]
    previous: Option<Secret<String>>,
    #[secret(name = "k", version_id = "00000000-0000-4000-8000-000000000001", env = "FIRST_K")]
    first: Option<Secret<String>>,
}

#[tokio::test]
async fn a_version_is_never_answered_with_the_current_one() {
    let folder = Folder::new();
    folder.write("k", "current");
    let files = production().sources([Files::new(folder.path())]).build().unwrap();
    let memory = production().sources([Memory::from([("k", "current")])]).build().unwrap();
    for secrets in [files, memory] {
        let config = Versions::load_from(&secrets).await.unwrap();
        assert_eq!(config.current.expose_secret(), "current", "{secrets:?}");
        assert!(config.previous.is_none() && config.first.is_none(), "{secrets:?}");
    }
}

#[tokio::test]
async fn a_version_is_found_under_the_names_that_are_its_own() {
    let folder = Folder::new();
    folder.write("k", "current");
    folder.write("old-k", "previous");
    let files = production().sources([Files::new(folder.path())]).build().unwrap();
    let by_variable = Memory::from([("k", "current"), ("OLD_K", "previous")]);
    let by_path = Memory::from([("k", "current"), ("previous", "previous")]);
    let [by_variable, by_path] =
        [by_variable, by_path].map(|memory| production().sources([memory]).build().unwrap());
    for secrets in [files, by_variable, by_path] {
        let config = Versions::load_from(&secrets).await.unwrap();
        assert_eq!(config.previous.unwrap().expose_secret(), "previous", "{secrets:?}");
        assert!(config.first.is_none(), "{secrets:?}");
    }
}

#[tokio::test]
async fn a_field_of_a_document_may_be_of_another_version() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "db")]
    struct Config {
        password: Secret<String>,
        #[secret(key = "password", env = "OLD_PASSWORD", stage = "AWSPREVIOUS")]
        old_password: Option<Secret<String>>,
    }
    let store = Store::new("store").with("db", r#"{"password": "p"}"#);
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(config.password.expose_secret(), "p");
    // The store holds one version under every stage.
    assert_eq!(config.old_password.unwrap().expose_secret(), "p");
    assert_eq!(store.fetches(), [["db", "db@AWSPREVIOUS"]]);
}

#[tokio::test]
async fn rename_all_makes_secret_names() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", rename_all = "PascalCase")]
    struct Config {
        database_url: Option<Secret<String>>,
    }
    let store = Store::new("store");
    Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(store.fetches(), [["app/DatabaseUrl"]]);
    assert_eq!(store.settings()[0].variables().collect::<Vec<_>>(), ["DATABASE_URL"]);
}

#[tokio::test]
async fn memory_takes_a_path_a_variable_or_a_secret_id() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}")]
    struct Config {
        database_url: Secret<String>,
    }
    for name in ["database_url", "DATABASE_URL", "app/production/database-url"] {
        let config: Config = load_memory(&[(name, "u")]).await.unwrap();
        assert_eq!(config.database_url.expose_secret(), "u", "{name}");
    }
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app/{environment}")]
struct Mounted {
    database_url: Secret<String>,
}

#[tokio::test]
async fn files_are_found_under_each_name_that_mounters_give_them() {
    let names = ["app_production_database-url", "database-url", "database_url", "DATABASE_URL"];
    for name in names {
        let folder = Folder::new();
        folder.write(name, "u");
        let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
        let config = Mounted::load_from(&secrets).await.unwrap();
        assert_eq!(config.database_url.expose_secret(), "u", "{name}");
    }
    let folder = Folder::new();
    let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
    let error = Mounted::load_from(&secrets).await.unwrap_err();
    assert_eq!(places(&error, "database_url"), [format!("files {}: no such file", names.join(", "))]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_as_a_secret_says_why() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("app_production_database-url")).unwrap();
    let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
    let error = Mounted::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("database_url", ErrorKind::Configuration)]);
    assert_eq!(places(&error, "database_url"), ["files app_production_database-url: a folder, not a file"]);

    let folder = Folder::new();
    folder.write("database-url", vec![b'x'; 1024 * 1024 + 1]);
    let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
    let error = Mounted::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("database_url", ErrorKind::Configuration)]);
    let places = places(&error, "database_url");
    assert_eq!(
        places,
        ["files app_production_database-url: no such file", "files database-url: larger than 1 MiB"]
    );
}

#[tokio::test]
async fn a_mounted_document_gives_its_keys() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}", name = "db")]
    struct Config {
        port: u16,
        password: Secret<String>,
    }
    let folder = Folder::new();
    folder.write("app_production_db", r#"{"port": 5432, "password": "p"}"#);
    let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!((config.port, config.password.expose_secret().as_str()), (5432, "p"));
}
