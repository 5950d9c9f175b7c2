//! `PostgresRotator`: rotates the passwords of `PostgreSQL` users. This file holds the public type and its
//! options.
//!
//! `strategy` implements the steps of a rotation, by AWS's two
//! [strategies](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html). `login`
//! reads secrets, `session` logs in, and `role` changes the server.

mod connection;
mod login;
mod postgres_error;
mod quoting;
mod role;
mod session;
mod settings;
mod strategy;
mod superuser;
mod tls;

use std::fmt;
use std::time::Duration;

use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use session::Connector;
pub use superuser::SuperuserSecret;

/// Rotates the password of a `PostgreSQL` user, RDS's and Aurora's included.
///
/// Feature `postgres`, off by default. The secret is [AWS's JSON
/// structure](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html#reference_secret_json_structure_rds-postgres),
/// as the console writes it:
///
/// ```json
/// {
///   "engine": "postgres",
///   "host": "shop.cluster-c1x2.eu-west-1.rds.amazonaws.com",
///   "port": 5432,
///   "dbname": "shop",
///   "username": "app",
///   "password": "..",
///   "masterarn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/superuser-AbCdEf"
/// }
/// ```
///
/// `host`, `username` and `password` have to be there; `port` is 5432 without, `dbname` is `postgres`, and
/// an `engine` that is given is `postgres` or `aurora-postgresql`. All else in it stays letter for letter as
/// it is.
///
/// | | [`single_user`](Self::single_user) | [`alternating_users`](Self::alternating_users) |
/// |---|---|---|
/// | what changes in the secret | `password` | `password`, and `username` between `app` and `app_clone` |
/// | who changes the password | the user | a superuser |
/// | connections that are open | stay | stay |
/// | who connects with the old password | is refused from `setSecret` on: see [`or_pending`](crate::live::AcrossRotation::or_pending) | is let in until the rotation after this one |
///
/// ```no_run
/// use secrets_runtime::admin::Admin;
/// use secrets_runtime::rotation::{PostgresRotator, Rotation, SuperuserSecret};
/// use secrets_runtime::SecretsManager;
///
/// # async fn run() -> Result<(), secrets_runtime::Error> {
/// let admin = Admin::from_secrets_manager(SecretsManager::new());
/// let alone = Rotation::new(admin.clone(), PostgresRotator::single_user());
/// alone.rotate_now("shop/production/reports-database").await?;
///
/// let superuser = SuperuserSecret::new(admin.clone(), "shop/production/superuser");
/// let in_turns = Rotation::new(admin, PostgresRotator::alternating_users(superuser));
/// in_turns.rotate_now("shop/production/database").await?;
/// # Ok(())
/// # }
/// ```
///
/// # What the server learns
///
/// The password reaches it as a `SCRAM-SHA-256` verifier that is computed here, as by psql's `\password`:
/// neither its log, with `log_statement = 'ddl'` or any other, nor `pg_stat_activity` shows the password.
/// `PostgreSQL` 10 and later take that. In the process that rotates, the log of `tokio_postgres` has neither
/// verifiers nor users nor settings: statements that hold a value are sent in a way that it does not log,
/// and what the server says in its notices is dropped. The server's own log has them, as its `log_statement`
/// says.
///
/// A login is another matter: the server chooses [how to
/// ask](https://www.postgresql.org/docs/current/auth-password.html), and one that asks for the password
/// itself is given it. Without [`tls`](Self::tls) whoever stands between can ask so.
///
/// # Whose password is changed
///
/// AWS's functions refuse to be used against others by whoever can write the secret, and so does this: the
/// value to set has to name the host, port and user of AWSCURRENT (with `_clone` or without, where users
/// alternate), and the login in AWSCURRENT has to be valid, or for a single user that in AWSPREVIOUS. Beyond
/// that, an existing `app_clone` has to be a member of `app`, and neither may be a superuser or the user in
/// the superuser's secret. A user who may not log in, by `NOLOGIN` or `VALID UNTIL`, is given no password.
///
/// A server that lets the user in without a password, as `pg_hba.conf` may say of some networks, is no test
/// of one, neither of AWSCURRENT's nor of AWSPENDING's: that is an error. So the server is connected to once
/// more after a login, at the same address and without a password; one that says neither that it asks nor
/// that it does not, such as a server without a free connection, is an error of kind
/// [`Unavailable`](crate::ErrorKind::Unavailable).
///
/// Sessions have `search_path` set to `pg_catalog` before their first query: no function or operator of the
/// database's owner runs with a superuser's rights.
///
/// # TLS
///
/// Without [`tls`](Self::tls) connections are plain, and a secret that says `"ssl": true` is refused. Give
/// it wherever the network is not the server's own: beyond what is read on the way, it is what tells the
/// server from another that asks for passwords, if the connector verifies certificates and host names.
///
/// # Memory
///
/// The copies of a password that are made here are wiped. Those of the driver are freed with the attempt and
/// not wiped: `tokio_postgres` keeps the password of a connection in its configuration, and its SCRAM client
/// and `postgres_protocol`'s `scram_sha_256`, which computes the verifier, each make a normalized copy. The
/// same holds for statements, and what is in them: verifiers, names of users and the settings that are
/// copied to a clone.
///
/// # Errors
///
/// Those of the [steps](crate::rotation::Rotation), under the place of the step. A server's error is told by
/// its [code](https://www.postgresql.org/docs/current/errcodes-appendix.html), never by its text; kind
/// [`Unavailable`](crate::ErrorKind::Unavailable) says that there was no answer.
#[derive(Clone)]
pub struct PostgresRotator {
    users: Users,
    connector: Connector,
    length: u32,
    without_characters: String,
    without_punctuation: bool,
}

#[derive(Debug, Clone)]
enum Users {
    Single(Option<SuperuserSecret>),
    Alternating(SuperuserSecret),
}

impl PostgresRotator {
    /// Rotates one user, which changes its own password.
    ///
    /// Between `setSecret` and `finishSecret` AWSCURRENT is refused to new connections, for as long as a
    /// test takes.
    pub fn single_user() -> Self {
        Self::of(Users::Single(None))
    }

    /// One user, whose password a superuser changes: where users may not change their own, as with RDS's
    /// [`rds.restrict_password_commands`](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.RestrictPasswordMgmt.html).
    pub fn single_user_by(superuser: SuperuserSecret) -> Self {
        Self::of(Users::Single(Some(superuser)))
    }

    /// Rotates two users in turns: one is in use while the other's password changes. AWSCURRENT is never
    /// refused.
    ///
    /// The first rotation creates the second user, `app_clone` for `app`, as a member of `app`. Its sessions
    /// begin as `app` (`ALTER ROLE app_clone SET role TO app`), so what either of them creates belongs to
    /// `app` and to both; before `PostgreSQL` 17 that takes a superuser who may become `app`, and is left
    /// out otherwise. It has the connection limit of `app` and the settings of its sessions (`ALTER ROLE app
    /// SET search_path ..`), which are copied anew whenever it is its turn, in place of all that it has but
    /// `role`. Not copied: `VALID UNTIL`, what `pg_hba.conf` says of `app`, and, with a warning that names
    /// them, settings that the superuser may not set, such as `log_min_duration_statement` for a superuser
    /// in name alone, or that the server does not take, such as those of an extension that is gone.
    ///
    /// ```
    /// use secrets_runtime::admin::Admin;
    /// use secrets_runtime::rotation::{PostgresRotator, SuperuserSecret};
    /// use secrets_runtime::SecretsManager;
    ///
    /// let admin = Admin::from_secrets_manager(SecretsManager::localstack());
    /// let rotator = PostgresRotator::alternating_users(SuperuserSecret::from_masterarn(admin));
    /// ```
    pub fn alternating_users(superuser: SuperuserSecret) -> Self {
        Self::of(Users::Alternating(superuser))
    }

    fn of(users: Users) -> Self {
        Self {
            users,
            connector: Connector::without_tls(),
            length: 32,
            without_characters: "/@\"'\\".to_owned(),
            without_punctuation: false,
        }
    }

    /// Connects only with TLS.
    ///
    /// The connector is one of those that exist for `tokio_postgres`: [`tokio-postgres-rustls`],
    /// [`postgres-openssl`], [`postgres-native-tls`]. It decides whose certificates count, and has to see
    /// that they are for the `host` in the secret: RDS's are signed by [its own
    /// authorities](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html). A
    /// certificate that it does not take is an error of kind
    /// [`Configuration`](crate::ErrorKind::Configuration), and no password is sent.
    ///
    /// ```no_run
    /// use rustls::pki_types::{CertificateDer, pem::PemObject};
    /// use secrets_runtime::rotation::PostgresRotator;
    ///
    /// # fn rotator() -> Result<PostgresRotator, Box<dyn std::error::Error>> {
    /// let mut authorities = rustls::RootCertStore::empty();
    /// // https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
    /// for certificate in CertificateDer::pem_file_iter("global-bundle.pem")? {
    ///     authorities.add(certificate?)?;
    /// }
    /// let config = rustls::ClientConfig::builder().with_root_certificates(authorities).with_no_client_auth();
    /// let rotator = PostgresRotator::single_user().tls(tokio_postgres_rustls::MakeRustlsConnect::new(config));
    /// # Ok(rotator)
    /// # }
    /// ```
    ///
    /// [`tokio-postgres-rustls`]: https://docs.rs/tokio-postgres-rustls
    /// [`postgres-openssl`]: https://docs.rs/postgres-openssl
    /// [`postgres-native-tls`]: https://docs.rs/postgres-native-tls
    #[must_use]
    pub fn tls<T>(mut self, connector: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        self.connector = self.connector.with_tls(connector);
        self
    }

    /// How long a connection, and each answer of the server, may take. Default: 5 seconds. A session as a
    /// whole may take four times as long, and so a step of a rotation twelve times, whatever the server
    /// does: stay well below the time-out of a Lambda function. The server is told the same, as
    /// `statement_timeout`, `lock_timeout` and `idle_in_transaction_session_timeout`.
    #[must_use]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.connector.limit = limit;
        self
    }

    /// Sets the number of characters of a password, 4 to 4096. Default: 32.
    #[must_use]
    pub const fn length(mut self, characters: u32) -> Self {
        self.length = characters;
        self
    }

    /// Characters that a password does not have. Default: `/@"'\`, as with AWS's functions, since connection
    /// strings would need them escaped.
    #[must_use]
    pub fn without_characters(mut self, characters: impl Into<String>) -> Self {
        self.without_characters = characters.into();
        self
    }

    /// Uses only letters and digits, which need no escaping in connection strings.
    #[must_use]
    pub const fn without_punctuation(mut self) -> Self {
        self.without_punctuation = true;
        self
    }
}

/// Shows the strategy and the options, without names of users.
impl fmt::Debug for PostgresRotator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresRotator")
            .field("users", &self.users)
            .field("tls", &self.connector.has_tls())
            .field("timeout", &self.connector.limit)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
