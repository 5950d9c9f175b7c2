//! The replica region that stands in for the first region while that does not answer.
//!
//! Secrets Manager [replicates][1]
//! a secret under the same name, with an ARN that differs in the region alone.
//!
//! [1]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{ErrorKind, SourceError};
use crate::secret_id::Arn;
use crate::source::{Answer, Identity, Key};

/// The failover region would not be another region.
pub(super) const SAME_REGION: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the failover region is the region itself")
    .with_help("name the region of the replicas, or leave the failover region out");

const NO_REPLICA: SourceError = SourceError::new(ErrorKind::Missing).because("not there, or without a value");

/// The region that stands in for a region, its client, and whether it does so at the moment.
pub(super) struct Failover<Client> {
    /// The region that does not answer.
    first: Arc<str>,
    replica: Arc<str>,
    pub(super) client: Arc<Client>,
    is_active: Arc<AtomicBool>,
}

impl<Client> Failover<Client> {
    pub(super) fn new(first: &str, replica: &str, client: Arc<Client>, is_active: Arc<AtomicBool>) -> Self {
        Self { first: first.into(), replica: replica.into(), client, is_active }
    }

    /// The first region does not answer, for this reason. Logged once, until it answers again.
    pub(super) fn begin(&self, error: &SourceError) {
        if !self.is_active.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "secrets_runtime",
                region = &*self.first,
                replica = &*self.replica,
                %error,
                "the region of AWS Secrets Manager does not answer: secrets are read from their replicas"
            );
        }
    }

    /// The first region answers.
    pub(super) fn end(&self) {
        if self.is_active.load(Ordering::Relaxed) && self.is_active.swap(false, Ordering::Relaxed) {
            tracing::info!(
                target: "secrets_runtime",
                region = &*self.first,
                "the region of AWS Secrets Manager answers again"
            );
        }
    }

    /// The key of a secret's replica.
    pub(super) fn key_of_replica(&self, key: &Key) -> Key {
        Key::new(in_region(key.name(), &self.replica)).with_version(key.version().clone())
    }

    /// What is needed to make the answer to a key out of that of its replica.
    pub(super) fn failed_over(&self, error: SourceError) -> FailedOver {
        FailedOver { error, first: Arc::clone(&self.first), replica: Arc::clone(&self.replica) }
    }
}

/// A key that is requested in the replica region.
pub(super) struct FailedOver {
    /// The error of the first region.
    error: SourceError,
    first: Arc<str>,
    replica: Arc<str>,
}

impl FailedOver {
    /// The value of the replica, or else the error of the first region, with that of the replica as a
    /// detail: a replica that is missing or denied says nothing about the secret.
    pub(super) fn answer(self, of_replica: Answer) -> Answer {
        match of_replica {
            Answer::Found(payload, identity) => Answer::Found(payload, self.identity(identity)),
            Answer::Failed(error) => self.failed(&error),
            _ => self.failed(&NO_REPLICA),
        }
    }

    fn failed(self, of_replica: &SourceError) -> Answer {
        let tried = format!("the replica in {}", self.replica);
        Answer::Failed(self.error.and_then_failed(&tried, of_replica))
    }

    /// The identity of the secret itself, so that the cache knows the two as one.
    fn identity(&self, of_replica: Identity) -> Identity {
        let id = of_replica.id().map(|id| in_region(id, &self.first));
        of_replica.of_replica(id.as_deref(), &self.replica)
    }
}

/// An id of the same secret in another region. A name is the same everywhere.
fn in_region(id: &str, region: &str) -> String {
    match (Arn::parse(id), id.splitn(5, ':').collect::<Vec<_>>().as_slice()) {
        (Some(_), [arn, partition, service, _, rest]) => {
            format!("{arn}:{partition}:{service}:{region}:{rest}")
        }
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db-AbCdEf";

    #[test]
    fn an_arn_changes_its_region_and_a_name_stays() {
        assert_eq!(in_region(ARN, "eu-central-1"), ARN.replace("eu-west-1", "eu-central-1"));
        for name in ["app/db", "eu-west-1", "arn:aws:s3:eu-west-1:bucket"] {
            assert_eq!(in_region(name, "eu-central-1"), name);
        }
    }

    #[test]
    fn only_a_value_of_the_replica_counts() {
        let failed = || FailedOver {
            error: SourceError::new(ErrorKind::Unavailable).because("first"),
            first: "eu-west-1".into(),
            replica: "eu-central-1".into(),
        };
        let denied = SourceError::new(ErrorKind::AccessDenied);
        for (answer, reason) in
            [(Answer::missing(), "not there, or without a value"), (denied.into(), "access denied")]
        {
            assert_eq!(
                format!("{:?}", failed().answer(answer)),
                format!("Failed(unavailable: first: the replica in eu-central-1: {reason})")
            );
        }
        let of_replica = Identity::new(ARN.replace("eu-west-1", "eu-central-1")).with_name("app/db");
        let Answer::Found(_, identity) = failed().answer(Answer::found("v").identified_by(of_replica)) else {
            panic!("the value of the replica counts")
        };
        assert_eq!((identity.id(), identity.name()), (Some(ARN), Some("app/db")));
        assert_eq!(identity.replica_region(), Some("eu-central-1"));
    }
}
