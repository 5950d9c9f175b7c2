//! One value for each Tokio runtime, dropped when its runtime ends.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, Weak};

use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;

use crate::lock::lock;

/// Values that belong to the runtime they were made on, such as connections: a connection is driven by tasks
/// of the runtime that opened it. On another runtime it would wait for tasks that may not be polled.
///
/// There are at most as many values as there are runtimes.
pub(super) struct PerRuntime<T>(Mutex<HashMap<Id, Entry<T>>>);

struct Entry<T> {
    /// The value is owned by a task of its runtime: Tokio drops the tasks of a runtime that ends.
    value: Weak<T>,
    /// Dropping it ends that task.
    _task: oneshot::Sender<Infallible>,
}

impl<T> Default for PerRuntime<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Default + Send + Sync + 'static> PerRuntime<T> {
    /// Returns the value of a runtime.
    pub(super) fn get(&self, runtime: &Handle) -> Arc<T> {
        let mut entries = lock(&self.0);
        if let Some(value) = entries.get(&runtime.id()).and_then(|entry| entry.value.upgrade()) {
            return value;
        }
        entries.retain(|_, entry| entry.value.strong_count() > 0);
        let value = Arc::new(T::default());
        let (task, ended) = oneshot::channel();
        let owned = Arc::clone(&value);
        runtime.spawn(async move {
            let _ = ended.await;
            drop(owned);
        });
        entries.insert(runtime.id(), Entry { value: Arc::downgrade(&value), _task: task });
        value
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn each_runtime_has_its_own_value() {
        let values = PerRuntime::<Mutex<u8>>::default();
        let (first, second) = (runtime(), runtime());
        let of_first = values.get(first.handle());
        assert!(Arc::ptr_eq(&of_first, &values.get(first.handle())));
        assert!(!Arc::ptr_eq(&of_first, &values.get(second.handle())));
    }

    #[test]
    fn the_value_of_a_runtime_that_has_ended_is_dropped() {
        let values = PerRuntime::<Mutex<u8>>::default();
        for _ in 0..100 {
            let runtime = runtime();
            let value = Arc::downgrade(&values.get(runtime.handle()));
            assert_eq!(value.strong_count(), 1);
            drop(runtime);
            assert_eq!(value.strong_count(), 0);
        }
        assert_eq!(lock(&values.0).len(), 1, "the entry of the last one");
    }

    #[test]
    fn the_values_end_with_their_owner() {
        let values = PerRuntime::<Mutex<u8>>::default();
        let runtime = runtime();
        let value = Arc::downgrade(&values.get(runtime.handle()));
        drop(values);
        runtime.block_on(async {
            while value.strong_count() > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
        });
    }
}
