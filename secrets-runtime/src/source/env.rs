//! Environment variables: those of the process, which are never written, or a given set.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;

use super::{Answer, BoxFuture, Fetched, Key, Location, Missing, Source};
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::setting::{Setting, source_name};

/// Environment variables: those of the process, or a given set.
///
/// ```
/// use secrets_runtime::{Env, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Env::from_iter([("JWT", "signing key")])]).build()?;
/// assert_eq!(secrets.get("jwt").await?.expose_secret(), "signing key");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Env {
    /// `None` for the variables of the process.
    given: Option<HashMap<String, Secret<String>>>,
}

impl Env {
    /// The variables of the process.
    pub const fn process() -> Self {
        Self { given: None }
    }

    /// Whether these are the variables of the process, which the AWS SDK reads itself.
    #[cfg(feature = "aws")]
    pub(crate) const fn is_process(&self) -> bool {
        self.given.is_none()
    }

    /// The value of a variable; `None` if it is not set.
    ///
    /// # Errors
    /// If the value is not Unicode.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Secret<String>>, SourceError> {
        let Some(given) = &self.given else {
            return std::env::var_os(name).map(unicode).transpose();
        };
        Ok(given.get(name).cloned())
    }

    /// The value of a variable that configures a source or this crate. Set but empty counts as not set; a
    /// value that is not Unicode becomes a problem of the set-up.
    pub(crate) fn get_or_report(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Secret<String>> {
        match self.get(name) {
            Ok(value) => value.filter(|value| !value.expose_secret().is_empty()),
            Err(_) => {
                let error = SourceError::new(ErrorKind::Configuration).because(NOT_UNICODE);
                problems.push(Problem::new(name, error));
                None
            }
        }
    }

    /// The names of all variables.
    fn names(&self) -> Vec<String> {
        match &self.given {
            Some(given) => given.keys().cloned().collect(),
            // `vars_os`, not `vars`: the latter panics with the value of a variable that is not Unicode.
            None => std::env::vars_os()
                .filter_map(|(name, value)| {
                    drop(Secret::from(value.into_encoded_bytes()));
                    name.into_string().ok()
                })
                .collect(),
        }
    }

    fn answer(&self, key: &Key, names: &OnceCell<Vec<String>>) -> Answer {
        match self.get(key.name()) {
            Ok(Some(value)) => Answer::found(value),
            Ok(None) => {
                let names = names.get_or_init(|| self.names()).iter().map(String::as_str);
                Missing::new("not set").similar_in(key.name(), names).into()
            }
            Err(error) => error.into(),
        }
    }
}

const NOT_UNICODE: &str = "set to something that is not Unicode";

fn unicode(value: OsString) -> Result<Secret<String>, SourceError> {
    value.into_string().map(Secret::from).map_err(|value| {
        drop(Secret::from(value.into_encoded_bytes()));
        SourceError::new(ErrorKind::Invalid).because(NOT_UNICODE)
    })
}

/// The given variables, instead of those of the process.
impl<N: Into<String>, V: Into<Secret<String>>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { given: Some(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()) }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given {
            Some(given) => write!(f, "Env({} variables)", given.len()),
            None => f.write_str("Env(process)"),
        }
    }
}

impl Source for Env {
    fn name(&self) -> &'static str {
        source_name::ENV
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        Location::of_variables(setting).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let names = OnceCell::new();
            keys.iter().map(|key| self.answer(key, &names)).collect()
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("set {}", key.name()))
    }
}
