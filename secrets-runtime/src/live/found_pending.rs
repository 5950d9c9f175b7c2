//! The results of lookups of pending versions. `pending.rs` makes them, and `retry.rs` shares them.

use std::sync::{Arc, Weak};

use tokio::time::Instant;

/// What was found of the pending versions.
pub(super) enum Pending<T> {
    /// The current value with pending versions where there are any.
    Value(T),
    /// Nothing is pending, or only what is current.
    Nothing,
    /// It could not be read or does not form a valid value.
    Unusable,
}

/// What a lookup of pending versions has found.
pub(super) struct LookedUp<T> {
    pub(super) began: Instant,
    pub(super) pending: Pending<Arc<T>>,
}

/// What the last lookup of a field's pending value has found. The values are weak, so that they are wiped as
/// soon as no call uses them.
pub(super) struct LastPending<T> {
    pub(super) began: Instant,
    pub(super) ended: Instant,
    /// The current value at that time. Parts of it are in the pending one.
    pub(super) current: Weak<T>,
    pub(super) pending: Pending<Weak<T>>,
}
