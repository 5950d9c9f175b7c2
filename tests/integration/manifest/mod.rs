//! What a config type says of itself, and what is printed of it: read back by the programs that it is printed for, or by
//! parsers and validators that nobody here wrote.

mod configs;
mod data;
mod enforcement;
mod env_example;
mod gateway;
mod identified;
mod markdown;
mod moto;
mod policy;
mod settings;
mod templates;
