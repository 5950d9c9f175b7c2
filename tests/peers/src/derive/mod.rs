//! What `#[derive(SecretConfig)]` costs the crate that holds the struct, beside serde's `Deserialize` on the same
//! struct.
//!
//! Each side is a library of its own: the struct, its derive and one function that loads it, so that all the code is
//! generated that a program has in the end. Everything else is built beforehand, no run is incremental, and only the
//! compiler's own run is timed, without cargo's work around it. The runs of the sides alternate, and each ratio is the
//! median of the ratios of neighbouring runs: what disturbs the machine hits both.
//!
//! A second pair of libraries is without that function. What serde derives is generic: until somebody calls it, the
//! compiler checks it but makes no machine code of it, while what we derive is compiled where the struct is. A release
//! build of that pair sets our whole cost against a part of serde's, so it is shown without a target.

mod source;

use crate::cargo::{output, workspace};
use crate::outcome::{Outcome, Result};
use crate::rustc_timer::{self, Times};
use crate::samples::{median, milliseconds};
use crate::scratch::Scratch;
use crate::table::Table;

use source::Side;

/// A way to compile a crate.
struct Mode {
    name: &'static str,
    arguments: &'static [&'static str],
    /// How often: an odd number, so that the median is a run that took place.
    rounds: usize,
    /// The pairs that have a target.
    targets: &'static [Pair],
}

const MODES: [Mode; 3] = [
    Mode { name: "check", arguments: &["check"], rounds: 11, targets: &[Pair::Loads, Pair::DeriveAlone] },
    // Shown for who waits for it every day; no target was set for it.
    Mode { name: "debug", arguments: &["build"], rounds: 7, targets: &[] },
    Mode { name: "release", arguments: &["build", "--release"], rounds: 5, targets: &[Pair::Loads] },
];

/// What is compared with what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    /// The derive and a function that uses it.
    Loads,
    DeriveAlone,
}

impl Pair {
    const fn name(self) -> &'static str {
        match self {
            Self::Loads => "derive and load",
            Self::DeriveAlone => "derive alone",
        }
    }
}

/// A crate to compile.
struct Subject {
    package: &'static str,
    side: Side,
    pair: Pair,
}

const SUBJECTS: [Subject; 5] = [
    Subject { package: "plain", side: Side::Plain, pair: Pair::DeriveAlone },
    Subject { package: "serde_derive_alone", side: Side::Serde, pair: Pair::DeriveAlone },
    Subject { package: "ours_derive_alone", side: Side::Ours, pair: Pair::DeriveAlone },
    Subject { package: "serde_loads", side: Side::Serde, pair: Pair::Loads },
    Subject { package: "ours_loads", side: Side::Ours, pair: Pair::Loads },
];

/// The times of every subject in one round.
type Round = [Times; SUBJECTS.len()];

pub(crate) fn run() -> Result<Outcome> {
    let scratch = scratch()?;
    let mut outcome = Outcome::default();
    println!(
        "a struct of {} settings; the compiler's time in ms, median of alternating runs:\n",
        source::FIELDS
    );
    for mode in &MODES {
        let rounds = measure(&scratch, mode)?;
        println!("{}", table(mode, &rounds));
        for pair in mode.targets {
            // Both have to be right: time on an idle machine, and work on a busy one.
            let ratio = ratio(&rounds, Side::Ours, *pair, cpu).max(ratio(&rounds, Side::Ours, *pair, wall));
            outcome.at_most(1.0, format!("{}, {}, beside serde's", mode.name, pair.name()), ratio);
        }
    }
    Ok(outcome)
}

fn scratch() -> Result<Scratch> {
    let packages: Vec<&str> = SUBJECTS.iter().map(|subject| subject.package).collect();
    let scratch = Scratch::new("derive", &packages)?;
    let runtime = workspace()?.join("secrets-runtime").display().to_string();
    // The same for every side, so that the compiler has the same to read.
    let dependencies = format!(
        "secrets-runtime = {{ path = '{runtime}', default-features = false, features = [\"derive\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         serde_json = \"1\"\n"
    );
    for Subject { package, side, pair } in &SUBJECTS {
        scratch.library(package, &dependencies, &source::library(*side, *pair == Pair::Loads))?;
    }
    Ok(scratch)
}

fn measure(scratch: &Scratch, mode: &Mode) -> Result<Vec<Round>> {
    output(scratch.cargo(mode.arguments).arg("--workspace").env("CARGO_INCREMENTAL", "0"))?;
    // The first round warms the disk's cache and is not counted.
    (0..=mode.rounds).map(|_| round(scratch, mode)).skip(1).collect()
}

fn round(scratch: &Scratch, mode: &Mode) -> Result<Round> {
    let mut times = [Times::default(); SUBJECTS.len()];
    for (time, subject) in times.iter_mut().zip(&SUBJECTS) {
        *time = compile(scratch, mode, subject.package)?;
    }
    Ok(times)
}

fn compile(scratch: &Scratch, mode: &Mode, package: &str) -> Result<Times> {
    scratch.touch(package)?;
    let record = scratch.path("times");
    if record.exists() {
        std::fs::remove_file(&record)?;
    }
    let mut cargo = scratch.cargo(mode.arguments);
    cargo.args(["--package", package]).env("CARGO_INCREMENTAL", "0");
    rustc_timer::record_into(&mut cargo, &record)?;
    output(&mut cargo)?;
    rustc_timer::read(&record, package)
}

fn table(mode: &Mode, rounds: &[Round]) -> Table {
    let mut table = Table::new([mode.name, "cpu", "beside serde's", "wall", "beside serde's"]);
    for Subject { side, pair, .. } in &SUBJECTS {
        let name = match side {
            Side::Plain => "the struct without a derive".to_owned(),
            Side::Serde => format!("serde, {}", pair.name()),
            Side::Ours => format!("ours, {}", pair.name()),
        };
        let cells = [cpu, wall].into_iter().flat_map(|time| {
            let middle = median(rounds.iter().filter_map(|round| of(round, *side, *pair)).map(time));
            [format!("{middle:.0}"), format!("{:.2} x", ratio(rounds, *side, *pair, time))]
        });
        table.row(std::iter::once(name).chain(cells));
    }
    table
}

/// The median over the rounds of a side's time beside serde's in the same round.
fn ratio(rounds: &[Round], side: Side, pair: Pair, time: fn(&Times) -> f64) -> f64 {
    median(rounds.iter().filter_map(|round| {
        let (ours, serde) = (of(round, side, pair)?, of(round, Side::Serde, pair)?);
        Some(time(ours) / time(serde))
    }))
}

fn of(round: &Round, side: Side, pair: Pair) -> Option<&Times> {
    let subject = SUBJECTS.iter().position(|subject| subject.side == side && subject.pair == pair)?;
    round.get(subject)
}

fn cpu(times: &Times) -> f64 {
    milliseconds(times.cpu)
}

fn wall(times: &Times) -> f64 {
    milliseconds(times.wall)
}
