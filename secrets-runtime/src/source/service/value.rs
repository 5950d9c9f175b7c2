//! The fields of a value that Secrets Manager has answered with, and the [`Answer`] that they make: the
//! value, and the identity of its secret and version.

use std::time::SystemTime;

use super::answered::{Stated, is_version};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::secret_id::{Arn, is_secret_id, is_secret_name};
use crate::setting::{is_staging_label, is_version_id};
use crate::source::{Answer, Identity, Key};

/// The longest ARN that the service accepts:
/// [`SecretId`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
const MAX_ARN_LENGTH: usize = 2048;
/// The most staging labels that a version can have:
/// [quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html).
pub(crate) const MAX_STAGES: usize = 20;
/// The longest name, version id and staging label that the service has:
/// [`CreateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html),
/// [`PutSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
const MAX_NAME_LENGTH: usize = 512;
const MAX_VERSION_ID_LENGTH: usize = 64;
const MAX_STAGE_LENGTH: usize = 256;

pub(in crate::source) const ANOTHER_SECRET: SourceError = mixed_up("the answer is about another secret");
pub(in crate::source) const ANOTHER_VERSION: SourceError = mixed_up("the answer is about another version");
pub(in crate::source) const TOO_LONG: SourceError =
    mixed_up("a name in the answer is longer than any of AWS");

/// An error that says nothing about the requested secret.
const fn mixed_up(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable)
        .because(reason)
        .with_help("see which server answers, and whether a proxy or a gateway mixes up answers")
}

/// The fields of an answer. Every field is optional in the model of the service.
#[derive(Default)]
pub(in crate::source) struct Value {
    pub(in crate::source) text: Option<Secret<String>>,
    pub(in crate::source) binary: Option<Secret<Vec<u8>>>,
    pub(in crate::source) arn: Option<String>,
    pub(in crate::source) name: Option<String>,
    pub(in crate::source) version_id: Option<String>,
    pub(in crate::source) stages: Option<Vec<String>>,
    pub(in crate::source) created: Option<SystemTime>,
}

impl Value {
    /// The secret that the value belongs to, as the answer states it.
    pub(in crate::source) fn stated(&self) -> Stated<'_> {
        Stated::new(self.arn.as_deref(), self.name.as_deref())
    }

    /// Whether no name in the answer is longer than any of AWS. The cache keeps names.
    pub(in crate::source) fn is_bounded(&self) -> bool {
        let fits = |text: &Option<String>, max| text.as_ref().is_none_or(|text| text.len() <= max);
        let stages = self.stages.as_deref().unwrap_or_default();
        fits(&self.arn, MAX_ARN_LENGTH)
            && fits(&self.name, MAX_NAME_LENGTH)
            && fits(&self.version_id, MAX_VERSION_ID_LENGTH)
            && stages.len() <= MAX_STAGES
            && stages.iter().all(|stage| stage.len() <= MAX_STAGE_LENGTH)
    }

    /// The answer to the request for one key: an error if the value is not what was requested. An answer
    /// that names no secret is taken.
    pub(in crate::source) fn answer_to(self, key: &Key) -> Answer {
        let (stated, stages) = (self.stated(), self.stages.as_deref().unwrap_or_default());
        let refusal = if !self.is_bounded() {
            Some(TOO_LONG)
        } else if !stated.is_empty() && !stated.has_id(key.name()) {
            Some(ANOTHER_SECRET)
        } else if !is_version(key.version(), self.version_id.as_deref(), stages) {
            Some(ANOTHER_VERSION)
        } else {
            None
        };
        // Also a value that is refused becomes an answer first, which wipes it.
        let answer = Answer::from(self);
        refusal.map_or(answer, Answer::from)
    }
}

/// Moves the value out of the fields.
impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        let Value { text, binary, arn, name, version_id, stages, created } = value;
        let answer = match (text, binary) {
            (Some(text), _) => Self::found(text),
            (None, Some(binary)) => Self::found(binary),
            (None, None) => {
                return SourceError::new(ErrorKind::Unavailable).because("the answer holds no value").into();
            }
        };
        answer.identified_by(identity(arn, name, version_id, stages, created))
    }
}

/// The identity that an answer states, without the parts that are invalid: logs and reports show an
/// identity, and any server may have written the answer.
pub(in crate::source) fn identity(
    arn: Option<String>,
    name: Option<String>,
    version_id: Option<String>,
    stages: Option<Vec<String>>,
    created: Option<SystemTime>,
) -> Identity {
    let mut identity = arn.filter(|arn| is_arn(arn)).map_or_else(Identity::default, Identity::new);
    if let Some(name) = name.filter(|name| is_secret_name(name)) {
        identity = identity.with_name(name);
    }
    if let Some(version_id) = version_id.filter(|id| is_version_id(id)) {
        identity = identity.with_version_id(version_id);
    }
    if let Some(created) = created {
        identity = identity.with_created(created);
    }
    identity
        .with_stages(stages.into_iter().flatten().filter(|stage| is_staging_label(stage)).take(MAX_STAGES))
}

fn is_arn(text: &str) -> bool {
    text.len() <= MAX_ARN_LENGTH && Arn::parse(text).is_some() && is_secret_id(text)
}
