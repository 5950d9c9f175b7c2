//! Puts the values of variables in the place of `${NAME}`.

use super::value::Part;
use super::values::Values;
use crate::secret::Secret;
use crate::source::Env;

/// Whether a value refers to a variable that is not assigned above it.
pub(super) fn refers_elsewhere(parts: &[Part<'_>], above: &Values) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable(name) if !above.contains_key(*name)))
}

/// Joins the parts of a value in a buffer of its exact size, so that no smaller buffer leaves a copy behind.
pub(super) fn expand(parts: &[Part<'_>], variables: Option<&Env>, above: &Values) -> Secret<String> {
    let from_variables = |name: &str| variables?.get(name).ok().flatten();
    let variable = |name: &str| from_variables(name).or_else(|| Some(above.get(name)?.value.clone()));
    let texts: Vec<Text<'_>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Literal(text) => Some(Text::Literal(text)),
            Part::Variable(name) => variable(name).map(Text::Variable),
        })
        .collect();
    let mut value = String::with_capacity(texts.iter().map(|text| text.as_str().len()).sum());
    for text in &texts {
        value.push_str(text.as_str());
    }
    Secret::from(value)
}

/// The text of a part.
enum Text<'a> {
    Literal(&'a str),
    Variable(Secret<String>),
}

impl Text<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Variable(value) => value.expose_secret(),
        }
    }
}
