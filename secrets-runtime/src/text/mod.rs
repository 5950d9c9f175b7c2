//! Text of reports: tables, ages, JSON.

pub(crate) mod age;
pub(crate) mod json;
pub(crate) mod table;
