//! The names that the crate makes public, read from its source: a type that is added without being searched is missed here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::sweep;
use crate::support::example::root;

/// Types that can hold no value, or cannot be printed.
const WITHOUT_A_VALUE: [(&str, &str); 23] = [
    ("TestOutcome", "an enum without data"),
    ("AcrossRotation", "has neither Debug nor Display"),
    ("BoxFuture", "another name of a type of the standard library"),
    ("Clock", "an enum without data"),
    ("Deliver", "another name of a type of the standard library"),
    ("EntryState", "an enum without data"),
    ("ErrorKind", "an enum without data"),
    ("Fallback", "an enum without data"),
    ("FromSecret", "a trait"),
    ("RotationStep", "an enum without data"),
    ("Rotator", "a trait"),
    ("SafeToPrint", "a trait"),
    ("SecretConfig", "a trait and its derive"),
    ("Source", "a trait"),
    ("Zeroize", "a trait"),
    ("HardenError", "holds the number of a system call's error"),
    ("Hardening", "an enum without data"),
    ("InvalidEnvironment", "has no data"),
    ("MigrationOutcome", "an enum without data"),
    ("RotationState", "an enum without data"),
    ("SecretChange", "an enum without data"),
    ("SettingState", "an enum without data"),
    ("ZeroizingAllocator", "an allocator, which keeps nothing"),
];

/// The public types of the crate, without those that are hidden from its documentation.
fn public_types() -> BTreeSet<String> {
    let source = root().join("secrets-runtime/src");
    let mut names = BTreeSet::new();
    collect(&source.join("lib.rs"), &source, &mut names);
    // Functions and macros begin with a small letter.
    names.retain(|name| name.starts_with(|first: char| first.is_ascii_uppercase()));
    names
}

/// The names of a file of the crate that begin with a capital letter, and of the public modules in it.
fn collect(file: &Path, folder: &Path, names: &mut BTreeSet<String>) {
    let text = std::fs::read_to_string(file).unwrap();
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for item in code.split("\npub ").skip(1) {
        let mut words =
            item.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        match words.next() {
            Some("use") => {
                let paths = item.split(';').next().unwrap();
                names.extend(reexported(paths.trim_start_matches("use")));
            }
            Some("struct" | "enum" | "union" | "trait" | "type") => {
                names.extend(words.next().map(str::to_owned));
            }
            Some("mod") => {
                let name = words.next().unwrap();
                if name != "__private" {
                    let (file, below) = module(folder, name);
                    collect(&file, &below, names);
                }
            }
            _ => {}
        }
    }
}

fn module(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let below = folder.join(name);
    let file = folder.join(format!("{name}.rs"));
    (if file.exists() { file } else { below.join("mod.rs") }, below)
}

/// The last name of each path in a `use`.
fn reexported(paths: &str) -> impl Iterator<Item = String> + '_ {
    let paths =
        paths.split(['{', '}', ',']).map(str::trim).filter(|path| !path.is_empty() && !path.ends_with("::"));
    paths.map(|path| {
        let last = path.rsplit("::").next().unwrap_or(path);
        last.rsplit(" as ").next().unwrap_or(last).trim().to_owned()
    })
}

#[tokio::test]
async fn every_public_type_is_searched_or_can_hold_no_value() {
    let searched: BTreeSet<&str> = sweep::names().await;
    let without: BTreeSet<&str> = WITHOUT_A_VALUE.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<&str> = searched.union(&without).copied().collect();
    let public = public_types();
    let public: BTreeSet<&str> = public.iter().map(String::as_str).collect();
    let forgotten: Vec<_> = public.difference(&known).collect();
    assert!(
        forgotten.is_empty(),
        "add to leaks/sweep.rs, or say here why they can hold no value: {forgotten:?}"
    );
    let gone: Vec<_> = known.difference(&public).collect();
    assert!(gone.is_empty(), "no longer public: {gone:?}");
    let both: Vec<_> = searched.intersection(&without).collect();
    assert!(both.is_empty(), "searched, so they need no excuse: {both:?}");
}

/// The list itself sees what is there.
#[test]
fn the_list_of_public_types_is_read_from_every_form_of_an_item() {
    let found: Vec<_> = reexported(" a::{B, c::{D as E, f}, \n G,\n}").collect();
    assert_eq!(found, ["B", "E", "f", "G"]);
    assert_eq!(reexported(" zeroize::Zeroize").collect::<Vec<_>>(), ["Zeroize"]);
    let public = public_types();
    for name in ["Secret", "SecretsManager", "Admin", "Zeroize", "DecodeError", "RotatorError"] {
        assert!(public.contains(name), "{name}");
    }
    let mut names = BTreeSet::new();
    let folder = crate::support::folder::Folder::new();
    folder
        .write("lib.rs", "\n/// pub struct Not;\npub struct One;\npub(crate) struct Two;\npub mod three;\n");
    folder.write("three.rs", "//! x\n\npub enum Four {}\nstruct Five;\n");
    collect(&folder.path().join("lib.rs"), folder.path(), &mut names);
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["Four", "One"]);
}
