//! Helpers that several test modules use.

pub(crate) mod aws;
pub(crate) mod child;
pub(crate) mod endpoint;
pub(crate) mod example;
pub(crate) mod folder;
pub(crate) mod printed;
pub(crate) mod remote;
pub(crate) mod sources;
pub(crate) mod time;

pub(crate) use harness::{canary, events};
use secrets_runtime::{
    DotEnv, Env, Environment, Error, ErrorKind, Files, Memory, SecretConfig, Secrets, SecretsBuilder,
};

use self::folder::Folder;

/// A builder that takes nothing from the process: production, with no variables.
pub(crate) fn production() -> SecretsBuilder {
    Secrets::builder().variables(no_variables()).environment(Environment::PRODUCTION)
}

/// Variables of which none is set.
pub(crate) fn no_variables() -> Env {
    Env::from_iter([("", ""); 0])
}

/// Loads from these environment variables alone.
pub(crate) async fn load_env<C: SecretConfig>(variables: &[(&str, &str)]) -> Result<C, Error> {
    let env: Env = variables.iter().copied().collect();
    C::load_from(&production().sources([env]).build().unwrap()).await
}

/// Loads from values in memory alone.
pub(crate) async fn load_memory<C: SecretConfig>(values: &[(&str, &str)]) -> Result<C, Error> {
    let memory: Memory = values.iter().copied().collect();
    C::load_from(&production().sources([memory]).build().unwrap()).await
}

/// Loads the same values from every source that a machine has by itself, named by their environment variables.
pub(crate) async fn load_everywhere<C: SecretConfig>(
    values: &[(&str, &str)],
) -> [(&'static str, Result<C, Error>); 4] {
    let folder = Folder::new();
    for (name, value) in values {
        folder.write(&name.to_lowercase().replace('_', "-"), value);
    }
    // Between single quotes everything means itself.
    let line = |(name, value): &(&str, &str)| {
        assert!(!value.contains('\''), "this value cannot be written to .env as it is");
        format!("{name}='{value}'\n")
    };
    let dotenv = folder.write(".env", values.iter().map(line).collect::<String>());
    let files = production().sources([Files::new(folder.path())]).build().unwrap();
    let dotenv = production().sources([DotEnv::at(dotenv)]).build().unwrap();
    [
        ("env", load_env(values).await),
        ("memory", load_memory(values).await),
        ("dotenv", C::load_from(&dotenv).await),
        ("files", C::load_from(&files).await),
    ]
}

/// Each setting that failed, as `path: why`.
pub(crate) fn failures(error: &Error) -> Vec<String> {
    error.fields().iter().map(ToString::to_string).collect()
}

/// Each setting that failed with its kind.
pub(crate) fn kinds(error: &Error) -> Vec<(&str, ErrorKind)> {
    error.fields().iter().map(|field| (field.path(), field.kind())).collect()
}

/// Each place that was looked at for the setting, as `source location: answer`.
pub(crate) fn places(error: &Error, path: &str) -> Vec<String> {
    let field = error.fields().iter().find(|field| field.path() == path);
    let field = field.unwrap_or_else(|| panic!("{path} did not fail:\n{error}"));
    let place = |place: &secrets_runtime::Place| {
        format!("{} {}: {}", place.source(), place.location(), place.outcome())
    };
    field.places().iter().map(place).collect()
}
