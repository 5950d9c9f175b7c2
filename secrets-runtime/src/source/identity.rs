//! The identity of a value: its secret and version, as the source states them.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::secret_id::display_id;

/// The secret and the version that an answer belongs to. A source adds it with [`Answer::identified_by`].
/// The cache then knows that a name and an ARN mean the same secret, and `stats` knows the age of the
/// version.
///
/// ```
/// use secrets_runtime::source::{Answer, Identity};
///
/// let identity = Identity::new("arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf").with_name("db");
/// assert_eq!(identity.name(), Some("db"));
/// let answer = Answer::found("value").identified_by(identity);
/// ```
///
/// [`Answer::identified_by`]: crate::source::Answer::identified_by
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    id: Option<Arc<str>>,
    name: Option<Arc<str>>,
    version_id: Option<Arc<str>>,
    stages: Arc<[String]>,
    created: Option<SystemTime>,
    replica_region: Option<Arc<str>>,
}

impl Identity {
    /// An identity with an id that no other secret ever has: in Secrets Manager, the ARN.
    ///
    /// If the id is an ARN of Secrets Manager, and the requested key is that ARN, the ARN without its suffix
    /// or the name in it, the cache holds one value for all three. Any other id is for information only,
    /// since it may belong to another secret.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self { id: Some(id.into()), ..Self::default() }
    }

    /// Adds the name that people use.
    #[must_use]
    pub fn with_name(self, name: impl Into<Arc<str>>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Adds the id of the version.
    #[must_use]
    pub fn with_version_id(self, version_id: impl Into<Arc<str>>) -> Self {
        Self { version_id: Some(version_id.into()), ..self }
    }

    /// Adds the version's staging labels.
    #[must_use]
    pub fn with_stages(self, stages: impl IntoIterator<Item = String>) -> Self {
        Self { stages: stages.into_iter().collect(), ..self }
    }

    /// Adds the time at which the version was created.
    #[must_use]
    pub fn with_created(self, created: SystemTime) -> Self {
        Self { created: Some(created), ..self }
    }

    /// The id that no other secret ever has.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The name that people use.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The id of the version.
    pub fn version_id(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    /// The version's staging labels, such as `AWSCURRENT`.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// The same secret, read from its replica in another region. `id` is that of the secret itself.
    #[cfg(feature = "aws")]
    pub(crate) fn of_replica(self, id: Option<&str>, region: &str) -> Self {
        Self { id: id.map(Arc::from), replica_region: Some(region.into()), ..self }
    }

    /// The region of the replica that was read, since the secret's own region did not answer.
    pub fn replica_region(&self) -> Option<&str> {
        self.replica_region.as_deref()
    }

    /// The time at which the version was created.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }
}

/// Shows ids and names if they fit the grammar of secret ids. Version ids and labels are left out: a faulty
/// source may put anything there.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("id", &self.id().map(display_id))
            .field("name", &self.name().map(display_id))
            .finish_non_exhaustive()
    }
}
