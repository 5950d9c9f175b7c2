//! The report of a load that failed, whole, as an operator reads it.

mod child;
mod kind;
mod text;
