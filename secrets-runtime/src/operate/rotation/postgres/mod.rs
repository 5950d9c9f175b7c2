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
mod ssl;
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
/// `host`, `username` and `password` are required. `port` defaults to 5432 and `dbname` to `postgres`.
/// `engine`, if present, must be `postgres` or `aurora-postgresql`. Everything else in the secret stays byte
/// for byte.
///
/// | | [`single_user`](Self::single_user) | [`alternating_users`](Self::alternating_users) |
/// |---|---|---|
/// | what changes in the secret | `password` | `password`, and `username` between `app` and `app_clone` |
/// | the password is changed by | the user | a superuser |
/// | open connections | stay | stay |
/// | logins with the old password | fail after `setSecret` | succeed until the next rotation |
///
/// With a single user, readers can try the pending value after a refused login: see
/// [`or_pending`](crate::live::AcrossRotation::or_pending).
///
/// ```no_run
/// use secrets_runtime::admin::Admin;
/// use secrets_runtime::rotation::{PostgresRotator, Rotation, SuperuserSecret};
/// use secrets_runtime::SecretsManager;
///
/// # async fn run() -> Result<(), secrets_runtime::Error> {
/// let admin = Admin::from_secrets_manager(SecretsManager::new());
/// let single = Rotation::new(admin.clone(), PostgresRotator::single_user());
/// single.rotate_now("shop/production/reports-database").await?;
///
/// let superuser = SuperuserSecret::new(admin.clone(), "shop/production/superuser");
/// let alternating = Rotation::new(admin, PostgresRotator::alternating_users(superuser));
/// alternating.rotate_now("shop/production/database").await?;
/// # Ok(())
/// # }
/// ```
///
/// # What the server learns
///
/// The server receives the password as a `SCRAM-SHA-256` verifier that is computed here, as by psql's
/// `\password`. Neither its log, with any `log_statement`, nor `pg_stat_activity` shows the password. This
/// needs `PostgreSQL` 10 or later. In the rotating process, the log of `tokio_postgres` shows no verifiers,
/// users or settings: statements with values are sent in a way that the driver does not log, and the
/// server's notices are dropped. The server's own log shows them if `log_statement` is set.
///
/// A login is different: the server chooses the [authentication
/// method](https://www.postgresql.org/docs/current/auth-password.html), and a server that asks for the
/// password itself gets it. Without [`tls`](Self::tls), an attacker in the network can ask for it, too.
///
/// # Whose password is changed
///
/// Like AWS's functions, this rotator cannot be used to change the password of another user by writing the
/// secret:
///
/// - The AWSPENDING value must name the host, port and user of AWSCURRENT; alternating users may differ in
///   `_clone`.
/// - One login of the user must be valid: that in AWSCURRENT, in AWSPREVIOUS, or in an older version on the
///   same server. For alternating users it may be that of either user.
/// - An existing `app_clone` must be a member of `app`. Neither may be a superuser, or the user in the
///   superuser's secret.
/// - A user that may not log in, by `NOLOGIN` or `VALID UNTIL`, gets no password.
///
/// A server that also accepts the user without a password, as `pg_hba.conf` can allow for some networks,
/// cannot test a password. That is an error. To find out, each login is followed by a connection to the same
/// address without a password. If the server neither asks for a password nor accepts the login, such as a
/// server without free connections, the error is [`Unavailable`](crate::ErrorKind::Unavailable).
///
/// Sessions set `search_path` to `pg_catalog` before their first query, so that no function or operator of
/// the database's owner runs with a superuser's rights.
///
/// # TLS
///
/// With [`tls`](Self::tls), every connection uses TLS, whatever the secret says. Without it, connections are
/// plain, and a secret that asks for TLS is refused:
///
/// | `ssl`, `sslmode`, `ssl_mode`, `sslMode` or `tls` in the secret | without [`tls`](Self::tls) |
/// |---|---|
/// | absent, empty, `null` | plain |
/// | `false`, `0`, `no`, `off`, `disable`, `disabled`, `none`, `allow` | plain |
/// | `true`, `1`, `yes`, `on`, `enable`, `enabled`, `require`, `required`, `prefer`, `preferred`, `verify-ca`, `verify-full`, `verify-identity` | refused: TLS is required |
/// | anything else | refused, also with [`tls`](Self::tls) |
///
/// Case, `-` and `_` do not matter, nor does it whether the JSON has a boolean, a number or a text. If two
/// members contradict each other, TLS is required. Which certificates are trusted is decided by the
/// connector alone, in all modes. Unlike here, AWS's functions try TLS first if `ssl` is absent, and fall
/// back to a plain connection.
///
/// Use TLS in every network that other hosts share: it protects the traffic, and a connector that verifies
/// certificates and host names detects a false server.
///
/// # Memory
///
/// The copies of a password made by this crate are wiped. Those of the driver are freed after the attempt
/// and not wiped: `tokio_postgres` keeps the password of a connection in its configuration, and its SCRAM
/// client and `postgres_protocol`'s `scram_sha_256`, which computes the verifier, each make a normalized
/// copy. The same is true of statements with verifiers, names of users, and settings that are copied to a
/// clone.
///
/// # Errors
///
/// The errors of the [steps](crate::rotation::Rotation), with the step as their place. An error of the
/// server has its [code](https://www.postgresql.org/docs/current/errcodes-appendix.html), never its text.
/// The kind [`Unavailable`](crate::ErrorKind::Unavailable) means that there was no answer.
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
    /// Between `setSecret` and `finishSecret`, new connections with AWSCURRENT are refused, for as long as a
    /// test takes.
    pub fn single_user() -> Self {
        Self::of(Users::Single(None))
    }

    /// Rotates one user, whose password a superuser changes. For servers where users may not change their
    /// own, as with RDS's
    /// [`rds.restrict_password_commands`](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.RestrictPasswordMgmt.html).
    pub fn single_user_by(superuser: SuperuserSecret) -> Self {
        Self::of(Users::Single(Some(superuser)))
    }

    /// Rotates two users in turns: one is in use while the other's password changes. AWSCURRENT is never
    /// refused.
    ///
    /// The first rotation creates the second user, `app_clone` for `app`, as a member of `app`. Its sessions
    /// begin as `app` (`ALTER ROLE app_clone SET role TO app`), so that objects created by either user
    /// belong to `app` and are usable by both. Before `PostgreSQL` 17, that setting needs a superuser that
    /// may become `app`, and is skipped otherwise.
    ///
    /// The clone gets the connection limit of `app` and the settings of its sessions (`ALTER ROLE app SET
    /// search_path ..`). They are copied again in each rotation of the clone, and replace all its settings
    /// except `role`. Not copied are `VALID UNTIL`, the rules for `app` in `pg_hba.conf`, and settings that
    /// the superuser may not set (such as `log_min_duration_statement` for a managed superuser) or that the
    /// server refuses (such as those of a removed extension). A warning names each skipped setting.
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
    /// The connector is one of those for `tokio_postgres`: [`tokio-postgres-rustls`], [`postgres-openssl`],
    /// [`postgres-native-tls`]. It decides which certificates are trusted, and must verify that they are for
    /// the `host` in the secret. RDS's certificates are signed by [its own
    /// authorities](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html). A
    /// certificate that is not trusted is an error of kind
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

    /// Sets the time limit of a connection, and of each answer of the server. Default: 5 seconds. A session
    /// may take four times as long, and a step of a rotation twelve times, whatever the server does. If the
    /// password of an older version has to be found, each of up to 20 logins adds one limit at most. Keep
    /// that well below the time-out of a Lambda function. The server gets the same limit as
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

    /// Excludes characters from passwords. Default: `/@"'\`, as in AWS's functions, since connection strings
    /// would need them escaped.
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
