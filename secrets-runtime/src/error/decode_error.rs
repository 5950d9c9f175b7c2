//! Why a value could not be decoded, in a form that has no place for the value.

use std::fmt;

use super::appearance::Appearance;

/// The error of decoding a value: what was expected and what kind of value was found, never the value.
///
/// Its type has no place for a value. Each text in it is `'static`: the names of the program's own types,
/// fields and variants, and words of this crate. The rest is numbers: line and column in a JSON document,
/// and the number of a list's element, counted from 1. It has no [`source`](std::error::Error::source). In
/// particular:
///
/// - The path within a JSON value names only fields of the program's types. A key of a map comes from the
///   document and may itself be a secret: the path then says `a member`.
/// - The message of a type's own `Deserialize` (`de::Error::custom`) or `FromStr` may quote the value and is
///   dropped, as is that of a `#[secret(with = ..)]` function, unless its type is `&'static str`.
/// - It shows neither the length nor a prefix of the value.
///
/// ```
/// use secrets_runtime::{Memory, Secret, Secrets, Zeroize};
///
/// #[derive(serde::Deserialize, Zeroize)]
/// struct Limits {
///     rates: Vec<u16>,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let memory = Memory::from([("limits", r#"{ "rates": [10, "hunter2"] }"#)]);
/// let secrets = Secrets::builder().sources([memory]).build()?;
/// let error = secrets.get_json::<Secret<Limits>>("limits").await.err().unwrap();
/// assert_eq!(
///     error.fields()[0].to_string(),
///     "limits: invalid: rates, element 2: expected u16, found a JSON string (line 1, column 17)"
/// );
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    expected: Option<Expected>,
    found: Option<&'static str>,
    /// The look of the value. It is shown instead of `found`.
    appearance: Option<Appearance>,
    reason: Option<&'static str>,
    /// From the outermost step to the innermost.
    path: Vec<Step>,
    position: Option<Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Kind(&'static str),
    /// Names of the type's fields or variants.
    OneOf(&'static [&'static str]),
}

/// One step into a list or a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field or variant of the program's type.
    Field(&'static str),
    /// A key that only the document has.
    Member,
    /// Counted from 1.
    Element(usize),
}

/// Line and column in a JSON document, each counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl DecodeError {
    /// Creates an error from what was expected: `DecodeError::expected("an IPv4 network")`.
    pub const fn expected(what: &'static str) -> Self {
        Self {
            expected: Some(Expected::Kind(what)),
            found: None,
            appearance: None,
            reason: None,
            path: Vec::new(),
            position: None,
        }
    }

    /// Creates an error from a reason: `DecodeError::because("the key is not a power of two")`.
    pub const fn because(reason: &'static str) -> Self {
        Self {
            expected: None,
            found: None,
            appearance: None,
            reason: Some(reason),
            path: Vec::new(),
            position: None,
        }
    }

    /// Adds the kind of value that was found: `"a JSON array"`.
    #[must_use]
    pub const fn found(mut self, kind: &'static str) -> Self {
        self.found = Some(kind);
        self
    }

    /// Adds the kind of value that another error has found.
    pub(crate) const fn found_as_in(mut self, other: &Self) -> Self {
        self.found = other.found;
        self
    }

    /// Adds what the value looks like, if that is known.
    pub(crate) fn looking_like(self, appearance: Option<Appearance>) -> Self {
        Self { appearance: appearance.or(self.appearance), ..self }
    }

    /// Whether the error says nothing yet about the value, and is about all of it.
    pub(crate) fn is_bare(&self) -> bool {
        self.found.is_none() && self.appearance.is_none() && self.path.is_empty() && self.position.is_none()
    }

    /// Whether it is about a document as a whole: it could not be read.
    pub(super) fn is_about_document(&self) -> bool {
        self.path.is_empty() && self.position.is_some()
    }

    /// Whether a document was stored in another format than JSON.
    pub(crate) fn is_about_format(&self) -> bool {
        self.is_about_document() && self.appearance.is_some_and(Appearance::is_another_format)
    }

    /// Whether it names what was expected, and not a reason of the program's own.
    pub(crate) const fn names_expected(&self) -> bool {
        self.expected.is_some() && self.reason.is_none()
    }

    /// Returns the next step, if the look of the value says so.
    pub(crate) fn help(&self) -> Option<&'static str> {
        self.appearance?.help()
    }

    /// Adds the names that are allowed.
    pub(crate) const fn one_of(mut self, names: &'static [&'static str]) -> Self {
        self.expected = Some(Expected::OneOf(names));
        self
    }

    pub(crate) fn at_element(mut self, element: usize) -> Self {
        self.path.insert(0, Step::Element(element));
        self
    }

    pub(crate) fn under(self, path: Vec<Step>) -> Self {
        Self { path, ..self }
    }

    pub(crate) const fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    fn write_path(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before: Option<Step> = None;
        for step in &self.path {
            match (before, step) {
                (None, _) => {}
                (Some(Step::Field(_)), Step::Field(_)) => f.write_str(".")?,
                (Some(_), _) => f.write_str(", ")?,
            }
            match step {
                Step::Field(name) => f.write_str(name)?,
                Step::Member => f.write_str("a member")?,
                Step::Element(number) => write!(f, "element {number}")?,
            }
            before = Some(*step);
        }
        if before.is_some() { f.write_str(": ") } else { Ok(()) }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_path(f)?;
        match (self.reason, self.expected) {
            (Some(reason), None) => f.write_str(reason)?,
            (Some(reason), Some(expected)) => write!(f, "{reason}: expected {expected}")?,
            (None, Some(expected)) => write!(f, "expected {expected}")?,
            (None, None) => f.write_str("not valid")?,
        }
        if let Some(found) = self.appearance.map(Appearance::describe).or(self.found) {
            write!(f, ", found {found}")?;
        }
        let position = self.position.filter(|_| self.appearance.is_none_or(Appearance::has_positions));
        if let Some(Position { line, column }) = position {
            write!(f, " (line {line}, column {column})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(what) => f.write_str(what),
            Self::OneOf([]) => f.write_str("nothing"),
            Self::OneOf([only]) => f.write_str(only),
            Self::OneOf(names) => write!(f, "one of {}", names.join(", ")),
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_names_and_numbers() {
        let path = vec![
            Step::Field("servers"),
            Step::Element(2),
            Step::Field("tls"),
            Step::Field("ports"),
            Step::Member,
            Step::Field("low"),
        ];
        let error = DecodeError::expected("u16").under(path).at(Position { line: 3, column: 9 });
        assert_eq!(
            error.to_string(),
            "servers, element 2, tls.ports, a member, low: expected u16 (line 3, column 9)"
        );
        assert_eq!(
            error.at_element(1).to_string().split(':').next(),
            Some("element 1, servers, element 2, tls.ports, a member, low")
        );
    }

    #[test]
    fn allowed_names_are_listed() {
        let names = |names| DecodeError::because("an unknown key").one_of(names).to_string();
        assert_eq!(names(&[]), "an unknown key: expected nothing");
        assert_eq!(names(&["a"]), "an unknown key: expected a");
        assert_eq!(names(&["a", "b"]), "an unknown key: expected one of a, b");
    }

    #[test]
    fn an_error_fits_into_a_result_that_is_passed_on() {
        assert!(size_of::<DecodeError>() <= 112, "{}", size_of::<DecodeError>());
    }
}
