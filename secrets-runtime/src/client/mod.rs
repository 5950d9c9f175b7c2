//! Reads secrets: [`Secrets`] and its builder, the lookup along the chain of sources, the cache, and the
//! task that refreshes watched secrets.

mod assemble;
mod blocking;
mod builder;
mod cache;
mod deadline;
mod doubts;
mod entry;
mod fallback;
mod field_report;
mod form;
mod freshness;
mod identify;
mod lookup;
mod request;
mod secrets;
mod single_flight;
mod source_list;
mod sources;
pub mod stats;
mod values;
mod watch;

pub(crate) use blocking::block_on_thread;
pub use builder::SecretsBuilder;
pub use cache::Clock;
#[cfg(test)]
pub(crate) use cache::suspension;
pub(crate) use entry::{Entry, LastGood};
pub use fallback::Fallback;
pub(crate) use freshness::Freshness;
pub(crate) use lookup::Lookup;
pub use request::Request;
pub(crate) use request::{Decode, decode_single};
pub use secrets::Secrets;
pub use values::Values;
pub(crate) use values::{Built, FieldValue, build, duplicate_names};
pub(crate) use watch::subscribers::{KeysBySource, Subscriber};
