//! Keeps watched values fresh: one background task for each `Secrets`, however many values subscribe to it.
//! What a value is built from, and how, is in `live/`.

pub(super) mod subscribers;
mod task;
