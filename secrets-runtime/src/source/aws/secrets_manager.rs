//! The source `aws`: connects the trait [`Source`] to the connections and the calls of this folder.

use std::fmt;
use std::sync::Arc;

use super::connections::Connections;
use super::settings::Settings;
use super::target::Target;
use super::{fetch, help};
use crate::environment::Environment;
use crate::error::{ErrorKind, Problem, SourceError};
use crate::setting::{Setting, source_name};
use crate::source::collect::collect;
use crate::source::{BoxFuture, Deliver, Env, Fetched, Key, Location, Source};

/// AWS Secrets Manager.
///
/// The source connects at the first fetch. Up to 20 secrets share one `BatchGetSecretValue` call, and calls
/// run side by side. A single secret, or a version other than the current one, takes a `GetSecretValue`
/// call. If the batch action is denied, unknown or throttled, the source uses `GetSecretValue` instead. A
/// secret named by an ARN is requested in the region of the ARN. A value is delivered as soon as its call
/// ends, even if other calls fail.
///
/// Each `GetSecretValue` call names the staging label of the version, `AWSCURRENT` by default, so that a
/// policy may demand it with `StringEquals` on `secretsmanager:VersionStage`. A batch cannot name a label. A
/// secret that a batch denies, and an ARN that a batch does not find, such as one of another account, is
/// therefore requested once more with `GetSecretValue`, and alone from then on.
///
/// Clones share connections, credentials and request counts. Each Tokio runtime has its own connections and
/// credentials, which are closed when it ends: a call never waits for another runtime.
///
/// An answer about another secret or version than the requested one is refused, and so is one that is longer
/// than any of AWS: 16 KiB for an error, 16 MiB for anything else, 20 MiB for all that arrive at once.
///
/// | what | default |
/// |---|---|
/// | credentials, region, endpoint | default chain of the SDK: variables, profiles, containers, metadata service |
/// | one attempt of a call | 5 seconds |
/// | a call with its retries | 3 attempts, 15 seconds in all |
/// | throttled secrets | requested again after 1 to 2 seconds, for up to 25 seconds |
/// | calls at once | 100 |
///
/// An endpoint that is set, such as that of a VPC, serves the configured region. An ARN of another region is
/// requested at that region's own endpoint. An endpoint without TLS, or on this machine, is that of an
/// emulator and serves every region.
///
/// Permissions: `secretsmanager:GetSecretValue` on the secrets, `kms:Decrypt` on keys other than
/// `aws/secretsmanager`, and, for the batches, `secretsmanager:BatchGetSecretValue`, which can be granted on
/// `*` only.
///
/// ```no_run
/// use secrets_runtime::{Secrets, SecretsManager};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([SecretsManager::new()]).build()?;
/// let jwt = secrets.get("shop/production/jwt").await?;
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SecretsManager {
    /// An error if the builder was given something invalid: every key is answered with it.
    pub(super) connections: Result<Arc<Connections>, SourceError>,
}

impl SecretsManager {
    pub(super) fn with_settings(settings: Settings, concurrency: usize) -> Self {
        Self { connections: Ok(Arc::new(Connections::new(settings, concurrency))) }
    }

    /// A source that answers every key with one error, so that the error is reported where the source is
    /// used.
    pub(super) const fn failing(error: SourceError) -> Self {
        Self { connections: Err(error) }
    }

    /// Where requests go, as far as it is known. The region is known after the first request.
    pub(super) fn known_target(&self) -> Arc<Target> {
        self.connections.as_ref().ok().and_then(|connections| connections.target()).unwrap_or_default()
    }

    /// The options with which the AWS command line asks the same region and endpoint.
    #[cfg(feature = "admin")]
    pub(crate) fn command_options(&self) -> String {
        self.known_target().options(None)
    }

    /// Whether an endpoint other than AWS's own is set, valid or not.
    pub(crate) fn has_endpoint_override(&self) -> bool {
        self.connections.as_ref().map_or(true, |connections| connections.settings().has_endpoint_override())
    }

    /// Completes what the code has not set from these variables: the endpoint, the region, and, unless they
    /// are the variables of the process, the credentials. A source that does not use the default chain is
    /// complete, except that it learns of development.
    ///
    /// In development an endpoint is taken for that of an emulator, unless the variables name a profile or a
    /// role. The region is then `us-east-1` and the credentials are `test` by default, and the metadata
    /// service is not asked. Without an endpoint nothing is completed in development, since no account is
    /// asked.
    ///
    /// A variable that cannot be used becomes a problem, which names it and does not repeat its text: the
    /// text may hold a password. The source then answers every key with an error, so that no setting is
    /// reported as missing.
    pub(crate) fn completed_by(
        self,
        env: &Env,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let connections = match &self.connections {
            Ok(connections) if connections.settings().uses_default_chain() => connections,
            Ok(connections) if environment.is_development() && !connections.settings().is_development => {
                let settings = Settings { is_development: true, ..connections.settings().clone() };
                return Self { connections: Ok(Arc::new(connections.with(settings))) };
            }
            _ => return self,
        };
        let before = problems.len();
        let settings = connections.settings().completed_by(env, environment, problems);
        if problems.len() > before {
            let reason = "not asked, since its set-up is at fault";
            return Self::failing(SourceError::new(ErrorKind::Configuration).because(reason));
        }
        if env.is_process() && !environment.is_development() {
            // A load reads the same variables again, and clones keep sharing their connections.
            return self;
        }
        Self { connections: Ok(Arc::new(connections.with(settings))) }
    }
}

/// Shows the region, if one was set in code. Types of the SDK are left out: they show more than a log should
/// hold.
impl fmt::Debug for SecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region =
            self.connections.as_ref().ok().and_then(|connections| connections.settings().region.as_deref());
        f.debug_struct("SecretsManager").field("region", &region).finish_non_exhaustive()
    }
}

impl Source for SecretsManager {
    fn name(&self) -> &'static str {
        source_name::AWS
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { Vec::new() }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(collect(self, keys))
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            match &self.connections {
                Ok(connections) => fetch::fetch_each(connections, keys, deliver).await,
                Err(error) => {
                    for index in 0..keys.len() {
                        deliver(index, error.clone().into());
                    }
                }
            }
            Vec::new()
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn requests(&self) -> Vec<(&'static str, u64)> {
        let Ok(connections) = &self.connections else { return Vec::new() };
        let mut requests = connections.requests.by_operation();
        requests.extend(connections.failover_requests.by_operation_of_failover());
        requests
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        help::help(key, kind, &self.known_target())
    }

    fn help_without_value(&self, key: &Key) -> Option<String> {
        help::without_value(key, &self.known_target())
    }

    fn target(&self) -> Option<String> {
        self.connections.as_ref().ok()?.target().map(|target| target.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::lock::lock;
    use crate::source::Answer;

    #[test]
    fn debug_shows_no_credentials_and_no_type_of_the_sdk() {
        let builder = SecretsManager::builder().region("eu-west-1").credentials("hunter1", "hunter2", None);
        let shown = format!("{builder:?} {:#?} {:?}", builder.clone().build(), SecretsManager::localstack());
        assert!(shown.contains("eu-west-1"));
        assert!(!shown.contains("hunter") && !shown.contains("Sdk") && !shown.contains("test"), "{shown}");
    }

    #[tokio::test]
    async fn an_invalid_builder_call_is_the_answer_to_every_key() {
        let keys = [Key::new("a"), Key::new("b")];
        let aws = SecretsManager::builder().endpoint_url("localhost:4566").region("eu west").build();
        let shown = format!("{:?}", aws.fetch(&keys).await);
        assert_eq!(
            shown.matches("the endpoint set in code is not an http or https URL").count(),
            2,
            "{shown}"
        );
        assert!(aws.has_endpoint_override());
        assert!(aws.requests().is_empty());
    }

    #[tokio::test]
    async fn fetch_collects_the_answers_of_fetch_each_in_the_order_of_the_keys() {
        let keys = [Key::new("jwt"), Key::new("hunter2 hunter2"), Key::new("db")];
        let aws = SecretsManager::builder().isolated().build();
        let delivered = Mutex::new(Vec::new());
        let deliver = |index, answer: Answer| lock(&delivered).push((index, format!("{answer:?}")));
        assert_eq!(aws.fetch_each(&keys, &deliver).await, []);
        let mut delivered = delivered.into_inner().unwrap();
        delivered.sort_unstable();
        let fetched = aws.fetch(&keys).await;
        let collected: Vec<_> =
            fetched.answers().iter().map(|answer| format!("{answer:?}")).enumerate().collect();
        assert_eq!(delivered, collected);
        assert!(collected[1].1.contains("not a valid secret name or ARN"), "{collected:?}");
    }

    #[tokio::test]
    async fn a_configuration_error_is_not_definitive() {
        for aws in [
            SecretsManager::builder().region("eu west").build(),
            SecretsManager::builder().isolated().build(),
        ] {
            match aws.fetch(&[Key::new("a")]).await.answers() {
                [Answer::Failed(error)] => {
                    assert_eq!((error.kind(), error.is_definitive()), (ErrorKind::Configuration, false));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_invalid_id_is_not_sent_and_a_name_needs_a_region() {
        let aws = SecretsManager::builder().isolated().build();
        let shown = format!("{:?}", aws.fetch(&[Key::new("hunter2 hunter2"), Key::new("jwt")]).await);
        assert!(shown.contains("not a valid secret name or ARN"), "{shown}");
        assert!(shown.contains("no AWS region is set"), "{shown}");
    }

    #[test]
    fn without_a_runtime_there_is_an_error_and_no_panic() {
        let aws = SecretsManager::localstack();
        let keys = [Key::new("a")];
        let mut fetch = aws.fetch(&keys);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(fetched) = fetch.as_mut().poll(&mut context) else {
            panic!("nothing to wait for")
        };
        assert!(format!("{fetched:?}").contains("from a Tokio runtime only"));
    }

    #[test]
    fn clones_share_what_was_built() {
        let aws = SecretsManager::localstack();
        let (one, two) = (aws.connections.clone().unwrap(), aws.clone().connections.unwrap());
        assert!(Arc::ptr_eq(&one, &two));
    }
}
