//! One function for each fuzz target. It panics if its input breaks a property that must hold for all inputs.
//!
//! An input may hold marks that stand for a value. It is then tried with two values that have the same lengths
//! and no letter in common: the program must say the same of both.
// A broken property ends the run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod dotenv;
mod json;
mod loading;
mod names;
mod rotation_event;
mod text;
mod text_at;
mod values;

pub use dotenv::dotenv;
pub use json::json;
pub use names::names;
pub use rotation_event::rotation_event;
pub use text::text;
pub use text_at::text_at;
