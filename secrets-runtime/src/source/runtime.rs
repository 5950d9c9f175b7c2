//! Finds out whether the caller's Tokio runtime has timers and I/O.
//!
//! Tokio does not say it other than by a panic, with a message of its own on the standard error: neither
//! `Handle` nor its metrics tell which drivers a runtime has. A runtime without them is therefore asked once.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::time::Duration;

use tokio::runtime::{Handle, Id};

use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;

/// How many runtimes without a driver are remembered. More than a process has at once; for others the panic's
/// message is written again.
const MAX_KNOWN: usize = 16;

/// The last runtimes that were found to lack a driver. Tokio gives each runtime of a process another id.
struct Lacking(Mutex<Vec<Id>>);

impl Lacking {
    const fn none() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Whether the caller's runtime lacks a driver: `use_driver` panics without it.
    fn has_current(&self, use_driver: fn()) -> bool {
        let Ok(runtime) = Handle::try_current() else { return false };
        if lock(&self.0).contains(&runtime.id()) {
            return true;
        }
        let lacks = catch_unwind(use_driver).is_err();
        if lacks {
            let mut known = lock(&self.0);
            known.truncate(MAX_KNOWN - 1);
            known.insert(0, runtime.id());
        }
        lacks
    }
}

/// The error of everything that would have to wait on a runtime without timers.
pub(crate) const NO_TIMERS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the Tokio runtime has no timers")
    .with_help("call `enable_all()` on the runtime's builder");

/// Whether this code runs on a Tokio runtime without timers. There, every time limit would panic.
pub(crate) fn lacks_timers() -> bool {
    static LACKING: Lacking = Lacking::none();
    LACKING.has_current(|| drop(tokio::time::sleep(Duration::ZERO)))
}

/// The error of a client of a server on a runtime without I/O.
#[cfg(any(feature = "aws", feature = "agent"))]
pub(super) const NO_IO: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the Tokio runtime has no I/O")
    .with_help("call `enable_all()` on the runtime's builder")
    .keeping_cached_value();

/// Whether this code runs on a Tokio runtime without I/O. There, every connection would panic.
#[cfg(any(feature = "aws", feature = "agent"))]
pub(super) fn lacks_io() -> bool {
    use std::net::{Ipv4Addr, UdpSocket};

    static LACKING: Lacking = Lacking::none();
    LACKING.has_current(|| {
        if let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            && socket.set_nonblocking(true).is_ok()
        {
            drop(tokio::net::UdpSocket::from_std(socket));
        }
    })
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn only_a_runtime_without_timers_lacks_them() {
        assert!(!lacks_timers(), "there is no runtime");
        let without = Builder::new_current_thread().build().unwrap();
        assert!(without.block_on(async { lacks_timers() }));
        let with = Builder::new_current_thread().enable_time().build().unwrap();
        assert!(!with.block_on(async { lacks_timers() }));
    }

    #[test]
    fn a_runtime_that_lacks_a_driver_is_asked_once() {
        static ASKED: Mutex<usize> = Mutex::new(0);
        let lacking = Lacking::none();
        let is_lacking = || {
            lacking.has_current(|| {
                *lock(&ASKED) += 1;
                drop(tokio::time::sleep(Duration::ZERO));
            })
        };
        let runtimes: Vec<_> = (0..3).map(|_| Builder::new_current_thread().build().unwrap()).collect();
        for runtime in &runtimes {
            assert!(runtime.block_on(async { (0..5).all(|_| is_lacking()) }));
        }
        assert_eq!(*lock(&ASKED), 3);
    }

    #[test]
    #[cfg(feature = "aws")]
    fn only_a_runtime_without_io_lacks_it() {
        assert!(!lacks_io(), "there is no runtime");
        let without = Builder::new_current_thread().enable_time().build().unwrap();
        assert!(without.block_on(async { lacks_io() }));
        let with = Builder::new_current_thread().enable_io().build().unwrap();
        assert!(!with.block_on(async { lacks_io() }));
    }
}
