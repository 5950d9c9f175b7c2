//! `SECRET_SOURCES` and `SECRET_FALLBACK`: what an operator decides without a new build.

use harness::stub::{Fault, Requests, Stub};
use secrets_runtime::{
    DotEnv, Env, Environment, Fallback, Memory, Secret, SecretConfig, Secrets, SecretsBuilder, SecretsManager,
};

use crate::support::aws::{once, retrying};
use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::{kinds, places, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(name = "db", key = "password", env = "DB_PASSWORD")]
    password: Secret<String>,
}

/// Twenty settings, as a service has them that ECS gives its secrets.
#[derive(Debug, SecretConfig)]
struct Twenty {
    #[secret(nested)]
    a: Five,
    #[secret(nested)]
    b: Five,
    #[secret(nested)]
    c: Five,
    #[secret(nested)]
    d: Five,
}

#[derive(Debug, SecretConfig)]
struct Five {
    one: Secret<String>,
    two: Secret<String>,
    three: Secret<String>,
    four: u16,
    last: Option<Secret<String>>,
}

/// Every variable of [`Twenty`].
fn twenty() -> Vec<(String, String)> {
    let fields = ["ONE", "TWO", "THREE", "FOUR", "LAST"];
    let names = ["A", "B", "C", "D"].map(|group| fields.map(|field| format!("{group}_{field}")));
    names.into_iter().flatten().map(|name| (name, "4".to_owned())).collect()
}

fn builder(variables: &[(&str, &str)]) -> SecretsBuilder {
    Secrets::builder().variables(variables.iter().copied().collect())
}

fn sources(variables: &[(&str, &str)]) -> Vec<String> {
    builder(variables).build().unwrap().sources().map(str::to_owned).collect()
}

/// Where a role may read nothing, and all variables are set.
async fn denying() -> Stub {
    let stub = Stub::start().await;
    stub.fault(Fault::Denied);
    stub
}

#[test]
fn the_list_replaces_the_chain_of_the_environment() {
    for environment in ["development", "production"] {
        for (list, expected) in [
            ("env", vec!["env"]),
            ("env, aws", vec!["env", "aws"]),
            ("files:/run/secrets,env", vec!["files", "env"]),
            ("dotenv,files:/a,files:/b", vec!["dotenv", "files", "files"]),
        ] {
            assert_eq!(sources(&[("ENVIRONMENT", environment), ("SECRET_SOURCES", list)]), expected);
        }
    }
    assert_eq!(sources(&[("ENVIRONMENT", "production"), ("SECRET_SOURCES", "")]), ["aws", "env"]);
}

#[tokio::test]
async fn variables_alone_fill_a_config_although_its_role_may_read_nothing() {
    let stub = denying().await;
    let mut variables = twenty();
    for (name, value) in [
        ("ENVIRONMENT", "production"),
        ("SECRET_SOURCES", "env"),
        ("AWS_ENDPOINT_URL", &stub.url()),
        // Not even looked at.
        ("AWS_REGION", "not a region"),
    ] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    let secrets = Secrets::builder().variables(Env::from_iter(variables)).build().unwrap();
    let config = Twenty::load_from(&secrets).await.unwrap();
    assert_eq!((config.a.four, config.d.one.expose_secret().as_str()), (4, "4"));
    assert_eq!(stub.requests(), Requests::default());
}

#[tokio::test]
async fn a_list_without_aws_leaves_the_client_of_the_code_alone() {
    let stub = denying().await;
    let listed = builder(&[("SECRET_SOURCES", "env"), ("TOKEN", "t"), ("DB_PASSWORD", "p")]);
    let secrets = listed.secrets_manager(retrying(&stub.url())).environment(Environment::PRODUCTION);
    Config::load_from(&secrets.build().unwrap()).await.unwrap();
    assert_eq!(stub.requests(), Requests::default());
}

#[tokio::test]
async fn aws_in_the_list_is_asked_in_development_too() {
    let stub = Stub::start().await;
    stub.put("token", "t");
    stub.put("db", r#"{"password": "p"}"#);
    let listed = builder(&[("SECRET_SOURCES", "aws"), ("ENVIRONMENT", "development")]);
    let secrets = listed.secrets_manager(once(&stub.url())).build().unwrap();
    assert_eq!(Config::load_from(&secrets).await.unwrap().password.expose_secret(), "p");
    // Without an endpoint the account is asked: its region and credentials count as anywhere else.
    let variables = [("SECRET_SOURCES", "aws"), ("ENVIRONMENT", "development"), ("AWS_REGION", "not one")];
    let error = builder(&variables).build().unwrap_err();
    assert!(error.to_string().contains("AWS_REGION: not the name of a region"), "{error}");
}

#[tokio::test]
async fn files_and_variables_stand_in_the_order_of_the_list() {
    let folder = Folder::new();
    folder.write("token", "of the file");
    let list = format!("files:{},env", folder.path().display());
    let variables = [("SECRET_SOURCES", list.as_str()), ("TOKEN", "of env"), ("DB_PASSWORD", "p")];
    let secrets = builder(&variables).environment(Environment::PRODUCTION).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!(config.token.expose_secret(), "of the file");
    assert_eq!(config.password.expose_secret(), "p");
}

#[test]
fn code_wins_over_both_variables() {
    let variables =
        [("SECRET_SOURCES", "vault"), ("SECRET_FALLBACK", "perhaps"), ("ENVIRONMENT", "production")];
    let coded = builder(&variables).source(Memory::new()).fallback(Fallback::Never).build().unwrap();
    assert_eq!(coded.sources().collect::<Vec<_>>(), ["memory"]);
}

#[tokio::test]
async fn a_list_that_is_wrong_is_reported_and_neither_an_account_nor_dotenv_is_read() {
    let stub = denying().await;
    for (list, expected) in [
        ("vault", "SECRET_SOURCES, entry 1: not the name of a source"),
        ("aws,,env", "SECRET_SOURCES, entry 2: empty"),
        ("aws,files:relative", "SECRET_SOURCES, entry 2: the folder of `files` is not an absolute path"),
        ("aws,env,aws", "SECRET_SOURCES, entry 3: this source is listed twice"),
        ("ssm", "SECRET_SOURCES, entry 1: this version does not support `ssm`, the Parameter Store"),
    ] {
        let variables =
            [("SECRET_SOURCES", list), ("ENVIRONMENT", "production"), ("AWS_ENDPOINT_URL", &stub.url())];
        let error = builder(&variables).build().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.problems()[0].error().help().is_some());
        let secrets = builder(&variables);
        assert!(secrets.build().is_err());
    }
    assert_eq!(stub.requests(), Requests::default());
}

#[tokio::test]
async fn the_fallback_is_that_of_the_variable() {
    let stub = Stub::start().await;
    stub.put("token", "t");
    for (fault, fallback, expected) in [
        (Fault::Unavailable, "unavailable", "ok"),
        (Fault::Throttled, "unavailable", "ok"),
        (Fault::Denied, "unavailable", "access denied"),
        (Fault::Denied, "error", "ok"),
        (Fault::Unavailable, "missing", "unavailable"),
        (Fault::NotFound, "missing", "ok"),
        (Fault::NotFound, "never", "missing"),
    ] {
        stub.clear_faults();
        stub.fault(fault);
        let variables = [("SECRET_FALLBACK", fallback), ("TOKEN", "t"), ("DB_PASSWORD", "p")];
        let secrets = builder(&variables).environment(Environment::PRODUCTION);
        let secrets = secrets.secrets_manager(once(&stub.url())).build().unwrap();
        let seen = match Config::load_from(&secrets).await {
            Ok(_) => "ok",
            Err(error) => error.kind().as_str(),
        };
        assert_eq!(seen, expected, "{fault:?} {fallback}");
    }
    let error = builder(&[("SECRET_FALLBACK", "OnError")]).build().unwrap_err();
    assert!(error.to_string().contains("SECRET_FALLBACK: not the name of a fallback policy"), "{error}");
}

#[tokio::test]
async fn where_aws_denies_a_setting_whose_variable_is_set_the_report_says_so() {
    let stub = denying().await;
    let aws = |variables: &[(&str, &str)]| {
        builder(variables).environment(Environment::PRODUCTION).secrets_manager(once(&stub.url()))
    };
    let error = Config::load_from(&aws(&[("TOKEN", "hunter2")]).build().unwrap()).await.unwrap_err();
    assert_eq!(places(&error, "token")[1], "env TOKEN: set, but not read: an earlier source has failed");
    let [token, unset] = error.fields() else { panic!("{error}") };
    assert_eq!(token.help()[1], "if the variables are to be used, and not the store, set SECRET_SOURCES=env");
    assert!(!error.to_string().contains("hunter2"));
    assert_eq!((unset.places().len(), unset.help().len()), (1, 1), "its variable is not set");
    // With the sources of the code, the variable would change nothing.
    let coded = production().sources([once(&stub.url())]).build().unwrap();
    let error = Config::load_from(&coded).await.unwrap_err();
    assert!(!error.to_string().contains("SECRET_SOURCES"), "{error}");
    // During an outage, another variable helps.
    stub.clear_faults();
    stub.fault(Fault::Unavailable);
    let error = Config::load_from(&aws(&[("TOKEN", "t")]).build().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("SECRET_FALLBACK=unavailable"), "{error}");
    let coded = aws(&[("TOKEN", "t")]).fallback(Fallback::OnMissing).build().unwrap();
    let error = Config::load_from(&coded).await.unwrap_err();
    assert!(!error.to_string().contains("SECRET_FALLBACK"), "{error}");
    // The chain has no variables.
    let listed = aws(&[("TOKEN", "t"), ("SECRET_SOURCES", "aws")]).build().unwrap();
    let error = Config::load_from(&listed).await.unwrap_err();
    assert_eq!(places(&error, "token").len(), 1, "{error}");
    // A variable may hold a whole secret.
    let error = Config::load_from(&aws(&[("DB", "{}")]).build().unwrap()).await.unwrap_err();
    assert_eq!(places(&error, "password")[1], "env DB: set, but not read: an earlier source has failed");
}

#[tokio::test]
async fn sources_of_the_code_stand_before_and_after_the_default_chain() {
    let memory = |value: &str| Memory::from([("token", value), ("db", r#"{"password": "last"}"#)]);
    let listed =
        builder(&[("SECRET_SOURCES", "env"), ("TOKEN", "of env")]).environment(Environment::PRODUCTION);
    let secrets = listed.source_after_defaults(memory("last")).build().unwrap();
    assert_eq!(secrets.sources().collect::<Vec<_>>(), ["env", "memory"]);
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!(
        (config.token.expose_secret().as_str(), config.password.expose_secret().as_str()),
        ("of env", "last")
    );

    let chain = builder(&[("ENVIRONMENT", "production"), ("TOKEN", "of env")]);
    let chain = chain.source_before_defaults(memory("first")).source_before_defaults(Memory::new());
    let secrets = chain.secrets_manager(SecretsManager::localstack()).build().unwrap();
    assert_eq!(secrets.sources().collect::<Vec<_>>(), ["memory", "memory", "aws", "env"]);
    assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "first");
}

#[tokio::test]
async fn a_check_shows_a_variable_that_an_earlier_source_keeps_from_being_used() {
    let stub = Stub::start().await;
    stub.put("token", "t");
    stub.put("db", r#"{"password": "p"}"#);
    let variables = [("TOKEN", "hunter2"), ("DB_PASSWORD", "")];
    let secrets = builder(&variables).environment(Environment::PRODUCTION);
    let secrets = secrets.secrets_manager(once(&stub.url())).build().unwrap();
    let events = Events::capture();
    let report = Config::check(&secrets).await;
    assert!(report.is_ready(), "{report}");
    let text = report.to_string();
    assert!(text.ends_with("\n  token: TOKEN of env is set too, and not used: aws comes first\n"), "{text}");
    let [token, password] = report.settings() else { panic!("{report}") };
    assert_eq!((token.shadowed().len(), password.shadowed().len()), (1, 0));
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["settings"][0]["shadowed"][0]["location"], "TOKEN");
    assert!(!text.contains("hunter2") && !events.own().concat().contains("hunter2"));
    // A variable that is used is not shadowed, and no request is made for what comes later.
    let listed = builder(&[("SECRET_SOURCES", "env,aws"), ("TOKEN", "t"), ("DB_PASSWORD", "p")]);
    let listed = listed.environment(Environment::PRODUCTION).secrets_manager(once(&stub.url()));
    stub.reset_requests();
    let report = Config::check(&listed.build().unwrap()).await;
    assert!(report.settings().iter().all(|setting| setting.shadowed().is_empty()));
    assert_eq!(stub.requests(), Requests::default());
    let kinds_of = report.failure().map(kinds).unwrap_or_default();
    assert!(kinds_of.is_empty());
}

#[tokio::test]
async fn what_a_variable_hides_in_dotenv_is_said_once_by_a_check() {
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", "TOKEN=other\nDB_PASSWORD=p\n"));
    let secrets = builder(&[("TOKEN", "t"), ("DB_PASSWORD", "p")]).environment(Environment::DEVELOPMENT);
    let report = Config::check(&secrets.dotenv(dotenv).build().unwrap()).await;
    let [token, password] = report.settings() else { panic!("{report}") };
    assert_eq!((token.warning().is_some(), password.warning().is_some()), (true, false), "{report}");
    assert!(token.shadowed().is_empty() && password.shadowed().is_empty(), "{report}");
}
