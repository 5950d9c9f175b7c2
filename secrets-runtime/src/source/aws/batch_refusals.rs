//! What is known of the batches of one region: whether the action is refused, and for which secrets.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;
use crate::secret_id::Arn;
use crate::source::service::fault::Fault;

/// How long a refused batch action is not called again. Policies change, but seldom.
const ACTION_REFUSED_FOR: Duration = Duration::from_mins(10);

/// More secrets than a service reads. Names that are requested at run time may be without end.
const MAX_SECRETS: usize = 4096;

/// What batches of one region refuse. All runtimes share it.
#[derive(Default)]
pub(super) struct BatchRefusals {
    /// When the action was refused last.
    action: Mutex<Option<Instant>>,
    /// The ids that a batch refuses and a single call may read.
    secrets: Mutex<HashSet<String>>,
}

impl BatchRefusals {
    /// Whether to call `BatchGetSecretValue`.
    pub(super) fn may_batch(&self) -> bool {
        lock(&self.action).is_none_or(|since| since.elapsed() >= ACTION_REFUSED_FOR)
    }

    /// Remembers that the action is refused. Returns whether it was not known.
    pub(super) fn remember_action(&self) -> bool {
        let now = Instant::now();
        let before = lock(&self.action).replace(now);
        before.is_none_or(|since| now.duration_since(since) >= ACTION_REFUSED_FOR)
    }

    /// Whether a batch may contain this id.
    pub(super) fn may_batch_id(&self, id: &str) -> bool {
        !lock(&self.secrets).contains(id)
    }

    /// Remembers that a batch refuses an id. It is not forgotten: reading a secret alone is never wrong, and
    /// costs one request.
    pub(super) fn remember_id(&self, id: &str) {
        let mut secrets = lock(&self.secrets);
        if secrets.len() < MAX_SECRETS {
            secrets.insert(id.to_owned());
        }
    }
}

/// Whether a single call may read a secret for which a batch has this error.
///
/// A policy may demand the staging label of the version, which a batch [cannot name][1]. A batch does not
/// reach secrets of [other accounts][2], which are named by their ARNs.
///
/// [1]: https://github.com/boto/boto3/issues/2957
/// [2]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
pub(super) fn may_be_readable_alone(fault: Fault, id: &str) -> bool {
    match fault {
        Fault::Denied(_) => true,
        Fault::NoSecret => Arn::parse(id).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::service::denial::Denial;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";

    #[tokio::test(start_paused = true)]
    async fn a_refused_action_is_reported_once_and_called_again_after_ten_minutes() {
        let refusals = BatchRefusals::default();
        assert!(refusals.may_batch());
        assert!(refusals.remember_action());
        assert!(!refusals.remember_action());
        assert!(!refusals.may_batch());
        tokio::time::advance(ACTION_REFUSED_FOR).await;
        assert!(refusals.may_batch());
        assert!(refusals.remember_action());
    }

    #[test]
    fn an_id_is_refused_by_itself_and_not_without_limit() {
        let refusals = BatchRefusals::default();
        refusals.remember_id("db");
        assert!(!refusals.may_batch_id("db") && refusals.may_batch_id("jwt") && refusals.may_batch());
        for number in 0..MAX_SECRETS {
            refusals.remember_id(&number.to_string());
        }
        assert_eq!(lock(&refusals.secrets).len(), MAX_SECRETS);
    }

    #[test]
    fn a_denied_secret_and_an_arn_that_is_not_found_may_be_readable_alone() {
        for (fault, name, arn) in [
            (Fault::Denied(Denial::Unspecified), true, true),
            (Fault::NoSecret, false, true),
            (Fault::KeyDenied, false, false),
            (Fault::PendingDeletion, false, false),
            (Fault::Decryption, false, false),
        ] {
            assert_eq!(may_be_readable_alone(fault, "db"), name, "{fault:?}");
            assert_eq!(may_be_readable_alone(fault, ARN), arn, "{fault:?}");
        }
    }
}
