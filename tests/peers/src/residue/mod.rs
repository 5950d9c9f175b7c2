//! What is left of a secret in memory that is given back: blocks freed with some of it in them, for each input that a program
//! gets secrets from.
//!
//! Each row is a process of its own, whose allocator looks into what is freed and moves what grows: see `tests/residue`.

use std::path::{Path, PathBuf};

use harness::stub::Stub;
use residue::canary::CANARY;
use residue::{Endpoint, measured_in_child};

use crate::cargo::{cargo, output, target_folder, workspace};
use crate::outcome::{Outcome, Result};
use crate::table::Table;

/// One input, in the hands of a peer or in ours.
struct Row {
    what: &'static str,
    who: &'static str,
    scenario: &'static str,
    /// What it shows, if it is to be nothing or no more than another's.
    target: Option<Target>,
}

enum Target {
    Nothing,
    /// No more than the same without us: the HTTP client's read buffer.
    NoMoreThanTheSdk,
}

const OURS: &str = "secrets-runtime";
const SDK: &str = "AWS SDK";

const fn peer(what: &'static str, who: &'static str, scenario: &'static str) -> Row {
    Row { what, who, scenario, target: None }
}

const fn ours(what: &'static str, scenario: &'static str) -> Row {
    Row { what, who: OURS, scenario, target: Some(Target::Nothing) }
}

const ROWS: &[Row] = &[
    peer("a text", "String", "controls::string"),
    ours("a text", "custody::from_str"),
    peer("JSON without escapes", "secrecy, serde_json", "controls::secrecy_without_escapes"),
    ours("JSON without escapes", "decoding::json_text_without_escapes"),
    peer("JSON with escapes", "secrecy, serde_json", "controls::secrecy_with_escapes"),
    ours("JSON with escapes", "decoding::json_text_with_escapes"),
    peer("3 KiB of JSON with escapes", "secrecy, serde_json", "controls::secrecy_3_kib_with_escapes"),
    ours("JSON with escapes into a struct", "decoding::json_into_secrets"),
    peer("JSON of another type", "serde_json", "controls::serde_json_error"),
    ours("JSON of another type", "failures::json_that_does_not_fit"),
    peer(".env, four values", "dotenvy", "controls::dotenvy_into_secrets"),
    ours(".env, four values", "sources::dotenv"),
    ours("an environment variable", "sources::env"),
    ours("cached, expired, replaced", "cached::expiry"),
    ours("a config that follows its secrets", "cached::live"),
    peer("AWS, copied from the answer", SDK, "peers::sdk_cloned"),
    peer("AWS, taken out of the answer", SDK, "peers::sdk_taken_out"),
    peer("AWS, cached", "aws_secretsmanager_caching", "peers::official"),
    Row { what: "AWS", who: OURS, scenario: "wire::escaped_text", target: Some(Target::NoMoreThanTheSdk) },
    ours("put to AWS", "admin::put_text"),
];

pub(crate) fn run() -> Result<Outcome> {
    let program = measuring_program()?;
    let stub = Stub::start_on_thread();
    stub.put("text", CANARY);
    let endpoint = Endpoint::start();
    let mut table = Table::new(["", "", "blocks freed with the value", "of them others'"]);
    let mut outcome = Outcome::default();
    for Row { what, who, scenario, target } in ROWS {
        let server = if scenario.starts_with("admin::") { endpoint.url().to_owned() } else { stub.url() };
        let measured = measured_in_child(&program, scenario, Some(&server))?;
        let freed = measured.ours.freed;
        let without = measured.without.map(|without| without.freed);
        let others = match target {
            Some(Target::NoMoreThanTheSdk) => without.map(|without| without.min(freed)),
            _ => None,
        };
        let cells = [(*what).to_owned(), (*who).to_owned(), freed.to_string()];
        table.row(cells.into_iter().chain(others.map(|others| others.to_string())));
        if who == &OURS && scenario.starts_with("admin::") {
            let without = without.ok_or("no call of the SDK to compare with")?;
            table.row([(*what).to_owned(), SDK.to_owned(), without.to_string()]);
        }
        let own = count(freed - others.unwrap_or(0))?;
        match target {
            Some(_) => outcome.at_most(0.0, format!("{OURS}, {what}: copies of its own"), own),
            // Without escapes there is nothing to see: `serde_json` borrows the text.
            None if *scenario != "controls::secrecy_without_escapes" => {
                outcome.at_least(1.0, format!("{who}, {what}: the hook sees"), count(freed)?);
            }
            None => {}
        }
    }
    print!("{table}");
    Ok(outcome)
}

fn count(counted: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(counted)?))
}

/// Built as this program is: what the optimizer leaves out of one it leaves out of the other.
fn measuring_program() -> Result<PathBuf> {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let target = target_folder()?;
    let arguments =
        ["build", "--quiet", "--profile", profile, "--package", "peers", "--bin", NAME, "--target-dir"];
    output(cargo(&workspace()?, &arguments).arg(&target))?;
    let folder = if cfg!(debug_assertions) { "debug" } else { "release" };
    Ok(Path::new(&target).join(folder).join(NAME))
}

const NAME: &str = "measure_residue";
