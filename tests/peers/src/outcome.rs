//! What a comparison comes to: targets met or missed.

use std::fmt;
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
    kind: Kind,
}

enum Kind {
    AtMost { measured: f64, limit: f64 },
    AtLeast { measured: f64, limit: f64 },
    Holds(bool),
}

impl Target {
    fn is_met(&self) -> bool {
        match self.kind {
            Kind::AtMost { measured, limit } => measured <= limit,
            Kind::AtLeast { measured, limit } => measured >= limit,
            Kind::Holds(holds) => holds,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.kind {
            Kind::AtMost { measured, limit } => write!(f, ": {measured:.2}, target at most {limit:.2}"),
            Kind::AtLeast { measured, limit } => write!(f, ": {measured:.2}, target at least {limit:.2}"),
            Kind::Holds(_) => Ok(()),
        }
    }
}

impl Outcome {
    /// Notes that `what` was `measured` and may be at most `limit`.
    pub(crate) fn at_most(&mut self, limit: f64, what: impl Into<String>, measured: f64) {
        self.targets.push(Target { what: what.into(), kind: Kind::AtMost { measured, limit } });
    }

    /// Notes that `what` was `measured` and has to be at least `limit`.
    pub(crate) fn at_least(&mut self, limit: f64, what: impl Into<String>, measured: f64) {
        self.targets.push(Target { what: what.into(), kind: Kind::AtLeast { measured, limit } });
    }

    /// Notes whether `what` is so, as it has to be.
    pub(crate) fn holds(&mut self, what: impl Into<String>, holds: bool) {
        self.targets.push(Target { what: what.into(), kind: Kind::Holds(holds) });
    }

    /// Prints the verdict on each target; the exit code is 1 if one is missed.
    pub(crate) fn report(&self) -> ExitCode {
        println!();
        for target in &self.targets {
            let verdict = if target.is_met() { "met   " } else { "MISSED" };
            println!("{verdict}  {target}");
        }
        if self.targets.iter().all(Target::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
