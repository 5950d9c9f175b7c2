//! Secrets that exist, and whose shape is another than the config expects.

use harness::stub::Stub;
use secrets_runtime::{Redacted, Secret, SecretConfig};

use super::row::{DATABASE_URL, Row, Shop, row, said};
use super::secrets::with_value;
use crate::support::aws::{load, of};

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}", name = "database")]
struct Database {
    username: Secret<String>,
    password: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct Key {
    #[secret(name = "database", key = "password")]
    password: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct Nested {
    #[secret(name = "database", key = "replica.password")]
    password: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct Document {
    #[secret(json)]
    database: Redacted<Vec<String>>,
}

async fn database<C: SecretConfig>(value: &str) -> String {
    let stub = Stub::start().await;
    stub.put("shop/production/database", value);
    said(load::<C>(&stub).await)
}

async fn key(value: &str) -> String {
    database::<Key>(value).await
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = values();
    rows.extend(documents());
    rows
}

fn values() -> Vec<Row> {
    vec![
        row("The secret holds an empty text.", "", with_value("")),
        row(
            "A value that a program printed was stored: the text is literally `[REDACTED]`.",
            "Store the real value.",
            with_value("[REDACTED]"),
        ),
        row(
            "The secret holds bytes that are not text.",
            "Store text, or give the field the type `Secret<Vec<u8>>`.",
            async {
                let stub = Stub::start().await;
                stub.put_binary(DATABASE_URL, &[0xff, 0x00]);
                said(load::<Shop>(&stub).await)
            },
        ),
    ]
}

fn documents() -> Vec<Row> {
    vec![
        row("The JSON object has no such key.", "", key(r#"{"username": "shop"}"#)),
        row("The JSON object has a key that differs by a typo.", "", key(r#"{"pasword": "a"}"#)),
        row("The key is there, and its value is `null`.", "", key(r#"{"password": null}"#)),
        row("The key is there, and its value is empty.", "", key(r#"{"password": ""}"#)),
        row(
            "The secret holds a plain text, and the config reads a key of it.",
            "Store a JSON object, or remove `key`.",
            key("postgres://db"),
        ),
        row(
            "One secret that is not JSON fails all fields that read it.",
            "Store a JSON object.",
            database::<Database>("hunter2"),
        ),
        row("The JSON was encoded twice.", "", key(r#""{\"password\": \"a\"}""#)),
        row("The JSON is within quotes.", "", key(r#"'{"password": "a"}'"#)),
        row("The JSON has single quotes.", "", key("{'password': 'a'}")),
        row("The JSON has a comma after its last element.", "", key(r#"{"password": "a",}"#)),
        row("The JSON is in base64.", "", key("eyJwYXNzd29yZCI6ICJhIn0=")),
        row("The secret holds YAML.", "", key("password: a\n")),
        row("The secret holds lines of a `.env` file.", "", key("PASSWORD=a\n")),
        row("The file was saved with a byte order mark.", "", key("\u{feff}{\"password\": \"a\"}")),
        row(
            "The JSON is cut off or misspelled at this place.",
            "Correct it: a JSON validator shows the place.",
            key(r#"{"password": "a""#),
        ),
        row(
            "The JSON object has the key twice.",
            "Remove one of them.",
            key(r#"{"password": "a", "password": "b"}"#),
        ),
        row("The JSON is nested deeper than 127 levels.", "Store a flat object.", async {
            let stub = Stub::start().await;
            stub.put("shop/production/database", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
            let secrets = of(&stub);
            said(secrets.get_json::<Redacted<serde_json::Value>>("shop/production/database").await)
        }),
        row(
            "A JSON string has half of a character: `\\ud800` without its second half.",
            "Write the character itself.",
            key(r#"{"password": "\ud800"}"#),
        ),
        row(
            "A part of the key's path is not an object.",
            "Correct the `key` of the field.",
            database::<Nested>(r#"{"replica": 5}"#),
        ),
        row(
            "The secret holds another kind of JSON than the field's type.",
            "Store JSON of that kind.",
            database::<Document>(r#"{"a": "b"}"#),
        ),
        row(
            "The secret holds a JSON object, and the field wants text.",
            "Add `key = \"..\"` to the field, or store a text.",
            database::<Nested>(r#"{"replica": {"password": {}}}"#),
        ),
        row(
            "The secret holds bytes, and the config reads a key of it.",
            "Store a JSON object as text.",
            async {
                let stub = Stub::start().await;
                stub.put_binary("shop/production/database", &[0xff, 0x00]);
                said(load::<Key>(&stub).await)
            },
        ),
    ]
}
