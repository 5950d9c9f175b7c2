//! Locks for short state that no `.await` crosses.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks what is whole at every moment: the panic of whoever had it before is nothing to go by.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_another_thread_is_not_passed_on() {
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
