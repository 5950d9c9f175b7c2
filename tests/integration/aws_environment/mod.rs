//! What the AWS SDK reads from its environment, and what is said of it if it is malformed.

mod certificates;
mod named;
mod run;
mod sweep;
