//! Formats reports: texts of enums, tables, ages and JSON. Knows nothing about secrets.

pub(crate) mod age;
pub(crate) mod description;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod table;
