//! What is done with an input: each function panics where something does not hold that has to hold for every one.
//!
//! An input may hold marks, in whose place a value is put. It is then tried with two values that have every length and no
//! letter in common: what is said of the one has to be what is said of the other.

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
