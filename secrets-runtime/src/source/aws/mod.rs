//! AWS Secrets Manager as a source of settings, through the AWS SDK.
//!
//! `fetch` schedules the calls for values (`get`, `batch`). `management` makes the other calls, for `Admin`
//! and rotation.

mod batch;
mod batch_refusals;
mod bounded_body;
mod builder;
mod call_outcome;
mod causes;
mod certificates;
mod checked_setting;
mod connection;
mod connections;
#[cfg(feature = "credentials-process")]
mod credential_process;
mod credentials;
mod describe;
mod endpoint;
mod failover;
mod fetch;
mod get;
mod help;
mod http_client;
mod management;
mod pages;
mod per_runtime;
mod process_variable;
mod profile;
mod proxy;
mod request_counter;
mod role;
mod sanitize;
mod sdk_error;
mod sdk_files;
mod secrets_manager;
mod settings;
mod shell;
mod target;
mod throttle;
mod value;
mod variables;

pub use builder::SecretsManagerBuilder;
pub(crate) use describe::RotationSchedule;
#[cfg(feature = "admin")]
pub(crate) use pages::Pages;
pub use secrets_manager::SecretsManager;
#[cfg(feature = "admin")]
pub(crate) use value::identity;
