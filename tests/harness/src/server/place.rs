//! Where a server is installed and runs.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Kind, User};

/// A folder for installs and scratch folders: in the target folder, or where that is out of the server's reach, in that
/// for temporary files.
pub(super) fn home(kind: &Kind, target: &Path) -> Result<PathBuf, String> {
    let home = target.join("emulators");
    let io =
        |error: io::Error| format!("cannot make a folder in {} for {}: {error}", target.display(), kind.name);
    fs::create_dir_all(&home).map_err(io)?;
    if kind.user == User::Own || !runs_as_root(&home).map_err(io)? || is_open_to_all(&home) {
        return Ok(home);
    }
    let shared = std::env::temp_dir().join("harness-emulators");
    let io = |error: io::Error| {
        format!("{} cannot reach {}, nor use {}: {error}", kind.name, home.display(), shared.display())
    };
    own_folder(&shared).map_err(io)?;
    Ok(shared)
}

/// The standard library tells the user of a file only.
fn runs_as_root(folder: &Path) -> io::Result<bool> {
    let probe = folder.join(format!("owner-{}", std::process::id()));
    let owner = fs::File::create(&probe)?.metadata()?.uid();
    // Another thread of this process may have removed it already.
    let _ = fs::remove_file(probe);
    Ok(owner == 0)
}

/// Whether everybody may pass through each folder on the way.
fn is_open_to_all(folder: &Path) -> bool {
    let is_open =
        |folder: &Path| fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0);
    folder.ancestors().filter(|folder| !folder.as_os_str().is_empty()).all(is_open)
}

/// Makes the folder, or takes the one that is there if nobody but root can have put something into it: it is run.
fn own_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let data = fs::symlink_metadata(folder)?;
    if data.is_dir() && data.uid() == 0 && data.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::other("it is there and not root's alone"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("harness-place-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn set_mode(folder: &Path, mode: u32) {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn one_closed_folder_on_the_way_closes_the_way() {
        let outer = folder("way");
        let inner = outer.join("inner");
        fs::create_dir_all(&inner).unwrap();
        set_mode(&outer, 0o711);
        assert!(is_open_to_all(&inner));
        set_mode(&outer, 0o700);
        assert!(!is_open_to_all(&inner));
        fs::remove_dir_all(outer).unwrap();
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_run_from() {
        let folder = folder("shared");
        set_mode(&folder, 0o777);
        assert!(own_folder(&folder).unwrap_err().to_string().contains("not root's alone"));
        set_mode(&folder, 0o755);
        assert_eq!(own_folder(&folder).is_ok(), fs::metadata(&folder).unwrap().uid() == 0);
        fs::remove_dir_all(folder).unwrap();
    }
}
