//! Installs a server's packages into a virtual environment of its own, once for all test processes.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Kind, tail};

/// The Python that the pinned lists were made with.
const PINNED: (u32, u32) = (3, 11);

const WAY_OUT: &str = "or set SKIP_AWS_TESTS=true to skip the tests that need it";

struct Python {
    command: &'static str,
    version: (u32, u32),
}

/// The interpreter of a complete install, which is made if there is none.
pub(super) fn installed(kind: &Kind, home: &Path) -> Result<PathBuf, String> {
    let python = find_python(kind)?;
    let folder = home.join(format!("{}-{:016x}", kind.name, fingerprint(kind, &python)));
    let interpreter = folder.join("bin").join("python");
    // An empty file comes into being at once or not at all, so a half install never has it.
    let complete = folder.join("complete");

    let io =
        |error: io::Error| format!("cannot write to {} to install {}: {error}", home.display(), kind.name);
    fs::create_dir_all(home).map_err(io)?;
    let lock = File::create(folder.with_extension("lock")).map_err(io)?;
    // Of all test processes one installs and the others wait. The lock ends with the file, however that is closed.
    lock.lock().map_err(io)?;
    if !complete.is_file() {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(io)?;
        }
        let _ =
            writeln!(io::stderr(), "\ninstalling {} for the tests, once; up to a minute or two\n", kind.name);
        make_environment(kind, &python, &folder)?;
        install_packages(kind, &python, &folder, &interpreter)?;
        File::create(&complete).map_err(io)?;
    }
    Ok(interpreter)
}

/// Names the folder: another list or another Python is another install. A hash that changes with the compiler's version
/// costs one more install, no more.
fn fingerprint(kind: &Kind, python: &Python) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind.requirements, python.command, python.version).hash(&mut hasher);
    hasher.finish()
}

/// The Python of the pinned lists if there is one, else a newer `python3`.
fn find_python(kind: &Kind) -> Result<Python, String> {
    let found: Vec<Python> = ["python3", "python3.11"].into_iter().filter_map(probe).collect();
    choose(kind, found)
}

fn choose(kind: &Kind, mut found: Vec<Python>) -> Result<Python, String> {
    let exact = found.iter().position(|python| python.version == PINNED);
    let usable = exact.or_else(|| found.iter().position(|python| python.version > PINNED));
    match (usable, found.first()) {
        (Some(index), _) => Ok(found.swap_remove(index)),
        (None, Some(Python { command, version: (major, minor) })) => Err(format!(
            "python 3.11 or newer is needed to run {}, and {command} here is {major}.{minor}; install it, {WAY_OUT}",
            kind.name
        )),
        (None, None) => {
            Err(format!("python3 with venv is needed to run {}; install it (3.11), {WAY_OUT}", kind.name))
        }
    }
}

fn probe(command: &'static str) -> Option<Python> {
    let output = Command::new(command)
        .args(["-c", "import sys; print(*sys.version_info[:2])"])
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().split_once(' ')?;
    Some(Python { command, version: (major.parse().ok()?, minor.parse().ok()?) })
}

fn make_environment(kind: &Kind, python: &Python, folder: &Path) -> Result<(), String> {
    let venv = run(Command::new(python.command).args(["-m", "venv"]).arg(folder));
    let Err(reason) = venv else { return Ok(()) };
    // Some systems ship venv without ensurepip; virtualenv carries a pip of its own.
    let _ = fs::remove_dir_all(folder);
    let virtualenv = run(Command::new("virtualenv").args(["-q", "-p", python.command]).arg(folder));
    virtualenv.map_err(|_| {
        format!(
            "python3 with venv and ensurepip (or virtualenv) is needed to run {}; install python3-venv, {WAY_OUT}\n{reason}",
            kind.name
        )
    })
}

fn install_packages(kind: &Kind, python: &Python, folder: &Path, interpreter: &Path) -> Result<(), String> {
    let list = folder.join("requirements.txt");
    fs::write(&list, kind.requirements)
        .map_err(|error| format!("cannot write {}: {error}", list.display()))?;
    let pip = run(Command::new(interpreter)
        .args(["-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "-q", "-r"])
        .arg(&list));
    pip.map_err(|reason| {
        let (major, minor) = python.version;
        let hint = if python.version == PINNED {
            String::new()
        } else {
            format!(" (its packages are pinned for python 3.11, and {} here is {major}.{minor})", python.command)
        };
        format!(
            "pip cannot install {}{hint}; see that the Python package index is reachable, {WAY_OUT}\n{reason}",
            kind.name
        )
    })
}

/// Runs a command to its end; if it fails, the end of what it said.
fn run(command: &mut Command) -> Result<(), String> {
    // Set for another Python, they break this one.
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH").stdin(Stdio::null());
    match command.output() {
        Ok(Output { status, .. }) if status.success() => Ok(()),
        Ok(output) => Err(tail(&[output.stdout, output.stderr].concat())),
        Err(error) => Err(format!("{}: {error}", command.get_program().display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tests::SOME;

    fn found(versions: &[(&'static str, u32)]) -> Vec<Python> {
        versions.iter().map(|(command, minor)| Python { command, version: (3, *minor) }).collect()
    }

    #[test]
    fn the_python_of_the_pinned_lists_is_preferred_to_a_newer_one() {
        let chosen = choose(&SOME, found(&[("python3", 13), ("python3.11", 11)]));
        assert_eq!(chosen.map(|python| python.command), Ok("python3.11"));
        let chosen = choose(&SOME, found(&[("python3", 13)]));
        assert_eq!(chosen.map(|python| python.command), Ok("python3"));
    }

    #[test]
    fn without_a_fitting_python_the_message_says_what_to_do() {
        let message = choose(&SOME, found(&[("python3", 9)])).map(|_| ()).unwrap_err();
        assert!(message.contains("3.11 or newer") && message.contains("python3 here is 3.9"), "{message}");
        let message = choose(&SOME, Vec::new()).map(|_| ()).unwrap_err();
        assert!(message.contains("python3 with venv is needed to run some"), "{message}");
        assert!(message.contains("SKIP_AWS_TESTS=true"), "{message}");
    }
}
