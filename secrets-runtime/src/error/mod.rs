//! One error for a whole load: every setting that failed, where it was looked for and what to do about it.
//!
//! No type in here has a place for a value: texts are `'static`, names are checked against the grammar of names before
//! they are kept, and decoders' errors are reduced to [`DecodeError`](crate::DecodeError).

mod decode_error;
mod field;
mod json;
mod kind;
mod place;
mod source_error;

use std::fmt;

pub use decode_error::DecodeError;
pub(crate) use decode_error::{Position, Step};
pub use field::FieldError;
pub use kind::ErrorKind;
pub(crate) use place::Outcome;
pub use place::Place;
pub use source_error::SourceError;

/// Why settings could not be loaded: every one that failed, in one report that shows no value.
///
/// `Debug` equals `Display`, so that a `main` which returns it prints the report.
///
/// ```
/// use secrets_runtime::{ErrorKind, Memory, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Memory::new()]).build()?;
/// let error = secrets.get("jwt").await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Missing);
/// assert_eq!(error.fields()[0].path(), "jwt");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Report>);

/// What an error holds, behind one pointer to keep `Result`s small.
#[derive(Clone)]
struct Report {
    subject: String,
    /// What is counted in `fields` and `total`.
    counted: &'static str,
    failure: &'static str,
    environment: String,
    total: usize,
    problems: Vec<Problem>,
    fields: Vec<FieldError>,
}

impl Error {
    #[cold]
    pub(crate) fn new(
        subject: String,
        environment: String,
        total: usize,
        problems: Vec<Problem>,
        fields: Vec<FieldError>,
    ) -> Self {
        let (counted, failure) = ("settings", "could not be loaded");
        Self(Box::new(Report { subject, counted, failure, environment, total, problems, fields }))
    }

    /// The same of something other than a load: `could not be written`.
    #[cfg(feature = "admin")]
    pub(crate) fn saying(mut self, failure: &'static str) -> Self {
        self.0.failure = failure;
        self
    }

    /// The same of secrets, each of which may be in several settings.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) fn about_secrets(mut self) -> Self {
        self.0.counted = "secrets";
        self
    }

    /// The kind of the failure. Where several settings failed for different reasons it is the one that most needs a
    /// person: transient kinds only if all failures are.
    pub fn kind(&self) -> ErrorKind {
        let problems = self.0.problems.iter().map(|problem| problem.error.kind());
        let fields = self.0.fields.iter().map(|field| field.kind);
        problems.chain(fields).min().unwrap_or(ErrorKind::Configuration)
    }

    /// Whether trying again later may help without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// The settings that failed, in the order of the struct. Empty if nothing could be asked at all.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// What is wrong with the set-up and belongs to no single setting: a malformed variable, a bad line of `.env`, a
    /// name that two settings read.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { subject, counted, failure, environment, total, problems, fields } = &*self.0;
        match (fields.len(), total) {
            (0, _) | (1, 1) => write!(f, "{subject} {failure}")?,
            (failed, total) => write!(f, "{failed} of {total} {counted} of {subject} {failure}")?,
        }
        match environment.as_str() {
            // What is about an account is in no environment.
            "" => writeln!(f)?,
            environment => writeln!(f, " (environment: {environment})")?,
        }
        for problem in problems {
            writeln!(f, "\n  {problem}")?;
            if let Some(help) = problem.error.help() {
                writeln!(f, "    help: {help}")?;
            }
        }
        let path_width = fields.iter().map(|field| field.path.chars().count()).max().unwrap_or(0);
        // Wide enough for most: one long reason must not push every doc comment off the screen.
        let kind_width =
            fields.iter().map(|field| field.summary().chars().count()).filter(|width| *width <= 24).max();
        let kind_width = kind_width.unwrap_or(0);
        let mut last_help: &[String] = &[];
        for field in fields {
            write!(f, "\n  {:path_width$}   ", field.path)?;
            if field.doc.is_empty() {
                writeln!(f, "{}", field.summary())?;
            } else {
                writeln!(f, "{:kind_width$}   {}", field.summary(), field.doc)?;
            }
            field.write_places(f)?;
            // The same advice under a hundred settings is read once.
            if field.help != last_help {
                for help in &field.help {
                    writeln!(f, "    help: {help}")?;
                }
            }
            last_help = &field.help;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The report is complete: there is no source below it, since whatever caused it may quote a value.
impl std::error::Error for Error {}

/// A fault of the set-up that belongs to no single setting.
#[derive(Clone)]
pub struct Problem {
    place: String,
    error: SourceError,
}

impl Problem {
    /// What is at fault: a variable's name, a source, a secret's id.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong with it.
    pub const fn error(&self) -> &SourceError {
        &self.error
    }

    /// Of a place that may be shown: not of an id or a variable that may be a value pasted by mistake.
    pub(crate) fn new(place: impl Into<String>, error: SourceError) -> Self {
        Self { place: place.into(), error }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.place(), self.error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Error {
        let missing =
            |answer, similar: Option<&str>| Outcome::Missing { answer, similar: similar.map(str::to_owned) };
        let denied = SourceError::new(ErrorKind::AccessDenied)
            .with_code("AccessDeniedException")
            .with_request_id("7c0e");
        Error::new(
            "AppConfig".into(),
            "production".into(),
            9,
            vec![],
            vec![
                FieldError {
                    path: "database_url".into(),
                    doc: "Postgres connection string.",
                    kind: ErrorKind::Missing,
                    reason: None,
                    places: vec![
                        Place::new(
                            "aws",
                            &["gaara-store/production/database-url"],
                            missing("ResourceNotFoundException", None),
                        ),
                        Place::new("env", &["DATABASE_URL"], missing("not set", Some("DATABSE_URL"))),
                    ],
                    help: vec!["create it".into()],
                },
                FieldError {
                    path: "stripe".into(),
                    doc: "",
                    kind: ErrorKind::AccessDenied,
                    reason: None,
                    places: vec![Place::new(
                        "aws",
                        &["gaara-store/production/stripe"],
                        Outcome::Failed(denied),
                    )],
                    help: vec!["allow it".into()],
                },
                FieldError {
                    path: "port".into(),
                    doc: "",
                    kind: ErrorKind::Invalid,
                    reason: Some(DecodeError::expected("u16")),
                    places: vec![Place::new("env", &["PORT"], Outcome::Found)],
                    help: vec![],
                },
            ],
        )
    }

    #[test]
    fn the_report_names_everything_that_is_wrong() {
        let expected = "\
3 of 9 settings of AppConfig could not be loaded (environment: production)

  database_url   missing                 Postgres connection string.
    aws  gaara-store/production/database-url   ResourceNotFoundException
    env  DATABASE_URL                          not set (did you mean DATABSE_URL?)
    help: create it

  stripe         access denied
    aws  gaara-store/production/stripe   AccessDeniedException (request 7c0e)
    help: allow it

  port           invalid: expected u16
    env  PORT
";
        assert_eq!(report().to_string(), expected);
        assert_eq!(format!("{:?}", report()), expected);
        assert_eq!(format!("{:#?}", report()), expected);
    }

    #[test]
    fn the_kind_is_the_one_that_needs_a_person() {
        assert_eq!(report().kind(), ErrorKind::AccessDenied);
        assert!(!report().is_transient());
    }

    #[test]
    fn results_stay_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
