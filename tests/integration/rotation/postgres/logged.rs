//! What is logged through `log`, as `tokio_postgres` does, while a test looks.

use std::cell::RefCell;
use std::sync::Once;

use log::{LevelFilter, Log, Metadata, Record};

thread_local! {
    static LOGGED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what each thread logs.
struct Logger;

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // At the end of a thread there is nothing to keep it in.
        let _ = LOGGED.try_with(|logged| {
            use std::fmt::Write;
            let _ = writeln!(logged.borrow_mut(), "{} {}", record.target(), record.args());
        });
    }

    fn flush(&self) {}
}

/// Begins to look, at this thread.
pub(super) fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Logger).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    LOGGED.with_borrow_mut(String::clear);
}

/// All since then.
pub(super) fn take() -> String {
    LOGGED.take()
}
