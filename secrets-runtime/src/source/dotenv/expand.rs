//! Puts the values of variables in the place of `${NAME}`.
//!
//! A few lines that double each other would fill the memory. So all values of a file share one budget.

use super::value::Part;
use super::values::Values;
use crate::secret::Secret;
use crate::source::Env;

/// Whether a value refers to a variable that is not assigned above it.
pub(super) fn refers_elsewhere(parts: &[Part<'_>], above: &Values) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable(name) if !above.contains_key(*name)))
}

/// Joins the parts of a value in a buffer of its exact size, so that no smaller buffer leaves a copy behind.
/// `None` if the value is larger than the budget, from which it is taken.
pub(super) fn expand(
    parts: &[Part<'_>],
    variables: Option<&Env>,
    above: &Values,
    budget: &mut usize,
) -> Option<Secret<String>> {
    let from_variables = |name: &str| variables?.get(name).ok().flatten();
    let variable = |name: &str| from_variables(name).or_else(|| Some(above.get(name)?.value.clone()));
    let values: Vec<Option<Secret<String>>> = parts
        .iter()
        .map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) => variable(name),
        })
        .collect();
    let texts = parts.iter().zip(&values).map(|(part, value)| match part {
        Part::Literal(text) => text,
        Part::Variable(_) => value.as_ref().map_or("", |value| value.expose_secret()),
    });
    let texts: Vec<&str> = texts.collect();
    let size = texts.iter().fold(0_usize, |size, text| size.saturating_add(text.len()));
    *budget = budget.checked_sub(size)?;
    Some(texts.concat().into())
}
