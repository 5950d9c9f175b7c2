//! The names of the built-in sources, as reports and `#[secret(sources(..))]` write them. Other sources have
//! other names.

pub(crate) const AWS: &str = "aws";
pub(crate) const ENV: &str = "env";
pub(crate) const DOTENV: &str = "dotenv";
pub(crate) const FILES: &str = "files";
pub(crate) const MEMORY: &str = "memory";

/// The sources that look for a setting by its variables, or by names made of them.
pub(crate) const READ_VARIABLES: [&str; 4] = [ENV, DOTENV, FILES, MEMORY];

/// The sources that read variables alone, and no secret by its id.
pub(crate) const READ_VARIABLES_ONLY: [&str; 2] = [ENV, DOTENV];
