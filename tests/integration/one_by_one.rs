//! Secrets by name, without a struct.

use std::collections::BTreeMap;
use std::time::Duration;

use secrets_runtime::source::{Answer, SourceError};
use secrets_runtime::{
    Env, Environment, ErrorKind, Files, Memory, Redacted, Secret, SecretValue, Secrets, Zeroize,
};

use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::sources::{Store, chain};
use crate::support::{failures, kinds, places, production};

/// Not UTF-8.
const BYTES: &[u8] = &[0xff, 0x00];

fn memory(values: Memory) -> Secrets {
    production().sources([values]).build().unwrap()
}

#[derive(serde::Deserialize)]
struct Keys {
    public: String,
    secret: String,
}

impl Zeroize for Keys {
    fn zeroize(&mut self) {
        self.public.zeroize();
        self.secret.zeroize();
    }
}

#[tokio::test]
async fn get_gives_text_letter_for_letter() {
    for text in ["hunter2", "123456", " padded\n", "{\"a\": 1}", "é"] {
        let secret: Secret<String> = memory(Memory::from([("token", text)])).get("token").await.unwrap();
        assert_eq!(secret.expose_secret(), text);
    }
}

#[tokio::test]
async fn get_takes_binary_that_is_text_and_refuses_other() {
    let secrets = memory(Memory::new().with("text", "é".as_bytes()).with("binary", BYTES));
    assert_eq!(secrets.get("text").await.unwrap().expose_secret(), "é");
    let error = secrets.get("binary").await.unwrap_err();
    assert_eq!(failures(&error), ["binary: invalid: expected text, found binary data"]);
}

#[tokio::test]
async fn get_bytes_gives_binary_and_the_utf8_of_text() {
    let secrets = memory(Memory::new().with("text", "é").with("binary", BYTES));
    assert_eq!(secrets.get_bytes("text").await.unwrap().expose_secret(), "é".as_bytes());
    assert_eq!(secrets.get_bytes("binary").await.unwrap().expose_secret(), BYTES);
}

#[tokio::test]
async fn get_json_decodes_with_serde_into_what_cannot_be_printed() {
    let secrets = memory(Memory::from([("stripe", r#"{"public": "p", "secret": "s"}"#), ("number", "7")]));
    let keys: Secret<Keys> = secrets.get_json("stripe").await.unwrap();
    assert_eq!((keys.expose_secret().public.as_str(), keys.expose_secret().secret.as_str()), ("p", "s"));
    let keys: Redacted<Keys> = secrets.get_json("stripe").await.unwrap();
    assert_eq!(format!("{keys:?}"), "[REDACTED]");
    assert_eq!(secrets.get_json::<u8>("number").await.unwrap(), 7);
}

#[tokio::test]
async fn get_json_says_where_it_failed_and_not_on_what() {
    let values =
        [("text", "hunter2"), ("cut", "{\"public\":\n \"p"), ("wrong", "{\"public\": 1}"), ("empty", "")];
    let secrets = memory(Memory::from(values));
    for (name, reason) in [
        ("text", "invalid: not valid JSON, found plain text"),
        ("cut", "invalid: not valid JSON (line 2, column 3)"),
        ("wrong", "invalid: public: expected a JSON string, found a JSON number (line 1, column 12)"),
        ("empty", "missing"),
    ] {
        let error = secrets.get_json::<Secret<Keys>>(name).await.map(drop).unwrap_err();
        assert_eq!(failures(&error), [format!("{name}: {reason}")]);
    }
}

#[tokio::test]
async fn get_json_refuses_a_key_that_stands_twice_at_any_depth() {
    type Deep = Redacted<Vec<BTreeMap<String, BTreeMap<String, u8>>>>;

    let values = [
        ("flat", "{\"a\": 1,\n  \"a\": 2}"),
        ("deep", "[{\"a\": {\"b\": 1,\n \"b\": 2}}]"),
        ("apart", "[{\"a\": {\"b\": 1}}, {\"a\": {\"b\": 2}}]"),
    ];
    let secrets = memory(Memory::from(values));
    let error = secrets.get_json::<Redacted<BTreeMap<String, u8>>>("flat").await.map(drop).unwrap_err();
    assert_eq!(failures(&error), ["flat: invalid: the JSON object has a key twice (line 2, column 3)"]);
    let error = secrets.get_json::<Deep>("deep").await.map(drop).unwrap_err();
    assert_eq!(failures(&error), ["deep: invalid: the JSON object has a key twice (line 2, column 2)"]);
    assert_eq!(secrets.get_json::<Deep>("apart").await.unwrap().expose_secret().len(), 2);
}

#[tokio::test]
async fn get_value_says_what_it_is_and_does_not_guess() {
    let texts = ["hunter2", "123", "true", "null", "\"quoted\"", "{broken", "[1", "{} and more"];
    for text in texts {
        let value = memory(Memory::from([("x", text)])).get_value("x").await.unwrap();
        assert!(matches!(&value, SecretValue::Text(found) if found.expose_secret() == text), "{text}");
        assert_eq!(format!("{value:?}"), "Text([REDACTED])");
    }
    for text in ["{}", " {\"a\": [1]}\n", "[]"] {
        let value = memory(Memory::from([("x", text)])).get_value("x").await.unwrap();
        assert!(matches!(&value, SecretValue::Json(found) if found.expose_secret() == text), "{text}");
        assert_eq!(format!("{value:?}"), "Json([REDACTED])");
    }
    let value = memory(Memory::new().with("x", BYTES)).get_value("x").await.unwrap();
    assert!(matches!(&value, SecretValue::Binary(found) if found.expose_secret() == BYTES));
    assert_eq!(format!("{value:?}"), "Binary([REDACTED])");
    assert!(value.as_text().is_none());
    let error = value.json::<Secret<Keys>>().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "expected JSON, found binary data");
}

#[tokio::test]
async fn a_value_that_is_json_decodes_later() {
    let secrets = memory(Memory::from([("stripe", r#"{"public": "p", "secret": "s"}"#)]));
    let value = secrets.get_value("stripe").await.unwrap();
    assert_eq!(value.json::<Secret<Keys>>().unwrap().expose_secret().secret, "s");
    assert_eq!(value.as_text().unwrap().expose_secret().len(), 30);
}

#[tokio::test]
async fn a_name_is_put_under_the_prefix() {
    let store = Store::new("store").with("app/production/jwt", "k");
    let secrets = production().prefix("app/{environment}").sources([store.clone()]).build().unwrap();
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), "k");
    assert_eq!(store.fetches(), [["app/production/jwt"]]);
}

#[tokio::test]
async fn a_name_takes_the_environment() {
    let store = Store::new("store").with("shared/staging/jwt", "k");
    let secrets = production().environment(Environment::STAGING).sources([store]).build().unwrap();
    assert_eq!(secrets.get("shared/{environment}/jwt").await.unwrap().expose_secret(), "k");
}

#[tokio::test]
async fn a_name_with_the_environment_is_looked_for_as_a_field_of_that_name() {
    let secrets = production().sources([Env::from_iter([("A_SHARED_JWT", "k")])]).build().unwrap();
    assert_eq!(secrets.get("a/{environment}/shared--jwt").await.unwrap().expose_secret(), "k");
    let error = secrets.get("b/{environment}/jwt").await.unwrap_err();
    assert_eq!(kinds(&error), [("b/production/jwt", ErrorKind::Missing)]);
    assert_eq!(places(&error, "b/production/jwt"), ["env B_JWT: not set"]);
}

#[tokio::test]
async fn an_arn_stands_by_itself() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shared/jwt-AbCdEf";
    let store = Store::new("store").with(arn, "k");
    let secrets = production().prefix("app").sources([store.clone()]).build().unwrap();
    assert_eq!(secrets.get(arn).await.unwrap().expose_secret(), "k");
    assert_eq!(store.fetches(), [[arn]]);
    assert_eq!(store.settings()[0].variables().collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn a_name_is_a_variable_too() {
    let secrets = production()
        .env_prefix("APP_")
        .sources([Env::from_iter([("APP_STRIPE_KEY_2", "k")])])
        .build()
        .unwrap();
    assert_eq!(secrets.get("stripe/key-2").await.unwrap().expose_secret(), "k");
}

#[tokio::test]
async fn a_fallback_is_logged_as_for_a_struct() {
    let sources =
        chain([Box::new(Store::new("aws")), Box::new(Env::from_iter([("JWT", "not-to-be-seen\n")]))]);
    let secrets = production().sources(sources).build().unwrap();
    let events = Events::capture();
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), "not-to-be-seen\n");
    assert_eq!(
        events.warnings(),
        [
            "WARN the stored value looks wrong setting=jwt source=env found=a value that ends in a line break help=store the value without the line break (`printf %s` writes none, `echo` does), or add `trim` to the field's attribute",
            "WARN secret loaded from a fallback source setting=jwt source=env environment=production",
        ]
    );
}

#[tokio::test]
async fn a_request_asks_for_the_version_that_it_names() {
    let store = Store::new("store").with("app/key", "k");
    // The current version is asked for twice, in two ways of saying so.
    let secrets = production().prefix("app").sources([store.clone()]).ttl(Duration::ZERO).build().unwrap();
    let requests = [
        secrets.request("key"),
        secrets.request("key").stage("AWSPREVIOUS"),
        secrets.request("key").stage("AWSCURRENT"),
        secrets.request("key").version_id("00000000-0000-4000-8000-000000000001"),
    ];
    for request in requests {
        assert_eq!(request.await.unwrap().expose_secret(), "k");
    }
    let asked = ["app/key", "app/key@AWSPREVIOUS", "app/key", "app/key@00000000-0000-4000-8000-000000000001"];
    assert_eq!(store.fetches(), asked.map(|key| [key]));
}

#[tokio::test]
async fn no_variable_stands_for_a_version_or_an_arn() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:k";
    let env = Env::from_iter([("K", "current"), ("SECRET_K", "current")]);
    let secrets = production().sources(chain([Box::new(Store::new("aws")), Box::new(env)])).build().unwrap();
    assert_eq!(secrets.request("k").await.unwrap().expose_secret(), "current");
    assert_eq!(secrets.request("k").stage("AWSCURRENT").await.unwrap().expose_secret(), "current");
    for request in [
        secrets.request("k").stage("AWSPREVIOUS"),
        secrets.request("k").version_id("00000000-0000-4000-8000-000000000001"),
        secrets.request(arn),
    ] {
        let error = request.await.unwrap_err();
        assert_eq!(error.fields()[0].kind(), ErrorKind::Missing);
        let sources: Vec<&str> =
            error.fields()[0].places().iter().map(secrets_runtime::Place::source).collect();
        assert_eq!(sources, ["aws"], "{error}");
    }
}

#[tokio::test]
async fn a_request_for_a_version_is_not_answered_by_what_holds_the_current_one() {
    let folder = Folder::new();
    folder.write("k", "current");
    let sources = chain([
        Box::new(Memory::from([("K", "current")])),
        Box::new(Files::new(folder.path())),
        Box::new(Store::new("aws").with("k", "old")),
    ]);
    let secrets = production().sources(sources).build().unwrap();
    assert_eq!(secrets.request("k").await.unwrap().expose_secret(), "current");
    assert_eq!(secrets.request("k").stage("AWSPREVIOUS").await.unwrap().expose_secret(), "old");
    assert_eq!(secrets.request("k").version_id("1").await.unwrap().expose_secret(), "old");
}

#[tokio::test]
async fn a_request_for_a_version_is_decoded_as_any_other() {
    let store = Store::new("aws")
        .with("k", r#"{"public": "p", "secret": "s"}"#)
        .answering("bytes", Answer::found(BYTES));
    let secrets = production().sources([store.clone()]).build().unwrap();
    let request = |name: &'static str| secrets.request(name).stage("AWSPREVIOUS");
    let keys: Secret<Keys> = request("k").json().await.unwrap();
    assert_eq!(keys.expose_secret().secret, "s");
    assert_eq!(request("bytes").bytes().await.unwrap().expose_secret(), BYTES);
    assert!(matches!(request("k").value().await.unwrap(), SecretValue::Json(_)));
    // What is cached is the secret, not what it was decoded into.
    assert_eq!(store.fetches(), [["k@AWSPREVIOUS"], ["bytes@AWSPREVIOUS"]]);
}

#[tokio::test]
async fn a_default_stands_in_for_a_version_that_is_missing() {
    let secrets = production().sources([Store::new("aws")]).build().unwrap();
    let request = secrets.request("k").stage("AWSPREVIOUS").default_value("{}");
    assert_eq!(request.clone().await.unwrap().expose_secret(), "{}");
    assert!(
        matches!(request.value().await.unwrap(), SecretValue::Json(text) if text.expose_secret() == "{}")
    );
}

#[tokio::test]
async fn a_request_may_have_a_default_for_what_nothing_has() {
    let denied = SourceError::new(ErrorKind::AccessDenied);
    let store = Store::new("aws")
        .answering("denied", denied)
        .with("empty", "")
        .with("there", "t")
        .with("mask", "[REDACTED]");
    let secrets = production().sources([store]).build().unwrap();
    for (name, expected) in [("absent", "7"), ("empty", "7"), ("there", "t")] {
        assert_eq!(
            secrets.request(name).default_value("7").await.unwrap().expose_secret(),
            expected,
            "{name}"
        );
    }
    for (name, kind) in [("denied", ErrorKind::AccessDenied), ("mask", ErrorKind::Invalid)] {
        let error = secrets.request(name).default_value("7").await.unwrap_err();
        assert_eq!(kinds(&error), [(name, kind)]);
    }
    let request = || secrets.request("absent").default_value("7");
    assert_eq!(request().json::<u8>().await.unwrap(), 7);
    assert_eq!(request().bytes().await.unwrap().expose_secret(), b"7");
    assert!(
        matches!(request().value().await.unwrap(), SecretValue::Text(text) if text.expose_secret() == "7")
    );
    let error = secrets.request("absent").default_value("x").json::<u8>().await.unwrap_err();
    assert_eq!(failures(&error), ["absent: configuration: not valid JSON, found plain text"]);
}

#[tokio::test]
async fn a_request_shows_its_name_alone() {
    let secrets = memory(Memory::new());
    let request = secrets.request("key").default_value("not-to-be-seen").stage("AWSPREVIOUS");
    assert_eq!(format!("{request:?}"), r#"Request { name: "key", .. }"#);
}

#[tokio::test]
async fn what_is_missing_denied_empty_or_masked_is_one_field_of_the_error() {
    let denied = SourceError::new(ErrorKind::AccessDenied).with_code("AccessDeniedException");
    let store = Store::new("aws").answering("denied", denied).with("empty", "").with("masked", "[REDACTED]");
    let secrets = production().sources([store]).build().unwrap();
    for (name, kind, outcome) in [
        ("absent", ErrorKind::Missing, "no such secret"),
        ("denied", ErrorKind::AccessDenied, "AccessDeniedException"),
        ("empty", ErrorKind::Missing, "set, but empty"),
        ("masked", ErrorKind::Invalid, ""),
    ] {
        let error = secrets.get(name).await.unwrap_err();
        assert_eq!(kinds(&error), [(name, kind)]);
        assert_eq!(places(&error, name), [format!("aws {name}: {outcome}")]);
        assert!(
            error.to_string().starts_with(&format!("{name} could not be loaded (environment: production)\n"))
        );
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_a_name_is_not_repeated() {
    let pasted = "pa55 word; of-somebody";
    let sources = chain([
        Box::new(Store::new("aws").with_help("look closer")),
        Box::new(Env::from_iter([("", ""); 0])),
    ]);
    let error = production().sources(sources).build().unwrap().get(pasted).await.unwrap_err();
    let text = error.to_string().to_lowercase();
    assert!(!text.contains("pa55") && !text.contains("somebody"), "{text}");
    assert!(text.contains("(not a secret id)"), "{text}");
}

#[tokio::test]
async fn clones_share_and_show_nothing() {
    let secrets = memory(Memory::from([("token", "not-to-be-seen")]));
    let clone = secrets.clone();
    assert_eq!(clone.get("token").await.unwrap().expose_secret(), "not-to-be-seen");
    let shown = format!("{clone:?}");
    assert_eq!(shown, r#"Secrets { environment: production, sources: ["memory"], fallback: OnMissing, .. }"#);
}
