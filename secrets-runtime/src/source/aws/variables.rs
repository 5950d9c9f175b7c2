//! What environment variables say about AWS, where they are given rather than the process's own, and what is checked in
//! them before the SDK reads them for itself.

use super::SecretsManager;
use super::builder::SecretsManagerBuilder;
use super::endpoint::{is_endpoint, is_region};
use crate::environment::Environment;
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::source::Env;

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const PROFILE: &str = "AWS_PROFILE";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The service's own comes first:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// Any of these names somebody to sign as, who is not in the variables themselves.
const IDENTITIES: [&str; 4] = [
    PROFILE,
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

impl SecretsManager {
    /// The source that these variables describe; none in development without an endpoint override, where no account is
    /// asked.
    ///
    /// In development an endpoint is taken for an emulator's, unless somebody to sign as is named: what is not said is
    /// then the region `us-east-1` and the credentials `test`, and no metadata service is asked.
    ///
    /// A variable that cannot be used is a problem, which names it and does not repeat its text: that may hold a
    /// password. The source then answers every key with an error of its own, lest a setting be called missing.
    pub(crate) fn from_variables(
        env: &Env,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        describe(env, environment).unwrap_or_else(|problem| {
            problems.push(problem);
            let reason = "not asked, since its set-up is at fault";
            Some(Self::refusing(SourceError::new(ErrorKind::Configuration).because(reason)))
        })
    }
}

fn describe(env: &Env, environment: &Environment) -> Result<Option<SecretsManager>, Problem> {
    let endpoint_url = if ignores_endpoints(env)? {
        None
    } else {
        checked(env, &ENDPOINTS, is_endpoint, "no http or https URL of a host")?
    };
    if environment.is_development() && endpoint_url.is_none() {
        return Ok(None);
    }
    let region = checked(env, &REGIONS, is_region, "not the name of a region")?;
    let is_emulator = environment.is_development() && first(env, &IDENTITIES)?.is_none();
    let mut builder = SecretsManager::builder();
    if let Some(region) = region.or_else(|| is_emulator.then(|| "us-east-1".to_owned())) {
        builder = builder.region(region);
    }
    if let Some(endpoint_url) = endpoint_url {
        builder = builder.endpoint_url(endpoint_url);
    }
    // The SDK reads the process's own variables itself, and more of them than these.
    if is_emulator || !env.is_process() {
        builder = signed_by(builder, env, is_emulator)?;
    }
    Ok(Some(builder.build()))
}

/// Who signs, from the variables alone.
fn signed_by(
    builder: SecretsManagerBuilder,
    env: &Env,
    is_emulator: bool,
) -> Result<SecretsManagerBuilder, Problem> {
    match (value(env, ACCESS_KEY_ID)?, value(env, SECRET_ACCESS_KEY)?) {
        (Some(id), Some(key)) => Ok(builder.credentials(id, key, value(env, SESSION_TOKEN)?).by_itself()),
        _ if is_emulator => Ok(builder.credentials("test", "test", None).by_itself()),
        _ => Ok(match value(env, PROFILE)? {
            Some(profile) => builder.profile(profile.expose_secret()),
            None => builder,
        }),
    }
}

fn ignores_endpoints(env: &Env) -> Result<bool, Problem> {
    Ok(value(env, IGNORE_ENDPOINTS)?.is_some_and(|value| value.expose_secret().eq_ignore_ascii_case("true")))
}

/// A variable that is set to something.
fn value(env: &Env, name: &str) -> Result<Option<Secret<String>>, Problem> {
    match env.get(name) {
        Ok(value) => Ok(value.filter(|value| !value.expose_secret().is_empty())),
        Err(error) => Err(Problem::new(name, error)),
    }
}

/// The first of several variables that is set to something, and which it is.
fn first<'a>(env: &Env, names: &[&'a str]) -> Result<Option<(&'a str, Secret<String>)>, Problem> {
    for name in names {
        if let Some(value) = value(env, name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// The same, if it passes a test.
fn checked(
    env: &Env,
    names: &[&str],
    passes: fn(&str) -> bool,
    reason: &'static str,
) -> Result<Option<String>, Problem> {
    match first(env, names)? {
        None => Ok(None),
        Some((_, value)) if passes(value.expose_secret()) => Ok(Some(value.expose_secret().clone())),
        Some((name, _)) => {
            Err(Problem::new(name, SourceError::new(ErrorKind::Configuration).because(reason)))
        }
    }
}
