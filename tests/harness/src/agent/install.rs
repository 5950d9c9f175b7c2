//! Builds the agent from the package registry, once for all test processes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PACKAGE: &str = "aws_secretsmanager_agent";
const VERSION: &str = "2.1.0";

/// Where its program is, or will be.
pub(super) fn binary(target: &Path) -> PathBuf {
    root(target).join("bin").join(PACKAGE)
}

fn root(target: &Path) -> PathBuf {
    target.join("emulators").join(format!("agent-{VERSION}"))
}

/// Its program, which is built if there is none.
///
/// # Errors
///
/// The end of what cargo says if it cannot be built.
pub(super) fn installed(target: &Path) -> Result<PathBuf, String> {
    let (root, binary) = (root(target), binary(target));
    let io = |error: io::Error| format!("cannot write to {}: {error}", root.display());
    fs::create_dir_all(&root).map_err(io)?;
    let lock = File::create(root.with_extension("lock")).map_err(io)?;
    // Of all test processes one builds and the others wait. The lock ends with the file, however that is
    // closed.
    lock.lock().map_err(io)?;
    if !binary.is_file() {
        let _ = writeln!(io::stderr(), "\nbuilding {PACKAGE} for the tests, once; up to ten minutes\n");
        build(&root)?;
    }
    Ok(binary)
}

/// cargo moves the program to its place when it is complete.
fn build(root: &Path) -> Result<(), String> {
    let build = root.join("build");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["install", PACKAGE, "--version", VERSION, "--locked", "--debug", "--root"])
        .arg(root)
        .arg("--target-dir")
        .arg(&build)
        // Flags for the tests, such as those of a sanitizer, are not for it.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    let _ = fs::remove_dir_all(build);
    if output.status.success() {
        return Ok(());
    }
    Err(crate::server::tail(&output.stderr))
}
