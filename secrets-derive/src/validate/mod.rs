//! Checks that involve more than one attribute or more than one field. The grammar of a single attribute is
//! checked in `parse`.

mod conflicts;
mod names;
mod shape;

pub(crate) use conflicts::conflicts;
pub(crate) use names::names;
pub(crate) use shape::fields;
