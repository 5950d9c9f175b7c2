//! The loader with the real SDK against a stub: requests counted, faults on demand.

mod batches;
mod configs;
mod faults;
mod futures;
mod processes;
mod requests;
mod variables;
