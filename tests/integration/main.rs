//! The framework as its users meet it. One binary with modules: every test binary links the SDK again.
//!
//! Nothing here sets a variable of the process: variables are passed in, or given to a child process.
// A broken precondition ends the test that has it, at once and loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

mod admin;
#[allow(dead_code, reason = "of many configs not every field is looked into")]
mod advice;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod agent;
mod aws_environment;
mod aws_set_up;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod bad_input;
#[allow(dead_code, reason = "of many configs not every field is looked into")]
mod cache;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod chain;
#[allow(dead_code, reason = "a config that is checked is never looked into")]
mod check;
#[allow(dead_code, reason = "a config that is checked is never looked into")]
mod cli;
mod emulators;
mod examples;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
#[allow(clippy::too_many_lines, reason = "tables of rows")]
mod faults;
mod guide;
mod harden;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod leaks;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod live;
#[allow(dead_code, reason = "of many configs not every field is looked into")]
mod manifest;
#[allow(dead_code, reason = "of many configs not every field is looked into")]
mod migration;
mod one_by_one;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod panics;

#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod readme;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod report;
mod rotation;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod secrets_manager;
#[allow(dead_code, reason = "a config that must fail to load is never looked into")]
mod values;
