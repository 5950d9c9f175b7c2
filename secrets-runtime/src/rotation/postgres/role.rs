//! What is changed in the server: the password of a role, and the clone of one.

use postgres_protocol::password::scram_sha_256;

use super::login::{Login, Pair};
use super::quoting::{Identifier, Literal};
use super::session::Session;
use super::settings;
use crate::error::ErrorKind;
use crate::rotation::failure::RotatorError;
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

const SUPERUSER: RotatorError =
    RotatorError::new(ErrorKind::Invalid, "the other user is a superuser, whose password is not touched");

/// Sets a role's password, of which the server and its log learn the SCRAM verifier alone.
pub(super) async fn set_password(
    session: &Session,
    user: &Secret<String>,
    password: &Secret<String>,
) -> Result<(), RotatorError> {
    let statement = alter_password(user, password);
    // Its sessions may begin as another role, which is not allowed to.
    session.execute(&format!("SET ROLE NONE; {statement}"), NOT_SET).await
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
    let exists = match standing(session, pair, pending).await? {
        None if is_clone => false,
        None => return Err(NO_ORIGINAL),
        Some(Standing { is_superuser, .. })
            if is_superuser || superuser.is_of_user(pending.user.expose_secret()) =>
        {
            return Err(SUPERUSER);
        }
        Some(Standing { are_a_pair: false, .. }) => return Err(STRANGER),
        Some(_) => true,
    };
    if !is_clone {
        return set_password(session, &pending.user, &pending.password).await;
    }
    let settings = settings_for_clone(session, pair).await?;
    if exists {
        let statement = alter_password(&pending.user, &pending.password);
        session.execute(&format!("SET ROLE NONE; BEGIN; {statement}"), NOT_SET).await?;
    } else {
        create(session, pair, &pending.password).await?;
    }
    session.execute(&format!("{settings}COMMIT"), NOT_COPIED).await
}

struct Standing {
    is_superuser: bool,
    /// The clone is a member of the original.
    are_a_pair: bool,
}

/// Where the pending user stands; none if there is no such role.
///
/// A role of the name of a clone may be anybody's: whoever can write the secret would set somebody else's password.
async fn standing(session: &Session, pair: &Pair, pending: &Login) -> Result<Option<Standing>, RotatorError> {
    const QUERY: &str = "SELECT r.rolsuper, EXISTS (SELECT FROM pg_catalog.pg_auth_members m \
        JOIN pg_catalog.pg_roles c ON c.oid = m.member JOIN pg_catalog.pg_roles o ON o.oid = m.roleid \
        WHERE c.rolname = $2 AND o.rolname = $3) FROM pg_catalog.pg_roles r WHERE r.rolname = $1";
    let names = [&pending.user, &pair.clone, &pair.original].map(|name| name.expose_secret().as_str());
    let rows = session.query(QUERY, &[&names[0], &names[1], &names[2]], NOT_SEEN).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Standing { is_superuser: row.try_get(0)?, are_a_pair: row.try_get(1)? }))
}

/// Begins a transaction with a role that can do what the original can.
async fn create(session: &Session, pair: &Pair, password: &Secret<String>) -> Result<(), RotatorError> {
    let (clone, original) = (pair.clone.expose_secret(), pair.original.expose_secret());
    let statements = format!(
        "SET ROLE NONE; BEGIN; CREATE ROLE {0} LOGIN PASSWORD '{1}'; GRANT {2} TO {0}; SAVEPOINT granted",
        Identifier(clone),
        verifier(password),
        Identifier(original),
    );
    session.execute(&statements, NOT_CREATED).await?;
    // Its sessions are the original's: what they make belongs to the original, and to both that way. Before version 17
    // the server asks whether who says so may become the original, which a superuser in name alone may not.
    let statement = format!("ALTER ROLE {} SET role TO {}", Identifier(clone), Literal(original));
    match session.try_execute(&statement, NOT_CREATED).await {
        Err(error) if error.kind() == ErrorKind::AccessDenied => {
            session.execute("ROLLBACK TO SAVEPOINT granted", NOT_CREATED).await
        }
        done => Ok(done?),
    }
}

/// Statements that give the clone what the original's sessions begin with.
async fn settings_for_clone(session: &Session, pair: &Pair) -> Result<String, RotatorError> {
    const QUERY: &str = "SELECT r.rolconnlimit, d.datname, s.setconfig FROM pg_catalog.pg_roles r \
        LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setrole = r.oid \
        LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase WHERE r.rolname = $1";
    let (clone, original) = (pair.clone.expose_secret(), pair.original.expose_secret());
    let rows = session.query(QUERY, &[original], NOT_SEEN).await?;
    let mut statements = String::new();
    for row in &rows {
        let limit: i32 = row.try_get(0)?;
        let database: Option<&str> = row.try_get(1)?;
        let settings: Option<Vec<String>> = row.try_get(2)?;
        if statements.is_empty() {
            statements = format!("ALTER ROLE {} CONNECTION LIMIT {limit};", Identifier(clone));
        }
        statements.push_str(&settings::statements(clone, database, &settings.unwrap_or_default()));
    }
    if rows.is_empty() { Err(NO_ORIGINAL) } else { Ok(statements) }
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
