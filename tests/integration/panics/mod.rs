//! A panic of code that the application brings is an error of what it was asked for, on every path. It is
//! not transient, and no error holds its message.

mod decoders;
mod sdk;
mod sources;

use secrets_runtime::Error;

/// The message of each panic. No error may hold it.
const MESSAGE: &str = "hunter2 in a message";

/// Asserts that the error says this, is not transient, and does not hold the message of the panic.
fn assert_says(error: &Error, said: &str) {
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(shown.contains(said), "{shown}");
    assert!(!error.kind().is_transient(), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
