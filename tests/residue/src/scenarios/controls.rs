//! What must leave something behind, so that the hook is seen to see: plain texts, and what other crates do.

use secrecy::SecretString;
use secrets_runtime::Secret;

use super::json_string;
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Residue, measure};

pub(super) fn string() -> Residue {
    measure(|| CANARY.to_owned())
}

pub(super) fn growing_string() -> Residue {
    measure(|| {
        let mut text = String::new();
        CANARY.chars().for_each(|character| text.push(character));
        text
    })
}

fn secrecy(text: &str) -> Residue {
    let json = json_string(text);
    measure(|| serde_json::from_str::<SecretString>(json.expose_secret()).unwrap())
}

pub(super) fn secrecy_without_escapes() -> Residue {
    secrecy(PLAIN)
}

pub(super) fn secrecy_with_escapes() -> Residue {
    secrecy(CANARY)
}

pub(super) fn secrecy_3_kib_with_escapes() -> Residue {
    let text: Secret<String> = CANARY.repeat(3072 / CANARY.len()).into();
    secrecy(text.expose_secret())
}

pub(super) fn serde_json_error() -> Residue {
    let json = json_string(CANARY);
    measure(|| serde_json::from_str::<u16>(json.expose_secret()).unwrap_err())
}

pub(super) fn dotenvy_into_secrets() -> Residue {
    // As an application would: the file as it is on disk, the values wrapped as they come.
    measure(|| {
        let values = dotenvy::from_path_iter(".env").unwrap();
        values.map(|item| Secret::from(item.unwrap().1)).collect::<Vec<_>>()
    })
}
