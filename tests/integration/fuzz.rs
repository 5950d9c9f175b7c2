//! The fuzz targets over the inputs that fuzzing starts from, so that they compile and hold on every toolchain.

#[path = "../fuzz/src/targets/mod.rs"]
#[allow(unreachable_pub, reason = "public where they are fuzzed")]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::example::root;

type Target = fn(&[u8]);

/// All of them but `attribute_parser`, which the tests of the derive run.
const TARGETS: [(&str, Target); 6] = [
    ("dotenv", targets::dotenv),
    ("json", targets::json),
    ("names", targets::names),
    ("rotation_event", targets::rotation_event),
    ("text", targets::text),
    ("text_at", targets::text_at),
];

#[test]
fn every_target_holds_for_what_fuzzing_starts_from() {
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
fn every_target_is_tried_here() {
    let names = |path: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder(path)).unwrap();
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(|entry| stem(&entry.unwrap().path())).collect()
    };
    let mut tried: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    tried.insert("attribute_parser".to_owned());
    assert_eq!(names("fuzz_targets"), tried);
    assert_eq!(names("seeds"), tried);
}

fn folder(inside: &str) -> std::path::PathBuf {
    root().join("tests/fuzz").join(inside)
}
