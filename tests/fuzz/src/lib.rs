//! What the fuzz targets run.
//!
//! `targets` is a part of the integration tests, too, and `attribute_parser` of the derive's own: both run over the seeds
//! there, on every toolchain.

mod attribute_parser;
mod targets;

pub use attribute_parser::attribute_parser;
pub use targets::{dotenv, json, names, rotation_event, text, text_at};

// The sources of the derive as they are, since nothing but the compiler can call a procedural macro. Their paths start at
// the root, so here is where they have to be.
#[path = "../../../secrets-derive/src/attributes.rs"]
mod attributes;
#[path = "../../../secrets-derive/src/derive.rs"]
mod derive;
#[path = "../../../secrets-derive/src/docs.rs"]
mod docs;
#[path = "../../../secrets-derive/src/entries.rs"]
mod entries;
#[path = "../../../secrets-derive/src/errors.rs"]
mod errors;
#[path = "../../../secrets-derive/src/expand/mod.rs"]
mod expand;
#[path = "../../../secrets-derive/src/fallback.rs"]
mod fallback;
#[path = "../../../secrets-derive/src/grammar.rs"]
mod grammar;
#[path = "../../../secrets-derive/src/keys.rs"]
mod keys;
#[path = "../../../secrets-derive/src/model.rs"]
mod model;
#[path = "../../../secrets-derive/src/names.rs"]
mod names;
#[path = "../../../secrets-derive/src/rules.rs"]
mod rules;
#[path = "../../../secrets-derive/src/tokens.rs"]
mod tokens;
