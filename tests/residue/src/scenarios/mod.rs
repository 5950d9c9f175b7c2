//! The ways of a value through a program, each to be run in a process of its own.
// A scenario that does not come to what it is about is worse than none: it ends at once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc)]
#![allow(dead_code, reason = "configs are loaded, not read")]

mod admin;
pub mod agent;
mod cached;
mod controls;
mod custody;
mod decoding;
mod failures;
mod sources;
mod wire;

use std::future::Future;

use secrets_runtime::source::Source;
use secrets_runtime::{Env, Environment, Memory, Secrets, SecretsBuilder};

use crate::residue::Measured;

/// One of them.
struct Scenario {
    name: &'static str,
    run: fn() -> Measured,
}

macro_rules! scenarios {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// By name: its module and function.
        const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: || Measured::from($module::$name()),
        }),*];
    };
}

scenarios! {
    controls::string, controls::growing_string, controls::secrecy_without_escapes, controls::secrecy_with_escapes,
    controls::secrecy_3_kib_with_escapes, controls::serde_json_error, controls::dotenvy_into_secrets,
    custody::from_str, custody::from_string, custody::from_bytes, custody::clones, custody::map, custody::try_map,
    custody::zip, custody::parsed, custody::secrecy_and_back, custody::deserialized, custody::redacted,
    sources::env, sources::env_beside_a_missing_one, sources::own_variables, sources::dotenv, sources::dotenv_from_a_pipe,
    sources::dotenv_with_bad_lines, sources::memory, sources::files, sources::file_that_is_a_pipe,
    decoding::text, decoding::trimmed, decoding::json_text_without_escapes, decoding::json_text_with_escapes,
    decoding::nested_json, decoding::json_secret, decoding::escaped_keys, decoding::binary, decoding::binary_json,
    decoding::bytes_of_text, decoding::detected, decoding::default_of_request, decoding::list_by_separator,
    decoding::json_list, decoding::json_into_secrets, decoding::json_into_texts, decoding::json_in_a_string,
    decoding::parse, decoding::with, decoding::text_at, decoding::with_text_at,
    failures::wrong_types, failures::malformed_json, failures::json_that_does_not_fit,
    failures::json_that_does_not_fit_texts, failures::lists, failures::validate, failures::parse_and_with,
    failures::masked,
    cached::hit, cached::expiry, cached::eviction, cached::cleared, cached::replaced, cached::past_the_cache,
    cached::failing_refresh, cached::config, cached::live, cached::live_that_does_not_build, cached::across_rotation,
    wire::text, wire::escaped_text, wire::long_text, wire::json_key, wire::binary, wire::batch, wire::config,
    wire::echoing_error, wire::cut_answer, wire::cut_connection, wire::credentials,
    admin::put_text, admin::put_json, admin::put_bytes, admin::create, admin::refused, admin::random_password, admin::read,
    admin::rotation,
    agent::text, agent::escaped_text, agent::long_text, agent::chunked_text, agent::json_key, agent::binary,
    agent::echoing_error, agent::cut_answer, agent::malformed_answer, agent::another_secret, agent::refused_token,
    agent::refresh,
}

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|scenario| scenario.name)
}

/// Runs the one of this name. None if there is none.
///
/// # Errors
/// It needs something that the environment does not give.
pub fn measured(name: &str) -> Option<Result<Measured, String>> {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name)?;
    let outside = ["wire::", "admin::", "agent::"].iter().any(|module| name.starts_with(module));
    if outside && std::env::var_os(ENDPOINT).is_none() {
        return Some(Err(format!("{ENDPOINT} has to name a server of Secrets Manager")));
    }
    Some(Ok((scenario.run)()))
}

/// The variable that names the server which scenarios ask.
pub const ENDPOINT: &str = "RESIDUE_ENDPOINT";

/// Waits for what a program of one thread waits for. The runtime is gone afterwards, and with it all that its tasks held.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Production with these sources alone.
fn of<S: Source>(sources: impl IntoIterator<Item = S>) -> Secrets {
    production().sources(sources).build().unwrap()
}

/// A builder that takes nothing from the process.
fn production() -> SecretsBuilder {
    Secrets::builder().variables(Env::from_iter([("", ""); 0])).environment(Environment::PRODUCTION)
}

/// Production with one value, under this name.
fn memory(name: &str, value: &str) -> Secrets {
    of([Memory::from([(name, value)])])
}

/// As JSON: a string with every escape that it needs. In the hands of the scenario, so it wipes.
fn json_string(text: &str) -> secrets_runtime::Secret<String> {
    let mut json = Vec::with_capacity(text.len() * 6 + 2);
    serde_json::to_writer(&mut json, text).unwrap();
    String::from_utf8(json).unwrap().into()
}

/// Texts joined without a copy too many.
fn concat<const N: usize>(parts: [&str; N]) -> secrets_runtime::Secret<String> {
    parts.concat().into()
}
