//! Servers that nobody here wrote, installed from the Python package index and started on first use.
//!
//! One server of a kind serves a whole test process. It ends with the process, however that ends. Without python or
//! network, `SKIP_AWS_TESTS=true` skips the tests that need it, and says so.
//!
//! The pinned lists are for Python 3.11; on Unix only.

mod install;
mod place;
mod start;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// A folder of its own, removed after its end.
    pub(crate) scratch: PathBuf,
    // Its stdin is what keeps the server alive; see `supervisor.py`.
    _supervisor: std::process::Child,
}

/// What tells one server from the other.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Its packages, pinned.
    pub(crate) requirements: &'static str,
    /// Those of the Python interpreter of its install.
    pub(crate) arguments: fn(port: u16) -> Vec<String>,
    pub(crate) environment: fn(port: u16, scratch: &Path) -> Vec<(&'static str, String)>,
    /// Whether it answers.
    pub(crate) is_ready: fn(address: SocketAddr, scratch: &Path) -> bool,
    pub(crate) user: User,
    /// What ends it; who is still there ten seconds later is killed.
    pub(crate) stop: Signal,
}

/// Whom a server runs as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// Who runs the test.
    Own,
    /// Somebody else if root runs the test, who has to reach its files then.
    NeverRoot,
}

/// What ends a server.
#[derive(Clone, Copy)]
pub(crate) enum Signal {
    /// For what leaves nothing behind.
    Kill,
    /// For what has to tidy up outside its folder, and takes this as the request to do no more than that.
    Quit,
}

impl Signal {
    /// As `supervisor.py` looks it up.
    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Quit => "SIGQUIT",
        }
    }
}

/// The server of this kind; none if tests are to be skipped, which is then said on stderr. What it takes to use it is
/// made by `open`, once.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub(crate) fn running<T>(
    once: &'static OnceLock<Result<T, String>>,
    kind: &Kind,
    test: &str,
    open: impl FnOnce(Server) -> Result<T, String>,
) -> Option<&'static T> {
    if let Some(notice) = skip_notice(std::env::var("SKIP_AWS_TESTS").ok().as_deref(), kind, test) {
        // Not `eprintln!`, which the test runner shows for failing tests only.
        let _ = writeln!(io::stderr(), "{notice}");
        return None;
    }
    // A failure is kept as well: trying again for each test would take minutes to say the same.
    match once.get_or_init(|| start(kind, &target::directory()).and_then(open)) {
        Ok(server) => Some(server),
        Err(failure) => panic!("{failure}"),
    }
}

/// The Python interpreter of a kind's install, for programs that are among its packages; none if tests are to be skipped,
/// which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed; the message says what is missing and what to do.
pub(crate) fn interpreter(
    once: &'static OnceLock<Result<PathBuf, String>>,
    kind: &Kind,
    test: &str,
) -> Option<&'static Path> {
    if let Some(notice) = skip_notice(std::env::var("SKIP_AWS_TESTS").ok().as_deref(), kind, test) {
        let _ = writeln!(io::stderr(), "{notice}");
        return None;
    }
    let installed = || install::installed(kind, &place::home(kind, &target::directory())?);
    match once.get_or_init(installed) {
        Ok(interpreter) => Some(interpreter),
        Err(failure) => panic!("{failure}"),
    }
}

fn skip_notice(variable: Option<&str>, kind: &Kind, test: &str) -> Option<String> {
    (variable == Some("true"))
        .then(|| format!("\nSKIPPED: {test} (needs {}) is not run because SKIP_AWS_TESTS=true\n", kind.name))
}

/// Installs if needed, and starts; `target` is where build artefacts go.
fn start(kind: &Kind, target: &Path) -> Result<Server, String> {
    let home = place::home(kind, target)?;
    let python = install::installed(kind, &home)?;
    start::start(kind, &home, &python)
}

/// The end of an output, for a message.
pub(crate) fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
