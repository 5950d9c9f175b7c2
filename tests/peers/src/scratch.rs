//! Packages made for a measurement, in a workspace of their own below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::cargo::{cargo, target_folder, workspace};
use crate::outcome::Result;

pub(crate) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// The workspace `name`, with these members. What stands there already is kept where it is the same, so that a
    /// second run finds its dependencies built.
    pub(crate) fn new(name: &str, members: &[&str]) -> Result<Self> {
        let scratch = Self { folder: target_folder()?.join("peers").join(name) };
        let members = members.join("\", \"");
        scratch
            .write("Cargo.toml", &format!("[workspace]\nresolver = \"3\"\nmembers = [\"{members}\"]\n"))?;
        // The versions that the project itself is built with; cargo adds and drops what these packages need.
        let (lock, own) = (workspace()?.join("Cargo.lock"), scratch.folder.join("Cargo.lock"));
        if lock.exists() && !own.exists() {
            std::fs::copy(lock, own)?;
        }
        Ok(scratch)
    }

    /// Writes a library package.
    pub(crate) fn library(&self, name: &str, dependencies: &str, source: &str) -> Result<()> {
        let package = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n"
        );
        self.write(&format!("{name}/Cargo.toml"), &format!("{package}\n[dependencies]\n{dependencies}"))?;
        self.write(&format!("{name}/src/lib.rs"), source)
    }

    /// Makes cargo take the package's source for changed.
    pub(crate) fn touch(&self, package: &str) -> Result<()> {
        let source =
            std::fs::File::options().append(true).open(self.folder.join(package).join("src/lib.rs"))?;
        Ok(source.set_modified(SystemTime::now())?)
    }

    /// Cargo in this workspace, with its target folder in it too.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(&self.folder, arguments);
        command.env("CARGO_TARGET_DIR", self.path("target"));
        command
    }

    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.folder.join(inside)
    }

    fn write(&self, inside: &str, text: &str) -> Result<()> {
        let path = self.path(inside);
        if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }
}
