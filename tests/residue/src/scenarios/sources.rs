//! Values from where a machine keeps them. Who runs these puts them there: see `tests/residue.rs`.

use secrets_runtime::{DotEnv, Env, Environment, Files, Memory, Secret, SecretConfig, Secrets};

use super::{block_on, of};
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Residue, measure};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct WithMissing {
    token: Secret<String>,
    tokem: Option<Secret<String>>,
}

fn load(secrets: &Secrets) -> Config {
    let config = block_on(Config::load_from(secrets)).unwrap();
    assert!(config.token.ct_eq(CANARY));
    config
}

pub(super) fn env() -> Residue {
    measure(|| load(&of([Env::process()])))
}

pub(super) fn env_beside_a_missing_one() -> Residue {
    // For a name that resembles it, all variables are looked at.
    measure(|| block_on(WithMissing::load_from(&of([Env::process()]))).unwrap())
}

pub(super) fn own_variables() -> Residue {
    measure(|| load(&of([Env::from_iter([("TOKEN", CANARY), ("OTHER", PLAIN)])])))
}

fn development(dotenv: DotEnv) -> Secrets {
    let builder =
        Secrets::builder().variables(Env::from_iter([("", ""); 0])).environment(Environment::DEVELOPMENT);
    builder.dotenv(dotenv).build().unwrap()
}

#[derive(Debug, SecretConfig)]
struct FromDotEnv {
    token: Secret<String>,
    escaped: Secret<String>,
    copied: Secret<String>,
    unquoted: Secret<String>,
}

fn load_dotenv(dotenv: DotEnv) -> FromDotEnv {
    let config = block_on(FromDotEnv::load_from(&development(dotenv))).unwrap();
    assert!(config.token.ct_eq(CANARY) && config.escaped.ct_eq(CANARY) && config.unquoted.ct_eq(PLAIN));
    assert!(config.copied.expose_secret().len() > 2 * CANARY.len());
    config
}

pub(super) fn dotenv() -> Residue {
    measure(|| load_dotenv(DotEnv::search()))
}

pub(super) fn dotenv_from_a_pipe() -> Residue {
    measure(|| load_dotenv(DotEnv::at("pipe")))
}

pub(super) fn dotenv_with_bad_lines() -> Residue {
    measure(|| {
        let error = block_on(Config::load_from(&development(DotEnv::at("bad.env")))).unwrap_err();
        assert_eq!(error.problems().len(), 3);
        error
    })
}

pub(super) fn memory() -> Residue {
    measure(|| load(&of([Memory::from([("token", CANARY), ("other", PLAIN)])])))
}

pub(super) fn files() -> Residue {
    measure(|| load(&of([Files::new("files")])))
}

pub(super) fn file_that_is_a_pipe() -> Residue {
    measure(|| load(&of([Files::new("pipes")])))
}
