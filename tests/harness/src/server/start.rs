//! Starts a server and waits until it answers.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Kind, Server, tail};

/// Many times what it takes on an idle machine; a test machine may build something else meanwhile.
const LIMIT: Duration = Duration::from_mins(2);

/// Starts the server on a free port; `python` is the interpreter of its install.
pub(super) fn start(kind: &Kind, home: &Path, python: &Path) -> Result<Server, String> {
    // One process may have several of a kind.
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let number = STARTED.fetch_add(1, Ordering::Relaxed);
    let scratch = home.join(format!("{}-{}-{number}.scratch", kind.name, std::process::id()));
    let (log, mut reader) = new_log(&scratch)
        .map_err(|error| format!("cannot write to {} to start {}: {error}", scratch.display(), kind.name))?;
    try_start(kind, home, python, &scratch, log).map_err(|reason| {
        let mut output = Vec::new();
        // Unlike the folder, the open file is still there when the supervisor has cleaned up.
        let _ = reader.read_to_end(&mut output);
        let _ = fs::remove_dir_all(&scratch);
        format!(
            "{} {reason}; see the end of its log below, or set SKIP_AWS_TESTS=true to skip the tests that need it\n{}",
            kind.name,
            tail(&output)
        )
    })
}

/// A new scratch folder with a log in it, to write and to read.
fn new_log(scratch: &Path) -> io::Result<(File, File)> {
    // A process of the same id may have been here before.
    let _ = fs::remove_dir_all(scratch);
    fs::create_dir_all(scratch)?;
    let path = scratch.join("server.log");
    Ok((File::create(&path)?, File::open(&path)?))
}

fn try_start(kind: &Kind, home: &Path, python: &Path, scratch: &Path, log: File) -> Result<Server, String> {
    let io = |error: io::Error| format!("cannot be started: {error}");
    // A port is free only until somebody takes it: test processes choose and take theirs one after the other.
    let lock = File::create(home.join("start.lock")).map_err(io)?;
    lock.lock().map_err(io)?;

    let address = free_address().map_err(io)?;
    let mut supervisor = command(kind, home, python, scratch, address.port())
        .stdin(Stdio::piped())
        // Not the test's own output: whoever reads that through a pipe would wait for the server's end.
        .stdout(log.try_clone().map_err(io)?)
        .stderr(log)
        .spawn()
        .map_err(io)?;

    let began = Instant::now();
    loop {
        let ready = (kind.is_ready)(address, scratch);
        // Asked afterwards: if this server is alive, it was not another one that answered.
        if let Some(status) = supervisor.try_wait().map_err(io)? {
            return Err(format!("ended while it started ({status})"));
        }
        if ready {
            return Ok(Server { address, scratch: scratch.to_owned(), _supervisor: supervisor });
        }
        if began.elapsed() > LIMIT {
            // Closes the supervisor's stdin and waits for its end, and so for the server's.
            let _ = supervisor.wait();
            return Err(format!("did not answer within {} s", LIMIT.as_secs()));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn command(kind: &Kind, home: &Path, python: &Path, scratch: &Path, port: u16) -> Command {
    let mut command = Command::new(python);
    command
        .args(["-c", include_str!("supervisor.py")])
        .arg(scratch)
        .arg(kind.stop.name())
        .arg(python)
        .args((kind.arguments)(port))
        .envs((kind.environment)(port, scratch))
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .env("PYTHONUNBUFFERED", "1")
        // LocalStack caches what it finds installed; that belongs with the install, not in the home of whoever tests.
        .env("XDG_CACHE_HOME", home.join("cache"))
        .current_dir(scratch)
        // Ctrl-C and a runner's kill go to the test's group; the supervisor has to outlive it by a moment.
        .process_group(0);
    command
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
