//! The answers of a source to the keys it is asked for.

use std::fmt;

use super::{Identity, Key};
use crate::error::SourceError;
use crate::secret_id::display_id;
use crate::suggest::nearest;
use crate::value::Payload;

/// A source's answer for one key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Answer {
    /// The value, and the identity of its secret and version, as far as the source knows it.
    Found(Payload, Identity),
    /// The source does not have the key.
    Missing(Missing),
    /// The source could not tell whether it has the key.
    Failed(SourceError),
}

impl Answer {
    /// An answer with a value.
    pub fn found(payload: impl Into<Payload>) -> Self {
        Self::Found(payload.into(), Identity::default())
    }

    /// Adds the identity of the secret and its version. An answer without a value stays as it is.
    #[must_use]
    pub fn identified_by(self, identity: Identity) -> Self {
        match self {
            Self::Found(payload, _) => Self::Found(payload, identity),
            other => other,
        }
    }

    /// An answer that the source does not have the key.
    pub const fn missing() -> Self {
        Self::missing_because("not there")
    }

    /// The same with a reason in the words of the source: `"not set"`.
    pub const fn missing_because(reason: &'static str) -> Self {
        Self::Missing(Missing::new(reason))
    }
}

impl From<Missing> for Answer {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<SourceError> for Answer {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// The answer that a source does not have a key, with the name that was probably meant.
///
/// Reports show it as `not set (did you mean DATABSE_URL?)`:
///
/// ```
/// use std::collections::HashMap;
/// use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Missing, Setting, Source};
/// use secrets_runtime::{Secret, Secrets};
///
/// struct Vault(HashMap<String, Secret<String>>);
///
/// impl Source for Vault {
///     fn name(&self) -> &str {
///         "vault"
///     }
///
///     fn locate(&self, setting: &Setting) -> Vec<Location> {
///         vec![Location::of_secret(setting)]
///     }
///
///     fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
///         let answer = |key: &Key| match self.0.get(key.name()) {
///             Some(value) => Answer::found(value),
///             None => Missing::new("no such entry")
///                 .similar_in(key.name(), self.0.keys().map(String::as_str))
///                 .into(),
///         };
///         Box::pin(async move { keys.iter().map(answer).collect() })
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let vault = Vault(HashMap::from([("databse-url".to_owned(), "postgres://".into())]));
/// let secrets = Secrets::builder().sources([vault]).build()?;
/// let report = secrets.get("database-url").await.unwrap_err().to_string();
/// assert!(report.contains("no such entry (did you mean databse-url?)"), "{report}");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Missing {
    pub(crate) reason: &'static str,
    /// A name that the source has and that differs from the key by a typo.
    pub(crate) similar: Option<String>,
    /// Whether the secret exists, without a value.
    pub(crate) has_no_value: bool,
}

impl Missing {
    /// An answer with a reason in the words of the source: `"not set"`.
    pub const fn new(reason: &'static str) -> Self {
        Self { reason, similar: None, has_no_value: false }
    }

    /// An answer about a secret that exists without a value.
    #[cfg(any(feature = "aws", feature = "agent"))]
    pub(crate) const fn without_value(reason: &'static str) -> Self {
        Self { reason, similar: None, has_no_value: true }
    }

    /// Adds the name that was probably meant. Reports show it if it can be the name of a secret or a
    /// variable.
    #[must_use]
    pub fn similar_to(self, name: impl Into<String>) -> Self {
        Self { similar: Some(name.into()), ..self }
    }

    /// Adds the one of `names` that differs from `name` by a typo, if there is one.
    #[must_use]
    pub fn similar_in<'a>(self, name: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { similar: nearest(name, names.into_iter()).map(str::to_owned), ..self }
    }
}

/// Shows the similar name only if it can be a name: a source may have been given anything.
impl fmt::Debug for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Missing")
            .field("reason", &self.reason)
            .field("similar", &self.similar.as_deref().map(display_id))
            .field("has_no_value", &self.has_no_value)
            .finish()
    }
}

/// The answers of a source in the order of the keys, and the errors that belong to no key.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<SourceError>,
}

impl Fetched {
    /// The same error for every key, for instance of a source that is unreachable.
    pub fn failed(keys: &[Key], error: &SourceError) -> Self {
        keys.iter().map(|_| Answer::Failed(error.clone())).collect()
    }

    /// The answers, in the order of the keys.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The errors that belong to no key.
    pub fn problems(&self) -> &[SourceError] {
        &self.problems
    }

    /// Adds an error that belongs to no key, such as a line of a file that cannot be read. It fails the
    /// load.
    #[must_use]
    pub fn with_problem(mut self, problem: SourceError) -> Self {
        self.problems.push(problem);
        self
    }
}

impl FromIterator<Answer> for Fetched {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        Self { answers: answers.into_iter().collect(), problems: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_answer_can_name_what_was_probably_meant() {
        let similar = |missing: Missing| missing.similar;
        let names = ["DATABSE_URL", "PORT"];
        let missing = || Missing::new("not set");
        assert_eq!(similar(missing().similar_in("DATABASE_URL", names)).as_deref(), Some("DATABSE_URL"));
        assert_eq!(similar(missing().similar_in("JWT", names)), None);
        assert_eq!(similar(missing().similar_to("PORT")).as_deref(), Some("PORT"));
    }
}
