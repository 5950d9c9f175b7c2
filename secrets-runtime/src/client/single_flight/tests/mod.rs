//! Readers, their tasks and runtimes, before a source that the test drives; on paused time.

mod endings;
mod fake;
mod sharing;
