//! A manifest as data.

use std::collections::HashMap;
use std::str::FromStr;

use secrets_runtime::manifest::Manifest;
use secrets_runtime::source::{Setting, Version};
use secrets_runtime::{DecodeError, Environment, FromSecret, RawSecret, SafeToPrint, Secret, SecretConfig};

use super::configs::Shop;
use crate::support::{no_variables, production};

fn ids(manifest: &Manifest) -> Vec<&str> {
    manifest.settings().iter().map(Setting::secret_id).collect()
}

#[test]
fn every_setting_says_what_it_is_and_what_it_is_called() {
    let manifest = Shop::manifest();
    assert_eq!((manifest.name(), manifest.environment()), ("Shop", &Environment::PRODUCTION));
    let paths: Vec<&str> = manifest.settings().iter().map(Setting::path).collect();
    assert_eq!(
        paths,
        [
            "database_url",
            "signing_key",
            "signing_key_before",
            "mail_password",
            "mail_port",
            "rds.username",
            "rds.password",
            "sentry_dsn",
            "port",
            "log_level"
        ]
    );
    let [url, key, before, mail, mail_port, user, _, dsn, port, level] = manifest.settings() else {
        panic!("{manifest:?}")
    };
    assert_eq!((url.type_name(), url.doc()), ("Secret<String>", "Postgres connection string."));
    assert_eq!(url.secret_id(), "shop/production/database-url");
    assert_eq!((url.json_key(), url.version()), (None, &Version::Current));
    assert!(url.is_secret() && url.uses_secret_store() && !url.is_optional() && !url.has_default());
    assert_eq!(key.secret_id(), "shop/production/jwt");
    assert_eq!(key.variables().collect::<Vec<_>>(), ["JWT"]);
    assert_eq!(before.version(), &Version::Stage("AWSPREVIOUS".to_owned()));
    assert!(before.is_optional());
    assert_eq!(mail.variables().collect::<Vec<_>>(), ["MAIL_PASSWORD", "SMTP_PASSWORD"]);
    assert_eq!(mail.json_key().as_deref(), Some("password"));
    // A number in a secret is asked of stores, and may be shown.
    assert!(mail_port.uses_secret_store() && !mail_port.is_secret());
    assert_eq!(mail_port.default(), Some("25"));
    assert_eq!((user.secret_id(), user.json_key().as_deref()), ("shared/production/rds", Some("username")));
    assert_eq!(dsn.type_name(), "Option<Secret<String>>");
    assert!(!port.uses_secret_store());
    assert_eq!((port.default(), level.default()), (Some("8080"), Some("info")));
}

#[test]
fn names_are_those_of_the_environment_and_of_the_prefixes() {
    #[derive(SecretConfig)]
    struct Config {
        #[allow(dead_code)]
        token: Secret<String>,
    }
    let staging = Shop::manifest().in_environment(&Environment::STAGING);
    assert_eq!(ids(&staging)[0], "shop/staging/database-url");
    // The type's own prefix counts, as it does in a load.
    assert_eq!(ids(&staging.with_prefix("other"))[0], "shop/staging/database-url");

    let manifest = Config::manifest().with_prefix("app/{environment}").with_env_prefix("APP_");
    assert_eq!(ids(&manifest), ["app/production/token"]);
    assert_eq!(manifest.settings()[0].variables().collect::<Vec<_>>(), ["APP_TOKEN"]);
    // In whatever order it is said.
    assert_eq!(ids(&manifest.in_environment(&Environment::STAGING)), ["app/staging/token"]);
}

#[test]
fn the_names_of_a_manifest_are_those_that_a_load_asks_for() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[allow(dead_code)]
        token: Secret<String>,
    }
    let secrets = production()
        .environment(Environment::STAGING)
        .prefix("app/{environment}")
        .env_prefix("APP_")
        .sources([no_variables()])
        .build()
        .unwrap();
    let manifest = Config::manifest().resolved_by(&secrets);
    assert_eq!(manifest.environment(), &Environment::STAGING);
    assert_eq!(ids(&manifest), ["app/staging/token"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(Config::load_from(&secrets)).unwrap_err();
    let variable = manifest.settings()[0].variables().next().unwrap();
    assert_eq!(error.fields()[0].places()[0].location(), variable);
}

#[test]
fn the_settings_of_a_nested_config_that_may_be_absent_are_optional() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[secret(nested)]
        smtp: Option<Smtp>,
    }
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Smtp {
        password: Secret<String>,
        #[secret(nested)]
        relay: Relay,
    }
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Relay {
        token: Secret<String>,
    }
    assert!(Config::manifest().settings().iter().all(Setting::is_optional));
    assert!(!Smtp::manifest().settings().iter().any(Setting::is_optional));
}

#[test]
fn a_key_that_holds_dots_is_written_as_a_pointer() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[secret(name = "a", key = "b.c")]
        path: Secret<String>,
        #[secret(name = "a", key = "/b.c/d~1e~0f", env = "POINTER")]
        pointer: Secret<String>,
    }
    let keys: Vec<_> =
        Config::manifest().settings().iter().map(|setting| setting.json_key().unwrap()).collect();
    assert_eq!(keys, ["b.c", "/b.c/d~1e~0f"]);
}

/// Stands for code that gives away what a secret is, if only by its name.
fn canary_bcdfghjkmnpqrtvwxz() -> Secret<String> {
    Secret::from("canary")
}

fn plain_bcdfghjkmnpqrtvwxz() -> u16 {
    1
}

#[test]
fn the_default_of_a_secret_is_not_recorded() {
    const NEEDLE: &str = "canary_bcdfghjkmnpqrtvwxz";

    type Alias = Secret<String>;

    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[secret(default = canary_bcdfghjkmnpqrtvwxz())]
        secret: Secret<String>,
        #[secret(default = canary_bcdfghjkmnpqrtvwxz())]
        alias: Alias,
        #[secret(default = Some(canary_bcdfghjkmnpqrtvwxz()))]
        optional: Option<Secret<String>>,
        #[secret(with = decode, default = canary_bcdfghjkmnpqrtvwxz())]
        decoded: Secret<String>,
        #[secret(default = plain_bcdfghjkmnpqrtvwxz())]
        control: u16,
    }
    fn decode(text: &str) -> Result<String, &'static str> {
        if text.is_empty() { Err("empty") } else { Ok(text.to_owned()) }
    }

    let manifest = Config::manifest();
    for setting in manifest.settings().iter().take(4) {
        assert!(setting.has_default());
        assert_eq!(setting.default(), None, "{setting:?}");
    }
    let outputs = [
        format!("{manifest:?} {:?}", manifest.settings()),
        manifest.settings().iter().filter_map(Setting::default).collect(),
        manifest.to_json(),
        manifest.to_env_example(),
        manifest.to_markdown(),
        manifest.to_checklist(),
        manifest.to_alarms(),
        manifest.to_cloudformation().unwrap(),
        manifest.to_terraform().unwrap(),
        manifest.iam_policy().to_json().unwrap(),
        format!("{:?}", manifest.iam_policy()),
    ];
    for output in &outputs {
        assert!(!output.contains(NEEDLE), "{output}");
    }
    // What is looked for is looked for in the right places: the default of what is no secret is in some of
    // them.
    let shown = outputs.iter().filter(|output| output.contains("plain_bcdfghjkmnpqrtvwxz()")).count();
    assert_eq!(shown, 4, "settings, JSON, .env.example and Markdown");
}

#[test]
fn what_is_no_name_of_a_secret_is_not_shown() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        token: Secret<String>,
    }
    let manifest = Config::manifest().with_prefix("hunter2 \"is\" it").with_env_prefix("hunter2 ");
    for output in [
        format!("{manifest:?} {:?}", manifest.iam_policy().account("hunter2").kms_key("hunter2")),
        manifest.to_json(),
        manifest.to_env_example(),
        manifest.to_markdown(),
        manifest.to_checklist(),
        manifest.to_alarms(),
        manifest.to_cloudformation().unwrap_err().to_string(),
        manifest.to_terraform().unwrap_err().to_string(),
        manifest.iam_policy().to_json().unwrap_err().to_string(),
    ] {
        assert!(!output.contains("hunter2"), "{output}");
    }
    assert!(manifest.to_markdown().contains("(not a secret id)"));
    assert_eq!(
        manifest.to_terraform().unwrap_err().to_string(),
        "token: not a valid secret name; check the prefix"
    );
}

/// A key that declares itself secret.
#[derive(serde::Deserialize)]
struct Key(String);

impl SafeToPrint for Key {}

impl FromSecret for Key {
    const SECRET: bool = true;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        Ok(Self(raw.text()?.to_owned()))
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(Self(text.to_owned()))
    }
}

fn hunter2() -> Key {
    Key("hunter2".to_owned())
}

#[test]
fn a_type_that_declares_itself_secret_is_a_secret_under_every_decoder_and_at_every_depth() {
    fn key(text: &str) -> Result<Key, std::convert::Infallible> {
        text.parse::<String>().map(Key)
    }

    #[allow(dead_code)]
    #[derive(SecretConfig)]
    struct Config {
        #[secret(default = hunter2())]
        own: Key,
        #[secret(parse, default = hunter2())]
        parsed: Key,
        #[secret(with = key, default = hunter2())]
        with: Key,
        #[secret(json, default = Some(hunter2()))]
        json: Option<Key>,
        #[secret(parse, plain, separator = ",", default = Vec::from([hunter2()]))]
        list: Vec<Key>,
        #[secret(json, plain, default = HashMap::from([(String::new(), vec![(hunter2(), true)])]))]
        map: HashMap<String, Vec<(Key, bool)>>,
    }

    let manifest = Config::manifest();
    assert_eq!(manifest.settings().len(), 6);
    for setting in manifest.settings() {
        assert!(setting.is_secret() && setting.uses_secret_store(), "{}", setting.path());
        assert_eq!((setting.has_default(), setting.default()), (true, None), "{}", setting.path());
    }
    let printed =
        [manifest.to_markdown(), manifest.to_env_example(), manifest.to_json(), format!("{manifest:?}")];
    assert!(!printed.concat().contains("hunter2"), "{printed:?}");
}
