//! The loader against servers that nobody here wrote.
//!
//! One server serves the whole process: each test keeps to a prefix of its own.

mod configs;
mod localstack;
mod moto;
mod roles;
pub(crate) mod seed;
