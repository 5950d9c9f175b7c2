//! Runs asynchronous work for callers that are not asynchronous: `load_blocking` and the command line.

/// Runs a future on a thread and a runtime of its own, since a runtime cannot be started within another one.
/// A panic of the future continues in the caller. `None` if the operating system refuses a thread or a
/// runtime.
pub(crate) fn block_on_thread<F: Future>(future: impl FnOnce() -> F + Send) -> Option<F::Output>
where
    F::Output: Send,
{
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(runtime.block_on(future()))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, run).ok()?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
