//! The structure of the two crates: which room stands on which layer, that imports point downward, and how
//! large a file may be. The layers are explained in ARCHITECTURE.md.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use imports::{Files, Import, imports, read};

/// The rooms of the runtime crate, from top to bottom.
const RUNTIME: &[&str] = &[
    "cli/",
    "lib.rs",
    "private.rs",
    "config.rs",
    "operate/mod.rs",
    "operate/migration/",
    "operate/check/",
    "operate/rotation/",
    "operate/admin/",
    "operate/manifest/",
    "operate/exit_code.rs",
    "live/",
    "client/",
    "events.rs",
    "source/",
    "value/",
    "error/",
    "setting/",
    "harden.rs",
    "environment/",
    "secret_id.rs",
    "secret.rs",
    "suggest.rs",
    "contain.rs",
    "lock.rs",
    "text/",
];

/// The rooms of the derive crate, from top to bottom.
const DERIVE: &[&str] = &[
    "lib.rs",
    "derive.rs",
    "fallback.rs",
    "expand/",
    "zeroize.rs",
    "validate/",
    "ir.rs",
    "parse/",
    "docs.rs",
    "secret_name.rs",
    "names.rs",
    "tokens.rs",
    "errors.rs",
];

fn source_of(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(package).join("src")
}

fn runtime() -> Files {
    read(&source_of("secrets-runtime"))
}

fn derive() -> Files {
    read(&source_of("secrets-derive"))
}

/// The layer of a file, counted from the top.
fn layer(rooms: &[&str], file: &str) -> Option<usize> {
    rooms.iter().position(|room| file == *room || (room.ends_with('/') && file.starts_with(room)))
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs") || file.starts_with("tests/") || file.contains("/tests/")
}

/// The imports that point upward, each with its file and line.
fn upward(rooms: &[&str], imports: &BTreeSet<Import>) -> Vec<String> {
    let points_upward = |import: &&Import| layer(rooms, &import.to) < layer(rooms, &import.from);
    imports.iter().filter(points_upward).map(described).collect()
}

/// The imports between files that reach each other, each with its file and line.
fn in_cycles(imports: &BTreeSet<Import>) -> Vec<String> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports {
        next.entry(&import.from).or_default().insert(&import.to);
    }
    let reaches = |from: &str, to: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            if file == to {
                return true;
            }
            if seen.insert(file) {
                open.extend(next.get(file).into_iter().flatten());
            }
        }
        false
    };
    imports.iter().filter(|import| reaches(&import.to, &import.from)).map(described).collect()
}

fn described(Import { from, line, to, path }: &Import) -> String {
    format!("{from}:{line} imports {path} ({to})")
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{} {what}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_file_stands_in_a_room() {
    for (rooms, files) in [(RUNTIME, runtime()), (DERIVE, derive())] {
        let outside = files.keys().filter(|file| layer(rooms, file).is_none() && !is_test(file));
        assert_none("files stand in no room", &outside.cloned().collect::<Vec<_>>());
    }
}

#[test]
fn no_import_points_upward() {
    for (rooms, files) in [(RUNTIME, runtime()), (DERIVE, derive())] {
        let imports = imports(&files);
        assert!(imports.len() > 30, "only {} imports were read", imports.len());
        assert_none("imports point upward", &upward(rooms, &imports));
    }
}

#[test]
fn no_files_import_each_other() {
    for files in [runtime(), derive()] {
        assert_none("imports are parts of cycles", &in_cycles(&imports(&files)));
    }
}

#[test]
fn files_and_the_top_of_the_source_stay_small() {
    let mut long = Vec::new();
    for files in [runtime(), derive()] {
        for (file, text) in files.iter().filter(|(file, _)| !is_test(file)) {
            let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
            if lines > 400 {
                long.push(format!("{file}: {lines} lines"));
            }
        }
    }
    assert_none("files have more than 400 lines without their tests", &long);
    let top = std::fs::read_dir(source_of("secrets-runtime")).unwrap().count();
    assert!(top <= 20, "{top} entries at the top of secrets-runtime/src");
}

#[test]
fn an_upward_import_and_a_cycle_are_found_wherever_they_hide() {
    let files = |lower: &str| {
        let texts = [
            ("lib.rs", "pub mod upper; mod middle; mod lower;"),
            ("upper.rs", "use crate::middle::Middle;\npub struct Upper(Middle);"),
            (
                "middle/mod.rs",
                "mod part;\npub(crate) use part::Middle;\npub(crate) use crate::upper::Upper as Renamed;",
            ),
            ("middle/part.rs", "pub(crate) struct Middle;"),
            ("lower.rs", lower),
        ];
        texts.map(|(file, text)| (file.to_owned(), text.to_owned())).into_iter().collect::<Files>()
    };
    let rooms = ["lib.rs", "upper.rs", "middle/", "lower.rs"];
    let found = |lower| upward(&rooms, &imports(&files(lower)));
    // The re-export of something above is one by itself.
    let reexport = "middle/mod.rs:3 imports crate::upper::Upper (upper.rs)".to_owned();
    assert_eq!(found("struct Lower;"), [reexport]);
    for (text, expected) in [
        ("\nuse crate::upper::Upper;", "lower.rs:2 imports crate::upper::Upper (upper.rs)"),
        ("use super::{middle::{Middle as M}};", "lower.rs:1 imports super::middle::Middle (middle/part.rs)"),
        (
            "fn f() {\n    let _ = crate::middle::Middle;\n}",
            "lower.rs:2 imports crate::middle::Middle (middle/part.rs)",
        ),
        ("const A: &str = concat!(super::upper::NAME);", "lower.rs:1 imports super::upper::NAME (upper.rs)"),
        // A re-export does not hide the file behind it.
        ("use crate::middle::Renamed;", "lower.rs:1 imports crate::middle::Renamed (upper.rs)"),
        ("mod inner { use super::super::upper; }", "lower.rs:1 imports super::super::upper (upper.rs)"),
    ] {
        assert!(found(text).contains(&expected.to_owned()), "{text}: {:?}", found(text));
    }
    assert_eq!(found("#[cfg(test)]\nmod tests { use crate::upper::Upper; }").len(), 1);

    let cycles = |middle: &str, part: &str| {
        let mut files = files("");
        files.insert("middle/mod.rs".into(), middle.into());
        files.insert("middle/part.rs".into(), part.into());
        in_cycles(&imports(&files))
    };
    // A room's face may re-export a part that uses the room's own items, ...
    assert_none("cycles", &cycles("mod part;\npub(crate) use part::Middle;\nstruct A;", "use super::A;"));
    // ... and may not use that part itself.
    for face in [
        "mod part;\npub(crate) use part::Middle;\nstruct A(Middle);",
        "mod part;\nuse part::Middle;\nstruct A;",
        "mod part;\nstruct A(part::Middle);",
    ] {
        assert_eq!(cycles(face, "use super::A;").len(), 2, "{face}");
    }
}

#[test]
fn every_file_that_the_guides_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = root.join("secrets-runtime/src");
    // The guides shorten paths below these folders.
    let folders = [&root, &source, &source.join("client"), &root.join("secrets-derive/src")];
    let mut missing = Vec::new();
    for guide in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(root.join(guide)).unwrap();
        let files: Vec<&str> = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|word| Path::new(word).extension().is_some_and(|end| end == "rs"))
            .collect();
        assert!(!files.is_empty(), "{guide} names no file");
        let exists = |file: &&str| folders.iter().any(|folder| folder.join(file).is_file());
        missing.extend(files.into_iter().filter(|file| !exists(file)).map(|file| format!("{guide}: {file}")));
    }
    assert_none("files do not exist", &missing);
}
