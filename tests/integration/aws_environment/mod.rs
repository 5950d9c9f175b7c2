//! What the AWS SDK reads from its environment, and what is said of it if it is malformed.

mod certificates;
mod files;
mod named;
mod processes;
mod run;
mod sweep;
