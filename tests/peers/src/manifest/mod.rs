//! How long it takes to say what a config of 200 settings needs: the manifest, and everything that is printed of it.
//!
//! One config is mixed as services mix them, the other is 200 secrets, of which policies and templates are made. Each output is
//! checked to name the last setting: who is fast with half of it is not fast.

mod config;

use std::hint::black_box;
use std::time::{Duration, Instant};

use secrets_runtime::SecretConfig;
use secrets_runtime::manifest::Manifest;

use crate::outcome::{Outcome, Result};
use crate::samples::median;
use crate::shop;
use crate::table::Table;

/// An odd number, so that the median is a run that took place.
const RUNS: usize = 201;

/// In milliseconds.
const LIMIT: f64 = 1.0;

/// One output: what it is called, and how it is made.
type Output = (&'static str, fn(&Manifest) -> Result<String>);

const OUTPUTS: [Output; 8] = [
    ("IAM policy", |manifest| {
        Ok(manifest.iam_policy().region("eu-west-1").account("123456789012").to_json()?)
    }),
    (".env.example", |manifest| Ok(manifest.to_env_example())),
    ("CloudFormation", |manifest| Ok(manifest.to_cloudformation()?)),
    ("Terraform", |manifest| Ok(manifest.to_terraform()?)),
    ("Markdown", |manifest| Ok(manifest.to_markdown())),
    ("checklist", |manifest| Ok(manifest.to_checklist())),
    ("JSON", |manifest| Ok(manifest.to_json())),
    ("alarms", |manifest| Ok(manifest.to_alarms())),
];

/// One config: what it is called, how its manifest is made, and a word that every output has that is about its secrets.
struct Case {
    what: &'static str,
    manifest: fn() -> Manifest,
    last: &'static str,
}

const CASES: [Case; 2] = [
    Case { what: "200 mixed settings", manifest: config::AppConfig::manifest, last: "signing" },
    Case { what: "200 secrets", manifest: shop::AppConfig::manifest, last: "secret-199" },
];

pub(crate) fn run() -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let columns = CASES.iter().map(|case| measure(case, &mut outcome)).collect::<Result<Vec<_>>>()?;
    println!("µs, median of {RUNS} runs:\n");
    let mut table = Table::new(["", CASES[0].what, CASES[1].what]);
    let names = ["manifest"].into_iter().chain(OUTPUTS.map(|(name, _)| name)).chain(["all of it"]);
    for (row, name) in names.enumerate() {
        let cells = columns.iter().filter_map(|column| column.get(row)).map(|time| format!("{time:.0}"));
        table.row([name.to_owned()].into_iter().chain(cells));
    }
    print!("{table}");
    Ok(outcome)
}

/// What each part takes, and all of them, in microseconds.
fn measure(case: &Case, outcome: &mut Outcome) -> Result<Vec<f64>> {
    let manifest = (case.manifest)();
    let settings = manifest.settings().len();
    outcome.holds(format!("{}: there are {settings}", case.what), settings == 200);
    let is_whole = |(name, output): &Output| -> Result<bool> {
        Ok(*name == "alarms" || *name == ".env.example" || output(&manifest)?.contains(case.last))
    };
    let whole = OUTPUTS.iter().map(is_whole).collect::<Result<Vec<_>>>()?;
    outcome.holds(format!("{}: each output is about all of them", case.what), whole.into_iter().all(|is| is));

    let mut parts = vec![Vec::with_capacity(RUNS); OUTPUTS.len() + 2];
    for _ in 0..RUNS {
        let start = Instant::now();
        let manifest = black_box((case.manifest)());
        let mut times = vec![start.elapsed()];
        for (_, output) in OUTPUTS {
            let start = Instant::now();
            black_box(output(&manifest)?);
            times.push(start.elapsed());
        }
        times.push(start.elapsed());
        for (samples, time) in parts.iter_mut().zip(times) {
            samples.push(microseconds(time));
        }
    }
    let medians: Vec<f64> = parts.into_iter().map(median).collect();
    let all = medians.last().copied().unwrap_or_default();
    outcome.at_most(LIMIT, format!("{}: the manifest and all outputs, in ms", case.what), all / 1e3);
    Ok(medians)
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
