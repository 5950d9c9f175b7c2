//! What a comparison comes to: targets met or missed.

use std::process::ExitCode;

/// A sentence is all that a failed measurement needs: nobody handles it.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The targets of one comparison, in the order in which they were looked at.
#[derive(Default)]
pub(crate) struct Outcome {
    targets: Vec<Target>,
}

struct Target {
    what: String,
    measured: f64,
    limit: f64,
}

impl Target {
    fn is_met(&self) -> bool {
        self.measured <= self.limit
    }
}

impl Outcome {
    /// Notes that `what` was `measured` and may be at most `limit`.
    pub(crate) fn at_most(&mut self, limit: f64, what: impl Into<String>, measured: f64) {
        self.targets.push(Target { what: what.into(), measured, limit });
    }

    /// Prints the verdict on each target; the exit code is 1 if one is missed.
    pub(crate) fn report(&self) -> ExitCode {
        println!();
        for target in &self.targets {
            let verdict = if target.is_met() { "met   " } else { "MISSED" };
            println!(
                "{verdict}  {}: {:.2}, target at most {:.2}",
                target.what, target.measured, target.limit
            );
        }
        if self.targets.iter().all(Target::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
