//! Readers on tasks and runtimes before a scripted source, on paused time.

mod endings;
mod fake;
mod sharing;
