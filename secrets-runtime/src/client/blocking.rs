//! Runs asynchronous work for callers that are not asynchronous: `load_blocking` and the command line.

use crate::contain::{Panicked, contain};
use crate::error::{ErrorKind, SourceError};

const REFUSED: SourceError =
    SourceError::new(ErrorKind::Unavailable).because("the operating system refused a thread or a runtime");

const PANICKED: SourceError =
    SourceError::new(ErrorKind::Configuration).because("code that ran on the blocking runtime panicked");

/// Runs a future on a thread and a runtime of its own, since a runtime cannot be started within another one.
///
/// # Errors
/// If the operating system refuses a thread or a runtime, or if the future panics.
pub(crate) fn block_on_thread<F: Future>(future: impl FnOnce() -> F + Send) -> Result<F::Output, SourceError>
where
    F::Output: Send,
{
    let run = || {
        contain(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(future())).map_err(|_| REFUSED)
        })
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run).map_err(|_| REFUSED)?;
        let ended = thread.join().unwrap_or(Err(Panicked));
        ended.unwrap_or(Err(PANICKED))
    })
}
