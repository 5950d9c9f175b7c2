//! Stands in for `std`, `arc_swap` and `foldhash` where code is explored: the same, but every access to shared memory is
//! loom's to order.

pub use ::std::*;

pub mod sync {
    pub use ::std::sync::PoisonError;
    pub use loom::sync::{Arc, Mutex, atomic};
}

/// A pointer that is replaced as a whole. What `arc_swap` promises of it, made of a lock: a load sees the last store and
/// what was written before that.
pub struct ArcSwap<T>(sync::Mutex<sync::Arc<T>>);

impl<T> ArcSwap<T> {
    pub fn load(&self) -> sync::Arc<T> {
        sync::Arc::clone(&self.0.lock().unwrap())
    }

    pub fn store(&self, value: sync::Arc<T>) {
        *self.0.lock().unwrap() = value;
    }
}

impl<T: Default> Default for ArcSwap<T> {
    fn default() -> Self {
        Self(sync::Mutex::new(sync::Arc::new(T::default())))
    }
}

pub mod fast {
    /// The same order in every run: an exploration has to be repeatable.
    pub type RandomState = ::std::hash::BuildHasherDefault<::std::collections::hash_map::DefaultHasher>;
}
