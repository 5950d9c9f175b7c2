//! The keys that a source is asked for, and the locations in a source where a setting may be.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::secret_id::{Arn, display_id, shown_id};
use crate::setting::{Setting, Version};

/// A key that a source is asked for: a name and a version.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    name: String,
    version: Version,
    origin: Origin,
}

impl Key {
    /// The current version of a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: Version::Current, origin: Origin::default() }
    }

    /// The same name in another version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The name: a secret id, a variable's name, a file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, for sources that keep more than one.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The name as reports and logs show it.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        shown_id(&self.name, self.origin.named_by)
    }

    /// The variable of `id_env` that the name comes from, if the name may be a value put there by mistake.
    pub(crate) fn hidden_behind(&self) -> Option<&'static str> {
        self.origin.named_by.filter(|_| Arn::parse(&self.name).is_none())
    }

    /// Whether the variable `NAME_FILE` may name a file with the value.
    pub(super) const fn may_be_in_file(&self) -> bool {
        !self.origin.is_never_in_file
    }
}

/// Where a key comes from. Keys that differ in nothing else are the same key.
#[derive(Clone, Copy, Default)]
struct Origin {
    /// The variable of `id_env` that holds the name.
    named_by: Option<&'static str>,
    is_never_in_file: bool,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Origin {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())?;
        match &self.version {
            Version::Current => Ok(()),
            Version::Stage(version) | Version::Id(version) => {
                write!(f, "@{}", display_id(version))
            }
        }
    }
}

/// A location in a source where a setting may be.
#[derive(Debug, Clone)]
pub struct Location {
    pub(crate) key: Key,
    pub(crate) holds: Holds,
}

/// How much of a secret a location holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// The setting's value alone.
    Value,
    /// The whole secret, from which the setting's JSON key is taken if it has one.
    Secret,
    /// The whole JSON secret in a variable, if the text is a JSON object. Any other text has nothing to do
    /// with the setting.
    JsonSecret,
}

impl Location {
    /// The setting's whole secret, under its id and in its version. If the setting is a key of a JSON
    /// secret, the loader takes that key.
    pub fn of_secret(setting: &Setting) -> Self {
        Self::secret_of(setting, setting.secret_id()).with_version(setting.version().clone())
    }

    /// The setting's whole secret under a name that is made from its id.
    pub(super) fn secret_of(setting: &Setting, name: impl Into<String>) -> Self {
        let mut location = Self::secret(name);
        location.key.origin.named_by = setting.named_by();
        location
    }

    /// A whole secret under another name.
    pub fn secret(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::Secret }
    }

    /// The variables of a setting, the best one first: its own, then the one that may hold its whole JSON
    /// secret.
    pub(super) fn of_variables(setting: &Setting) -> impl Iterator<Item = Self> {
        let whole = setting.whole_secret_variable();
        let own = setting.variables().map(|variable| {
            let mut location = Self::value(variable);
            location.key.origin.is_never_in_file = !setting.may_be_in_file(variable);
            location
        });
        own.chain(whole.map(Self::json_secret))
    }

    /// A location that may hold the whole JSON secret of a setting. Its name is derived, and `LOG_FILE` is a
    /// variable of many programs: it does not name the file of a secret `log`.
    pub(super) fn json_secret(name: impl Into<String>) -> Self {
        let mut key = Key::new(name);
        key.origin.is_never_in_file = true;
        Self { key, holds: Holds::JsonSecret }
    }

    /// A location that holds the setting's own value, such as an environment variable.
    pub fn value(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::Value }
    }

    /// The same location in another version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { key: self.key.with_version(version), ..self }
    }

    /// The key that the source is asked for.
    pub fn key(&self) -> &Key {
        &self.key
    }
}
