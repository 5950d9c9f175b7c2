//! The result of applying a plan: the outcome of each secret, also after an error midway.

use std::fmt;

use crate::error::{Error, FieldError};
use crate::secret_id::display_id;
use crate::text::json::Json;
use crate::text::names::texts;

/// The outcome of each secret of a plan.
///
/// `Display` counts them on one line.
#[derive(Debug, Clone, Default)]
pub struct MigrationReport {
    secrets: Vec<MigratedSecret>,
}

impl MigrationReport {
    /// Returns every secret in the order of the plan.
    pub fn secrets(&self) -> &[MigratedSecret] {
        &self.secrets
    }

    /// Returns the ids of the secrets with this outcome.
    pub fn ids(&self, outcome: MigrationOutcome) -> impl Iterator<Item = &str> {
        self.secrets.iter().filter(move |secret| secret.outcome == outcome).map(MigratedSecret::id)
    }

    /// Returns whether everything that the plan writes is in the store.
    pub fn is_complete(&self) -> bool {
        let is_open = |outcome| matches!(outcome, MigrationOutcome::Failed | MigrationOutcome::NotTried);
        !self.secrets.iter().any(|secret| is_open(secret.outcome))
    }

    pub(super) fn push(&mut self, id: &str, outcome: MigrationOutcome, error: Option<FieldError>) {
        self.secrets.push(MigratedSecret { id: id.to_owned(), outcome, error });
    }

    pub(super) fn as_json(&self) -> Json<'_> {
        Json::object([
            ("is_complete", self.is_complete().into()),
            ("secrets", Json::list(self.secrets.iter().map(MigratedSecret::as_json))),
        ])
    }
}

/// Counts the outcomes.
impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |outcome| self.ids(outcome).count();
        let [created, written, unchanged, failed, not_tried] = [
            MigrationOutcome::Created,
            MigrationOutcome::Written,
            MigrationOutcome::Unchanged,
            MigrationOutcome::Failed,
            MigrationOutcome::NotTried,
        ]
        .map(count);
        write!(f, "{created} created, {written} written, {unchanged} unchanged")?;
        if failed + not_tried > 0 {
            write!(f, ", {failed} failed, {not_tried} not tried")?;
        }
        Ok(())
    }
}

/// One secret after a migration.
#[derive(Clone)]
pub struct MigratedSecret {
    id: String,
    outcome: MigrationOutcome,
    error: Option<FieldError>,
}

impl MigratedSecret {
    /// Returns the full name, or the ARN.
    pub fn id(&self) -> &str {
        display_id(&self.id)
    }

    /// Returns the outcome.
    pub const fn outcome(&self) -> MigrationOutcome {
        self.outcome
    }

    /// Returns why the secret could not be written.
    pub const fn error(&self) -> Option<&FieldError> {
        self.error.as_ref()
    }

    fn as_json(&self) -> Json<'_> {
        Json::object([
            ("id", self.id().into()),
            ("outcome", self.outcome.as_str().into()),
            ("error", self.error.as_ref().map(FieldError::to_json).into()),
        ])
    }
}

impl fmt::Debug for MigratedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigratedSecret")
            .field("id", &self.id())
            .field("outcome", &self.outcome)
            .field("error", &self.error)
            .finish()
    }
}

/// The outcome of one secret in a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigrationOutcome {
    /// The secret was created.
    Created,
    /// The secret existed and got a first value, another value, or more keys.
    Written,
    /// The secret already had the file's value.
    Unchanged,
    /// The plan does not write the secret.
    LeftAlone,
    /// The secret could not be written. After a time-out it may have been written.
    Failed,
    /// An earlier secret failed because the store could not be reached or throttled.
    NotTried,
}

texts! {
    MigrationOutcome,
    /// Returns the outcome as reports write it.
    #[must_use]
    {
        Self::Created => "created",
        Self::Written => "written",
        Self::Unchanged => "unchanged",
        Self::LeftAlone => "left alone",
        Self::Failed => "failed",
        Self::NotTried => "not tried",
    }
}

/// Why a migration could not be finished, and what it has done.
///
/// It converts into an [`Error`], with `?` or `From`, which drops the report. `Debug` equals `Display`, so
/// that a `main` that returns it prints the report.
#[derive(Clone)]
pub struct MigrationError {
    error: Error,
    report: MigrationReport,
}

impl MigrationError {
    pub(super) const fn new(error: Error, report: MigrationReport) -> Self {
        Self { error, report }
    }

    /// Returns the error with each secret that could not be written.
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the outcome of every secret of the plan.
    pub const fn report(&self) -> &MigrationReport {
        &self.report
    }
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, report } = self;
        writeln!(f, "{error}\nResult so far: {report}\n")?;
        let width = report.secrets.iter().map(|secret| secret.id().chars().count()).max().unwrap_or(0);
        for secret in &report.secrets {
            writeln!(f, "  {:width$}   {}", secret.id(), secret.outcome.as_str())?;
        }
        writeln!(f, "\nhelp: fix the cause and run the migration again: secrets that are done do not change")
    }
}

impl fmt::Debug for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// It has no source, as [`Error`] has none.
impl std::error::Error for MigrationError {}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        error.error
    }
}
