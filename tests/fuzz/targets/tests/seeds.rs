//! Runs every fuzz target over its seeds, so that the targets hold on every toolchain.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 6] = [
    ("dotenv", fuzz_targets::dotenv),
    ("json", fuzz_targets::json),
    ("names", fuzz_targets::names),
    ("rotation_event", fuzz_targets::rotation_event),
    ("text", fuzz_targets::text),
    ("text_at", fuzz_targets::text_at),
];

#[test]
fn every_target_holds_for_its_seeds() {
    for (name, target) in TARGETS {
        let mut tried = 0;
        for seed in fs::read_dir(folder("seeds").join(name)).unwrap() {
            target(&fs::read(seed.unwrap().path()).unwrap());
            tried += 1;
        }
        assert!(tried > 0, "{name} has no seeds");
    }
}

#[test]
fn every_target_is_in_the_list() {
    let names = |path: &str| -> BTreeSet<String> {
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        fs::read_dir(folder(path)).unwrap().map(|entry| stem(&entry.unwrap().path())).collect()
    };
    let listed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), listed);
    assert_eq!(names("seeds"), listed);
}

fn folder(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(inside)
}
