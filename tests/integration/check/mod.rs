//! The pre-flight of a deploy: what a load would find, setting by setting.

mod leaks;
mod rotation;

use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::check::{ExitCode, RotationState, SettingState};
use secrets_runtime::{DotEnv, Env, Environment, ErrorKind, FieldError, Secret, SecretConfig, Secrets};

use crate::support::aws::{of, once};
use crate::support::folder::Folder;
use crate::support::production;
use crate::support::sources::chain;

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    #[secret(name = "smtp", key = "password")]
    smtp_password: Secret<String>,
    #[secret(name = "limits", json)]
    limits: Secret<Vec<u16>>,
    #[secret(default = 8080)]
    port: u16,
    sentry_dsn: Option<Secret<String>>,
}

const DATABASE_URL: &str = "shop/production/database-url";
const SMTP: &str = "shop/production/smtp";
const LIMITS: &str = "shop/production/limits";
const HOUR: Duration = Duration::from_hours(1);

async fn filled() -> Stub {
    let stub = Stub::start().await;
    stub.put_version(DATABASE_URL, "AWSCURRENT", "51f72378-6a5d-4dc7-8fd8-29e4319f482a", "postgres://db");
    stub.put_version(SMTP, "AWSCURRENT", "7c0e5f8c-9f3d-4c55-8ea3-2f4e2ad61a8b", r#"{"password": "pw"}"#);
    stub.put_version(LIMITS, "AWSCURRENT", "2b1f0f5e-55a8-4b0b-9d6a-0a5f6d0a8a11", "[1, 2]");
    stub.set_dates(DATABASE_URL, HOUR * 24 * 91, Some(-60.0));
    stub.set_dates(SMTP, HOUR * 5, Some(60.0));
    stub.set_dates(LIMITS, HOUR * 24, None);
    stub
}

fn behind_variables(stub: &Stub, variables: &[(&str, &str)]) -> Secrets {
    let env: Env = variables.iter().copied().collect();
    production().sources(chain([Box::new(once(&stub.url())), Box::new(env)])).build().unwrap()
}

#[tokio::test]
async fn every_setting_is_found_with_its_place_version_age_and_rotation() {
    let stub = filled().await;
    let report = AppConfig::check(&behind_variables(&stub, &[("PORT", "9090")])).await;
    let expected = "\
AppConfig is ready (environment: production)

  setting         state    source   place                                version                                stage        age       rotation
  database_url    ok       aws      shop/production/database-url         51f72378-6a5d-4dc7-8fd8-29e4319f482a   AWSCURRENT   91 days   overdue
  smtp_password   ok       aws      shop/production/smtp, key password   7c0e5f8c-9f3d-4c55-8ea3-2f4e2ad61a8b   AWSCURRENT   5 hours   on
  limits          ok       aws      shop/production/limits               2b1f0f5e-55a8-4b0b-9d6a-0a5f6d0a8a11   AWSCURRENT   1 day     off
  port            ok       env      PORT
  sentry_dsn      absent
";
    assert_eq!(report.to_string(), expected);
    assert_eq!(format!("{report:?}"), expected);
    assert!(report.is_ready() && report.failure().is_none());
    assert_eq!(report.exit_code(), ExitCode::Success);
    assert_eq!(report.settings()[3].state(), SettingState::Valid);
    assert_eq!(report.settings()[4].state(), SettingState::Absent);
}

#[tokio::test]
async fn one_bad_setting_does_not_hide_another() {
    let stub = filled().await;
    stub.remove(DATABASE_URL);
    stub.put(SMTP, r#"{"passwort": "pw"}"#);
    stub.put(LIMITS, "[1, 99999]");
    let report = AppConfig::check(&behind_variables(&stub, &[("PORT", "http")])).await;
    assert!(!report.is_ready());
    assert_eq!(report.exit_code(), ExitCode::Findings);
    let states: Vec<_> = report.settings().iter().map(|setting| (setting.path(), setting.state())).collect();
    assert_eq!(
        states,
        [
            ("database_url", SettingState::Failed),
            ("smtp_password", SettingState::Failed),
            ("limits", SettingState::Failed),
            ("port", SettingState::Failed),
            ("sentry_dsn", SettingState::Absent)
        ]
    );
    let error = AppConfig::load_from(&behind_variables(&stub, &[("PORT", "http")])).await.unwrap_err();
    let text = report.to_string();
    assert!(
        text.starts_with("AppConfig is not ready: 4 of 5 settings fail (environment: production)\n"),
        "{text}"
    );
    // The loader's own report is the rest, but for the ids of requests.
    let last = |text: &str| text.split(" settings of AppConfig could not be loaded").last().unwrap().len();
    assert_eq!(last(&text), last(&error.to_string()));
    let kinds = report.settings().iter().map(|setting| setting.error().map(FieldError::kind));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            Some(ErrorKind::Missing),
            Some(ErrorKind::Missing),
            Some(ErrorKind::Invalid),
            Some(ErrorKind::Invalid),
            None
        ]
    );
}

#[tokio::test]
async fn what_is_missing_and_has_a_default_is_no_failure() {
    let report = AppConfig::check(&of(&filled().await)).await;
    let port = &report.settings()[3];
    assert_eq!((port.path(), port.state(), port.place().is_none()), ("port", SettingState::Defaulted, true));
    assert_eq!((port.rotation(), port.age(), port.version_id()), (RotationState::NotKnown, None, None));
    assert!(report.is_ready());
}

#[tokio::test]
async fn a_default_within_a_nested_config_counts_if_the_config_is_there() {
    #[derive(Debug, SecretConfig)]
    struct Outer {
        #[secret(nested)]
        proxy: Option<Proxy>,
        #[secret(nested)]
        relay: Relay,
    }
    #[derive(Debug, SecretConfig)]
    struct Proxy {
        #[secret(plain)]
        host: String,
        #[secret(default = 3128)]
        port: u16,
        #[secret(nested)]
        login: Option<Login>,
    }
    #[derive(Debug, SecretConfig)]
    struct Login {
        password: Secret<String>,
        #[secret(default = "app", plain)]
        user: String,
    }
    #[derive(Debug, SecretConfig)]
    struct Relay {
        #[secret(default = 25)]
        port: u16,
    }
    let states = async |variables: &[(&str, &str)]| {
        let env: Env = variables.iter().copied().collect();
        let secrets = production().sources([env]).build().unwrap();
        let report = Outer::check(&secrets).await;
        let states: Vec<_> = report.settings().iter().map(|setting| setting.state().as_str()).collect();
        (states.join(" "), report.is_ready(), Outer::load_from(&secrets).await.is_ok())
    };
    let absent = "absent absent absent absent default";
    assert_eq!(states(&[]).await, (absent.to_owned(), true, true));
    let without_login = "ok default absent absent default";
    assert_eq!(states(&[("PROXY_HOST", "a")]).await, (without_login.to_owned(), true, true));
    let whole = "ok default ok default default";
    let variables = [("PROXY_HOST", "a"), ("PROXY_LOGIN_PASSWORD", "b")];
    assert_eq!(states(&variables).await, (whole.to_owned(), true, true));
    let broken = "failed default ok default default";
    assert_eq!(states(&variables[1..]).await, (broken.to_owned(), false, false));
}

#[tokio::test]
async fn the_store_is_asked_each_time_whatever_a_cache_holds() {
    let stub = filled().await;
    let secrets = of(&stub);
    AppConfig::load_from(&secrets).await.unwrap();
    stub.put(DATABASE_URL, "postgres://other");
    let before = stub.requests().batch_ids.len();
    let report = AppConfig::check(&secrets).await;
    assert_eq!(stub.requests().batch_ids.len(), before + 1);
    let version = report.settings()[0].version_id().unwrap().to_owned();
    assert_ne!(version, "51f72378-6a5d-4dc7-8fd8-29e4319f482a");
    let value = secrets.get("shop/production/database-url").await.unwrap();
    assert_eq!(value.expose_secret(), "postgres://db", "the cache is as it was");
}

#[tokio::test]
async fn what_is_denied_fails_as_what_it_is() {
    let stub = filled().await;
    stub.fault(Fault::Denied.of(SMTP));
    let report = AppConfig::check(&of(&stub)).await;
    let smtp = &report.settings()[1];
    assert_eq!(smtp.error().map(FieldError::kind), Some(ErrorKind::AccessDenied));
    assert!(report.to_string().contains("help: allow secretsmanager:GetSecretValue on it"), "{report}");
    assert_eq!(report.settings()[0].state(), SettingState::Valid);
}

#[tokio::test]
async fn the_report_of_a_development_machine_has_no_empty_columns() {
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", "DATABASE_URL=a\nno line\n"));
    let secrets = production().environment(Environment::DEVELOPMENT).dotenv(dotenv).build().unwrap();
    let text = AppConfig::check(&secrets).await.to_string();
    let expected = "\
AppConfig is not ready: 2 of 5 settings fail (environment: development)

  setting         state     source   place
  database_url    ok        dotenv   DATABASE_URL
  smtp_password   missing
  limits          missing
  port            default
  sentry_dsn      absent

2 of 5 settings of AppConfig could not be loaded (environment: development)

  dotenv: line 2: not of the form KEY=value (";
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test]
async fn machines_read_the_same() {
    let stub = filled().await;
    stub.put(LIMITS, "no list");
    let report = AppConfig::check(&of(&stub)).await;
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(
        (&json["version"], &json["config"], &json["environment"], &json["is_ready"]),
        (&1.into(), &"AppConfig".into(), &"production".into(), &false.into())
    );
    let database_url = &json["settings"][0];
    for (member, expected) in [
        ("path", "database_url"),
        ("type", "Secret<String>"),
        ("state", "ok"),
        ("source", "aws"),
        ("location", DATABASE_URL),
        ("version_id", "51f72378-6a5d-4dc7-8fd8-29e4319f482a"),
        ("rotation", "overdue"),
    ] {
        assert_eq!(database_url[member], expected, "{member}");
    }
    assert_eq!(database_url["stages"], serde_json::json!(["AWSCURRENT"]));
    assert!(database_url["age_seconds"].as_u64().unwrap() >= 91 * 24 * 3600, "{database_url}");
    assert!(database_url["created"].as_str().unwrap().ends_with('Z') && database_url["error"].is_null());
    assert_eq!(json["settings"][1]["json_key"], "password");
    let limits = &json["settings"][2];
    assert_eq!((&limits["state"], &limits["error"]["kind"]), (&"failed".into(), &"invalid".into()));
    assert_eq!(limits["error"]["places"][0]["location"], LIMITS);
    assert_eq!(json["settings"][3]["state"], "default");
}

#[tokio::test]
async fn a_name_that_two_settings_read_is_a_problem() {
    #[derive(Debug, SecretConfig)]
    struct Twice {
        #[secret(nested(prefix = "", env_prefix = ""))]
        one: Inner,
        #[secret(nested(prefix = "", env_prefix = ""))]
        other: Inner,
    }
    #[derive(Debug, SecretConfig)]
    struct Inner {
        token: Secret<String>,
    }
    let secrets = production().sources([Env::from_iter([("TOKEN", "a")])]).build().unwrap();
    let report = Twice::check(&secrets).await;
    assert!(!report.is_ready());
    assert_eq!(report.failure().unwrap().problems().len(), 2, "{report}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["problems"][0]["place"], "TOKEN", "{json}");
    assert!(report.settings().iter().all(|setting| setting.state() == SettingState::Valid));
}
