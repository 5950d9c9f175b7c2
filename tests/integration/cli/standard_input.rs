//! A file that comes through the standard input: what of it is left in memory, seen from outside.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::stub::{Fault, Stub};

use super::account;
use crate::support::child::folder;
use crate::support::example::program;

/// How often a text is in the memory of a process.
fn count_in_memory(process: u32, text: &str) -> usize {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut count = 0;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.seek(SeekFrom::Start(start)).unwrap();
        // A few of them cannot be read by anybody.
        if memory.read_exact(&mut bytes).is_ok() {
            count += bytes.windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count();
        }
    }
    count
}

fn wait_for(what: &str, has_come: impl Fn() -> bool) {
    let begun = Instant::now();
    while !has_come() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} has not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ended with the test, however that ends.
struct Migrating(Child);

impl Drop for Migrating {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn no_line_of_standard_input_stays_in_memory() {
    let stub = Stub::start_on_thread();
    stub.fault(Fault::Hang);
    let folder = folder("");
    let child = Command::new(program("command_line"))
        .args(["secrets", "migrate", "--environment", "staging", "--from", "-"])
        .current_dir(folder.path())
        .env_clear()
        .envs(account(&stub.url()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut migrating = Migrating(child);
    let value = "to-be-found-once-and-in-custody-alone";
    let process = migrating.0.id();
    // In pieces: who asks for much at once gets it past any buffer, and who has room for little left does not.
    let mut stdin = migrating.0.stdin.take().unwrap();
    let piece = "x".repeat(6000);
    stdin.write_all(format!("# {piece}\n").as_bytes()).unwrap();
    wait_for("the first piece", || count_in_memory(process, &piece) > 0);
    stdin.write_all(format!("DATABASE_URL={value}\n").as_bytes()).unwrap();
    drop(stdin);
    wait_for("the store", || stub.requests().total() > 0);
    assert!(count_in_memory(process, value) >= 1, "the control: the value is there");
    assert_eq!(count_in_memory(process, &format!("URL={value}")), 0, "a line of the input");
    assert_eq!(count_in_memory(process, &"x".repeat(64)), 0, "a comment of the input");
}
