//! Puts the values of variables in the place of `${NAME}`.
//!
//! A few lines that double each other would fill the memory. So all values of a file share one budget.

use super::scope::Scope;
use super::value::Part;
use crate::secret::Secret;

/// Joins the parts of a value in a buffer of its exact size, so that no smaller buffer leaves a copy behind.
/// `None` if the value is larger than the budget, from which it is taken.
pub(super) fn expand(parts: &[Part<'_>], scope: &Scope<'_>, budget: &mut usize) -> Option<Secret<String>> {
    let values: Vec<Option<Secret<String>>> = parts
        .iter()
        .map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) => scope.value(name),
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
