//! Attributes and types that do not compile, from the messages that the compile-fail tests keep.

use std::path::{Path, PathBuf};

use super::page::code;
use super::row::{Row, row};
use crate::support::example::root;

/// One row for each error of `secrets-derive`, with the line of code that it is about.
pub(super) fn rows() -> Vec<Row> {
    let mut files = stderr_files(&root().join("tests/ui/fixtures"));
    files.sort();
    let mut reports: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for error in text.split("\n\n").filter(|error| is_own(error)) {
            let (first, rest) = error.trim_start().split_once('\n').unwrap();
            let report = first.split_once(": ").unwrap().1.to_owned();
            if reports.contains(&report) {
                continue;
            }
            reports.push(report.clone());
            let cause = code(rest.lines().find_map(code_line).unwrap_or_default());
            let fix = fix_of(&report, rest);
            rows.push(row(&cause, &fix, async { report }));
        }
    }
    rows
}

fn stderr_files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { stderr_files(&path) } else { vec![path] };
    paths
        .flat_map(of)
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .collect()
}

/// Whether the words are those of `secrets-derive`, and not the compiler's.
fn is_own(error: &str) -> bool {
    let first = error.trim_start().lines().next().unwrap_or_default();
    let is_of_a_trait = first.starts_with("error[E0277]") && !first.contains("the trait bound");
    let is_plain = first.starts_with("error: ") && !first.contains("macro arguments");
    (is_plain || is_of_a_trait || first.contains("evaluation panicked: "))
        && !first.contains("aborting due to")
}

/// `5 |     #[secret(name = "")]`
fn code_line(line: &str) -> Option<&str> {
    let (number, code) = line.split_once('|')?;
    let is_line = !number.trim().is_empty() && number.trim().bytes().all(|byte| byte.is_ascii_digit());
    is_line.then(|| code.trim().trim_start_matches('/').trim())
}

/// The end of the message, or the note that the compiler prints below it.
fn fix_of(report: &str, rest: &str) -> String {
    let note = rest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("= note: "))
        .find(|note| !note.starts_with("this error"));
    // Not within code.
    let is_outside = |at: &usize| report[..*at].matches('`').count().is_multiple_of(2);
    let ends = ["; ", ": ", ", as in "].into_iter().flat_map(|mark| report.match_indices(mark));
    let last = ends.map(|(at, _)| at + 2).filter(is_outside).max();
    match (note, last) {
        (Some(note), _) => note.to_owned(),
        (None, Some(at)) => report[at..].to_owned(),
        (None, None) => "Correct the code that the compiler marks.".to_owned(),
    }
    .replace('|', "\\|")
}
