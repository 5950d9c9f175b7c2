//! Reads secrets: [`Secrets`] and its builder, the lookup along the chain of sources, the cache, and the task that
//! refreshes watched secrets.

mod builder;
mod cache;
mod fallback;
mod freshness;
mod lookup;
mod request;
mod secrets;
mod single_flight;
pub mod stats;
mod values;
mod watch;

pub use builder::SecretsBuilder;
pub use cache::Clock;
pub use fallback::Fallback;
pub(crate) use freshness::Freshness;
pub(crate) use lookup::{Entry, Walked};
pub use request::Request;
pub(crate) use request::{Decode, decoded};
pub use secrets::Secrets;
pub use values::Values;
pub(crate) use values::{Taken, Tried, names_read_twice, tried};
pub(crate) use watch::{Asked, Follower};
