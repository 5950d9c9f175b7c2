//! Secrets Manager through the AWS Secrets Manager Agent or the Lambda extension on this machine, without the
//! AWS SDK.
//!
//! `fetch` schedules the calls, `get` makes one call, and `exchange` carries one request and its answer.

mod base64;
mod body;
mod buffer;
mod exchange;
mod fault;
mod fetch;
mod get;
mod head;
mod help;
mod request;
mod secrets_manager_agent;
mod settings;
mod token;
mod value;

pub use secrets_manager_agent::SecretsManagerAgent;
