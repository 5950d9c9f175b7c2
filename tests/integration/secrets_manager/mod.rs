//! The loader with the real SDK against a stub: requests counted, faults on demand.

mod batches;
mod configs;
mod endless;
mod faults;
mod futures;
mod mixed_up;
mod processes;
mod regions;
mod requests;
mod runtimes;
mod variables;
