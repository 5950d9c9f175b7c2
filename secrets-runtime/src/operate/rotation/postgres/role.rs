//! Changes roles in the server: sets passwords, and creates and updates the clone of an alternating pair.

use postgres_protocol::password::scram_sha_256;
use tokio_postgres::error::SqlState;

use super::login::{Login, Pair};
use super::quoting::{Identifier, Literal};
use super::session::Session;
use super::settings::{Change, Settings, log_skipped};
use crate::error::{ErrorKind, SourceError};
use crate::operate::rotation::rotator_error::RotatorError;
use crate::secret::Secret;

const NOT_SET: &str = "the server did not accept the new password";
const NOT_SEEN: &str = "the server does not list its roles";
const NOT_CREATED: &str = "the server did not create the other user";
const NOT_COPIED: &str = "the server did not give the clone the settings of the original";

const NO_ORIGINAL: RotatorError =
    RotatorError::new(ErrorKind::Invalid, "there is no role with the user's name without `_clone`");

const NOT_A_CLONE: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "the role with `_clone` is not a member of the role without it, and so not its clone",
);

const SUPERUSER: RotatorError = RotatorError::new(
    ErrorKind::Invalid,
    "one of the two users is a superuser, or the user that changes the passwords: such a user cannot have a clone",
);

const NO_LOGIN: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the user to change may not log in: the role is NOLOGIN")
    .with_help("allow it with ALTER ROLE .. LOGIN; nothing has been changed");

const EXPIRED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the user to change may no longer log in: the role's VALID UNTIL has passed")
    .with_help(
        "allow it with ALTER ROLE .. VALID UNTIL 'infinity', or a later date; nothing has been changed",
    );

/// The server's codes for a setting that it does not know, a name that an extension reserves, an invalid
/// value, and a setting that sessions cannot change. If a role has such settings from an earlier time, the
/// server skips them when a session begins.
const SKIPPED: [&SqlState; 4] = [
    &SqlState::UNDEFINED_OBJECT,
    &SqlState::INVALID_NAME,
    &SqlState::INVALID_PARAMETER_VALUE,
    &SqlState::CANT_CHANGE_RUNTIME_PARAM,
];

/// Sets a role's password. The server and its log see only the SCRAM verifier.
pub(super) async fn set_password(
    session: &Session,
    user: &Secret<String>,
    password: &Secret<String>,
) -> Result<(), RotatorError> {
    // Sessions of the role may begin as another role, which may not set the password.
    session.execute("SET ROLE NONE", NOT_SET).await?;
    Ok(session.execute_unlogged(&alter_password(user, password), NOT_SET).await?)
}

fn alter_password(user: &Secret<String>, password: &Secret<String>) -> String {
    format!("ALTER ROLE {} PASSWORD '{}'", Identifier(user.expose_secret()), verifier(password))
}

/// The SCRAM verifier, of letters, digits and `$:+/=-`.
fn verifier(password: &Secret<String>) -> String {
    scram_sha_256(password.expose_secret().as_bytes())
}

/// Sets the password of the pending user of a pair, and creates the clone if it does not exist. All changes
/// take effect together or not at all.
pub(super) async fn set_password_in_pair(
    session: &Session,
    superuser: &Login,
    pair: &Pair,
    pending: &Login,
) -> Result<(), RotatorError> {
    let is_clone = pending.is_of_user(pair.clone.expose_secret());
    let state = read_pair(session, pair).await?;
    let is_new = is_clone && state.clone.is_none();
    if state.original.is_none() {
        return Err(NO_ORIGINAL);
    }
    // A new clone would get all rights of the original.
    if state.has_superuser() || pair.has(superuser) {
        return Err(SUPERUSER);
    }
    if !is_new && !state.are_a_pair {
        return Err(NOT_A_CLONE);
    }
    let next = if is_clone { &state.clone } else { &state.original };
    if let Some(next) = next {
        next.check_login()?;
    }
    if !is_clone {
        return set_password(session, &pending.user, &pending.password).await;
    }
    let plan = plan_clone(session, pair).await?;
    if is_new {
        create(session, pair, &pending.password).await?;
    } else {
        session.execute("SET ROLE NONE; BEGIN", NOT_SET).await?;
        session.execute_unlogged(&alter_password(&pending.user, &pending.password), NOT_SET).await?;
    }
    session.execute_unlogged(&plan.connection_limit, NOT_COPIED).await?;
    for change in plan.settings {
        if let Err(error) = execute_or_skip(session, &change.statement, NOT_COPIED).await? {
            log_skipped(&change.setting, &error);
        }
    }
    session.execute("COMMIT", NOT_COPIED).await
}

/// The two roles of a pair, as they are in the server.
#[derive(Default)]
struct PairState {
    original: Option<Role>,
    clone: Option<Role>,
    /// Whether the clone is a member of the original.
    are_a_pair: bool,
}

struct Role {
    is_superuser: bool,
    may_log_in: bool,
    is_expired: bool,
}

impl Role {
    /// Fails if the role may not log in with any password.
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

/// Reads the roles of a pair. A role with the name of a clone may belong to another user, whose password
/// must not be set by a writer of the secret.
async fn read_pair(session: &Session, pair: &Pair) -> Result<PairState, RotatorError> {
    const QUERY: &str = "SELECT r.rolname, r.rolsuper, EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
        JOIN pg_catalog.pg_roles c ON c.oid = m.member JOIN pg_catalog.pg_roles o ON o.oid = m.roleid \
        WHERE o.rolname = $1 AND c.rolname = $2), r.rolcanlogin, \
        coalesce(r.rolvaliduntil <= pg_catalog.now(), false) FROM pg_catalog.pg_roles r WHERE r.rolname IN ($1, $2)";
    let (original, clone) = (pair.original.expose_secret(), pair.clone.expose_secret());
    let mut state = PairState::default();
    for row in session.query(QUERY, &[original, clone], NOT_SEEN).await? {
        let name: &str = row.try_get(0)?;
        let role = if name == original { &mut state.original } else { &mut state.clone };
        *role = Some(Role {
            is_superuser: row.try_get(1)?,
            may_log_in: row.try_get(3)?,
            is_expired: row.try_get(4)?,
        });
        state.are_a_pair = row.try_get(2)?;
    }
    Ok(state)
}

/// Begins a transaction that creates the clone, with the rights of the original.
async fn create(session: &Session, pair: &Pair, password: &Secret<String>) -> Result<(), RotatorError> {
    let (clone, original) = (pair.clone.expose_secret(), pair.original.expose_secret());
    session.execute("SET ROLE NONE; BEGIN", NOT_CREATED).await?;
    let statement = format!("CREATE ROLE {} LOGIN PASSWORD '{}'", Identifier(clone), verifier(password));
    session.execute_unlogged(&statement, NOT_CREATED).await?;
    let statement = format!("GRANT {} TO {}", Identifier(original), Identifier(clone));
    session.execute_unlogged(&statement, NOT_CREATED).await?;
    // Sessions of the clone begin as the original, so that objects they create belong to the original and to
    // both users. Before version 17 this statement needs the right to become the original, which a managed
    // superuser may lack.
    let statement = format!("ALTER ROLE {} SET role TO {}", Identifier(clone), Literal(original));
    match execute_or_skip(session, &statement, NOT_CREATED).await? {
        Err(error) if error.kind() != ErrorKind::AccessDenied => Err(error.into()),
        _ => Ok(()),
    }
}

/// Executes a statement about a setting in a transaction. The transaction continues without it if the
/// superuser lacks the rights, or the server refuses the setting.
async fn execute_or_skip(
    session: &Session,
    statement: &str,
    reason: &'static str,
) -> Result<Result<(), SourceError>, RotatorError> {
    let is_skipped = |error: &SourceError| {
        let is_code = |code: &str| SKIPPED.iter().any(|skipped| skipped.code() == code);
        error.kind() == ErrorKind::AccessDenied || error.code().is_some_and(is_code)
    };
    session.execute("SAVEPOINT before", reason).await?;
    match session.execute_unlogged(statement, reason).await {
        Err(error) if is_skipped(&error) => {
            session.execute("ROLLBACK TO SAVEPOINT before; RELEASE SAVEPOINT before", reason).await?;
            Ok(Err(error))
        }
        done => {
            done?;
            Ok(Ok(session.execute("RELEASE SAVEPOINT before", reason).await?))
        }
    }
}

/// The statements that give a clone the settings of the original.
struct ClonePlan {
    connection_limit: String,
    settings: Vec<Change>,
}

async fn plan_clone(session: &Session, pair: &Pair) -> Result<ClonePlan, RotatorError> {
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
    Ok(ClonePlan { connection_limit, settings: wanted.changes(clone, &present) })
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
        // The salt differs each time.
        assert_ne!(statement, alter_password(&Secret::from("a\"b"), &password));
        let alphabet = |c: char| c.is_ascii_alphanumeric() || "$:+/=-".contains(c);
        assert!(verifier(&password).chars().all(alphabet));
    }
}
