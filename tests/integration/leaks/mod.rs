//! No value gets out, whatever prints: a canary in every place that holds one, and a search through everything said.
//!
//! Each search stands beside a control that must leak: a test that finds nothing anywhere is blind.

mod aws_set_up;
mod binaries;
mod cache;
mod controls;
mod errors;
mod faults;
mod logs;
mod matrix;
mod panics;
mod printing;
mod public_types;
mod rotation;
mod sweep;
