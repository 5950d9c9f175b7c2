//! The examples are the programs beside this file: `cargo run -p examples --example quickstart`.
