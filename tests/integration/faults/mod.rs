//! The table of faults in the documentation, `secrets-runtime/docs/faults.md`.
//!
//! Each row makes its fault happen and takes the text from the report. After a change of a report:
//! `BLESS=faults cargo test -p integration-tests --test integration -- faults::`

mod command_line;
mod credentials;
mod declarations;
mod dotenv;
mod live;
mod network;
mod page;
mod postgres;
mod rotation;
mod row;
mod secrets;
mod setup;
mod shapes;
mod values;
mod variables;

use std::path::PathBuf;

use self::page::{Section, markdown};
use crate::support::example::root;

const INTRODUCTION: &str = "\
# Faults: report, cause and fix

Search this page for the text of a report. Each row is printed by the library as it is shown here: a test makes every
fault happen and compares the texts. Reports never hold a value. The parts that differ from run to run are replaced: a
request id by `ID`, a port by `PORT`, a folder by `/app`.

A command in the last column can be run as it is. `file://value` is a file with the value: write it without a line
break at its end, for example with `printf %s`. The examples are those of a service `shop` in production.
";

fn page_path() -> PathBuf {
    root().join("secrets-runtime/docs/faults.md")
}

async fn sections(failures: &mut Vec<String>) -> Vec<Section> {
    let mut sections = Vec::new();
    for (title, rows) in [
        ("AWS set-up", setup::rows()),
        ("Credentials", credentials::rows()),
        ("Endpoint and network", network::rows()),
        ("Secrets", secrets::rows()),
        ("JSON and other shapes of secrets", shapes::rows()),
        ("Values", values::rows()),
        ("`.env` files", dotenv::rows()),
        ("Environment variables, files and memory", variables::rows()),
        ("Declarations", declarations::rows()),
        ("Cache and watched configs", live::rows()),
        ("Writing and rotating secrets", rotation::rows()),
        ("Rotating PostgreSQL", postgres::rows()),
        ("Command line", command_line::rows()),
    ] {
        sections.push(Section::of(title, rows, failures).await);
    }
    sections
}

#[tokio::test]
async fn the_page_of_faults_shows_every_report_as_it_is_printed() {
    if postgres::server().is_none() {
        return;
    }
    let mut failures = Vec::new();
    let sections = sections(&mut failures).await;
    let rows: usize = sections.iter().map(Section::len).sum();
    assert!(rows >= 60, "{rows} rows");
    let page = markdown(INTRODUCTION, &sections);
    if std::env::var_os("BLESS").is_some_and(|what| what == "faults") {
        std::fs::write(page_path(), &page).unwrap();
    }
    assert!(failures.is_empty(), "{failures:#?}");
    let stored = std::fs::read_to_string(page_path()).unwrap_or_default();
    let missing = |from: &str, lines: &str| -> String {
        let other: Vec<&str> = from.lines().collect();
        lines.lines().filter(|line| !other.contains(line)).collect::<Vec<_>>().join("\n")
    };
    assert!(
        stored == page,
        "secrets-runtime/docs/faults.md differs\n\nprinted now:\n{}\nin the file:\n{}\nif intended: BLESS=faults \
         cargo test -p integration-tests --test integration -- faults::",
        missing(&stored, &page),
        missing(&page, &stored),
    );
}
