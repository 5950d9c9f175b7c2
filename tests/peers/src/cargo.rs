//! Running cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::Result;

/// The cargo that runs this program, with `arguments`, in `folder`.
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).args(arguments);
    // Cargo tells them to what it runs, and `ring` builds anew when they differ: minutes for nothing.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_"))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Runs it to its end and gives what it printed; what it complained of is the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?} does not start: {error}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed with {}\n{complaint}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The root of this workspace.
pub(crate) fn workspace() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).ok_or("the package is not two folders below the workspace")?;
    Ok(root.to_owned())
}

/// Where cargo put this program, which is the place for what it makes itself.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().nth(2).ok_or("the program is not in a target folder")?;
    Ok(folder.to_owned())
}
