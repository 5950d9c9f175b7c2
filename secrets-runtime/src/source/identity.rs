//! What a store says of a value beside the value.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::secret_id::display_id;

/// Which secret an answer belongs to, and in which version. Sources that know say so with [`Answer::identified_by`]; the
/// cache then sees that a name and an ARN mean one secret, and `stats` how old the secret is.
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
}

impl Identity {
    /// An identity under the one id that no other secret ever has: the ARN, in Secrets Manager.
    ///
    /// Only an ARN of Secrets Manager is a name to ask by as well: the cache then holds one value for it and for the name.
    /// Any other id could be what another secret is called by, and is for information only.
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

    /// Adds when the version was made.
    #[must_use]
    pub fn with_created(self, created: SystemTime) -> Self {
        Self { created: Some(created), ..self }
    }

    /// The one id that no other secret ever has.
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

    /// When the version was made.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }
}

/// Shows what can be an id. What a version is called is the store's to say, and a faulty one may say anything: left out.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("id", &self.id().map(display_id))
            .field("name", &self.name().map(display_id))
            .finish_non_exhaustive()
    }
}
