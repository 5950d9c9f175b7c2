//! Formats reports: tables, ages and JSON. Knows nothing about secrets.

pub(crate) mod age;
pub(crate) mod json;
pub(crate) mod table;
