//! Where the build artefacts go, and so what is installed for tests: `cargo clean` removes both.

use std::env;
use std::path::{Path, PathBuf};

/// The target folder of the running test.
pub(crate) fn directory() -> PathBuf {
    // The binary knows best: it lies in the target folder, whatever flag, variable or config file chose that.
    if let Some(tagged) = env::current_exe().ok().as_deref().and_then(tagged_ancestor) {
        return tagged.to_owned();
    }
    // Relative ones are relative to where cargo was called, which nobody knows here.
    if let Some(target) = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute()) {
        return target;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.ancestors().filter(|dir| dir.join("Cargo.lock").is_file()).last();
    root.unwrap_or(manifest).join("target")
}

/// cargo marks its target folders with this file, for backup programs.
fn tagged_ancestor(path: &Path) -> Option<&Path> {
    path.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file())
}
