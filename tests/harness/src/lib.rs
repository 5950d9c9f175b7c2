//! What the integration tests and benchmarks run against.
//!
//! - [`canary`] and [`events`]: a value that is found in any form, and everything that is logged, for tests of leaks.
//! - [`stub`]: an in-process server that speaks the protocol of Secrets Manager, for faults and timings.
//! - [`agent`]: the AWS Secrets Manager Agent in front of moto, built on first use, and a stub of it.
//! - [`emulator`]: moto and `LocalStack`, installed and started on first use, for what nobody here wrote.
//! - [`interruption`]: the end of a process at any of its calls to them.
//! - [`python`]: parsers and validators that nobody here wrote, for what is printed for other programs.
//! - [`postgres`]: a real `PostgreSQL`, started in the same way, for passwords that are in force.
#![forbid(unsafe_code)]
// Test support: a broken precondition ends the test that has it, at once and loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(clippy::missing_panics_doc, reason = "every function here may end the test that calls it")]

pub mod agent;
pub mod canary;
pub mod emulator;
pub mod events;
pub mod interruption;
pub mod postgres;
pub mod python;
mod server;
pub mod stub;
