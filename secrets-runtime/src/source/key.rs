//! The keys that a source is asked for, and the locations in a source where a setting may be.

use std::fmt;

use crate::secret_id::display_id;
use crate::setting::{Setting, Version};

/// A key that a source is asked for: a name and a version.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    name: String,
    version: Version,
}

impl Key {
    /// The current version of a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: Version::Current }
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
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(display_id(&self.name))?;
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
        Self::secret(setting.secret_id()).with_version(setting.version().clone())
    }

    /// A whole secret under another name.
    pub fn secret(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::Secret }
    }

    /// The variables of a setting, the best one first: its own, then the one that may hold its whole JSON
    /// secret.
    pub(super) fn of_variables(setting: &Setting) -> impl Iterator<Item = Self> {
        let whole = setting.whole_secret_variable();
        setting.variables().map(Self::value).chain(whole.map(Self::json_secret))
    }

    /// A location that may hold the whole JSON secret of a setting.
    pub(super) fn json_secret(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::JsonSecret }
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
