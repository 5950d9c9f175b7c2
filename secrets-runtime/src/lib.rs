//! Typed application configuration that holds secrets.
//!
//! A program describes its settings as one struct. `#[derive(SecretConfig)]` turns it into a loader that fills every
//! field from AWS Secrets Manager, from the environment or from a `.env` file, and `AppConfig::load().await` returns a
//! complete, typed config whose secrets cannot print themselves, or one error that names every setting that is missing,
//! denied or malformed, and shows no value.
//!
//! ```no_run
//! use secrets_runtime::{Secret, SecretConfig};
//!
//! #[derive(Debug, SecretConfig)]
//! #[secret(prefix = "shop/{environment}")]
//! struct AppConfig {
//!     /// Postgres connection string.
//!     database_url: Secret<String>, // aws: shop/production/database-url   env: DATABASE_URL
//!     #[secret(default = 8080)]
//!     port: u16, // env: PORT
//!     sentry_dsn: Option<Secret<String>>,
//! }
//!
//! # async fn run() -> Result<(), secrets_runtime::Error> {
//! let config = AppConfig::load().await?;
//! println!("{config:?}"); // AppConfig { database_url: [REDACTED], port: 8080, sentry_dsn: None }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `derive` | yes | `#[derive(SecretConfig)]` and `#[derive(Zeroize)]` |
//! | `dotenv` | yes | `.env` files in development |
//! | `aws` | yes | AWS Secrets Manager through the AWS SDK |
//! | `sso` | yes | profiles that sign in through IAM Identity Center |
//! | `credentials-process` | yes | profiles whose credentials come from a program |
//! | `tracing` | with `aws` | warnings, loads and fetches as events and spans: names and outcomes, never values |
//! | `metrics` | no | [`Secrets::stats`] through the `metrics` facade: `Secrets::publish_metrics` lists the names |
//! | `admin` | no | `Admin`: create, write, label, list and delete secrets |
//! | `rotation` | no | `Rotation`: the four steps of a rotation around what only you know, in Lambda or without |
//! | `postgres` | no | `PostgresRotator`: rotates the users of a `PostgreSQL`, one alone or two in turns |
//! | `cli` | no | [`cli`]: `myapp secrets check`, `policy`, `template`, `migrate` and more, in one line of `main` |
//! | `secrecy` | no | conversions between [`Secret`] and `secrecy::SecretBox` |
//! | `harden` | no | `harden_process`: no core dumps, and no tracing by other programs of the same user |
//! | `zeroizing-allocator` | no | `ZeroizingAllocator`: a global allocator that wipes what is freed, the SDK's copies too |
//!
//! # What is logged
//!
//! With the feature `tracing`, names and outcomes: a load is a span `load` and a call of a remote source a span `fetch`, both at
//! INFO, with the answers to it at DEBUG. WARN is for what somebody should look at: a secret taken from a fallback, the
//! first of a series of failing refreshes (the others are DEBUG, and their end is INFO), and a value that is dropped because
//! the store no longer gives it or could not be reached for too long. Evictions are TRACE.
//!
//! The minimum supported Rust version is 1.94.1, that of the AWS SDK.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
#[allow(missing_docs, reason = "what the derive calls; hidden from the documentation")]
pub mod __private;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
mod config;
mod environment;
mod error;
mod events;
#[cfg(feature = "harden")]
pub mod harden;
pub mod live;
mod lock;
mod operate;
mod secret;
mod secret_id;
mod setting;
pub mod source;
mod suggest;
mod text;
mod value;

pub use client::{Clock, Fallback, Request, Secrets, SecretsBuilder, stats};
pub use config::SecretConfig;
pub use environment::{Environment, InvalidEnvironment};
pub use error::{DecodeError, Error, ErrorKind, FieldError, Place, Problem};
pub use live::Live;
#[cfg(feature = "admin")]
pub use operate::admin;
#[cfg(all(feature = "admin", feature = "dotenv"))]
pub use operate::migration;
#[cfg(feature = "rotation")]
pub use operate::rotation;
pub use operate::{check, manifest};
pub use secret::{ParseSecretError, Redacted, Secret};
#[cfg(feature = "derive")]
pub use secrets_derive::{SecretConfig, Zeroize};
#[cfg(feature = "dotenv")]
pub use source::DotEnv;
#[cfg(feature = "aws")]
pub use source::SecretsManager;
pub use source::{Env, Files, Memory};
pub use value::{FromSecret, RawSecret, SafeToPrint, SecretValue};
pub use zeroize_trait::*;
/// A global allocator that wipes all memory when it is freed, or moved to grow: whoever held it, the AWS SDK, its HTTP
/// client and the application's own texts included.
///
/// Feature `zeroizing-allocator`, off by default. What this crate holds is wiped without it; what others copy of a value on
/// its way from AWS is not, and one line in the application brings that to nothing, too:
///
/// ```
/// use std::alloc::System;
/// use secrets_runtime::ZeroizingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: ZeroizingAllocator<System> = ZeroizingAllocator(System);
/// # fn main() { assert_eq!(vec![1; 3].len(), 3); }
/// ```
///
/// It goes around any other allocator in the same way. Memory that is never freed stays as it is, and so do the stack and
/// the first block of the environment, in which the operating system hands variables over.
#[cfg(feature = "zeroizing-allocator")]
#[doc(inline)]
pub use zeroizing_alloc::ZeroAlloc as ZeroizingAllocator;

/// The trait `Zeroize` as a glob: if another crate enables the derive of `zeroize`, an explicit import of the trait would import
/// that macro, too, and collide with the one of this crate.
mod zeroize_trait {
    pub use zeroize::Zeroize;
}

/// The README's code compiles as tests.
#[cfg(all(doctest, feature = "aws", feature = "derive"))]
#[doc = include_str!("../../README.md")]
struct Readme;
