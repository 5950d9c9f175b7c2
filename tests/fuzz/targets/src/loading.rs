//! Loads from one source that holds the input, with nothing taken from the process.

use std::fmt::Write as _;

use secrets_runtime::source::Source;
use secrets_runtime::{Env, Environment, Error, SecretConfig, Secrets, SecretsBuilder};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
}

pub(crate) fn waiting<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A builder that takes nothing from the process.
pub(crate) fn builder() -> SecretsBuilder {
    Secrets::builder().variables(Env::from_iter([("", ""); 0])).environment(Environment::PRODUCTION)
}

pub(crate) fn load<C: SecretConfig>(source: impl Source) -> Result<C, Error> {
    let secrets = builder().sources([source]).build().unwrap();
    waiting(C::load_from(&secrets))
}

/// Everything that an error can be made to say.
pub(crate) fn said(error: &Error) -> String {
    let mut said = format!("{error}{error:?}{error:#?}");
    for field in error.fields() {
        let _ = write!(said, "{field}{field:?}{:?}{:?}", field.places(), field.help());
    }
    for problem in error.problems() {
        let _ = write!(said, "{problem}{problem:?}{:?}", problem.error());
    }
    said
}

/// What is said of a load: its error, or that there is none.
pub(crate) fn said_of<C>(loaded: Result<C, Error>) -> String {
    loaded.map_or_else(|error| said(&error), |_| String::new())
}
