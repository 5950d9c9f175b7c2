//! The variables of a JSON secret: their prefix, names that systems set by themselves, and the whole secret
//! in one variable.

use std::collections::BTreeMap;

use secrets_runtime::check::SettingState;
use secrets_runtime::{DotEnv, Env, ErrorKind, Files, Memory, Secret, SecretConfig};

use crate::support::folder::Folder;
use crate::support::sources::{Store, chain};
use crate::support::{failures, kinds, load_env, load_everywhere, no_variables, places, production};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}", name = "database")]
struct Database {
    #[secret(plain)]
    username: String,
    password: Secret<String>,
}

const WHOLE: &str = r#"{"username": "app", "password": "p"}"#;

#[tokio::test]
async fn the_variables_of_a_json_secret_are_named_after_it() {
    let variables = [("DATABASE_USERNAME", "app"), ("DATABASE_PASSWORD", "p")];
    for (source, loaded) in load_everywhere::<Database>(&variables).await {
        let config = loaded.unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!((config.username.as_str(), config.password.expose_secret().as_str()), ("app", "p"));
    }
    let error = load_env::<Database>(&[("USERNAME", "shell"), ("PASSWORD", "p")]).await.unwrap_err();
    assert_eq!(kinds(&error), [("username", ErrorKind::Missing), ("password", ErrorKind::Missing)]);
}

#[tokio::test]
async fn the_last_part_of_the_name_counts_and_an_env_prefix_counts_more() {
    macro_rules! variable_of {
        ($($attribute:tt)*) => {{
            #[derive(Debug, SecretConfig)]
            #[secret($($attribute)*)]
            struct Config {
                #[allow(dead_code)]
                user: Secret<String>,
            }
            Config::manifest().settings()[0].variables().next().unwrap_or_default().to_owned()
        }};
    }
    assert_eq!(variable_of!(name = "auth/login-db"), "LOGIN_DB_USER");
    assert_eq!(variable_of!(name = "login/{environment}"), "LOGIN_USER");
    assert_eq!(variable_of!(id = "prod/shop/login"), "LOGIN_USER");
    assert_eq!(variable_of!(name = "user"), "USER_USER");
    let of_arn = variable_of!(id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/login-AbCdEf");
    assert_eq!(of_arn, "LOGIN_USER");
    assert_eq!(variable_of!(name = "login", env_prefix = "DB_"), "DB_USER");
    // Nothing says a name, and a shell sets USER.
    assert_eq!(variable_of!(id_env = "LOGIN_ARN"), "");
}

#[derive(Debug, SecretConfig)]
struct Shell {
    #[secret(plain)]
    username: String,
    #[secret(plain, default = "en")]
    lang: String,
}

#[tokio::test]
async fn a_variable_that_systems_set_is_not_read_and_the_report_says_why() {
    let error = load_env::<Shell>(&[("USERNAME", "shell"), ("LANG", "C")]).await.unwrap_err();
    let expected = "\
1 of 2 settings of Shell could not be loaded (environment: production)

  username   missing
    env  USERNAME   not read, since shells and systems set this variable by themselves
    help: to read it nevertheless, name it with #[secret(env = \"USERNAME\")]; to read another, give the struct an env_prefix
";
    assert_eq!(error.to_string(), expected);
    let env = Env::from_iter([("USERNAME", "shell"), ("LANG", "C")]);
    let report = Shell::check(&production().sources([env]).build().unwrap()).await;
    assert!(report.to_string().contains("USERNAME   not read, since shells and systems"), "{report}");
    let [username, lang] = report.settings() else { panic!("two settings") };
    assert_eq!((username.state(), username.unread_variable()), (SettingState::Failed, None));
    assert_eq!((lang.state(), lang.unread_variable()), (SettingState::Defaulted, Some("LANG")));
    let text = report.to_string();
    assert!(text.contains("lang: LANG is not read, since shells and systems set it by themselves"), "{text}");
    assert!(report.to_json().contains("\"unread_variable\": \"LANG\""), "{}", report.to_json());
    // A variable that is not set, or that no source would read, is no finding.
    let set = Env::from_iter([("USERNAME", "shell"), ("LANG", "C")]);
    let without_variables = production().variables(set).sources([Memory::new()]).build().unwrap();
    for secrets in [production().sources([no_variables()]).build().unwrap(), without_variables] {
        let report = Shell::check(&secrets).await;
        assert!(report.settings().iter().all(|setting| setting.unread_variable().is_none()), "{report}");
    }
}

#[tokio::test]
async fn advice_for_a_secret_that_is_requested_by_name_speaks_of_no_struct() {
    let secrets = production().sources([Env::from_iter([("USER", "shell")])]).build().unwrap();
    let report = secrets.get("user").await.unwrap_err().to_string();
    assert!(
        report.contains("give the variables a prefix with `Secrets::builder().env_prefix(..)`"),
        "{report}"
    );
    assert!(!report.contains("#[secret"), "{report}");
}

#[tokio::test]
async fn dotenv_has_the_same_rule() {
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", "USERNAME=app\n"));
    let error = Shell::load_from(&production().sources([dotenv]).build().unwrap()).await.unwrap_err();
    let reason = "not read, since shells and systems set this variable by themselves";
    assert_eq!(places(&error, "username"), [format!("dotenv USERNAME: {reason}")]);
}

#[tokio::test]
async fn an_attribute_that_names_the_variable_reads_it() {
    #[derive(Debug, SecretConfig)]
    #[allow(clippy::struct_field_names)]
    struct Named {
        #[secret(plain, env = "USERNAME")]
        username: String,
        #[secret(plain, alias = "LANG")]
        language: String,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(env_prefix = "USER")]
    struct Prefixed {
        #[secret(plain)]
        name: String,
    }
    let config: Named = load_env(&[("USERNAME", "app"), ("LANG", "de")]).await.unwrap();
    assert_eq!((config.username.as_str(), config.language.as_str()), ("app", "de"));
    let config: Prefixed = load_env(&[("USERNAME", "app")]).await.unwrap();
    assert_eq!(config.name, "app");
}

#[tokio::test]
async fn files_and_paths_in_memory_are_not_set_by_a_shell() {
    let folder = Folder::new();
    folder.write("username", "app");
    let files = Files::new(folder.path());
    for builder in [
        production().sources(chain([Box::new(files)])),
        production().sources(chain([Box::new(Memory::from([("username", "app")]))])),
    ] {
        assert_eq!(Shell::load_from(&builder.build().unwrap()).await.unwrap().username, "app");
    }
}

#[tokio::test]
async fn a_single_secret_does_not_read_such_a_variable_either() {
    let secrets = production().sources([Env::from_iter([("PATH", "/bin"), ("JWT", "k")])]).build().unwrap();
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), "k");
    let error = secrets.get("path").await.unwrap_err();
    assert!(error.to_string().contains("PATH   not read"), "{error}");
}

#[tokio::test]
async fn the_whole_secret_may_be_in_the_variable_that_is_named_like_it() {
    for (source, loaded) in load_everywhere::<Database>(&[("DATABASE", WHOLE)]).await {
        let config = loaded.unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!((config.username.as_str(), config.password.expose_secret().as_str()), ("app", "p"));
    }
    // The field's own variable comes first.
    let config: Database = load_env(&[("DATABASE", WHOLE), ("DATABASE_USERNAME", "own")]).await.unwrap();
    assert_eq!((config.username.as_str(), config.password.expose_secret().as_str()), ("own", "p"));
}

#[tokio::test]
async fn so_may_that_of_a_field_with_a_key_and_of_a_config_with_a_place() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "auth/stripe", key = "api.key")]
        stripe_key: Secret<String>,
        #[secret(nested(name = "smtp"))]
        mail: Login,
    }
    #[derive(Debug, SecretConfig)]
    struct Login {
        password: Secret<String>,
    }
    let variables = [("STRIPE", r#"{"api": {"key": "k"}}"#), ("SMTP", r#"{"password": "p"}"#)];
    let config: Config = load_env(&variables).await.unwrap();
    assert_eq!(config.stripe_key.expose_secret(), "k");
    assert_eq!(config.mail.password.expose_secret(), "p");
    let store = Store::new("aws").with("auth/stripe", r#"{"api": {"key": "stored"}}"#);
    let sources = chain([Box::new(store), Box::new(Env::from_iter(variables))]);
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!(config.stripe_key.expose_secret(), "stored");
}

#[tokio::test]
async fn a_prefix_that_ends_in_the_name_of_the_secret_is_not_repeated() {
    macro_rules! whole_of {
        ($($attribute:tt)*) => {{
            #[derive(Debug, SecretConfig)]
            #[secret($($attribute)*)]
            struct Config {
                #[allow(dead_code)]
                user: Secret<String>,
            }
            Config::manifest().settings()[0].whole_secret_variable().map(str::to_owned)
        }};
    }
    assert_eq!(whole_of!(name = "database").as_deref(), Some("DATABASE"));
    assert_eq!(whole_of!(name = "database", env_prefix = "DATABASE_").as_deref(), Some("DATABASE"));
    assert_eq!(whole_of!(name = "db", env_prefix = "APP_DB_").as_deref(), Some("APP_DB"));
    assert_eq!(whole_of!(name = "db", env_prefix = "APP_").as_deref(), Some("APP_DB"));
    assert_eq!(whole_of!(name = "user", env_prefix = "").as_deref(), None);
    assert_eq!(whole_of!(prefix = "app").as_deref(), None);
}

#[tokio::test]
async fn a_variable_that_would_be_two_secrets_or_a_value_too_is_not_read_as_a_secret() {
    #[derive(Debug, SecretConfig)]
    struct Login {
        password: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested(name = "a/db"))]
        first: Login,
        #[secret(nested(name = "b/db"))]
        second: Login,
        #[secret(name = "app/token", key = "key")]
        token_key: Secret<String>,
        token: Option<Secret<String>>,
    }
    let manifest = Config::manifest();
    assert!(manifest.settings().iter().all(|setting| setting.whole_secret_variable().is_none()));
    let variables = [("DB", "{}"), ("FIRST_PASSWORD", "1"), ("SECOND_PASSWORD", "2"), ("TOKEN_KEY", "k")];
    let config: Config = load_env(&variables).await.unwrap();
    assert_eq!(config.second.password.expose_secret(), "2");
    assert_eq!((config.first.password.expose_secret().as_str(), config.token.is_none()), ("1", true));
    assert_eq!(config.token_key.expose_secret(), "k");
}

#[tokio::test]
async fn a_whole_secret_without_the_key_and_a_variable_that_is_not_json_are_named() {
    let error =
        load_env::<Database>(&[("DATABASE", r#"{"username": "app", "pasword": "p"}"#)]).await.unwrap_err();
    assert_eq!(
        places(&error, "password"),
        ["env DATABASE_PASSWORD: not set", "env DATABASE: no key password (did you mean pasword?)"]
    );
    let error = load_env::<Database>(&[("DATABASE", "postgres://app@db")]).await.unwrap_err();
    assert_eq!(
        places(&error, "password"),
        ["env DATABASE_PASSWORD: not set", "env DATABASE: set, but not to a JSON object"]
    );
    let error =
        load_env::<Database>(&[("DATABASE", r#"{"username": "app", "password": }"#)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_whole_secret_in_the_variable_of_one_key_is_refused_with_the_form_of_ecs() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "database", key = "password")]
        db_password: Secret<String>,
    }
    for document in [WHOLE, "{}", r#" {"password": "hunter2"} "#] {
        let error = load_env::<Config>(&[("DB_PASSWORD", document)]).await.unwrap_err();
        assert_eq!(
            failures(&error),
            ["db_password: invalid: expected the value of one key, found a whole JSON secret"]
        );
        let report = error.to_string();
        assert!(report.contains("end `valueFrom` in `:KEY::`") && !report.contains("hunter2"), "{report}");
    }
    let error =
        load_env::<Database>(&[("DATABASE_USERNAME", "a"), ("DATABASE_PASSWORD", WHOLE)]).await.unwrap_err();
    assert_eq!(kinds(&error), [("password", ErrorKind::Invalid)]);
    // A text in braces is a password like any other.
    let config: Config = load_env(&[("DB_PASSWORD", "{braces}")]).await.unwrap();
    assert_eq!(config.db_password.expose_secret(), "{braces}");
}

#[tokio::test]
async fn a_field_that_decodes_json_itself_takes_an_object() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "app", key = "limits", json, plain)]
        limits: BTreeMap<String, u16>,
        whole: Secret<String>,
    }
    let config: Config = load_env(&[("LIMITS", r#"{"a": 1}"#), ("WHOLE", r#"{"a": 1}"#)]).await.unwrap();
    assert_eq!(config.limits["a"], 1);
    assert_eq!(config.whole.expose_secret(), r#"{"a": 1}"#);
}
