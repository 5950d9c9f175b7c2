//! Compares the types that the leak sweep prints with the public API, so that no public type escapes the sweep.

use std::collections::BTreeSet;

use super::sweep;

/// The public API as `tests/public-api/check` keeps it.
const API: &str = include_str!("../../public-api/secrets-runtime.txt");

/// The traits through which a type can show what it holds.
const PRINTERS: [&str; 3] = ["core::fmt::Debug", "core::fmt::Display", "serde_core::ser::Serialize"];

/// Types that can be printed, and can hold no value.
const WITHOUT_A_VALUE: [(&str, &str); 14] = [
    ("Clock", "an enum without data"),
    ("EntryState", "an enum without data"),
    ("ErrorKind", "an enum without data"),
    ("ExitCode", "an enum without data"),
    ("Fallback", "an enum without data"),
    ("HardenError", "holds the number of a system call's error"),
    ("Hardening", "an enum without data"),
    ("InvalidEnvironment", "has no data"),
    ("MigrationOutcome", "an enum without data"),
    ("RotationState", "an enum without data"),
    ("RotationStep", "an enum without data"),
    ("SecretChange", "an enum without data"),
    ("SettingState", "an enum without data"),
    ("TestOutcome", "an enum without data"),
];

/// The last names of all types of the public API that implement one of [`PRINTERS`].
fn printable(api: &str) -> BTreeSet<&str> {
    let printed = api.lines().filter(|line| line.starts_with("impl")).filter_map(|line| {
        let (implemented, of) = line.split_once(" for ")?;
        PRINTERS.iter().any(|printer| implemented.ends_with(printer)).then_some(of)
    });
    printed.map(last_name).collect()
}

/// `Name` of `path::to::Name<..>`.
fn last_name(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

#[tokio::test]
async fn every_public_type_that_can_be_printed_is_in_the_sweep_or_holds_no_value() {
    let swept = sweep::names().await;
    let without: BTreeSet<&str> = WITHOUT_A_VALUE.iter().map(|(name, _)| *name).collect();
    let known: BTreeSet<&str> = swept.union(&without).copied().collect();
    let printable = printable(API);
    let missing: Vec<_> = printable.difference(&known).collect();
    assert!(missing.is_empty(), "add to leaks/sweep.rs, or say here why they hold no value: {missing:?}");
    let gone: Vec<_> = known.difference(&printable).collect();
    assert!(gone.is_empty(), "no longer public, or no longer printable: {gone:?}");
    let both: Vec<_> = swept.intersection(&without).collect();
    assert!(both.is_empty(), "in the sweep, so they need no exception: {both:?}");
}

/// Two types of one name would hide each other from the test above.
#[test]
fn no_two_public_types_have_the_same_name() {
    let paths = API.lines().filter_map(|line| {
        let item = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line).strip_prefix("pub ")?;
        let path = ["struct ", "enum ", "union "].iter().find_map(|kind| item.strip_prefix(kind))?;
        path.split(['<', '(', ' ']).next()
    });
    // A type may be re-exported at the root.
    let in_modules: Vec<&str> = paths.filter(|path| path.matches("::").count() > 1).collect();
    let names: BTreeSet<&str> = in_modules.iter().map(|path| last_name(path)).collect();
    assert!(names.len() > 30, "{names:?}");
    assert_eq!(names.len(), in_modules.len(), "{in_modules:?}");
}

/// The snapshot does not describe types of other crates.
#[test]
fn types_of_other_crates_are_re_exported_only_if_they_hold_no_value() {
    let re_exported: Vec<&str> =
        API.lines().filter_map(|line| line.strip_prefix("pub use ")).map(last_name).collect();
    // Two derives, a trait and an allocator.
    assert_eq!(re_exported, ["SecretConfig", "Zeroize", "Zeroize", "ZeroizingAllocator"]);
}

#[test]
fn printable_types_are_found_in_every_form_of_an_impl() {
    let api = "\
pub struct a::One
impl core::fmt::Debug for a::One
impl<T: core::fmt::Debug> core::fmt::Display for a::b::Two<T>
impl<'a> serde_core::ser::Serialize for a::Three<'a>
impl core::clone::Clone for a::Four
";
    assert_eq!(printable(api).into_iter().collect::<Vec<_>>(), ["One", "Three", "Two"]);
}
