//! What a migration has done to each secret, also where it failed midway.

use std::fmt;

use crate::error::{Error, FieldError};
use crate::secret_id::display_id;
use crate::text::json::Json;

/// What a migration has done to each secret of its plan.
///
/// `Display` counts them on one line.
#[derive(Debug, Clone, Default)]
pub struct MigrationReport {
    secrets: Vec<MigratedSecret>,
}

impl MigrationReport {
    /// Every secret in the order of the plan.
    pub fn secrets(&self) -> &[MigratedSecret] {
        &self.secrets
    }

    /// The ids of the secrets that came to this end.
    pub fn ids(&self, outcome: MigrationOutcome) -> impl Iterator<Item = &str> {
        self.secrets.iter().filter(move |secret| secret.outcome == outcome).map(MigratedSecret::id)
    }

    /// Whether all that the plan writes is in the store.
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

/// How many were written, had the file's value before, and could not be written.
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

/// One secret, as a migration has left it.
#[derive(Clone)]
pub struct MigratedSecret {
    id: String,
    outcome: MigrationOutcome,
    error: Option<FieldError>,
}

impl MigratedSecret {
    /// The full name, or the ARN.
    pub fn id(&self) -> &str {
        display_id(&self.id)
    }

    /// What has become of it.
    pub const fn outcome(&self) -> MigrationOutcome {
        self.outcome
    }

    /// Why it failed.
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

/// What has become of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MigrationOutcome {
    /// It was created.
    Created,
    /// It was there, and got a value, another one, or further keys.
    Written,
    /// It had the file's value before.
    Unchanged,
    /// The plan writes nothing to it.
    LeftAlone,
    /// It could not be written. After a time-out it may have been, all the same.
    Failed,
    /// The store could not be reached, or asked for fewer requests, before it was this secret's turn.
    NotTried,
}

impl MigrationOutcome {
    /// The outcome as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::LeftAlone => "left alone",
            Self::Failed => "failed",
            Self::NotTried => "not tried",
        }
    }
}

/// Why a migration could not be finished, and what it has done until then.
///
/// Whoever wants the former alone turns it into an [`Error`], as `?` does. `Debug` equals `Display`, so that a `main` which
/// returns it prints the report.
#[derive(Clone)]
pub struct MigrationError {
    error: Error,
    report: MigrationReport,
}

impl MigrationError {
    pub(super) const fn new(error: Error, report: MigrationReport) -> Self {
        Self { error, report }
    }

    /// Each secret that could not be written, and why.
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// What has become of every secret of the plan.
    pub const fn report(&self) -> &MigrationReport {
        &self.report
    }
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error, report } = self;
        writeln!(f, "{error}\nWhere it stands: {report}\n")?;
        let width = report.secrets.iter().map(|secret| secret.id().chars().count()).max().unwrap_or(0);
        for secret in &report.secrets {
            writeln!(f, "  {:width$}   {}", secret.id(), secret.outcome.as_str())?;
        }
        writeln!(f, "\nhelp: run it again when this is mended: what is done is left as it is")
    }
}

impl fmt::Debug for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As for [`Error`], there is no source below it.
impl std::error::Error for MigrationError {}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        error.error
    }
}
