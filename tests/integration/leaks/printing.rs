//! Every public type, printed while it holds a canary.

use std::fmt::Debug;

use secrets_runtime::source::{Answer, Fetched, Key, Location, Payload, Setting, Version};
use secrets_runtime::{
    DotEnv, Env, Files, Memory, RawSecret, Redacted, Secret, SecretConfig, SecretValue, Secrets,
    SecretsManager,
};

use crate::support::aws::sdk_config;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::folder::Folder;
use crate::support::printed::printed;
use crate::support::production;
use crate::support::sources::Store;

#[derive(Debug, SecretConfig)]
struct Inner {
    key: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct Config {
    text: Secret<String>,
    bytes: Secret<Vec<u8>>,
    list: Vec<Secret<String>>,
    whole: Secret<Vec<String>>,
    redacted: Redacted<String>,
    optional: Option<Secret<String>>,
    #[secret(json)]
    json: Secret<String>,
    #[secret(nested)]
    inner: Inner,
    #[secret(default = 1)]
    port: u16,
}

fn memory(canary: &Canary) -> Memory {
    let quoted = serde_json::to_string(canary.as_str()).unwrap();
    let array = format!("[{quoted}]");
    let text = canary.as_str();
    Memory::from([("text", text), ("redacted", text), ("optional", text), ("inner.key", text)])
        .with("bytes", text.as_bytes())
        .with("list", array.as_str())
        .with("whole", array.as_str())
        .with("json", quoted.as_str())
}

#[tokio::test]
async fn a_config_shows_what_is_no_secret() {
    let canary = Canary::new("config");
    let secrets = production().sources([memory(&canary)]).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert_unseen(&[&canary], "a config", &printed(&config));
    assert_eq!(
        format!("{config:?}"),
        "Config { text: [REDACTED], bytes: [REDACTED], list: [[REDACTED]], whole: [REDACTED], redacted: [REDACTED], \
         optional: Some([REDACTED]), json: [REDACTED], inner: Inner { key: [REDACTED] }, port: 1 }"
    );
    // The values are there, and a door away from being seen.
    assert_eq!(config.text.expose_secret(), canary.as_str());
    assert!(canary.seen_in(config.json.expose_secret()).is_some());
    assert!(canary.seen_in(&printed(config.bytes.expose_secret())).is_some());
}

#[test]
fn a_secret_is_one_text_in_every_format() {
    for text in ["", "a", Canary::new("secret").as_str()] {
        let secret = Secret::from(text);
        let redacted = Redacted::new(text.to_owned());
        for printed in [
            format!("{secret}"),
            format!("{secret:?}"),
            format!("{secret:#?}"),
            format!("{secret:x?}"),
            format!("{secret:#X?}"),
            format!("{secret:>200}"),
            format!("{secret:*^200?}"),
            format!("{secret:.1}"),
            format!("{secret:.0?}"),
            format!("{redacted}"),
            format!("{redacted:?}"),
            format!("{redacted:<200.1}"),
            format!("{}", Secret::new(text.len())),
            format!("{:?}", Secret::new(text.as_bytes().to_vec())),
        ] {
            assert_eq!(printed, "[REDACTED]");
        }
    }
}

#[test]
fn a_secret_that_another_decoder_fills_shows_no_malformed_value() {
    let canary = Canary::new("decoded");
    let quoted = serde_json::to_string(canary.as_str()).unwrap();
    let errors = [
        serde_json::from_str::<Secret<u16>>(&quoted).unwrap_err(),
        serde_json::from_str::<Redacted<u16>>(&quoted).unwrap_err(),
        serde_json::from_str::<Vec<Redacted<bool>>>(&format!("[{quoted}]")).unwrap_err(),
    ];
    for error in errors {
        assert_unseen(&[&canary], "a decoder's error", &format!("{error} {error:?}"));
    }

    // The control: the same without the wrapper.
    let error = serde_json::from_str::<u16>(&quoted).unwrap_err();
    assert!(canary.seen_in(&error.to_string()).is_some());
}

#[tokio::test]
async fn everything_on_the_way_to_a_config_shows_nothing() {
    let canary = Canary::new("way");
    let text = canary.as_str();
    let folder = Folder::new();
    folder.write("text", text);
    let env =
        Env::from_iter([("TEXT", text), ("ENVIRONMENT", "production"), ("AWS_SECRET_ACCESS_KEY", text)]);
    let aws = SecretsManager::builder()
        .sdk_config(&sdk_config("http://127.0.0.1:1"))
        .credentials(text, text, Some(Secret::from(text)))
        .profile("work");
    let builder = || Secrets::builder().variables(env.clone()).secrets_manager(aws.clone().build());
    let payloads = [Payload::from(text), Payload::from(text.as_bytes())];
    let fetched = || payloads.iter().map(Answer::found).collect::<Fetched>();
    let secrets = production().sources([memory(&canary)]).build().unwrap();
    let values: [SecretValue; 3] = [
        secrets.get_value("text").await.unwrap(),
        secrets.get_value("list").await.unwrap(),
        secrets.get_value("bytes").await.unwrap(),
    ];
    let raw = RawSecret::from_text(text);
    assert_eq!(raw.text(), Ok(text));
    let things: [(&str, &dyn Debug); 14] = [
        ("Env", &env),
        ("Memory", &memory(&canary)),
        ("Files", &Files::new(folder.path())),
        ("DotEnv", &DotEnv::at(folder.write(".env", "A=b"))),
        ("SecretsManagerBuilder", &aws),
        ("SecretsManager", &aws.clone().build()),
        ("SecretsBuilder", &builder()),
        ("Secrets", &builder().build().unwrap()),
        ("Secrets of memory", &secrets),
        ("Payload", &payloads),
        ("Fetched", &fetched()),
        ("SecretValue", &values),
        ("RawSecret", &raw),
        ("Secret of a secret", &Secret::from(text).map(Clone::clone).zip(&Secret::from(text))),
    ];
    for (what, thing) in things {
        assert_unseen(&[&canary], what, &printed(thing));
    }
}

#[tokio::test]
async fn a_value_in_the_place_of_a_name_shows_in_no_key() {
    let canary = Canary::new("key");
    let text = canary.as_str();
    let keys = [Key::new(text), Key::new("a").with_version(Version::Stage(text.to_owned()))];
    assert_unseen(&[&canary], "Key", &printed(&keys));
    assert_unseen(&[&canary], "Location", &printed(&[Location::secret(text), Location::value(text)]));
    let store = Store::new("store");
    let secrets = production().sources([store.clone()]).build().unwrap();
    drop(secrets.get(text).await.unwrap_err());
    drop(secrets.request("a").stage(text).await.unwrap_err());
    drop(secrets.request("a").version_id(text).await.unwrap_err());
    let settings: Vec<Setting> = store.settings();
    assert_eq!(settings.len(), 3);
    assert_unseen(&[&canary], "Setting", &printed(&settings));
    let request = secrets.request(text).stage(text).default_value(text);
    assert_unseen(&[&canary], "Request", &printed(&request));
}
