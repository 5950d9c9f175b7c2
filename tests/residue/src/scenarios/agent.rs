//! Secrets through the AWS Secrets Manager Agent, whose token is secret, too.

use secrets_runtime::{Secret, SecretConfig, Secrets, SecretsManagerAgent};

use super::{ENDPOINT, block_on, concat, of};
use crate::canary::{CANARY, PLAIN, TOKEN};
use crate::residue::{Residue, measure};

/// The agent at the endpoint, with its token in a file.
fn agent() -> Secrets {
    std::fs::write("agent-token", TOKEN).unwrap();
    let endpoint = std::env::var(ENDPOINT).unwrap();
    let port = endpoint.rsplit_once(':').unwrap().1.parse().unwrap();
    of([SecretsManagerAgent::new().port(port).token_file("agent-token")])
}

/// Reads a text that is longer than some, and keeps it and the source.
fn get(name: &str, value: &str) -> Residue {
    measure(|| {
        let secrets = agent();
        let read = block_on(async { secrets.get(name).await.unwrap() });
        assert!(read.ct_eq(value));
        (read, secrets)
    })
}

pub(super) fn text() -> Residue {
    get("plain", PLAIN)
}

pub(super) fn escaped_text() -> Residue {
    get("text", CANARY)
}

pub(super) fn long_text() -> Residue {
    get("long", &CANARY.repeat(LONG))
}

/// How often the long text has the canary in it: the buffer of the answer grows several times.
pub const LONG: usize = 600;

pub(super) fn chunked_text() -> Residue {
    get("chunked", PLAIN)
}

#[derive(SecretConfig)]
struct Keyed {
    #[secret(id = "json", key = "password")]
    password: Secret<String>,
}

pub(super) fn json_key() -> Residue {
    measure(|| {
        let secrets = agent();
        (block_on(async { Keyed::load_from(&secrets).await.unwrap() }), secrets)
    })
}

pub(super) fn binary() -> Residue {
    measure(|| {
        let secrets = agent();
        (block_on(async { secrets.get_bytes("binary").await.unwrap() }), secrets)
    })
}

/// An answer that is not to be had: nothing is kept but the token.
fn failing(name: &str) -> Residue {
    measure(|| {
        let secrets = agent();
        (block_on(async { secrets.get(name).await.unwrap_err() }), secrets)
    })
}

pub(super) fn echoing_error() -> Residue {
    failing("echo")
}

pub(super) fn cut_answer() -> Residue {
    failing("cut")
}

pub(super) fn malformed_answer() -> Residue {
    failing("malformed")
}

pub(super) fn another_secret() -> Residue {
    failing("another")
}

pub(super) fn refused_token() -> Residue {
    measure(|| {
        let secrets = agent();
        std::fs::write("agent-token", concat([TOKEN, TOKEN]).expose_secret()).unwrap();
        (block_on(async { secrets.get("plain").await.unwrap_err() }), secrets)
    })
}

pub(super) fn refresh() -> Residue {
    measure(|| {
        let secrets = agent();
        block_on(async {
            for _ in 0..3 {
                secrets.request("text").refresh().await.unwrap();
            }
        });
        secrets.clear_cache();
        secrets
    })
}
