//! `harden_process`, seen from another process of the same user: what can be read of a program that called it, and of one
//! that did not.
//!
//! Who runs this as root sees nobody's view: the programs become an unprivileged user first.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A folder that every user may use, with the program in it: the one that cargo builds in may be closed to others.
struct Open(PathBuf);

impl Open {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("secrets-runtime-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_child"), folder.join("child")).unwrap();
        fs::set_permissions(folder.join("child"), fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// What an unprivileged user gets out of another process of its own, a line for each way.
    fn observe(&self, how: &str) -> Vec<String> {
        let output = Command::new(self.0.join("child"))
            .arg(how)
            .current_dir(&self.0)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{how}: {stderr}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn cores(&self) -> usize {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().starts_with("core")).count()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn another_process_of_the_same_user_gets_nothing_out_of_a_hardened_one() {
    let open = Open::new("hardened");
    assert_eq!(
        open.observe("observe-hardened"),
        [
            "Applied",
            "mem: refused",
            "environ: refused",
            "process_vm_readv: refused",
            "ptrace: refused",
            "signal 6: no core",
        ]
    );
    assert_eq!(open.cores(), 0);
}

/// The control: the same ways lead to the value of a program that did not call it.
#[test]
fn another_process_of_the_same_user_reads_one_that_is_not_hardened() {
    let open = Open::new("plain");
    let seen = open.observe("observe-plain");
    let (core, ways) = seen.split_last().unwrap();
    assert_eq!(
        ways,
        ["nothing done", "mem: found", "environ: found", "process_vm_readv: found", "ptrace: found"]
    );
    // What becomes of a core is the system's to say: its limits, and a handler that may not be there.
    if core != "signal 6: a core" {
        assert_eq!(core, "signal 6: no core");
        println!(
            "NOT SHOWN: this system writes no cores at all, so that a hardened process leaves none here shows nothing"
        );
    }
}
