//! Reads a login from a secret of [AWS's JSON
//! structure](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html#reference_secret_json_structure_rds-postgres).
//! Makes no connections.

use super::ssl;
use crate::error::ErrorKind;
use crate::operate::rotation::rotator_error::RotatorError;
use crate::secret::Secret;
use crate::value::SecretValue;

pub(super) const PASSWORD: &str = "password";
pub(super) const USERNAME: &str = "username";

/// The suffix of the second user's name, as in AWS's rotation functions.
const CLONE: &str = "_clone";

/// [`NAMEDATALEN`](https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS)
/// less one: the server truncates longer names, and the rest may be another role's name.
const LONGEST_NAME: usize = 63;

/// A user, its password, and the server and database to log in to.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) host: Secret<String>,
    pub(super) port: u16,
    pub(super) database: Secret<String>,
    pub(super) user: Secret<String>,
    pub(super) password: Secret<String>,
    /// Whether the secret requires TLS.
    pub(super) tls: bool,
}

impl Login {
    pub(super) fn of(value: &SecretValue) -> Result<Self, RotatorError> {
        Self::parse(value, None)
    }

    /// The login of a superuser at the server of `own`, the login to rotate. Secrets that RDS manages for
    /// its master users name neither host nor port: those of `own` are taken then.
    pub(super) fn of_superuser(value: &SecretValue, own: &Self) -> Result<Self, RotatorError> {
        Self::parse(value, Some(own))
    }

    /// Reads a login. A host and a port that are not there are those of `server`.
    fn parse(value: &SecretValue, server: Option<&Self>) -> Result<Self, RotatorError> {
        let engine = text(value, "engine")?;
        // RDS calls the engine of an Aurora cluster `aurora-postgresql`.
        let is_known = |engine: &Secret<String>| {
            matches!(engine.expose_secret().as_str(), "postgres" | "aurora-postgresql")
        };
        if !engine.as_ref().is_none_or(is_known) {
            return Err(invalid("the secret's `engine` is not postgres"));
        }
        let port = match text(value, "port")? {
            Some(port) => port
                .expose_secret()
                .parse()
                .map_err(|_| invalid("the secret's `port` is not a number from 0 to 65535"))?,
            None => server.map_or(5432, |server| server.port),
        };
        for key in ["host", "dbname", PASSWORD] {
            if text(value, key)?.is_some_and(|text| text.expose_secret().contains('\0')) {
                return Err(invalid("`host`, `dbname` and `password` must not contain a zero byte"));
            }
        }
        let user = text(value, USERNAME)?.ok_or(invalid("the secret's JSON has no `username`"))?;
        check_name(user.expose_secret())?;
        Ok(Self {
            host: text(value, "host")?
                .or_else(|| server.map(|server| server.host.clone()))
                .ok_or(invalid("the secret's JSON has no `host`"))?,
            port,
            database: text(value, "dbname")?.unwrap_or_else(|| Secret::from("postgres")),
            user,
            password: text(value, PASSWORD)?.ok_or(invalid("the secret's JSON has no `password`"))?,
            tls: ssl::requires_tls(value)? || server.is_some_and(|server| server.tls),
        })
    }

    pub(super) fn is_of_user(&self, user: &str) -> bool {
        self.user.expose_secret() == user
    }

    pub(super) fn is_at_the_server_of(&self, other: &Self) -> bool {
        self.host.expose_secret() == other.host.expose_secret() && self.port == other.port
    }
}

/// The ARN of the superuser's secret, if this one names it.
pub(super) fn superuser_arn(value: &SecretValue) -> Result<Option<Secret<String>>, RotatorError> {
    text(value, "masterarn")
}

/// The two users of the alternating strategy.
pub(super) struct Pair {
    pub(super) original: Secret<String>,
    pub(super) clone: Secret<String>,
}

impl Pair {
    /// The pair that this user belongs to.
    pub(super) fn of(user: &Secret<String>) -> Result<Self, RotatorError> {
        let name = user.expose_secret();
        let pair = match name.strip_suffix(CLONE) {
            Some(original) => Self { original: Secret::from(original), clone: user.clone() },
            None => Self { original: user.clone(), clone: user.map(|name| format!("{name}{CLONE}")) },
        };
        check_name(pair.original.expose_secret())?;
        check_name(pair.clone.expose_secret())?;
        Ok(pair)
    }

    pub(super) fn has(&self, login: &Login) -> bool {
        [&self.original, &self.clone].into_iter().any(|user| login.is_of_user(user.expose_secret()))
    }

    /// The other user of the pair, which the next rotation changes.
    pub(super) fn other_than(&self, user: &Secret<String>) -> &Secret<String> {
        if user.expose_secret() == self.clone.expose_secret() { &self.original } else { &self.clone }
    }
}

fn check_name(name: &str) -> Result<(), RotatorError> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
        return Err(invalid("a role's name has 1 to 63 bytes, including `_clone` for alternating users"));
    }
    Ok(())
}

/// A member of the JSON; `None` if it is empty.
fn text(value: &SecretValue, key: &str) -> Result<Option<Secret<String>>, RotatorError> {
    Ok(value.optional_text_at(key)?.filter(|text| !text.expose_secret().is_empty()))
}

const fn invalid(reason: &'static str) -> RotatorError {
    RotatorError::new(ErrorKind::Invalid, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"engine": "postgres", "host": "db", "port": 6432, "dbname": "shop", "username": "app",
        "password": "hunter2", "ssl": true, "masterarn": "arn"}"#;

    fn login(json: &str) -> Result<Login, String> {
        Login::of(&SecretValue::Json(Secret::from(json))).map_err(|error| error.to_string())
    }

    fn parts(login: &Login) -> (&str, u16, &str, &str, &str, bool) {
        let Login { host, port, database, user, password, tls } = login;
        let [host, database, user, password] =
            [host, database, user, password].map(|secret| secret.expose_secret().as_str());
        (host, *port, database, user, password, *tls)
    }

    #[test]
    fn a_login_is_read_from_the_json_of_aws() {
        let login = login(WHOLE).unwrap();
        assert_eq!(parts(&login), ("db", 6432, "shop", "app", "hunter2", true));
        let arn = superuser_arn(&SecretValue::Json(Secret::from(WHOLE))).unwrap().unwrap();
        assert_eq!(arn.expose_secret(), "arn");
    }

    #[test]
    fn a_superuser_without_host_and_port_is_at_the_server_of_the_login_to_rotate() {
        let own = login(WHOLE).unwrap();
        let superuser = |json: &str| {
            let value = SecretValue::Json(Secret::from(json));
            Login::of_superuser(&value, &own).map_err(|error| error.to_string())
        };
        let managed = superuser(r#"{"username": "postgres", "password": "hunter3"}"#).unwrap();
        assert_eq!(parts(&managed), ("db", 6432, "postgres", "postgres", "hunter3", true));
        let without_port = superuser(r#"{"username": "a", "password": "b", "host": "other"}"#).unwrap();
        assert_eq!(parts(&without_port), ("other", 6432, "postgres", "a", "b", true));
        assert!(!without_port.is_at_the_server_of(&own));
        let without_host =
            superuser(r#"{"username": "a", "password": "b", "port": 5432, "host": ""}"#).unwrap();
        assert!(!without_host.is_at_the_server_of(&own));
        assert_eq!(superuser(r#"{"username": "a"}"#).err().unwrap(), "the secret's JSON has no `password`");
    }

    #[test]
    fn missing_members_have_defaults() {
        let login =
            login(r#"{"host": "db", "username": "app", "password": "hunter2", "dbname": null}"#).unwrap();
        assert_eq!(parts(&login), ("db", 5432, "postgres", "app", "hunter2", false));
        let text = r#"{"host": "db", "port": "1", "username": "app", "password": "hunter2", "ssl": "True"}"#;
        assert_eq!(parts(&self::login(text).unwrap()), ("db", 1, "postgres", "app", "hunter2", true));
    }

    #[test]
    fn an_invalid_member_is_named_and_not_quoted() {
        for (from, to, reason) in [
            ("\"postgres\"", "\"hunter2\"", "the secret's `engine` is not postgres"),
            ("6432", "\"hunter2\"", "the secret's `port` is not a number from 0 to 65535"),
            ("\"host\"", "\"h\"", "the secret's JSON has no `host`"),
            ("\"db\"", "\"\"", "the secret's JSON has no `host`"),
            ("\"username\"", "\"user\"", "the secret's JSON has no `username`"),
            ("\"password\"", "\"pass\"", "the secret's JSON has no `password`"),
            ("\"db\"", "[\"hunter2\"]", "expected text, found a JSON array"),
            (
                "\"hunter2\"",
                "\"hunter\\u00002\"",
                "`host`, `dbname` and `password` must not contain a zero byte",
            ),
            (
                "\"app\"",
                "\"a\\u0000\"",
                "a role's name has 1 to 63 bytes, including `_clone` for alternating users",
            ),
        ] {
            assert!(WHOLE.contains(from));
            assert_eq!(login(&WHOLE.replacen(from, to, 1)).err().as_deref(), Some(reason));
        }
        assert!(!login("hunter2").err().unwrap().contains("hunter2"));
    }

    #[test]
    fn a_pair_has_two_alternating_users() {
        let pair = |name: &str| Pair::of(&Secret::from(name)).map_err(|error| error.to_string());
        for (user, other) in [("app", "app_clone"), ("app_clone", "app"), ("a_clone_clone", "a_clone")] {
            let user = Secret::from(user);
            let pair = Pair::of(&user).unwrap();
            assert_eq!(pair.other_than(&user).expose_secret(), other);
            assert_eq!(pair.clone.expose_secret(), &format!("{}_clone", pair.original.expose_secret()));
        }
        assert!(pair(&"a".repeat(57)).is_ok());
        // The server would truncate the name of the clone.
        assert!(pair(&"a".repeat(58)).is_err());
        assert!(pair("_clone").is_err());
    }
}
