//! What the derive refuses, and what it says: one mistake a file, in folders by kind.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p ui-tests`, and every `.stderr` read again.
#![allow(clippy::panic, clippy::unwrap_used, reason = "the helpers of a test are a test, too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const KINDS: [&str; 7] =
    ["unknown_keys", "duplicates", "conflicts", "malformed_values", "shapes", "types", "secrets"];

#[test]
fn mistakes_are_refused_with_a_message_that_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    for kind in KINDS {
        cases.compile_fail(format!("fixtures/{kind}/*.rs"));
    }
}

#[test]
fn every_fixture_has_its_output_and_every_output_its_fixture() {
    for kind in KINDS {
        let of = |extension| {
            let files = files(&Path::new("fixtures").join(kind));
            let files =
                files.into_iter().filter(|file| file.extension().is_some_and(|found| found == extension));
            files.map(|file| file.with_extension("")).collect::<BTreeSet<_>>()
        };
        let (fixtures, outputs): (BTreeSet<_>, BTreeSet<_>) = (of("rs"), of("stderr"));
        assert_eq!(fixtures, outputs, "of {kind}");
        assert!(!fixtures.is_empty(), "{kind} is empty");
    }
}

#[test]
fn every_folder_is_tested() {
    let folders: BTreeSet<_> = files(Path::new("fixtures"))
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let tested = KINDS.into_iter().chain(["pass"]).map(str::to_owned).collect();
    assert_eq!(folders, tested);
}

#[test]
fn every_fixture_names_the_rule_it_is_there_for() {
    let mut rules: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in files(Path::new("fixtures")) {
        for file in files(&folder) {
            if file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap();
            let rule = source.lines().next().and_then(|line| line.strip_prefix("// rule: "));
            let rule = rule.unwrap_or_else(|| panic!("{} does not start with `// rule: `", file.display()));
            if let Some(other) = rules.insert(rule.to_owned(), file.clone()) {
                panic!("{} and {} are there for one rule", file.display(), other.display());
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).collect()
}
