//! One error for a whole load: every setting that failed, where it was looked for and what to do about it.
//!
//! No type in here has a place for a value: texts are `'static`, names are checked against the grammar of names before
//! they are kept, and decoders' errors are reduced to [`DecodeError`].

use std::fmt;

use crate::environment::shown_id;
use crate::value::DecodeError;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program or its surroundings are set up wrongly: a region is missing, an endpoint is no URL.
    Configuration,
    /// The store refuses: a policy is missing, or the credentials are not valid.
    AccessDenied,
    /// The secret's key cannot be used.
    Decryption,
    /// The secret is marked for deletion.
    PendingDeletion,
    /// There is a value, and it does not fit the setting.
    Invalid,
    /// No place that was looked at has it.
    Missing,
    /// The store did not answer in time, or with a fault of its own.
    Unavailable,
    /// The store asks for fewer requests.
    Throttled,
}

impl ErrorKind {
    /// Whether trying again later may help without anybody changing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Throttled)
    }

    /// The kind as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::AccessDenied => "access denied",
            Self::Decryption => "decryption failed",
            Self::PendingDeletion => "pending deletion",
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

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
pub struct Error(Box<Report>);

/// What an error holds, behind one pointer to keep `Result`s small.
struct Report {
    subject: String,
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
        Self(Box::new(Report { subject, environment, total, problems, fields }))
    }

    /// The kind of the failure. Where several settings failed for different reasons it is the one that most needs a
    /// person: transient kinds only if all failures are.
    pub fn kind(&self) -> ErrorKind {
        let problems = self.0.problems.iter().map(|problem| problem.error.kind);
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
        let Report { subject, environment, total, problems, fields } = &*self.0;
        match (fields.len(), total) {
            (0, _) | (1, 1) => write!(f, "{subject} could not be loaded")?,
            (failed, total) => write!(f, "{failed} of {total} settings of {subject} could not be loaded")?,
        }
        writeln!(f, " (environment: {environment})")?;
        for problem in problems {
            writeln!(f, "\n  {problem}")?;
            if let Some(help) = problem.error.help {
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

/// Why one setting could not be loaded.
pub struct FieldError {
    pub(crate) path: String,
    pub(crate) doc: &'static str,
    pub(crate) kind: ErrorKind,
    pub(crate) reason: Option<DecodeError>,
    pub(crate) places: Vec<Place>,
    pub(crate) help: Vec<String>,
}

impl FieldError {
    /// The field's path in the struct, such as `smtp.password`, or the name that was asked for.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The first paragraph of the field's doc comment; empty if there is none.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// Each place that was looked at, in order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What to do about it; empty if nobody knows.
    pub fn help(&self) -> &[String] {
        &self.help
    }

    fn summary(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {reason}", self.kind),
            None => self.kind.to_string(),
        }
    }

    fn write_places(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |part: fn(&Place) -> &str| {
            self.places.iter().map(|place| part(place).chars().count()).max().unwrap_or(0)
        };
        let (source_width, location_width) = (width(Place::source), width(Place::location));
        for place in &self.places {
            let line = format!(
                "    {:source_width$}  {:location_width$}   {}",
                place.source(),
                place.location(),
                place.outcome
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.summary())
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One place where a setting was looked for, and its answer.
#[derive(Clone)]
pub struct Place {
    source: String,
    location: String,
    outcome: Outcome,
}

impl Place {
    pub(crate) fn new(source: &str, locations: &[&str], outcome: Outcome) -> Self {
        let shown: Vec<&str> = locations.iter().map(|location| shown_id(location)).collect();
        Self { source: source.to_owned(), location: shown.join(", "), outcome }
    }

    /// The source's name: `aws`, `env`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where in the source: a secret id, a variable's name; several where they gave the same answer.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What the source answered, without a value: `ResourceNotFoundException`, `not set`.
    pub fn outcome(&self) -> String {
        self.outcome.to_string()
    }

    /// Why the source could not answer, if it could not.
    pub const fn error(&self) -> Option<&SourceError> {
        match &self.outcome {
            Outcome::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}   {}", self.source, self.location, self.outcome)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What came of looking at one place.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// The value was there; what is wrong with it stands beside the setting.
    Found,
    /// It was not there: the source's word for that, and a name that differs by a slip.
    Missing {
        answer: &'static str,
        similar: Option<String>,
    },
    /// It is there and holds nothing: empty, or `null`.
    Unfilled(&'static str),
    /// The JSON document has no such key, as the attribute writes it.
    NoKey {
        key: String,
        similar: Option<String>,
    },
    Failed(SourceError),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let similar = match self {
            Self::Found => return Ok(()),
            Self::Failed(error) => return fmt::Display::fmt(error, f),
            Self::Unfilled(answer) => return f.write_str(answer),
            Self::Missing { answer, similar } => {
                f.write_str(answer)?;
                similar
            }
            Self::NoKey { key, similar } => {
                write!(f, "no key {key}")?;
                similar
            }
        };
        match similar {
            Some(similar) => write!(f, " (did you mean {}?)", shown_id(similar)),
            None => Ok(()),
        }
    }
}

/// Why a source could not answer: kind, code and request id, never a message that may quote a value.
///
/// ```
/// use secrets_runtime::{ErrorKind, SourceError};
///
/// let error = SourceError::new(ErrorKind::AccessDenied).with_code("permission_denied").with_request_id("7c0e");
/// assert_eq!(error.to_string(), "permission_denied (request 7c0e)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SourceError {
    kind: ErrorKind,
    code: Option<Word>,
    request_id: Option<Word>,
    reason: Option<&'static str>,
    help: Option<&'static str>,
    line: Option<usize>,
}

impl SourceError {
    /// An error of a kind.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, code: None, request_id: None, reason: None, help: None, line: None }
    }

    /// Adds the store's code for it. Kept only if it is one word of at most 64 letters, digits and `._-#:`.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.code = Word::new(code);
        self
    }

    /// Adds the id under which the store's operators find the request, by the same rule.
    #[must_use]
    pub fn with_request_id(mut self, request_id: &str) -> Self {
        self.request_id = Word::new(request_id);
        self
    }

    /// Adds what happened, in words.
    #[must_use]
    pub const fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub const fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// Adds the line of a file, counted from 1.
    #[must_use]
    pub const fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// What kind of thing went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The store's code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// The id under which the store's operators find the request, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref().map(|request_id| request_id.0.as_str())
    }

    /// What to do about it, if the source knows.
    pub const fn help(&self) -> Option<&'static str> {
        self.help
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match (&self.code, self.reason) {
            (Some(code), Some(reason)) => write!(f, "{}: {reason}", code.0)?,
            (Some(code), None) => f.write_str(&code.0)?,
            (None, reason) => f.write_str(reason.unwrap_or(self.kind.as_str()))?,
        }
        match &self.request_id {
            Some(request_id) => write!(f, " (request {})", request_id.0),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.kind)
    }
}

impl std::error::Error for SourceError {}

/// A code or an id: one short word, so that no sentence of a hostile answer passes as one.
#[derive(Clone, PartialEq, Eq)]
struct Word(String);

impl Word {
    fn new(text: &str) -> Option<Self> {
        let word = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-#:".contains(&byte));
        word.then(|| Self(text.to_owned()))
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
    fn codes_that_are_sentences_are_dropped() {
        let error = SourceError::new(ErrorKind::Unavailable)
            .with_code("the value was hunter2")
            .with_request_id("a b");
        assert_eq!(error.to_string(), "unavailable");
        assert_eq!(error.code(), None);
    }

    #[test]
    fn results_stay_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
