//! Locks state that is never held across an `.await`.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, ignoring poisoning: the protected state is consistent at every point.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poisoned_lock_is_not_an_error() {
        let mutex = Mutex::new(1);
        let panicked = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                *lock(&mutex) += 1;
                let _held = lock(&mutex);
                panic!("while it is locked");
            });
            thread.join()
        });
        assert!(panicked.is_err() && mutex.is_poisoned());
        assert_eq!(*lock(&mutex), 2);
    }
}
