//! Which sources are asked for what, in which order, and what passes on.

mod environments;
mod fallback;
mod listed;
mod requests;
mod restricted;
mod runtimes;
mod wrapped;
