//! The report of a load that failed, whole, as an operator reads it.

mod causes;
mod child;
mod groups;
mod help;
mod kind;
mod text;
