//! What gets out of the types that hold secrets, of the loaders that read them and of the clients that fetch them: ours and
//! those that people use today, each made to say all it can while it holds a canary.
//!
//! Nothing in the tables is known beforehand: each cell was run.

mod aws;
mod cell;
mod loaders;
mod probe;
mod report;
mod types;

use cell::Cell;
use harness::canary::Canary;
use report::Report;

use crate::outcome::{Outcome, Result};

pub(crate) fn run() -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let canary = Canary::new("leaks");
    let blind = [format!("{:?}", Some(canary.as_str())), format!("{:?}", canary.as_str().as_bytes())];
    for said in blind {
        outcome.holds("control: a plain text leaks", Cell::of(&canary, Some(&said)) == Cell::Leaks);
    }
    let mut report = Report::new(outcome);
    report.add("Types that hold a secret", types::table(&canary)?);
    report.add("Loaders of a config", loaders::table(&canary)?);
    report.add("Clients of Secrets Manager", aws::table(&canary)?);
    Ok(report.print())
}
