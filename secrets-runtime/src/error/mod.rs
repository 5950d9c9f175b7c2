//! The error of a whole load: every setting that failed, where it was looked for and what to do about it. No
//! type here has a place for a value: texts are `'static`, names are checked against the grammar of names
//! before they are kept, and errors of decoders are reduced to [`DecodeError`].

mod appearance;
mod decode_error;
mod field;
mod json;
mod kind;
mod place;
mod problem;
mod report_text;
mod source_error;

use std::fmt;

pub(crate) use appearance::Appearance;
pub use decode_error::DecodeError;
pub(crate) use decode_error::{Position, Step};
pub use field::FieldError;
pub use kind::ErrorKind;
pub(crate) use place::Outcome;
pub use place::Place;
pub use problem::Problem;
pub use source_error::SourceError;

/// Reports every setting that could not be loaded, without showing a value.
///
/// `Debug` equals `Display`, so that a `main` that returns this error prints the report.
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
    /// What `fields` and `total` count: `settings`.
    counted: &'static str,
    /// What failed: `could not be loaded`.
    failure: &'static str,
    environment: String,
    total: usize,
    /// The sources that did not give a value, with where they sent their requests.
    targets: Vec<(String, String)>,
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
        let targets = Vec::new();
        Self(Box::new(Report { subject, counted, failure, environment, total, targets, problems, fields }))
    }

    /// Adds where a source sent its requests, if the source did not give a value.
    pub(crate) fn with_target(mut self, source: &str, target: impl FnOnce() -> Option<String>) -> Self {
        let mut places = self.0.fields.iter().flat_map(FieldError::places);
        if places.any(|place| place.source() == source && !place.has_value())
            && let Some(target) = target()
        {
            self.0.targets.push((source.to_owned(), target));
        }
        self
    }

    /// Reports the failure of something other than a load: `could not be written`.
    pub(crate) fn saying(mut self, failure: &'static str) -> Self {
        self.0.failure = failure;
        self
    }

    /// Adds what else to do about it.
    #[cfg(feature = "rotation")]
    pub(crate) fn with_help(mut self, help: &str) -> Self {
        self.0.fields.iter_mut().for_each(|field| field.help.push(help.to_owned()));
        self
    }

    /// Counts secrets instead of settings.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) fn about_secrets(mut self) -> Self {
        self.0.counted = "secrets";
        self
    }

    /// Returns the kind of the failure. If settings failed for different reasons, it is the kind that most
    /// needs a person: a transient kind only if every failure is transient.
    pub fn kind(&self) -> ErrorKind {
        let problems = self.0.problems.iter().map(|problem| problem.error().kind());
        let fields = self.0.fields.iter().map(|field| field.kind);
        problems.chain(fields).min().unwrap_or(ErrorKind::Configuration)
    }

    /// Whether the same load may succeed later without any change.
    pub fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// Returns the settings that failed, in the order of the struct. Empty if no source could be asked.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Returns the errors in the setup that do not belong to a single setting: a malformed variable, a bad
    /// line of `.env`, a name that two settings read.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// It has no [`source`](std::error::Error::source), since the cause may quote a value.
impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Error {
        let missing =
            |reason, similar: Option<&str>| Outcome::Missing { reason, similar: similar.map(str::to_owned) };
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
                    group_doc: String::new(),
                    kind: ErrorKind::Missing,
                    reason: None,
                    places: vec![
                        Place::new(
                            "aws",
                            &["shop/production/database-url"],
                            missing("ResourceNotFoundException", None),
                        ),
                        Place::new("env", &["DATABASE_URL"], missing("not set", Some("DATABSE_URL"))),
                    ],
                    help: vec!["create it".into()],
                },
                FieldError {
                    path: "stripe".into(),
                    doc: "",
                    group_doc: String::new(),
                    kind: ErrorKind::AccessDenied,
                    reason: None,
                    places: vec![Place::new("aws", &["shop/production/stripe"], Outcome::Failed(denied))],
                    help: vec!["allow it".into()],
                },
                FieldError {
                    path: "port".into(),
                    doc: "",
                    group_doc: String::new(),
                    kind: ErrorKind::Invalid,
                    reason: Some(DecodeError::expected("u16")),
                    places: vec![Place::new("env", &["PORT"], Outcome::Found { key: None })],
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
    aws  shop/production/database-url   ResourceNotFoundException
    env  DATABASE_URL                   not set (did you mean DATABSE_URL?)
    help: create it

  stripe         access denied
    aws  shop/production/stripe   AccessDeniedException (request 7c0e)
    help: allow it

  port           invalid: expected u16
    env  PORT
";
        assert_eq!(report().to_string(), expected);
        assert_eq!(format!("{:?}", report()), expected);
        assert_eq!(format!("{:#?}", report()), expected);
    }

    /// A report of settings that failed in one place each, for one cause.
    fn of_one_cause(places: &[(&str, &'static str, &str)]) -> String {
        let field = |(path, doc, location): &(&str, &'static str, &str)| FieldError {
            path: (*path).to_owned(),
            doc,
            group_doc: String::new(),
            kind: ErrorKind::AccessDenied,
            reason: None,
            places: vec![Place::new(
                "aws",
                &[location],
                // Each request has an id of its own.
                Outcome::Failed(
                    SourceError::new(ErrorKind::AccessDenied).with_code("Denied").with_request_id(path),
                ),
            )],
            help: vec!["allow it".into()],
        };
        let mut fields: Vec<_> = places.iter().map(field).collect();
        let port = FieldError {
            path: "port".into(),
            doc: "",
            group_doc: String::new(),
            kind: ErrorKind::Invalid,
            reason: Some(DecodeError::expected("u16")),
            places: vec![Place::new("env", &["PORT"], Outcome::Found { key: None })],
            help: vec![],
        };
        fields.insert(1, port);
        Error::new("AppConfig".into(), "production".into(), 9, vec![], fields).to_string()
    }

    #[test]
    fn settings_that_failed_for_one_reason_are_one_block() {
        let expected = "\
4 of 9 settings of AppConfig could not be loaded (environment: production)

  3 settings, for one reason: access denied
    aws   Denied
    help: allow it

    url       shop/url
    jwt       shop/jwt       Signs tokens.
    session   shop/session

  port   invalid: expected u16
    env  PORT
";
        let places =
            [("url", "", "shop/url"), ("jwt", "Signs tokens.", "shop/jwt"), ("session", "", "shop/session")];
        assert_eq!(of_one_cause(&places), expected);
    }

    #[test]
    fn settings_of_one_secret_are_one_block_also_if_there_are_two() {
        let expected = "\
3 of 9 settings of AppConfig could not be loaded (environment: production)

  2 settings, for one reason: access denied
    aws  shop/db   Denied
    help: allow it

    user
    password   Of the database.

  port   invalid: expected u16
    env  PORT
";
        let places = [("user", "", "shop/db"), ("password", "Of the database.", "shop/db")];
        assert_eq!(of_one_cause(&places), expected);
        let apart = of_one_cause(&[("user", "", "shop/user"), ("password", "", "shop/password")]);
        assert!(!apart.contains("for one reason"), "{apart}");
    }

    #[test]
    fn the_kind_is_the_one_that_most_needs_a_person() {
        assert_eq!(report().kind(), ErrorKind::AccessDenied);
        assert!(!report().is_transient());
    }

    #[test]
    fn results_stay_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
