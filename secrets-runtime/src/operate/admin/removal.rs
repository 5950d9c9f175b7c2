//! Deletes secrets and restores them.

use std::fmt;
use std::future::IntoFuture;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::delete_secret::DeleteSecretOutput;
use aws_sdk_secretsmanager::operation::delete_secret::builders::DeleteSecretFluentBuilder;
use aws_sdk_secretsmanager::operation::restore_secret::RestoreSecretOutput;

use super::Admin;
use super::action::Action;
use super::description::time;
use crate::error::DecodeError;
use crate::error::Error;
use crate::secret_id::display_id;
use crate::source::BoxFuture;

const RECOVERY_WINDOW: RangeInclusive<u32> = 7..=30;

impl Admin {
    /// Marks a secret for deletion. It can no longer be read, and is deleted at the end of its recovery
    /// window. [`restore`](Self::restore) brings it back until then.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// admin.delete("old-token").recovery_window(7).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn delete<'a>(&'a self, name: &'a str) -> DeleteSecret<'a> {
        DeleteSecret { admin: self, name, days: *RECOVERY_WINDOW.end() }
    }

    /// Deletes a secret with all its versions, without a recovery window: it cannot be restored. Deleting a
    /// secret that does not exist succeeds.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// admin.force_delete("test/token").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    #[doc(alias = "delete_at_once_without_recovery")]
    pub async fn force_delete(&self, name: &str) -> Result<(), Error> {
        self.end(name, |call| call.force_delete_without_recovery(true)).await.map(drop)
    }

    /// Removes the mark for deletion from a secret. Does nothing if there is none.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError): kind [`Missing`](crate::ErrorKind::Missing) if
    /// it is deleted.
    pub async fn restore(&self, name: &str) -> Result<(), Error> {
        let send = |client: &Client, id| client.restore_secret().secret_id(id).send();
        self.change(Action::Restore, name, send, RestoreSecretOutput::arn).await.map(drop)
    }

    async fn end(
        &self,
        name: &str,
        how: impl FnOnce(DeleteSecretFluentBuilder) -> DeleteSecretFluentBuilder,
    ) -> Result<Option<SystemTime>, Error> {
        let send = |client: &Client, id| how(client.delete_secret().secret_id(id)).send();
        let answer = self.change(Action::Delete, name, send, DeleteSecretOutput::arn).await?;
        Ok(answer.deletion_date.and_then(time))
    }
}

/// A secret that is about to be marked for deletion; see [`Admin::delete`].
#[must_use = "nothing is deleted until it is awaited"]
#[derive(Clone)]
pub struct DeleteSecret<'a> {
    admin: &'a Admin,
    name: &'a str,
    days: u32,
}

impl DeleteSecret<'_> {
    /// Sets for how many days the secret can be restored, 7 to 30. Default: 30.
    pub const fn recovery_window(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    async fn send(self) -> Result<Option<SystemTime>, Error> {
        let Self { admin, name, days } = self;
        if !RECOVERY_WINDOW.contains(&days) {
            let reason = DecodeError::because("a recovery window has 7 to 30 days");
            return Err(admin.refused(Action::Delete, &admin.subject(name), reason));
        }
        admin.end(name, |call| call.recovery_window_in_days(days.into())).await
    }
}

/// Returns when the secret will be deleted, if the service says so.
///
/// # Errors
/// [`Error`] with one [`FieldError`](crate::FieldError): kind [`Invalid`](crate::ErrorKind::Invalid) for a
/// recovery window of fewer than 7 or more than 30 days.
impl<'a> IntoFuture for DeleteSecret<'a> {
    type Output = Result<Option<SystemTime>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for DeleteSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = display_id(self.name);
        f.debug_struct("DeleteSecret").field("name", &name).field("days", &self.days).finish_non_exhaustive()
    }
}
