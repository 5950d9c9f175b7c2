//! Tools for operators: manifests, checks, migrations, administration and rotation of secrets.

#[cfg(feature = "admin")]
pub mod admin;
pub mod check;
mod exit_code;
pub mod manifest;
#[cfg(all(feature = "admin", feature = "dotenv"))]
pub mod migration;
#[cfg(feature = "rotation")]
pub mod rotation;
