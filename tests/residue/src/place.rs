//! A folder with all that scenarios read.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "without it nothing can be measured"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, process, thread};

use crate::canary::{CANARY, PLAIN};

/// A folder of its own, removed when it is dropped.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let place = Self(std::env::temp_dir().join(format!("residue-{}-{number}", process::id())));
        for folder in ["files", "pipes"] {
            fs::create_dir_all(place.0.join(folder)).unwrap();
        }
        place.write(".env", &dotenv());
        place.write("bad.env", &bad_dotenv());
        place.write("files/token", CANARY);
        for pipe in ["pipe", "pipes/token"] {
            assert!(Command::new("mkfifo").arg(place.0.join(pipe)).status().unwrap().success());
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// Gives who opens a pipe what it is to read. Longer than the first buffer, so that it grows.
    pub(crate) fn feed(&self, pipe: &str) {
        let (path, content) = (self.0.join(pipe), if pipe == "pipe" { dotenv() } else { CANARY.to_owned() });
        // It waits for a reader, and with the process it ends.
        thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(path).unwrap();
            for part in content.as_bytes().chunks(50) {
                if pipe.write_all(part).is_err() {
                    break;
                }
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every way in which a value can be written.
fn dotenv() -> String {
    let escaped = CANARY.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!(
        "# {PLAIN}\nTOKEN='{CANARY}'\nESCAPED=\"{escaped}\"\nCOPIED=\"${{TOKEN}}${{ESCAPED}}\"x\nUNQUOTED={PLAIN} # {PLAIN}\n"
    )
}

fn bad_dotenv() -> String {
    format!("{PLAIN}\nTOKEN={PLAIN} {PLAIN}\nOPEN='{CANARY}")
}
