//! Reads the superuser's secret and logs in with it, for changes that a user may not make itself.

use std::fmt;

use super::login::{Login, superuser_arn};
use super::session::{Connector, Session};
use crate::error::{ErrorKind, SourceError};
use crate::operate::admin::Admin;
use crate::operate::rotation::rotator_error::RotatorError;
use crate::secret_id::display_id;
use crate::value::SecretValue;

const NOT_NAMED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the secret's JSON has no `masterarn`")
    .with_help("put the ARN of the superuser's secret there, or pass its name to SuperuserSecret::new");

const ANOTHER_SERVER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "the superuser's secret names another host or port than the secret to rotate",
);

const REFUSED: RotatorError =
    RotatorError::new(ErrorKind::AccessDenied, "the server refuses the password in the superuser's secret");

/// The secret with the login of a database's superuser. It has the same JSON structure, and is read again in
/// each rotation.
///
/// If it names a host or a port, they must be those of the secret that is rotated: a writer of that secret
/// could otherwise send the superuser's password to any server. The secret that [RDS manages for a master
/// user][managed] names neither, and those of the secret that is rotated are used. Allow only trusted roles
/// to write that secret then, and use [`tls`](crate::rotation::PostgresRotator::tls) with a connector that
/// trusts RDS's certificates alone, so that no other server can get the password.
///
/// A managed superuser is enough, such as RDS's master
/// user: it needs `CREATEROLE`, and in `PostgreSQL` 16 and later the `ADMIN` option on the roles, which the
/// creator of a role has.
///
/// The rotation also needs `secretsmanager:GetSecretValue` on this secret. An error about this secret names
/// it.
///
/// [managed]: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
#[derive(Clone)]
pub struct SuperuserSecret {
    admin: Admin,
    id: Option<String>,
}

impl SuperuserSecret {
    /// Uses the secret with this name or ARN. Writers of the rotated secret cannot choose another one.
    ///
    /// ```
    /// use secrets_runtime::admin::Admin;
    /// use secrets_runtime::rotation::SuperuserSecret;
    /// use secrets_runtime::SecretsManager;
    ///
    /// let admin = Admin::from_secrets_manager(SecretsManager::localstack());
    /// let superuser = SuperuserSecret::new(admin, "shop/production/superuser");
    /// ```
    pub fn new(admin: Admin, id: impl Into<String>) -> Self {
        Self { admin, id: Some(id.into()) }
    }

    /// Uses the secret whose ARN is the member `masterarn` of the rotated secret, as AWS's own rotation
    /// functions do.
    pub const fn from_masterarn(admin: Admin) -> Self {
        Self { admin, id: None }
    }

    /// Logs in to the server of `own`, which is the login in `value`. Returns the superuser's login and the
    /// session.
    pub(super) async fn log_in(
        &self,
        connector: &Connector,
        value: &SecretValue,
        own: &Login,
    ) -> Result<(Login, Session), RotatorError> {
        let arn = if self.id.is_none() { superuser_arn(value)? } else { None };
        let arn = arn.as_ref().map(|arn| arn.expose_secret().as_str());
        let id = self.id.as_deref().or(arn).ok_or(NOT_NAMED)?;
        let secret = self.admin.read(id).value().await?;
        let about = |error: RotatorError| error.about(display_id(id));
        // Roles are shared by all databases, so the database of the rotated login will do.
        let login = Login::of_superuser(&secret, own).map_err(about)?;
        let login = Login { database: own.database.clone(), ..login };
        if !login.is_at_the_server_of(own) {
            return Err(about(ANOTHER_SERVER));
        }
        let session = connector.log_in(&login).await?.ok_or_else(|| about(REFUSED))?;
        Ok((login, session))
    }
}

impl fmt::Debug for SuperuserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().map_or("(from masterarn)", display_id);
        f.debug_struct("SuperuserSecret").field("id", &id).finish_non_exhaustive()
    }
}
