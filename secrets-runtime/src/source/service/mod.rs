//! The answers of Secrets Manager, whatever has carried them: values and whose they are, and error codes.
//! The sources `aws` and `agent` use it. It makes no calls.

pub(super) mod answered;
pub(super) mod denial;
pub(super) mod error_code;
pub(super) mod fault;
mod id;
pub(super) mod value;

pub(super) use id::checked_id;
#[cfg(feature = "admin")]
pub(crate) use value::MAX_STAGES;
