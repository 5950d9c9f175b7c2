//! Typed application configuration that holds secrets.
//!
//! A program describes its settings as one struct. `#[derive(SecretConfig)]` generates a loader that fills
//! every field from AWS Secrets Manager, from environment variables or from a `.env` file.
//! `AppConfig::load().await` returns a complete, typed config whose secrets cannot be printed, or one error
//! that names every setting that is missing, denied or malformed. The error shows no value.
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
//! # Where to start
//!
//! | to | use |
//! |---|---|
//! | load a config | [`SecretConfig`] |
//! | read single secrets, or choose the sources | [`Secrets`], [`SecretsBuilder`], [`Request`] |
//! | hold a secret | [`Secret`], [`Redacted`] |
//! | follow secrets that change | [`Live`], [`live`] |
//! | write a source of your own | [`source`] |
//! | write a `.env` file | `dotenv`: its grammar, and how it differs from other dialects |
//! | check a deployment, generate IAM policies and templates | [`check`], [`manifest`], `cli` |
//! | write, rotate and migrate secrets | `admin`, `rotation`, `migration` |
//! | observe the cache | [`stats`] |
//! | find the cause and the fix of a report | `guide::faults` |
//! | deploy on EC2, ECS, EKS, Lambda, with Docker, in several accounts or regions | `guide::deployment` |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `derive` | yes | `#[derive(SecretConfig)]` and `#[derive(Zeroize)]` |
//! | `dotenv` | yes | `.env` files in development |
//! | `aws` | yes | AWS Secrets Manager through the AWS SDK |
//! | `agent` | no | `SecretsManagerAgent`: Secrets Manager through its agent on this machine, without the AWS SDK |
//! | `sso` | yes | profiles that sign in through IAM Identity Center |
//! | `login` | yes | profiles that `aws login` makes |
//! | `credentials-process` | yes | profiles whose credentials come from a program |
//! | `tracing` | with `aws` | log events and spans: see below |
//! | `metrics` | no | [`Secrets::stats`] through the `metrics` facade: `Secrets::publish_metrics` lists the metrics |
//! | `admin` | no | `Admin`: create, write, label, list and delete secrets |
//! | `rotation` | no | `Rotation`: rotates secrets, in Lambda or without. You implement how a secret is created, set and tested |
//! | `postgres` | no | `PostgresRotator`: rotates the password of a `PostgreSQL` user, or alternates between two users |
//! | `cli` | no | [`cli`]: `myapp secrets check`, `policy`, `template`, `migrate` and more, in one line of `main` |
//! | `secrecy` | no | conversions between [`Secret`] and `secrecy::SecretBox` |
//! | `harden` | no | `harden_process`: disables core dumps and tracing by other programs of the same user |
//! | `zeroizing-allocator` | no | `ZeroizingAllocator`: a global allocator that wipes freed memory, including the SDK's copies |
//!
//! # What is logged
//!
//! With the feature `tracing`, names and outcomes are logged, never values.
//!
//! - WARN: events that need attention. A secret was loaded from a fallback source, a value looks wrong (a
//!   line break at its end, quotes around it), a variable hides another value in `.env`, another user may
//!   have written the `.env` file, a refresh has begun to fail, or a cached value was removed because its
//!   source no longer returns it or could not be reached for too long.
//! - INFO: the spans `load` (of a config) and `fetch` (a call to a remote source), changes of watched
//!   values, and the end of a series of failures.
//! - DEBUG: every answer of a remote source, and further failures of a series.
//! - TRACE: evictions from the cache.
//!
//! The minimum supported Rust version is 1.94.1, the same as that of the AWS SDK.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
#[allow(missing_docs, reason = "called by the derive; hidden from the documentation")]
pub mod __private;
mod client;
mod config;
mod contain;
mod environment;
mod error;
mod events;
mod lock;
mod operate;
mod secret;
mod secret_id;
mod setting;
mod suggest;
mod text;
mod value;

// Public modules.
#[cfg(feature = "cli")]
pub mod cli;
pub use client::stats;
#[cfg(feature = "harden")]
pub mod harden;
pub mod live;
#[cfg(feature = "admin")]
pub use operate::admin;
#[cfg(all(feature = "admin", feature = "dotenv"))]
pub use operate::migration;
#[cfg(feature = "rotation")]
pub use operate::rotation;
pub use operate::{check, manifest};
pub mod source;
/// Describes the dialect of `.env` files.
#[cfg(feature = "dotenv")]
#[doc = include_str!("../docs/dotenv.md")]
pub mod dotenv {}

// Load a config, or single secrets.
pub use client::{Clock, Fallback, Request, Secrets, SecretsBuilder};
pub use config::SecretConfig;
pub use environment::{Environment, InvalidEnvironment};
pub use live::Live;
#[cfg(feature = "derive")]
pub use secrets_derive::{SecretConfig, Zeroize};

// Sources.
#[cfg(feature = "dotenv")]
pub use source::DotEnv;
#[cfg(feature = "aws")]
pub use source::SecretsManager;
#[cfg(feature = "agent")]
pub use source::SecretsManagerAgent;
pub use source::{Env, Files, Memory};

// Hold and decode values.
pub use secret::{ParseSecretError, Redacted, Secret};
pub use value::{FromSecret, RawSecret, SafeToPrint, SecretValue};
pub use zeroize_trait::*;

// Errors.
pub use error::{DecodeError, Error, ErrorKind, FieldError, Place, Problem};

/// A global allocator that wipes all memory when it is freed or moved, including the memory of the AWS SDK,
/// its HTTP client and the application's own texts.
///
/// Feature `zeroizing-allocator`, off by default. This crate wipes the values that it holds without it.
/// Other code copies a value on its way from AWS and does not wipe the copies; this allocator does:
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
/// It can wrap any other allocator in the same way. It does not wipe memory that is never freed, the stack,
/// or the first block of the environment, in which the operating system passes variables to the process.
#[cfg(feature = "zeroizing-allocator")]
#[doc(inline)]
pub use zeroizing_alloc::ZeroAlloc as ZeroizingAllocator;

/// The trait `Zeroize` as a glob: if another crate enables the derive of `zeroize`, an explicit import of
/// the trait would import that macro, too, and collide with the one of this crate.
mod zeroize_trait {
    pub use zeroize::Zeroize;
}

/// Guides: one page for each subject. The module is part of the documentation only.
#[cfg(any(doc, doctest))]
pub mod guide {
    #[allow(clippy::doc_markdown, reason = "the page shows reports as they are printed")]
    #[doc = include_str!("../docs/faults.md")]
    pub mod faults {}

    /// Deployments: how each one delivers secrets, with the snippets, the policy and a way to check it.
    #[cfg(all(feature = "aws", feature = "derive"))]
    pub mod deployment {
        #[doc = include_str!("../docs/deployment/ec2.md")]
        pub mod ec2 {}
        #[doc = include_str!("../docs/deployment/ecs.md")]
        pub mod ecs {}
        #[doc = include_str!("../docs/deployment/eks.md")]
        pub mod eks {}
        #[doc = include_str!("../docs/deployment/lambda.md")]
        pub mod lambda {}
        #[doc = include_str!("../docs/deployment/containers.md")]
        pub mod containers {}
        #[doc = include_str!("../docs/deployment/rds.md")]
        pub mod rds {}
        #[doc = include_str!("../docs/deployment/accounts.md")]
        pub mod accounts {}
        #[doc = include_str!("../docs/deployment/regions.md")]
        pub mod regions {}
        #[cfg(feature = "agent")]
        #[doc = include_str!("../docs/deployment/agent.md")]
        pub mod agent {}
    }
}

/// The README's code compiles as tests.
#[cfg(all(doctest, feature = "aws", feature = "derive"))]
#[doc = include_str!("../../README.md")]
struct Readme;
