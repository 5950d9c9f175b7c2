//! Values that follow their secrets while the program runs: [`Live`], and calls that are repeated across a
//! rotation. `handle.rs` is what applications hold, `shared.rs` loads and rebuilds, `client/watch` says
//! when.

mod handle;
mod progress;
mod retry;
mod secret;
mod shared;
#[cfg(test)]
mod tests;

pub use handle::{Current, Live};
pub use progress::Changes;
pub use retry::AcrossRotation;
pub(crate) use shared::Loader;
