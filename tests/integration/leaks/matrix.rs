//! Every type that a field can have, times every malformed value, times every source that can hold it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8, NonZeroU16,
    NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use harness::stub::Stub;
use secrets_runtime::source::{Payload, Source};
use secrets_runtime::{DotEnv, Env, Files, Memory, Redacted, Secret, SecretConfig};
use serde::Deserialize;

use crate::support::aws::once;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::printed::{printed, said};
use crate::support::production;

/// A type of a user's own, with everything that serde can object to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    number: u16,
    #[serde(alias = "NUMBER2")]
    other: Option<bool>,
    kind: Option<Kind>,
    map: Option<HashMap<String, u8>>,
}

#[derive(Debug, Deserialize)]
enum Kind {
    One,
    Two(u8),
    Three { a: u8 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    List(Vec<u8>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    One { a: u8 },
}

/// Whose own error quotes the value, as those of most types do.
#[derive(Debug)]
struct Loud;

impl std::str::FromStr for Loud {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Err(format!("{text} is not allowed"))
    }
}

impl<'de> Deserialize<'de> for Loud {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("{value} is not allowed")))
    }
}

fn loud(text: &str) -> Result<Secret<String>, String> {
    Err(format!("{text} is not allowed"))
}

fn refused(_: &Secret<String>) -> Result<(), &'static str> {
    Err("refused by its check")
}

/// One config for each type: what fails in one setting must not hide another. The name of each setting is `field`.
macro_rules! configs {
    ($all:ident: $($name:ident $(#[$attribute:meta])* $ty:ty),* $(,)?) => {
        $(#[derive(Debug, SecretConfig)]
        #[secret(prefix = "x")]
        struct $name {
            $(#[$attribute])*
            field: $ty,
            other: Option<Secret<String>>,
        })*

        /// What comes of loading a field of each type from a source.
        async fn $all<S: Source + Clone>(source: &S) -> Vec<(&'static str, Result<String, secrets_runtime::Error>)> {
            let secrets = production().sources([source.clone()]).build().unwrap();
            vec![$((stringify!($name), $name::load_from(&secrets).await.map(|config| printed(&config)))),*]
        }
    };
}

configs! { load_all:
    Bool bool, Char char,
    I8 i8, I16 i16, I32 i32, I64 i64, I128 i128, Isize isize,
    U8 u8, U16 u16, U32 u32, U64 u64, U128 u128, Usize usize, F32 f32, F64 f64,
    NI8 NonZeroI8, NI16 NonZeroI16, NI32 NonZeroI32, NI64 NonZeroI64, NI128 NonZeroI128, NIsize NonZeroIsize,
    NU8 NonZeroU8, NU16 NonZeroU16, NU32 NonZeroU32, NU64 NonZeroU64, NU128 NonZeroU128, NUsize NonZeroUsize,
    Ip IpAddr, Ip4 Ipv4Addr, Ip6 Ipv6Addr, Socket SocketAddr, Socket4 SocketAddrV4, Socket6 SocketAddrV6,
    Time Duration,
    Numbers Vec<u16>, Boxed Box<[u16]>, Ordered BTreeSet<u16>, Hashed HashSet<u16>,
    Separated #[secret(separator = ",")] Vec<u16>,
    Booleans #[secret(separator = ";", trim)] BTreeSet<bool>,
    Optional Option<u16>, Twice Option<Option<u16>>, SecretNumber Secret<u64>, OptionalSecret Option<Secret<u8>>,
    SecretNumbers Secret<Vec<u16>>, ListOfSecrets Vec<Secret<u16>>, RedactedNumber Redacted<u32>,
    Text Secret<String>, Bytes Secret<Vec<u8>>, Texts Secret<Vec<String>>, TextsOfSecrets Vec<Secret<String>>,
    SharedText Redacted<Arc<str>>, BoxedText Redacted<Box<str>>, Path Redacted<PathBuf>,
    Json #[secret(json)] Redacted<Own>, JsonNumber #[secret(json)] Secret<u8>, JsonList #[secret(json)] Vec<u16>,
    JsonUntagged #[secret(json)] Redacted<Untagged>, JsonTagged #[secret(json)] Redacted<Tagged>,
    JsonKind #[secret(json)] Redacted<Kind>, JsonLoud #[secret(json)] Redacted<Loud>,
    JsonText #[secret(json)] Secret<String>, JsonMap #[secret(json)] Redacted<HashMap<u8, u8>>,
    Parsed #[secret(parse)] Secret<i8>, ParsedLoud #[secret(parse)] Redacted<Loud>,
    With #[secret(with = loud)] Secret<String>,
    Validated #[secret(validate = refused)] Secret<String>,
    Keyed #[secret(name = "field", key = "a")] Secret<u16>,
    Deep #[secret(name = "field", key = "a.b")] Secret<String>,
    KeyedJson #[secret(name = "field", key = "a", json)] Redacted<Own>,
}

/// Values with a canary in them, none of which is a proper value of most types.
fn malformed(canary: &Canary) -> Vec<String> {
    let text = canary.as_str();
    let quoted = serde_json::to_string(text).unwrap();
    vec![
        text.to_owned(),
        quoted.clone(),
        format!("1{text}"),
        format!("{text},{text}"),
        format!("{quoted}{quoted}"),
        format!("[{quoted}]"),
        format!("[1, {quoted}"),
        format!("[[{quoted}]]"),
        format!("{{{quoted}: 1}}"),
        format!("{{{quoted}: {quoted}}}"),
        format!("{{{quoted}: 1, {quoted}: 2}}"),
        format!("{{\"a\": {quoted}"),
        format!("{{\"a\": {quoted}}}"),
        format!("{{\"a\": [{quoted}]}}"),
        format!("{{\"a\": {{\"b\": [{quoted}]}}}}"),
        format!("{{\"a\": {{\"number\": {quoted}}}}}"),
        format!("{{\"a\": 1, \"a\": {quoted}}}"),
        format!("{{\"number\": {quoted}}}"),
        format!("{{\"number\": 1, \"kind\": {quoted}}}"),
        format!("{{\"number\": 1, \"kind\": {{{quoted}: 1}}}}"),
        format!("{{\"number\": 1, \"kind\": {{\"Two\": {quoted}}}}}"),
        format!("{{\"number\": 1, \"map\": {{{quoted}: {quoted}}}}}"),
        format!("{{\"number\": 1, \"other\": {quoted}}}"),
        format!("{{\"number\": 1, \"other\": true, \"NUMBER2\": {quoted}}}"),
        format!("{{\"type\": {quoted}}}"),
        format!("{{\"type\": \"One\", \"a\": {quoted}}}"),
        format!("\"\\ud800{text}\""),
        format!("'{text}'\r\n"),
        format!("\u{feff}{text}"),
        format!("tcp://{text}:5432"),
        format!("a: {text}"),
        format!("{{'a': '{text}'}}"),
        format!("{{\"a\": {quoted},}}"),
        format!("{{\"a\": {}}}", serde_json::to_string(&format!("{{\"b\": {quoted}}}")).unwrap()),
    ]
}

/// The same value in each kind of source, under each name that a setting may have there.
async fn sources(canary: &Canary, value: &str) -> Vec<Box<dyn Holder>> {
    let folder = Folder::new();
    folder.write("field", value);
    folder.write("other", canary.as_str());
    std::fs::create_dir(folder.path().join("x")).unwrap();
    folder.write("x/field", value);
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('\n', "\\n");
    let dotenv = folder.write(".env", format!("FIELD=\"{escaped}\"\n{}\nOTHER='a'\n", canary.as_str()));
    let names = ["field", "x/field"];
    let memory =
        |value: Payload| names.iter().fold(Memory::new(), |memory, name| memory.with(*name, value.clone()));
    let (text, binary) = (Stub::start().await, Stub::start().await);
    text.put("x/field", value);
    text.put("x/other", canary.as_str());
    binary.put_binary("x/field", value.as_bytes());
    vec![
        Box::new(Held("env", Env::from_iter([("FIELD", value), ("OTHER", canary.as_str())]), ())),
        Box::new(Held("memory", memory(value.into()), ())),
        Box::new(Held("memory, binary", memory(value.as_bytes().into()), ())),
        Box::new(Held("dotenv", DotEnv::at(dotenv), ())),
        Box::new(Held("files", Files::new(folder.path()), folder)),
        Box::new(Held("aws, text", once(&text.url()), text)),
        Box::new(Held("aws, binary", once(&binary.url()), binary)),
    ]
}

/// A source with its name, and what it needs to live.
struct Held<S, K>(&'static str, S, K);

type Loaded = Vec<(&'static str, Result<String, secrets_runtime::Error>)>;

trait Holder {
    fn name(&self) -> &'static str;
    fn load_all(&self) -> std::pin::Pin<Box<dyn Future<Output = Loaded> + '_>>;
}

impl<S: Source + Clone, K> Holder for Held<S, K> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn load_all(&self) -> std::pin::Pin<Box<dyn Future<Output = Loaded> + '_>> {
        Box::pin(load_all(&self.1))
    }
}

#[tokio::test]
async fn no_type_shows_a_malformed_value_of_any_source() {
    let canary = Canary::new("matrix");
    let events = Events::capture();
    let (mut failed, mut loaded) = (0, 0);
    for value in malformed(&canary) {
        for source in sources(&canary, &value).await {
            for (ty, result) in source.load_all().await {
                let what = format!("{ty} of {}", source.name());
                match result {
                    Ok(config) => {
                        loaded += 1;
                        assert_unseen(&[&canary], &what, &config);
                    }
                    Err(error) => {
                        failed += 1;
                        assert_unseen(&[&canary], &what, &said(&error));
                    }
                }
            }
        }
    }
    assert_unseen(&[&canary], "the log", &events.all());
    // Texts take anything; a number takes none of it.
    assert!(failed > 9_000 && loaded > 500, "{failed} failed, {loaded} loaded");
}
