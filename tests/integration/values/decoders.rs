//! Fields that decode in a way of their own: `json`, `parse`, `with`, and what `validate` says of the
//! result.
#![allow(clippy::trivially_copy_pass_by_ref, reason = "`validate` takes a reference, whatever the type")]

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;

use secrets_runtime::{
    DecodeError, ErrorKind, FromSecret, RawSecret, Redacted, SafeToPrint, Secret, SecretConfig,
};

use crate::support::{failures, kinds, load_env, load_everywhere, load_memory};

#[derive(serde::Deserialize)]
struct Keys {
    public: String,
    secret: String,
}

impl secrets_runtime::Zeroize for Keys {
    fn zeroize(&mut self) {
        self.public.zeroize();
        self.secret.zeroize();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Text,
    Json,
}

impl SafeToPrint for Format {}

/// Its message quotes the text, as those of most parsers do.
impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("no such format: {other}")),
        }
    }
}

#[tokio::test]
async fn json_decodes_the_whole_secret_with_serde() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(json)]
        stripe: Secret<Keys>,
        #[secret(json)]
        redacted: Redacted<Keys>,
        #[secret(json)]
        format: Format,
        #[secret(json)]
        absent: Option<Secret<Keys>>,
    }
    let keys = r#"{"public": "p", "secret": "s"}"#;
    let values = [("STRIPE", keys), ("REDACTED", keys), ("FORMAT", "\"json\"")];
    for (source, config) in load_everywhere::<Config>(&values).await {
        let config = config.unwrap();
        assert_eq!(config.stripe.expose_secret().secret, "s", "from {source}");
        assert_eq!(config.redacted.expose_secret().public, "p", "from {source}");
        assert_eq!(config.format, Format::Json, "from {source}");
        assert!(config.absent.is_none(), "from {source}");
    }
}

#[tokio::test]
async fn json_that_does_not_fit_is_placed_and_not_quoted() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(json)]
        stripe: Secret<Keys>,
        #[secret(json, plain)]
        limits: BTreeMap<String, u8>,
        #[secret(json)]
        format: Format,
        #[secret(json)]
        broken: Secret<Keys>,
    }
    let values = [
        ("STRIPE", "{\"public\": \"p\",\n \"secret\": 4111}"),
        ("LIMITS", "{\"a\": 1,\n \"b\": 4111}"),
        ("FORMAT", "\"xml\""),
        ("BROKEN", "{\"public\" \"p\"}"),
    ];
    assert_eq!(
        failures(&load_env::<Config>(&values).await.unwrap_err()),
        [
            "stripe: invalid: secret: expected a JSON string, found a JSON number (line 2, column 12)",
            // A key of a map is the document's own, and may be a secret.
            "limits: invalid: a member: expected u8, found a number outside of 0 to 255 (line 2, column 7)",
            "format: invalid: expected one of text, json (line 1, column 1)",
            "broken: invalid: not valid JSON (line 1, column 11)",
        ]
    );
}

#[tokio::test]
async fn json_below_a_key_is_placed_in_the_whole_document() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(json, plain)]
        limits: BTreeMap<String, u8>,
        #[secret(json)]
        broken: Secret<Keys>,
    }
    let document = "{\n  \"limits\": {\"a\": 1,\n    \"b\": 4111}\n, \"broken\": {\"public\": []}}";
    let error = load_memory::<Config>(&[("app", document)]).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "limits: invalid: a member: expected u8, found a number outside of 0 to 255 (line 3, column 10)",
            "broken: invalid: public: expected a JSON string, found a JSON array (line 4, column 24)",
        ]
    );
}

#[tokio::test]
async fn json_below_a_key_may_be_a_string_that_holds_json() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "app", key = "stripe", json)]
        stripe: Secret<Keys>,
        #[secret(name = "app", key = "limits", json, plain)]
        limits: BTreeMap<String, u8>,
        // A string is a value of its own, too.
        #[secret(name = "app", key = "text", json, plain)]
        text: String,
    }
    let document =
        r#"{"stripe": "{\"public\": \"p\", \"secret\": \"s\"}", "limits": "{\"a\": 1}", "text": "[1]"}"#;
    let config: Config = load_memory(&[("app", document)]).await.unwrap();
    assert_eq!(config.stripe.expose_secret().secret, "s");
    assert_eq!(config.limits, BTreeMap::from([("a".to_owned(), 1)]));
    assert_eq!(config.text, "[1]");
}

#[tokio::test]
async fn json_below_a_key_that_is_a_string_of_something_else_is_placed_in_the_document() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "app", key = "limits", json, plain)]
        limits: BTreeMap<String, u8>,
    }
    for content in ["hunter2", "[1]", r#"{\"a\": 1, \"a\": 2}"#] {
        let document = format!("{{\"limits\":\n \"{content}\"}}");
        let error = load_memory::<Config>(&[("app", &document)]).await.unwrap_err();
        let [failure] = failures(&error).try_into().unwrap();
        assert_eq!(
            failure,
            "limits: invalid: expected a JSON object, found a JSON string (line 2, column 2)"
        );
    }
}

#[tokio::test]
async fn json_with_a_key_that_stands_twice_is_refused_at_any_depth() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(json, plain)]
        flat: BTreeMap<String, u8>,
        #[secret(json, plain)]
        deep: BTreeMap<String, Vec<BTreeMap<String, u8>>>,
        #[secret(json)]
        secret: Redacted<BTreeMap<String, String>>,
        // Not the same key: its objects are others.
        #[secret(json, plain)]
        apart: Vec<BTreeMap<String, u8>>,
    }
    let values = [
        ("FLAT", "{\"a\": 1, \"a\": 2}"),
        ("DEEP", "{\"a\": [{\"b\": 1},\n  {\"b\": 2, \"b\": 3}]}"),
        ("SECRET", "{\"a\": \"x\",\n\"\\u0061\": \"y\"}"),
        ("APART", "[{\"a\": 1}, {\"a\": 2}]"),
    ];
    assert_eq!(
        failures(&load_env::<Config>(&values).await.unwrap_err()),
        [
            "flat: invalid: the JSON object has a key twice (line 1, column 10)",
            "deep: invalid: the JSON object has a key twice (line 2, column 12)",
            "secret: invalid: the JSON object has a key twice (line 2, column 1)",
        ]
    );
}

#[tokio::test]
async fn parse_takes_any_from_str_and_drops_its_message() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(parse)]
        format: Format,
        #[secret(parse)]
        optional: Option<Format>,
        #[secret(parse)]
        secret: Secret<u64>,
        #[secret(parse, default = Format::Text)]
        default: Format,
        #[secret(parse, default = "json")]
        by_text: Format,
    }
    for (source, config) in load_everywhere::<Config>(&[("FORMAT", "json"), ("SECRET", "7")]).await {
        let config = config.unwrap();
        assert_eq!((config.format, config.optional, config.default), (Format::Json, None, Format::Text));
        assert_eq!((config.secret.expose_secret(), config.by_text), (&7, Format::Json), "from {source}");
    }
    let error =
        load_env::<Config>(&[("FORMAT", "xml"), ("SECRET", "x"), ("OPTIONAL", "y")]).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "format: invalid: not accepted by its parser",
            "optional: invalid: not accepted by its parser",
            "secret: invalid: not accepted by its parser",
        ]
    );
}

#[tokio::test]
async fn with_decodes_by_a_function_that_gives_the_field_or_what_it_wraps() {
    #[allow(clippy::unnecessary_wraps, reason = "what `with` takes")]
    fn reversed(text: &str) -> Result<String, &'static str> {
        Ok(text.chars().rev().collect())
    }
    fn percent(text: &str) -> Result<u8, &'static str> {
        text.strip_suffix('%')
            .and_then(|number| number.parse().ok())
            .ok_or("expected a percentage such as 15%")
    }
    fn quoting(text: &str) -> Result<u8, String> {
        Err(format!("{text} is not good enough"))
    }

    #[derive(Debug, SecretConfig)]
    struct Good {
        #[secret(with = reversed)]
        token: Secret<String>,
        #[secret(with = reversed)]
        optional: Option<Secret<String>>,
        #[secret(with = percent)]
        share: u8,
        #[secret(with = percent)]
        other: Option<u8>,
    }
    #[derive(Debug, SecretConfig)]
    struct Bad {
        #[secret(with = percent)]
        share: u8,
        #[secret(with = quoting)]
        quoted: u8,
    }
    for (source, config) in
        load_everywhere::<Good>(&[("TOKEN", "abc"), ("OPTIONAL", "de"), ("SHARE", "15%")]).await
    {
        let config = config.unwrap();
        assert_eq!(config.token.expose_secret(), "cba", "from {source}");
        assert_eq!(config.optional.unwrap().expose_secret(), "ed", "from {source}");
        assert_eq!((config.share, config.other), (15, None), "from {source}");
    }

    assert_eq!(
        failures(&load_env::<Bad>(&[("SHARE", "15"), ("QUOTED", "16")]).await.unwrap_err()),
        ["share: invalid: expected a percentage such as 15%", "quoted: invalid: not accepted by its decoder"]
    );
}

#[tokio::test]
async fn a_type_of_ones_own_decodes_itself() {
    #[derive(Debug, PartialEq)]
    struct Percent(u8);

    impl SafeToPrint for Percent {}

    impl FromSecret for Percent {
        fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
            let number = raw.text()?.strip_suffix('%').and_then(|text| text.parse().ok());
            number.map(Percent).ok_or(DecodeError::expected("a percentage").found("something else"))
        }
    }

    #[derive(Debug, SecretConfig)]
    struct Config {
        share: Percent,
        shares: Option<Percent>,
    }
    let config: Config = load_env(&[("SHARE", "7%")]).await.unwrap();
    assert_eq!((config.share, config.shares), (Percent(7), None));
    let error = load_env::<Config>(&[("SHARE", "7")]).await.unwrap_err();
    assert_eq!(failures(&error), ["share: invalid: expected a percentage, found something else"]);
}

#[tokio::test]
async fn validate_looks_at_the_decoded_value() {
    fn unprivileged(port: &u16) -> Result<(), &'static str> {
        if *port >= 1024 { Ok(()) } else { Err("ports below 1024 need root") }
    }
    fn long(key: &str) -> Result<(), &'static str> {
        if key.len() >= 4 { Ok(()) } else { Err("a key has at least 4 characters") }
    }
    fn few(hosts: &[String]) -> Result<(), &'static str> {
        if hosts.len() <= 2 { Ok(()) } else { Err("at most two hosts") }
    }

    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(validate = unprivileged, default = 8080)]
        port: u16,
        #[secret(validate = long)]
        key: Secret<String>,
        #[secret(validate = long)]
        optional: Option<Secret<String>>,
        #[secret(validate = few, separator = ",", default = "a", plain)]
        hosts: Vec<String>,
        #[secret(validate = unprivileged, default = 80)]
        bad_default: u16,
    }
    let good = [("KEY", "long"), ("BAD_DEFAULT", "1024")];
    let config: Config = load_env(&good).await.unwrap();
    assert_eq!((config.port, config.key.expose_secret().as_str(), config.bad_default), (8080, "long", 1024));
    assert!(config.optional.is_none());
    assert_eq!(config.hosts, ["a"]);

    let bad = [("PORT", "80"), ("KEY", "abc"), ("OPTIONAL", "é"), ("HOSTS", "a,b,c")];
    let error = load_env::<Config>(&bad).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "port: invalid: ports below 1024 need root",
            "key: invalid: a key has at least 4 characters",
            "optional: invalid: a key has at least 4 characters",
            "hosts: invalid: at most two hosts",
            "bad_default: configuration: ports below 1024 need root",
        ]
    );
}

#[tokio::test]
async fn what_does_not_decode_is_not_validated_as_well() {
    fn never(_: &u16) -> Result<(), &'static str> {
        Err("there is nothing to look at")
    }

    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(validate = never)]
        port: u16,
        #[secret(validate = never)]
        absent: u16,
    }
    let error = load_env::<Config>(&[("PORT", "x")]).await.unwrap_err();
    assert_eq!(failures(&error), ["port: invalid: expected u16", "absent: missing"]);
    assert_eq!(kinds(&error), [("port", ErrorKind::Invalid), ("absent", ErrorKind::Missing)]);
}

#[tokio::test]
async fn each_type_has_its_own_grammar() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        letter: char,
        signed: i8,
        byte: u8,
        wide: u128,
        ratio: f32,
        port: NonZeroU16,
        address: std::net::IpAddr,
        #[secret(plain)]
        file: PathBuf,
        flag: bool,
    }
    let good = [
        ("LETTER", "é"),
        ("SIGNED", "-128"),
        ("BYTE", "255"),
        ("WIDE", "340282366920938463463374607431768211455"),
        ("RATIO", "1e-3"),
        ("PORT", "1"),
        ("ADDRESS", "::1"),
        ("FILE", "a b"),
        ("FLAG", "true"),
    ];
    for (source, config) in load_everywhere::<Config>(&good).await {
        let config = config.unwrap();
        assert_eq!((config.letter, config.signed, config.byte), ('é', -128, 255), "from {source}");
        assert_eq!((config.wide, config.port.get(), config.flag), (u128::MAX, 1, true), "from {source}");
        assert!((config.ratio - 0.001).abs() < f32::EPSILON, "from {source}");
        assert_eq!(
            (config.address, config.file),
            ("::1".parse().unwrap(), PathBuf::from("a b")),
            "from {source}"
        );
    }
    let bad = good.map(|(name, _)| (name, if name == "FLAG" { "yes" } else { "-999" }));
    let bad = bad.map(|(name, value)| (name, if name == "PATH" || name == "RATIO" { "1" } else { value }));
    for (source, config) in load_everywhere::<Config>(&bad).await {
        assert_eq!(
            failures(&config.unwrap_err()),
            [
                "letter: invalid: expected one character, found a number",
                "signed: invalid: expected i8, found a number outside of -128 to 127",
                "byte: invalid: expected u8, found a number outside of 0 to 255",
                "wide: invalid: expected u128, found a number outside of 0 to 340282366920938463463374607431768211455",
                "port: invalid: expected u16 other than 0, found a number outside of 0 to 65535",
                "address: invalid: expected an IP address, found a number",
                "flag: invalid: expected true or false",
            ],
            "from {source}"
        );
    }
}
