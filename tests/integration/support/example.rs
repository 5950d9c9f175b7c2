//! The examples, built and run as a reader would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::Value;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder of this profile's programs: the test itself is in `deps` there.
fn programs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// Cargo as it built this test: same target folder, same profile, so that nothing is built twice.
pub(crate) fn cargo(action: &str) -> Command {
    let programs = programs();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).arg(action).args(["--quiet", "--target-dir"]).arg(programs.parent().unwrap());
    if programs.file_name().is_some_and(|profile| profile == "release") {
        cargo.arg("--release");
    }
    cargo
}

/// What cargo knows of the packages of the workspace.
pub(crate) fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// One package of these.
pub(crate) fn package<'a>(metadata: &'a Value, name: &str) -> &'a Value {
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().find(|package| package["name"] == name).unwrap()
}

/// The names of all examples, sorted.
pub(crate) fn examples() -> Vec<String> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let targets = packages.iter().flat_map(|package| package["targets"].as_array().unwrap());
    let examples = targets.filter(|target| target["kind"][0] == "example");
    let mut names: Vec<String> =
        examples.map(|example| example["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The program of an example. `cargo test` builds them all; a run of this test alone may have to.
pub(crate) fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let program = programs().join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !is_fresh(&program, name) {
        BUILT.get_or_init(|| {
            let status = cargo("build").arg("--examples").status().unwrap();
            assert!(status.success(), "the examples do not build");
        });
    }
    program
}

/// Whether a program is newer than the sources of this workspace that it is built from.
fn is_fresh(program: &Path, name: &str) -> bool {
    let Ok(built) = program.metadata().and_then(|metadata| metadata.modified()) else { return false };
    let sources =
        [format!("examples/{name}"), "secrets-runtime/src".to_owned(), "secrets-derive/src".to_owned()];
    sources.iter().all(|folder| newest(&root().join(folder)) <= built)
}

fn newest(path: &Path) -> SystemTime {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        entries.map(|entry| newest(&entry.unwrap().path())).max().unwrap_or(SystemTime::UNIX_EPOCH)
    } else {
        path.metadata().unwrap().modified().unwrap()
    }
}
