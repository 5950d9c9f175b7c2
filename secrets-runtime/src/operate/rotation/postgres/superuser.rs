//! The superuser who changes what a user may not change.

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
    .with_help("put the ARN of the superuser's secret there, or give its name to SuperuserSecret::new");

const ANOTHER_SERVER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "the superuser's secret names another host or port than the secret to rotate",
);

const REFUSED: RotatorError =
    RotatorError::new(ErrorKind::AccessDenied, "the server refuses the password in the superuser's secret");

/// Where the login of a database's superuser is: a secret of the same JSON structure, read anew in each rotation.
///
/// It has to name the same host and port as the secret that is rotated: one password for whatever server that secret names
/// would be anybody's who can write it. A superuser in name will do, such as RDS's master user: it needs `CREATEROLE`, and
/// in `PostgreSQL` 16 and later the `ADMIN` option on the roles, which whoever creates a role has.
///
/// The rotation needs `secretsmanager:GetSecretValue` on this secret, too.
#[derive(Clone)]
pub struct SuperuserSecret {
    admin: Admin,
    id: Option<String>,
}

impl SuperuserSecret {
    /// The secret of this name or ARN. Whoever can write the secret that is rotated cannot choose another.
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

    /// The secret whose ARN stands under `masterarn` in the secret that is rotated, as AWS's own rotation functions have it.
    pub const fn from_masterarn(admin: Admin) -> Self {
        Self { admin, id: None }
    }

    /// Logs in to the server of `own`, the login in `value`: with whose login, too.
    pub(super) async fn log_in(
        &self,
        connector: &Connector,
        value: &SecretValue,
        own: &Login,
    ) -> Result<(Login, Session), RotatorError> {
        let secret = match &self.id {
            Some(id) => self.admin.read(id).value().await?,
            None => {
                let arn = superuser_arn(value)?.ok_or(NOT_NAMED)?;
                self.admin.read(arn.expose_secret()).value().await?
            }
        };
        // A user that is not the superuser's may connect to no other database.
        let login = Login { database: own.database.clone(), ..Login::of(&secret)? };
        if !login.is_at_the_server_of(own) {
            return Err(ANOTHER_SERVER);
        }
        let session = connector.log_in(&login).await?.ok_or(REFUSED)?;
        Ok((login, session))
    }
}

impl fmt::Debug for SuperuserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().map_or("(from masterarn)", display_id);
        f.debug_struct("SuperuserSecret").field("id", &id).finish_non_exhaustive()
    }
}
