//! Errors of every kind, while every source and every other field holds a canary.

use std::collections::HashSet;
use std::fmt::Debug;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::{DotEnv, Env, Files, Memory, Redacted, Secret, SecretConfig, SecretsManager};

use crate::support::aws::{once, sdk_config};
use crate::support::canary::{Canary, assert_unseen};
use crate::support::folder::Folder;
use crate::support::printed::said;
use crate::support::sources::{Store, chain};
use crate::support::{kinds, production};

fn reverse(_: &str) -> Result<String, String> {
    Err("never".to_owned())
}

fn quoting(text: &str) -> Result<Secret<String>, String> {
    Err(text.to_owned())
}

fn refused(_: &str) -> Result<(), &'static str> {
    Err("refused by its check")
}

/// A field of each kind, none of which takes a canary for a value but the last.
#[derive(Debug, SecretConfig)]
struct Everything {
    boolean: bool,
    letter: char,
    small: u8,
    wide: i128,
    float: f64,
    nonzero: NonZeroU8,
    duration: Duration,
    address: std::net::SocketAddr,
    ip: std::net::IpAddr,
    numbers: Vec<u16>,
    #[secret(separator = ",")]
    separated: HashSet<u16>,
    secret_number: Secret<u64>,
    secret_list: Secret<Vec<String>>,
    redacted: Redacted<u32>,
    optional: Option<Secret<u8>>,
    #[secret(json)]
    json: Secret<Vec<u8>>,
    #[secret(parse)]
    parsed: Secret<i8>,
    #[secret(with = quoting)]
    with: Secret<String>,
    #[secret(with = reverse)]
    with_silent: Secret<String>,
    #[secret(validate = refused)]
    validated: Secret<String>,
    #[secret(key = "a")]
    keyed: Option<Secret<String>>,
    #[secret(plain)]
    path: PathBuf,
    fine: Secret<String>,
}

const FIELDS: [&str; 23] = [
    "boolean",
    "letter",
    "small",
    "wide",
    "float",
    "nonzero",
    "duration",
    "address",
    "ip",
    "numbers",
    "separated",
    "secret_number",
    "secret_list",
    "redacted",
    "optional",
    "json",
    "parsed",
    "with",
    "with_silent",
    "validated",
    "keyed",
    "path",
    "fine",
];

/// The fields that take any text.
const TAKERS: [&str; 2] = ["path", "fine"];

#[tokio::test]
async fn a_field_that_fails_shows_neither_its_own_value_nor_anothers() {
    let canaries = FIELDS.map(Canary::new);
    let own: Vec<&Canary> = canaries.iter().collect();
    let memory: Memory =
        FIELDS.iter().zip(&canaries).map(|(field, canary)| (*field, canary.as_str())).collect();
    let whole = canaries[20].as_str();
    // Whole documents in a place where keys are looked for.
    for document in
        [whole.to_owned(), format!("{{\"a\": {whole}}}"), format!("[{whole:?}]"), format!("{{{whole:?}: 1")]
    {
        let memory = memory.clone().with("keyed", "").with("secrets/keyed", document);
        let secrets = production().prefix("secrets").sources([memory]).build().unwrap();
        let error = Everything::load_from(&secrets).await.unwrap_err();
        let failed: Vec<&str> = error.fields().iter().map(secrets_runtime::FieldError::path).collect();
        let expected: Vec<&str> = FIELDS.into_iter().filter(|field| !TAKERS.contains(field)).collect();
        assert_eq!(failed, expected);
        assert_unseen(&own, "an error", &said(&error));
    }
}

#[tokio::test]
async fn malformed_shapes_of_every_kind_show_nothing() {
    let canary = Canary::new("shape");
    let text = canary.as_str();
    let quoted = serde_json::to_string(text).unwrap();
    let shapes = [
        format!("[{quoted}]"),
        format!("[1, {quoted}"),
        format!("{{{quoted}: 1}}"),
        format!("{{\"a\": {quoted}"),
        format!("{{\"a\": 1, \"a\": {quoted}}}"),
        format!("{{{quoted}: 1, {quoted}: 2}}"),
        format!("1{text}"),
        format!("{quoted}{quoted}"),
        format!("{text},{text}"),
        format!("\"\\ud800{text}\""),
    ];
    for shape in shapes {
        let skipped = ["path", "fine", "validated", "secret_list", "keyed"];
        let fields = FIELDS.into_iter().filter(|field| !skipped.contains(field));
        let memory: Memory = fields.map(|field| (field, shape.as_str())).collect();
        let secrets = production().sources([memory.with("keyed", shape.as_str())]).build().unwrap();
        let error = Everything::load_from(&secrets).await.unwrap_err();
        assert!(error.fields().len() >= 18, "{}", error.fields().len());
        assert_unseen(&[&canary], "an error", &said(&error));
    }
}

#[derive(Debug, SecretConfig)]
#[secret(name = "db")]
struct Document {
    a: u16,
    b: Secret<String>,
    c: Option<Secret<String>>,
}

#[tokio::test]
async fn an_error_in_a_document_shows_no_other_key() {
    let canary = Canary::new("document");
    let quoted = serde_json::to_string(canary.as_str()).unwrap();
    for document in [
        format!("{{\"b\": {quoted}, \"a\": \"x\", \"c\": {quoted}}}"),
        format!("{{\"b\": {quoted}, \"a\": {quoted}}}"),
        format!("{{\"b\": {quoted}, \"a\": [{quoted}]}}"),
        format!("{{\"b\": {quoted}, \"b\": {quoted}}}"),
        format!("{{{quoted}: 1}}"),
        format!("{{\"b\": {quoted}"),
        format!("\n\n[{quoted}]"),
        quoted.clone(),
    ] {
        let secrets = production().sources([Memory::from([("db", document)])]).build().unwrap();
        let error = Document::load_from(&secrets).await.unwrap_err();
        assert_unseen(&[&canary], "an error", &said(&error));
    }
}

#[derive(Debug, SecretConfig)]
struct Token {
    token: Secret<u16>,
    other: Secret<String>,
}

#[tokio::test]
async fn every_source_keeps_its_values_when_a_setting_fails() {
    let (token, other, stranger) = (Canary::new("token"), Canary::new("other"), Canary::new("stranger"));
    let values = [("TOKEN", &token), ("OTHER", &other), ("TOKE", &stranger)];
    let folder = Folder::new();
    for (name, canary) in values {
        folder.write(&name.to_lowercase(), canary.as_str());
    }
    // What is no line at all stands beside what is one.
    let quoted =
        |canary: &Canary| canary.as_str().replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    let lines = values.map(|(name, canary)| format!("{name}=\"{}\"\n", quoted(canary)));
    let dotenv = folder.write(".env", format!("{}{}\n", lines.concat(), stranger.as_str()));
    let store = Store::new("store").with("token", token.as_str()).with("other", other.as_str());
    let sources: [Box<dyn secrets_runtime::source::Source>; 5] = [
        Box::new(values.into_iter().map(|(name, canary)| (name, canary.as_str())).collect::<Env>()),
        Box::new(values.into_iter().map(|(name, canary)| (name, canary.as_str())).collect::<Memory>()),
        Box::new(Files::new(folder.path())),
        Box::new(DotEnv::at(dotenv)),
        Box::new(store),
    ];
    for source in sources {
        let name = source.name().to_owned();
        let secrets = production().sources([source]).build().unwrap();
        let error = Token::load_from(&secrets).await.unwrap_err();
        assert_eq!(error.fields()[0].path(), "token", "{name}");
        assert_eq!(
            error.fields()[0].to_string(),
            "token: invalid: expected u16, found several lines",
            "{name}"
        );
        assert_unseen(&[&token, &other, &stranger], &format!("an error of {name}"), &said(&error));
    }
}

#[tokio::test]
async fn a_value_in_the_place_of_a_name_is_not_repeated() {
    let canary = Canary::new("pasted");
    let text = canary.as_str();
    let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{text}");
    // Without a backslash it can be the name of a file, with underscores that of a variable.
    let names = [text.to_owned(), arn, text.replace('\\', " "), text.replace(['\\', '"', '\n', '%'], "_")];
    let folder = Folder::new();
    for name in &names {
        let sources: [Box<dyn secrets_runtime::source::Source>; 5] = [
            Box::new(
                SecretsManager::builder()
                    .sdk_config(&sdk_config("http://127.0.0.1:1"))
                    .max_attempts(1)
                    .build(),
            ),
            Box::new(Env::from_iter([("A", "b")])),
            Box::new(Memory::from([("a", "b")])),
            Box::new(Files::new(folder.path())),
            Box::new(DotEnv::at(folder.write(".env", "A=b\n"))),
        ];
        for source in sources {
            let what = format!("an error of {}", source.name());
            let secrets = production().sources([source]).build().unwrap();
            for error in [
                secrets.get(name).await.unwrap_err(),
                secrets.get_bytes(name).await.unwrap_err(),
                secrets.get_value(name).await.unwrap_err(),
                secrets.get_json::<u8>(name).await.unwrap_err(),
            ] {
                assert_unseen(&[&canary], &what, &said(&error));
            }
        }
    }
}

#[test]
fn a_value_in_the_place_of_a_set_up_variable_is_not_repeated() {
    let canary = Canary::new("variable");
    let base = |text: &str| ["production", "development"].map(|name| ("ENVIRONMENT", name, text.to_owned()));
    for (_, environment, text) in base(canary.as_str()) {
        for variable in [
            "ENVIRONMENT",
            "SECRET_CACHE_TTL",
            "AWS_REGION",
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        ] {
            let variables = Env::from_iter([("ENVIRONMENT", environment), (variable, text.as_str())]);
            let result = secrets_runtime::Secrets::builder().variables(variables).build();
            // In development nobody asks for a region.
            if let Err(error) = result {
                assert_unseen(&[&canary], variable, &said(&error));
            } else {
                assert_eq!((environment, variable), ("development", "AWS_REGION"));
            }
        }
    }
}

#[tokio::test]
async fn whatever_aws_answers_is_not_repeated() {
    let (own, other) = (Canary::new("own"), Canary::new("other"));
    for fault in [
        Fault::Denied,
        Fault::Throttled,
        Fault::ServerError,
        Fault::Unavailable,
        Fault::DecryptionFailure,
        Fault::PendingDeletion,
        Fault::NotFound,
        Fault::UnknownOperation,
        Fault::InvalidCredentials,
        Fault::ExpiredToken,
        Fault::BrokenJson,
        Fault::TruncatedBody,
        Fault::WrongTypes,
        Fault::EmptyObject,
        Fault::Reset,
        Fault::EchoError,
        Fault::NotAws,
    ] {
        let stub = Stub::start().await;
        stub.put("token", own.as_str());
        stub.put("other", other.as_str());
        stub.fault(fault);
        let secrets = production().sources([once(&stub.url())]).build().unwrap();
        let error = Token::load_from(&secrets).await.unwrap_err();
        assert_eq!(kinds(&error).len(), 2, "{fault:?}");
        assert_unseen(&[&own, &other], &format!("the error of {fault:?}"), &said(&error));
        // The one secret by itself is another action of AWS, which is not asked for what the cache
        // remembers.
        let error = secrets.request("token").bypass_cache().await.unwrap_err();
        assert_unseen(&[&own, &other], &format!("the error of {fault:?}"), &said(&error));
    }
}

#[test]
fn an_echoed_value_that_looks_like_a_code_is_dropped_too() {
    // One word of letters, as codes are: the grammar alone does not tell it from one.
    let canary =
        Canary::new("word").as_str().chars().skip(40).filter(char::is_ascii_alphabetic).collect::<String>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stub = Stub::start().await;
        stub.put("token", &canary);
        stub.fault(Fault::EchoError);
        let secrets = production().sources(chain([Box::new(once(&stub.url()))])).build().unwrap();
        let error = secrets.get("token").await.unwrap_err();
        assert!(!said(&error).contains(&canary[..8]), "a code that nobody knows is shown");
    });
}

/// What is searched holds something to find.
#[tokio::test]
async fn the_search_sees_a_field_that_is_plain() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(plain)]
        note: String,
    }
    let canary = Canary::new("note");
    let secrets = production().sources([Memory::from([("note", canary.as_str())])]).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert!(canary.seen_in(&format!("{config:?}")).is_some());
    let shown: &dyn Debug = &config.note;
    assert!(canary.seen_in(&format!("{shown:?}")).is_some());
}

#[tokio::test]
async fn a_bad_line_of_any_kind_shows_no_part_of_the_line() {
    let canary = Canary::new("line");
    // In one line, and without what would make another line of it.
    let text = canary.as_str().replace('\n', "");
    let plain = text.replace(['"', '\\', '%'], "");
    let folder = Folder::new();
    for line in [
        format!("TOKEN={plain} {plain}"),
        format!("TOKEN={text}\\t"),
        format!("TOKEN=\"{plain}\\t\""),
        format!("TOKEN=\"{plain}\\path\""),
        format!("TOKEN=\"{plain}"),
        format!("TOKEN='{plain}' {plain}"),
        format!("TOKEN={plain}$OTHER"),
        format!("TOKEN={plain}${{OTHER"),
        format!("TOKEN={plain}${{NOBODY_{}}}", plain.replace('é', "")),
        format!("TOKEN={plain}${{OTHER:-{plain}}}"),
        format!("{plain}-KEY={plain}"),
        format!("1{plain}={plain}"),
        format!("[{plain}]"),
        format!("TOKEN: {plain}"),
        plain.clone(),
    ] {
        let dotenv = DotEnv::at(folder.write(".env", format!("OTHER=1\n{line}\n")));
        let secrets = production().sources([dotenv]).build().unwrap();
        let error = Token::load_from(&secrets).await.unwrap_err();
        assert_eq!(error.problems().len(), 1, "{line}");
        assert_unseen(&[&canary], "a bad line", &said(&error));
        assert!(!said(&error).contains(&plain[..8]), "a part of {line} is shown");
    }
    let wide: Vec<u8> = canary.as_str().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let secrets = production().sources([DotEnv::at(folder.write(".env", wide))]).build().unwrap();
    assert_unseen(
        &[&canary],
        "a file of another encoding",
        &said(&Token::load_from(&secrets).await.unwrap_err()),
    );
}
