//! The report of a load that failed, whole, as an operator reads it.

mod child;
mod help;
mod kind;
mod text;
