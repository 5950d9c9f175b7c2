//! Values that follow their secrets while the program runs: [`Live`], and calls that are repeated across a
//! rotation. `handle.rs` is what applications hold, `shared.rs` loads and rebuilds, `last_good.rs` decides
//! what is kept when settings fail, and `client/watch` says when. `retry.rs` repeats calls, with `pending.rs`
//! for pending versions and `refusals.rs` for rests.

mod found_pending;
mod handle;
mod last_good;
mod pending;
mod progress;
mod refusals;
mod retry;
mod secret;
mod shared;
#[cfg(test)]
mod tests;

pub use handle::{Current, Live};
pub use progress::Changes;
pub use retry::AcrossRotation;
pub(crate) use shared::Loader;
