//! The two rotation strategies: which login is made next, whose password is set through which session, and
//! when a login counts as tested.

use super::login::{Login, PASSWORD, Pair, USERNAME};
use super::role;
use super::session::{Peer, Session};
use super::{PostgresRotator, SuperuserSecret, Users};
use crate::error::{ErrorKind, SourceError};
use crate::operate::admin::RandomPassword;
use crate::operate::rotation::rotator::{RotationValues, Rotator, TestOutcome};
use crate::operate::rotation::rotator_error::RotatorError;
use crate::value::SecretValue;

const NO_CURRENT: RotatorError = RotatorError::new(
    ErrorKind::Missing,
    "no version is AWSCURRENT, so the user and the server are not known",
);

const NO_PASSWORD_REQUIRED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server accepts logins without a password from this machine, so no password can be tested")
    .with_help("set the user's method in the server's pg_hba.conf to scram-sha-256");

const ANOTHER_USER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "the AWSPENDING value names another host, port or user than AWSCURRENT requires",
);

const NO_KNOWN_PASSWORD: RotatorError = RotatorError::new(
    ErrorKind::AccessDenied,
    "the server accepts the password of no version: neither of AWSPENDING, AWSCURRENT nor AWSPREVIOUS, nor of \
     any older one that is still stored",
);

const NO_VALID_LOGIN: RotatorError = RotatorError::new(
    ErrorKind::AccessDenied,
    "the server accepts no login that a version holds, and only the passwords of valid logins are changed",
);

/// A login that the server accepts, and its session.
struct Known<'a> {
    value: &'a SecretValue,
    login: Login,
    session: Session,
}

impl Rotator for PostgresRotator {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        let current = current.ok_or(NO_CURRENT)?;
        let login = Login::of(current)?;
        let random = random.length(self.length).without_characters(&self.without_characters);
        let random = if self.without_punctuation { random.without_punctuation() } else { random };
        let new = current.with_text_at(PASSWORD, &random.await?)?;
        match &self.users {
            Users::Single(_) => Ok(new),
            Users::Alternating(_) => {
                Ok(new.with_text_at(USERNAME, Pair::of(&login.user)?.other_than(&login.user))?)
            }
        }
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        match &self.users {
            Users::Single(superuser) => self.set_for_single_user(values, superuser.as_ref()).await,
            Users::Alternating(superuser) => self.set_for_alternating_users(values, superuser).await,
        }
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        let login = Login::of(pending)?;
        match self.connector.log_in(&login).await? {
            Some(session) => self.test_session(&login, session).await,
            None => Ok(TestOutcome::Refused),
        }
    }
}

impl PostgresRotator {
    /// Sets the password of the single user, as the user itself or as the superuser.
    async fn set_for_single_user(
        &self,
        values: &RotationValues,
        superuser: Option<&SuperuserSecret>,
    ) -> Result<(), RotatorError> {
        let pending = Login::of(values.pending())?;
        let user = pending.user.expose_secret();
        let is_same = |login: &Login| login.is_of_user(user) && login.is_at_the_server_of(&pending);
        if let Some(current) = values.current()
            && !is_same(&Login::of(current)?)
        {
            return Err(ANOTHER_USER);
        }
        let known = self.known_login(values, is_same).await?;
        let Known { value, login, session: own } = known.ok_or(NO_KNOWN_PASSWORD)?;
        self.check_password_required(&login, own.peer).await?;
        let session = match superuser {
            Some(superuser) => {
                own.close().await;
                superuser.log_in(&self.connector, value, &pending).await?.1
            }
            None => own,
        };
        role::set_password(&session, &pending.user, &pending.password).await?;
        session.close().await;
        Ok(())
    }

    /// Sets the password of the pending user of the pair, as the superuser.
    async fn set_for_alternating_users(
        &self,
        values: &RotationValues,
        superuser: &SuperuserSecret,
    ) -> Result<(), RotatorError> {
        let value = values.current().ok_or(NO_CURRENT)?;
        let (current, pending) = (Login::of(value)?, Login::of(values.pending())?);
        let pair = Pair::of(&current.user)?;
        let next = pair.other_than(&current.user).expose_secret();
        if !pending.is_of_user(next) || !pending.is_at_the_server_of(&current) {
            return Err(ANOTHER_USER);
        }
        // The password of either user is a proof: each may become the other.
        let is_own = |login: &Login| pair.has(login) && login.is_at_the_server_of(&current);
        let known = self.known_login(values, is_own).await?;
        let Known { login, session: own, .. } = known.ok_or(NO_VALID_LOGIN)?;
        let peer = own.peer;
        own.close().await;
        self.check_password_required(&login, peer).await?;
        let (login, session) = superuser.log_in(&self.connector, value, &current).await?;
        role::set_password_in_pair(&session, &login, &pair, &pending).await?;
        session.close().await;
        Ok(())
    }

    /// The first of the known logins that the server accepts, of those that are `wanted`.
    async fn known_login<'a>(
        &self,
        values: &'a RotationValues,
        wanted: impl Fn(&Login) -> bool,
    ) -> Result<Option<Known<'a>>, RotatorError> {
        for value in values.known() {
            // An older value may hold another server, another user, or no login.
            if let Ok(login) = Login::of(value)
                && wanted(&login)
                && let Some(session) = self.connector.log_in(&login).await?
            {
                return Ok(Some(Known { value, login, session }));
            }
        }
        Ok(None)
    }

    /// Tests that the session answers a query, and that the password has opened it.
    async fn test_session(&self, login: &Login, session: Session) -> Result<TestOutcome, RotatorError> {
        session.execute("SELECT 1", "the login succeeded, and the server answers no query").await?;
        let peer = session.peer;
        session.close().await;
        self.check_password_required(login, peer).await?;
        Ok(TestOutcome::Accepted)
    }

    /// Fails if the server also accepts the user without a password: a session then proves nothing.
    async fn check_password_required(&self, login: &Login, peer: Peer) -> Result<(), RotatorError> {
        if self.connector.accepts_no_password(login, peer).await? {
            return Err(NO_PASSWORD_REQUIRED.into());
        }
        Ok(())
    }
}
