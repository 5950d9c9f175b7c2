//! The types of the memory that the threads of the fast path share. In `loom_tests` they are those of loom,
//! which tries every order of the accesses.

#[cfg(not(all(test, secrets_loom)))]
pub(super) use {
    arc_swap::ArcSwap,
    foldhash::fast::RandomState,
    std::sync::{Mutex, atomic},
};

#[cfg(all(test, secrets_loom))]
pub(super) use {
    // The same order in every run: an exploration must be repeatable.
    foldhash::fast::FixedState as RandomState,
    loom::sync::{Mutex, atomic},
    model::ArcSwap,
};

#[cfg(all(test, secrets_loom))]
mod model {
    use std::sync::Arc;

    use loom::sync::Mutex;

    /// What `arc_swap` promises, made of a lock: a load sees the last store, and everything that was written
    /// before it.
    pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

    impl<T> ArcSwap<T> {
        pub(crate) fn load(&self) -> Arc<T> {
            Arc::clone(&self.0.lock().unwrap())
        }

        pub(crate) fn store(&self, value: Arc<T>) {
            *self.0.lock().unwrap() = value;
        }
    }

    impl<T: Default> Default for ArcSwap<T> {
        fn default() -> Self {
            Self(Mutex::new(Arc::new(T::default())))
        }
    }
}
