//! What is changed in the server: the password of a role, and the clone of one.

use postgres_protocol::password::scram_sha_256;
use tokio_postgres::error::SqlState;

use super::login::{Login, Pair};
use super::quoting::{Identifier, Literal};
use super::session::Session;
use super::settings::{Change, Settings, left_out};
use crate::error::{ErrorKind, SourceError};
use crate::operate::rotation::rotator_error::RotatorError;
use crate::secret::Secret;

const NOT_SET: &str = "the server did not take the new password";
const NOT_SEEN: &str = "the server does not show its roles";
const NOT_CREATED: &str = "the server did not create the other user";
const NOT_COPIED: &str = "the server did not give the clone the settings of the original";

const NO_ORIGINAL: RotatorError =
    RotatorError::new(ErrorKind::Invalid, "there is no role of the user's name without `_clone`");

const STRANGER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "the role with `_clone` is no member of the one without, and so not its clone",
);

const SUPERUSER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "one of the two users is a superuser, or the one who changes the passwords: such a user has no clone",
);

const NO_LOGIN: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the user whose turn it is may not log in: the role is NOLOGIN")
    .with_help("ALTER ROLE .. LOGIN lets it in; nothing has been changed");

const EXPIRED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the user whose turn it is may not log in any more: the role's VALID UNTIL has passed")
    .with_help("ALTER ROLE .. VALID UNTIL 'infinity', or later, lets it in; nothing has been changed");

/// What the server says to a setting that it does not know, of a name that an extension keeps for itself, of a value that it
/// does not take, or that is not a session's. In a role's settings from another time it skips those when a session
/// begins.
const SKIPPED: [&SqlState; 4] = [
    &SqlState::UNDEFINED_OBJECT,
    &SqlState::INVALID_NAME,
    &SqlState::INVALID_PARAMETER_VALUE,
    &SqlState::CANT_CHANGE_RUNTIME_PARAM,
];

/// Sets a role's password, of which the server and its log learn the SCRAM verifier alone.
pub(super) async fn set_password(
    session: &Session,
    user: &Secret<String>,
    password: &Secret<String>,
) -> Result<(), RotatorError> {
    // Its sessions may begin as another role, which is not allowed to.
    session.execute("SET ROLE NONE", NOT_SET).await?;
    Ok(session.execute_unlogged(&alter_password(user, password), NOT_SET).await?)
}

fn alter_password(user: &Secret<String>, password: &Secret<String>) -> String {
    format!("ALTER ROLE {} PASSWORD '{}'", Identifier(user.expose_secret()), verifier(password))
}

/// In letters, digits and `$:+/=-`.
fn verifier(password: &Secret<String>) -> String {
    scram_sha_256(password.expose_secret().as_bytes())
}

/// Sets the password of the other one of a pair, who is created first if need be.
///
/// What it does takes effect as a whole, or not at all.
pub(super) async fn set_password_in_pair(
    session: &Session,
    superuser: &Login,
    pair: &Pair,
    pending: &Login,
) -> Result<(), RotatorError> {
    let is_clone = pending.is_of_user(pair.clone.expose_secret());
    let state = state(session, pair).await?;
    let is_new = is_clone && state.clone.is_none();
    if state.original.is_none() {
        return Err(NO_ORIGINAL);
    }
    // Whoever is new would be given all that the original has.
    if state.has_superuser() || pair.has(superuser) {
        return Err(SUPERUSER);
    }
    if !is_new && !state.are_a_pair {
        return Err(STRANGER);
    }
    let next = if is_clone { &state.clone } else { &state.original };
    if let Some(next) = next {
        next.check_login()?;
    }
    if !is_clone {
        return set_password(session, &pending.user, &pending.password).await;
    }
    let clone = clone_of(session, pair).await?;
    if is_new {
        create(session, pair, &pending.password).await?;
    } else {
        session.execute("SET ROLE NONE; BEGIN", NOT_SET).await?;
        session.execute_unlogged(&alter_password(&pending.user, &pending.password), NOT_SET).await?;
    }
    session.execute_unlogged(&clone.connection_limit, NOT_COPIED).await?;
    for change in clone.settings {
        if let Err(error) = execute_or_skip(session, &change.statement, NOT_COPIED).await? {
            left_out(&change.setting, &error);
        }
    }
    session.execute("COMMIT", NOT_COPIED).await
}

/// Where a pair stands in the server.
#[derive(Default)]
struct PairState {
    original: Option<Role>,
    clone: Option<Role>,
    /// The clone is a member of the original.
    are_a_pair: bool,
}

struct Role {
    is_superuser: bool,
    may_log_in: bool,
    is_expired: bool,
}

impl Role {
    /// A password does not help who is not let in with any.
    fn check_login(&self) -> Result<(), SourceError> {
        match self {
            Self { may_log_in: false, .. } => Err(NO_LOGIN),
            Self { is_expired: true, .. } => Err(EXPIRED),
            _ => Ok(()),
        }
    }
}

impl PairState {
    fn has_superuser(&self) -> bool {
        [&self.original, &self.clone].into_iter().flatten().any(|role| role.is_superuser)
    }
}

/// A role of the name of a clone may be anybody's: whoever can write the secret would set somebody else's password.
async fn state(session: &Session, pair: &Pair) -> Result<PairState, RotatorError> {
    const QUERY: &str = "SELECT r.rolname, r.rolsuper, EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
        JOIN pg_catalog.pg_roles c ON c.oid = m.member JOIN pg_catalog.pg_roles o ON o.oid = m.roleid \
        WHERE o.rolname = $1 AND c.rolname = $2), r.rolcanlogin, \
        coalesce(r.rolvaliduntil <= pg_catalog.now(), false) FROM pg_catalog.pg_roles r WHERE r.rolname IN ($1, $2)";
    let (original, clone) = (pair.original.expose_secret(), pair.clone.expose_secret());
    let mut state = PairState::default();
    for row in session.query(QUERY, &[original, clone], NOT_SEEN).await? {
        let name: &str = row.try_get(0)?;
        let peer = if name == original { &mut state.original } else { &mut state.clone };
        *peer = Some(Role {
            is_superuser: row.try_get(1)?,
            may_log_in: row.try_get(3)?,
            is_expired: row.try_get(4)?,
        });
        state.are_a_pair = row.try_get(2)?;
    }
    Ok(state)
}

/// Begins a transaction with a role that can do what the original can.
async fn create(session: &Session, pair: &Pair, password: &Secret<String>) -> Result<(), RotatorError> {
    let (clone, original) = (pair.clone.expose_secret(), pair.original.expose_secret());
    session.execute("SET ROLE NONE; BEGIN", NOT_CREATED).await?;
    let statement = format!("CREATE ROLE {} LOGIN PASSWORD '{}'", Identifier(clone), verifier(password));
    session.execute_unlogged(&statement, NOT_CREATED).await?;
    let statement = format!("GRANT {} TO {}", Identifier(original), Identifier(clone));
    session.execute_unlogged(&statement, NOT_CREATED).await?;
    // Its sessions are the original's: what they make belongs to the original, and to both that way. Before version 17
    // the server asks whether who says so may become the original, which a superuser in name alone may not.
    let statement = format!("ALTER ROLE {} SET role TO {}", Identifier(clone), Literal(original));
    match execute_or_skip(session, &statement, NOT_CREATED).await? {
        Err(error) if error.kind() != ErrorKind::AccessDenied => Err(error.into()),
        _ => Ok(()),
    }
}

/// Executes a statement about a setting in a transaction, which goes on without it if that takes more rights than the
/// superuser has, or the server does not take the setting.
async fn execute_or_skip(
    session: &Session,
    statement: &str,
    failure: &'static str,
) -> Result<Result<(), SourceError>, RotatorError> {
    let is_skipped = |error: &SourceError| {
        let is_code = |code: &str| SKIPPED.iter().any(|skipped| skipped.code() == code);
        error.kind() == ErrorKind::AccessDenied || error.code().is_some_and(is_code)
    };
    session.execute("SAVEPOINT before", failure).await?;
    match session.execute_unlogged(statement, failure).await {
        Err(error) if is_skipped(&error) => {
            session.execute("ROLLBACK TO SAVEPOINT before; RELEASE SAVEPOINT before", failure).await?;
            Ok(Err(error))
        }
        done => {
            done?;
            Ok(Ok(session.execute("RELEASE SAVEPOINT before", failure).await?))
        }
    }
}

/// What gives a clone what the original's sessions begin with.
struct Clone {
    connection_limit: String,
    settings: Vec<Change>,
}

async fn clone_of(session: &Session, pair: &Pair) -> Result<Clone, RotatorError> {
    const QUERY: &str = "SELECT r.rolname, r.rolconnlimit, d.datname, s.setconfig FROM pg_catalog.pg_roles r \
        LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setrole = r.oid \
        LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase WHERE r.rolname IN ($1, $2)";
    let (original, clone) = (pair.original.expose_secret(), pair.clone.expose_secret());
    let (mut wanted, mut present) = (Settings::default(), Settings::default());
    let mut connection_limit: Option<i32> = None;
    for row in session.query(QUERY, &[original, clone], NOT_SEEN).await? {
        let name: &str = row.try_get(0)?;
        let settings = row.try_get::<_, Option<Vec<String>>>(3)?.unwrap_or_default();
        if name == original {
            connection_limit = Some(row.try_get(1)?);
            wanted.add(row.try_get(2)?, settings);
        } else {
            present.add(row.try_get(2)?, settings);
        }
    }
    let limit = connection_limit.ok_or(NO_ORIGINAL)?;
    let connection_limit = format!("ALTER ROLE {} CONNECTION LIMIT {limit}", Identifier(clone));
    Ok(Clone { connection_limit, settings: wanted.changes(clone, &present) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_holds_a_verifier_and_no_password() {
        let password = Secret::from("hunter2hunter2");
        let statement = alter_password(&Secret::from("a\"b"), &password);
        assert!(statement.starts_with("ALTER ROLE \"a\"\"b\" PASSWORD 'SCRAM-SHA-256$4096:"), "{statement}");
        assert!(!statement.contains("hunter2"));
        // Salted: the same password looks another way each time.
        assert_ne!(statement, alter_password(&Secret::from("a\"b"), &password));
        let alphabet = |c: char| c.is_ascii_alphanumeric() || "$:+/=-".contains(c);
        assert!(verifier(&password).chars().all(alphabet));
    }
}
