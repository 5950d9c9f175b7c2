//! A config type: a table of its settings and a `build` from their values, both written by the derive.

use crate::client::{Secrets, Values, Walked, names_read_twice};
use crate::error::{Error, ErrorKind, FieldError, Problem, SourceError};
use crate::live::{Live, Recipe};
use crate::operate::check::{self, CheckReport};
use crate::operate::manifest::Manifest;
use crate::setting::ConfigSpec;
use crate::source::BoxFuture;

/// A configuration that is loaded from secret stores, the environment or `.env`. Derived, not written by hand.
///
/// ```
/// use secrets_runtime::{Env, Secret, SecretConfig, Secrets};
///
/// #[derive(Debug, SecretConfig)]
/// struct AppConfig {
///     /// Postgres connection string.
///     database_url: Secret<String>,
///     #[secret(default = 8080)]
///     port: u16,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let variables = Env::from_iter([("DATABASE_URL", "postgres://app@localhost/app")]);
/// let config = AppConfig::load_from(&Secrets::builder().sources([variables]).build()?).await?;
/// assert_eq!(format!("{config:?}"), "AppConfig { database_url: [REDACTED], port: 8080 }");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no config",
    label = "does not derive `SecretConfig`",
    note = "add `#[derive(SecretConfig)]` to it"
)]
pub trait SecretConfig: Sized {
    #[doc(hidden)]
    const SPEC: &'static ConfigSpec;

    #[doc(hidden)]
    fn build(values: &mut Values<'_>) -> Option<Self>;

    /// Loads the config from the sources that the environment asks for; see [`Secrets::from_env`].
    ///
    /// # Errors
    /// One [`Error`] that names every setting that is missing, denied or malformed, and shows no value.
    fn load() -> impl Future<Output = Result<Self, Error>> + Send {
        async {
            let (secrets, problems) = Secrets::builder().assemble();
            let walked = look_for(&secrets, Self::SPEC, problems).await;
            finish(&secrets, walked)
        }
    }

    /// Loads the config through `secrets`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    ///
    /// # Panics
    /// On a Tokio runtime without a timer, if a source is remote or does not answer at once: build runtimes with
    /// `enable_all`.
    fn load_from(secrets: &Secrets) -> impl Future<Output = Result<Self, Error>> + Send {
        async move {
            let walked = look_for(secrets, Self::SPEC, Vec::new()).await;
            finish(secrets, walked)
        }
    }

    /// Loads the config through `secrets` and keeps it up to date: see [`Live`].
    ///
    /// # Errors
    /// As [`load`](Self::load). Later failures are for [`Live::failure`] to say.
    fn watch(secrets: &Secrets) -> impl Future<Output = Result<Live<Self>, Error>> + Send
    where
        Self: Send + Sync + 'static,
    {
        let recipe = Recipe {
            settings: Box::new(|secrets| secrets.settings_of(Self::SPEC)),
            build: Box::new(|secrets, mut walked| {
                walked.problems.extend(names_read_twice(&walked.entries));
                finish(secrets, walked)
            }),
        };
        Live::start(secrets, recipe)
    }

    /// What the config asks for, as data: every setting with its names, type, default and documentation. Policies, templates
    /// and runbooks are made of it; see [`Manifest`].
    fn manifest() -> Manifest {
        Manifest::new(Self::SPEC)
    }

    /// Looks for every setting as a load would, past the cache, and reports on each: where it is, in which version, how
    /// old, and whether it fits its type. No value is shown, and one bad setting hides no other. See [`CheckReport`].
    ///
    /// ```
    /// use secrets_runtime::{Memory, Secret, SecretConfig, Secrets};
    ///
    /// #[derive(SecretConfig)]
    /// struct AppConfig {
    ///     database_url: Secret<String>,
    ///     port: u16,
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let memory = Memory::from([("database_url", "postgres://app@db"), ("port", "http")]);
    /// let report = AppConfig::check(&Secrets::builder().sources([memory]).build()?).await;
    /// assert!(!report.is_ready());
    /// println!("{report}");
    /// # Ok::<(), secrets_runtime::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn check(secrets: &Secrets) -> impl Future<Output = CheckReport> + Send {
        check::check(secrets, Self::SPEC, |values| drop(Self::build(values)))
    }

    /// Loads the config in a program that is not asynchronous. Call it before a runtime is started, or from any thread:
    /// it runs on a thread and a runtime of its own.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn load_blocking() -> Result<Self, Error> {
        let (secrets, problems) = Secrets::builder().assemble();
        let walk = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            Some(runtime.block_on(look_for(&secrets, Self::SPEC, problems)))
        };
        // A thread of its own, since a runtime cannot be started within another one.
        let walked = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, walk).ok()?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let walked = walked.unwrap_or_else(|| Walked {
            asked: Vec::new(),
            entries: Vec::new(),
            problems: vec![Problem::new("runtime", NO_RUNTIME)],
        });
        finish(&secrets, walked)
    }
}

const NO_RUNTIME: SourceError =
    SourceError::new(ErrorKind::Unavailable).because("the operating system refused a thread or a runtime");

/// Everything of a load that waits. Boxed, so that the future of `load` has the same size for every config, and behind
/// `dyn`, so that its code is made once, in this crate: the compiler makes that of an `async fn` where it is awaited.
fn look_for<'a>(
    secrets: &'a Secrets,
    config: &'static ConfigSpec,
    problems: Vec<Problem>,
) -> BoxFuture<'a, Walked> {
    Box::pin(async move {
        let mut walked = secrets.look_for(config).await;
        walked.problems.splice(0..0, problems);
        walked.problems.extend(names_read_twice(&walked.entries));
        walked
    })
}

/// Everything of a load that does not wait.
fn finish<C: SecretConfig>(secrets: &Secrets, walked: Walked) -> Result<C, Error> {
    let mut values = Values::of(&walked.entries);
    let config = C::build(&mut values);
    let errors = values.errors;
    match config {
        Some(config) if walked.problems.is_empty() && errors.is_empty() => Ok(config),
        _ => Err(failure(secrets, C::SPEC, walked, errors)),
    }
}

fn failure(secrets: &Secrets, config: &ConfigSpec, walked: Walked, errors: Vec<FieldError>) -> Error {
    secrets.error(config.name.to_owned(), walked.entries.len(), walked.problems, errors)
}
