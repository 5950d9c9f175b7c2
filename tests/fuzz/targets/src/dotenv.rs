//! Any bytes as a `.env` file, and any text as a value in one.

use std::path::PathBuf;

use secrets_runtime::{DotEnv, Secret, SecretConfig};

use crate::loading::{load, said_of};
use crate::values::{LETTERS, ODD, assert_alike, filled};

#[derive(SecretConfig)]
#[allow(dead_code, reason = "what is decoded is not looked into")]
struct Config {
    a: Secret<String>,
    b: Option<u16>,
    c: Option<Secret<Vec<u8>>>,
    #[secret(separator = ",")]
    d: Option<Vec<u16>>,
    token: Option<Secret<String>>,
}

#[derive(SecretConfig)]
struct Written {
    #[secret(allow_empty)]
    before: Secret<String>,
    #[secret(allow_empty)]
    value: Secret<String>,
    #[secret(allow_empty)]
    after: Secret<String>,
}

/// Reads it. What is said of a value is nothing, and a value that is written in quotes is read again.
pub fn dotenv(input: &[u8]) {
    let file = File::new();
    assert_alike(&filled(input, &[LETTERS, ODD]), |input| said_of(load::<Config>(file.holding(input))));
    if let Ok(text) = std::str::from_utf8(input) {
        is_read_again(&file, text);
    }
}

fn is_read_again(file: &File, text: &str) {
    let quoted = quoted(text);
    let written =
        format!("BEFORE=1\nVALUE={quoted}\nexport AFTER='2' # {}\n", text.replace(['\n', '\r'], " "));
    match load::<Written>(file.holding(written.as_bytes())) {
        Ok(Written { before, value, after }) => {
            assert_eq!(value.expose_secret(), text, "{quoted}");
            assert_eq!((before.expose_secret().as_str(), after.expose_secret().as_str()), ("1", "2"));
        }
        Err(_) => assert_eq!(text.trim(), "[REDACTED]"),
    }
}

/// In single quotes, as the help of errors says, unless it holds one or would swallow the one that ends it.
fn quoted(text: &str) -> String {
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    if text.contains('\'') || backslashes % 2 == 1 {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
    } else {
        format!("'{text}'")
    }
}

/// A file of this process's own, overwritten for each input.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let thread = std::thread::current().id();
        Self(folder.join(format!("secrets-runtime-fuzz-{}-{thread:?}.env", std::process::id())))
    }

    fn holding(&self, bytes: &[u8]) -> DotEnv {
        std::fs::write(&self.0, bytes).unwrap();
        DotEnv::at(&self.0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
