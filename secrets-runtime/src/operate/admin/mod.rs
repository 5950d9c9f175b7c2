//! Creates, writes, labels, lists and deletes secrets. A type of its own, so that a service that only reads
//! cannot write by accident.

mod action;
mod body;
mod description;
mod list;
mod password;
mod read;
mod removal;
mod stages;
mod update;
pub(crate) mod value;
mod write;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use action::Action;
pub use description::{RotationStatus, SecretDescription, SecretVersion};
pub use list::ListSecrets;
pub use password::RandomPassword;
pub use read::ReadSecret;
pub use removal::DeleteSecret;
pub use update::UpdateSecret;
#[cfg(feature = "dotenv")]
pub(crate) use write::Attributes;
pub use write::{CreateSecret, PutSecretValue};

use crate::client::Secrets;
use crate::error::{DecodeError, Error, ErrorKind, FieldError, Outcome, Place, Problem, SourceError};
use crate::secret_id::display_id;
use crate::setting::{Version, source_name};
#[cfg(feature = "dotenv")]
use crate::source::{Fetched, Source as _};
use crate::source::{Key, NO_TIMERS, SecretsManager, lacks_timers};

/// The time limit of calls, which also covers steps that the SDK's own time-outs do not: reading profiles,
/// finding the region.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Creates, writes, labels, lists and deletes secrets.
///
/// Feature `admin`, off by default. An `Admin` made from [`Secrets`] resolves names as [`Secrets::request`]
/// does: it adds the prefix, replaces `{environment}`, and takes ARNs as they are. After a change, these
/// `Secrets` and their clones drop their cached value and see the new one at once. Other instances see it
/// when their value expires. An `Admin` made from a [`SecretsManager`] takes names as they are.
///
/// ```no_run
/// # async fn run(secrets: secrets_runtime::Secrets) -> Result<(), secrets_runtime::Error> {
/// use secrets_runtime::admin::Admin;
///
/// let admin = Admin::new(&secrets)?;
/// let password = admin.random_password().length(40).without_punctuation().await?;
/// admin.create("smtp-password").description("Mail relay").tag("team", "shop").string(&password).await?;
/// assert_eq!(secrets.get("smtp-password").await?.expose_secret().len(), 40);
///
/// admin.put("smtp-password").string("another").await?;
/// admin.roll_back("smtp-password").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Values
///
/// No log shows a written value, not even at TRACE, where the SDK logs requests, or with the SDK's switch
/// `LOG_SIGNABLE_BODY`. The SDK never gets the value: it gets a finished request body that does not print
/// itself, and signs its digest. Errors never hold a value.
///
/// The copies made by this crate, the JSON text and the request body, are wiped. The write buffers of the
/// HTTP client and of TLS are not: they keep what they sent until they are used again. A [random
/// password](Self::random_password) and a value that is [read](Self::read) pass through the SDK, which
/// parses them out of a buffer that it does not wipe.
///
/// # Errors
///
/// Each method fails with an [`Error`] that has one [`FieldError`]. Its path is the secret's name. Its place
/// is `aws`, with the error's code and the id of the request. Its help names the IAM action to allow, or
/// another fix. After a time-out, the change may or may not have been made.
///
/// Retries and time-outs are those of the source. A retry creates no second version: the SDK sends all
/// attempts of a call with the same client request token.
#[derive(Clone)]
pub struct Admin {
    aws: SecretsManager,
    secrets: Option<Secrets>,
    timeout: Duration,
}

impl Admin {
    /// Creates an `Admin` for the store that these `Secrets` read.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if no source of their chain is Secrets Manager: in development there is
    /// one only where an endpoint names an emulator.
    pub fn new(secrets: &Secrets) -> Result<Self, Error> {
        match secrets.secrets_manager() {
            Some(aws) => {
                Ok(Self { aws: aws.clone(), secrets: Some(secrets.clone()), timeout: secrets.timeout() })
            }
            None => {
                let problem = Problem::new("the chain of sources", NO_SECRETS_MANAGER);
                Err(secrets
                    .error("Admin".to_owned(), 0, vec![problem], Vec::new())
                    .saying("could not be set up"))
            }
        }
    }

    /// Creates an `Admin` for an account, without `Secrets`. Names are taken as they are, and no cache is
    /// cleared after changes.
    ///
    /// ```
    /// use secrets_runtime::admin::Admin;
    /// use secrets_runtime::SecretsManager;
    ///
    /// let admin = Admin::from_secrets_manager(SecretsManager::localstack());
    /// ```
    pub fn from_secrets_manager(aws: SecretsManager) -> Self {
        Self { aws, secrets: None, timeout: TIMEOUT }
    }

    /// The same account, with names taken as they are.
    #[cfg(feature = "dotenv")]
    pub(crate) fn with_full_names(&self) -> Self {
        Self { secrets: None, ..self.clone() }
    }

    /// The `Secrets` whose cache is cleared after changes.
    #[cfg(feature = "dotenv")]
    pub(crate) const fn secrets(&self) -> Option<&Secrets> {
        self.secrets.as_ref()
    }

    /// Reads many secrets at once, past every cache.
    #[cfg(feature = "dotenv")]
    pub(crate) async fn fetch(&self, keys: &[Key]) -> Fetched {
        let fetched = self.in_time(async { Ok(self.aws.fetch(keys).await) }).await;
        fetched.unwrap_or_else(|late| Fetched::failed(keys, &late))
    }

    /// The error of a secret that could not be read.
    #[cfg(feature = "dotenv")]
    pub(crate) fn unread(&self, name: &str, error: SourceError) -> Error {
        self.failed(Action::Read, &self.subject(name), error)
    }

    fn subject(&self, name: &str) -> Subject {
        match &self.secrets {
            Some(secrets) => {
                let setting = secrets.setting(name);
                Subject::of_secret(setting.path(), setting.secret_id())
            }
            None => Subject::of_secret(display_id(name), name),
        }
    }

    /// Makes a call that changes nothing.
    async fn ask<T, E, F>(
        &self,
        action: Action,
        subject: &Subject,
        send: impl FnOnce(&Client, String) -> F,
    ) -> Result<T, Error>
    where
        E: StdError + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let call = self.aws.call(subject.id.as_deref(), |client| send(client, subject.id().to_owned()));
        // Boxed: the futures of the AWS SDK have tens of kilobytes.
        Box::pin(self.in_time(call)).await.map_err(|error| self.failed(action, subject, error))
    }

    /// Makes a call that changes a secret, whose ARN is in the answer.
    async fn change<T, E, F>(
        &self,
        action: Action,
        name: &str,
        send: impl FnOnce(&Client, String) -> F,
        arn: fn(&T) -> Option<&str>,
    ) -> Result<T, Error>
    where
        E: StdError + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let _forget = Forget { secrets: self.secrets.as_ref(), name: Some(name) };
        let answer = self.ask(action, &self.subject(name), send).await?;
        if let (Some(secrets), Some(arn)) = (&self.secrets, arn(&answer)) {
            // The name may be an ARN without its suffix, while the cached key is the full ARN.
            secrets.clear_cached(arn);
        }
        Ok(answer)
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        // Without a runtime there is no clock. The call itself then fails.
        if tokio::runtime::Handle::try_current().is_err() {
            return call.await;
        }
        if lacks_timers() {
            return Err(NO_TIMERS);
        }
        tokio::time::timeout(self.timeout, call).await.unwrap_or(Err(TIMED_OUT))
    }

    fn failed(&self, action: Action, subject: &Subject, error: SourceError) -> Error {
        let kind = error.kind();
        let help = action.help(&self.aws, &subject.key(), &error);
        let locations: Vec<&str> = subject.id.as_deref().into_iter().filter(|id| !id.is_empty()).collect();
        let place = Place::new(source_name::AWS, &locations, Outcome::Failed(error));
        self.report(action, subject, kind, None, vec![place], help)
    }

    /// The error of input that is refused before a call is made.
    fn refused(&self, action: Action, subject: &Subject, reason: DecodeError) -> Error {
        self.report(action, subject, ErrorKind::Invalid, Some(reason), Vec::new(), None)
    }

    fn report(
        &self,
        action: Action,
        subject: &Subject,
        kind: ErrorKind,
        reason: Option<DecodeError>,
        places: Vec<Place>,
        help: Option<String>,
    ) -> Error {
        let path = subject.path.clone();
        let help = help.into_iter().collect();
        let field =
            FieldError { path: path.clone(), doc: "", group_doc: String::new(), kind, reason, places, help };
        let error = match &self.secrets {
            Some(secrets) => secrets.error(path, 1, Vec::new(), vec![field]),
            None => self.with_target(Error::new(path, String::new(), 1, Vec::new(), vec![field])),
        };
        error.saying(action.failure())
    }

    /// Adds where the requests went.
    pub(crate) fn with_target(&self, error: Error) -> Error {
        error.with_target(source_name::AWS, || self.aws.target())
    }
}

const NO_SECRETS_MANAGER: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("it does not hold AWS Secrets Manager")
    .with_help("Admin::from_secrets_manager takes one");

const TIMED_OUT: SourceError = SourceError::new(ErrorKind::Unavailable).because("no answer in time");

/// Shows the source, and nothing about the account.
impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { aws, secrets, timeout } = self;
        f.debug_struct("Admin").field("aws", aws).field("secrets", secrets).field("timeout", timeout).finish()
    }
}

/// The secret, or other subject, of a call.
struct Subject {
    /// The name in reports: never a text that cannot be a secret's name.
    path: String,
    /// The full name or the ARN. `None` if the call is not about one secret.
    id: Option<String>,
    version: Version,
}

impl Subject {
    fn of_secret(path: &str, id: &str) -> Self {
        Self { path: path.to_owned(), id: Some(id.to_owned()), version: Version::Current }
    }

    /// Something other than a secret.
    fn other(path: &str) -> Self {
        Self { path: path.to_owned(), id: None, version: Version::Current }
    }

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn key(&self) -> Key {
        Key::new(self.id()).with_version(self.version.clone())
    }
}

/// Clears cached values when a change ends, also after an error or a cancellation: the change may have been
/// made.
pub(crate) struct Forget<'a> {
    pub(crate) secrets: Option<&'a Secrets>,
    /// The secret that is changed; `None` clears the whole cache.
    pub(crate) name: Option<&'a str>,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        match (self.secrets, self.name) {
            (Some(secrets), Some(name)) => secrets.clear_cached(name),
            (Some(secrets), None) => secrets.clear_cache(),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests;
