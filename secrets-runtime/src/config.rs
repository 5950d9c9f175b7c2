//! The trait [`SecretConfig`]: what generated code provides of a config type, and what applications do with
//! it.

use crate::client::{Built, Lookup, Secrets, Values, block_on_thread, build, duplicate_names};
use crate::contain::contain;
use crate::error::{Error, FieldError, Problem, SourceError};
use crate::live::{Live, Loader};
use crate::operate::check::{self, CheckReport};
use crate::operate::manifest::Manifest;
use crate::setting::ConfigSpec;
use crate::source::BoxFuture;
use crate::value::SafeToPrint;

/// A configuration that is loaded from secret stores, the environment or `.env`. Derive it; do not implement
/// it by hand.
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
    message = "`{Self}` does not implement `SecretConfig`",
    label = "does not derive `SecretConfig`",
    note = "add `#[derive(SecretConfig)]` to it"
)]
pub trait SecretConfig: Sized {
    #[doc(hidden)]
    const SPEC: &'static ConfigSpec;

    #[doc(hidden)]
    fn build(values: &mut Values<'_>) -> Option<Self>;

    /// Loads the config from the default chain of sources: see [`Secrets::from_env`].
    ///
    /// # Errors
    /// One [`Error`] that names every setting that is missing, denied or malformed. It shows no value.
    fn load() -> impl Future<Output = Result<Self, Error>> + Send {
        async {
            let (secrets, problems) = Secrets::builder().assemble();
            let lookup = look_up(&secrets, Self::SPEC, problems).await;
            finish(&secrets, &lookup, Vec::new())
        }
    }

    /// Loads the config through `secrets`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn load_from(secrets: &Secrets) -> impl Future<Output = Result<Self, Error>> + Send {
        async move {
            let lookup = look_up(secrets, Self::SPEC, Vec::new()).await;
            finish(secrets, &lookup, Vec::new())
        }
    }

    /// Loads the config through `secrets` and keeps it up to date: see [`Live`].
    ///
    /// # Errors
    /// As [`load`](Self::load). [`Live::failure`] reports later failures.
    fn watch(secrets: &Secrets) -> impl Future<Output = Result<Live<Self>, Error>> + Send
    where
        Self: Send + Sync + 'static,
    {
        let loader = Loader {
            name: Self::SPEC.name.to_owned(),
            settings: Box::new(|secrets| secrets.settings_of(Self::SPEC)),
            build: Box::new(|secrets, lookup| finish(secrets, lookup, duplicate_names(&lookup.entries))),
        };
        Live::start(secrets, loader)
    }

    /// Returns every setting of the config as data, with its names, type, default and documentation. IAM
    /// policies, templates and runbooks are generated from it: see [`Manifest`].
    fn manifest() -> Manifest {
        Manifest::new(Self::SPEC)
    }

    /// Looks for every setting as a load would, without the cache, and reports where each one is, its
    /// version, its age, and whether it fits its type. The report shows no value and is complete even if
    /// settings are bad. See [`CheckReport`].
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

    /// Loads the config in a program that is not asynchronous. Call it before a runtime is started, or from
    /// any thread: it uses a thread and a runtime of its own.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    fn load_blocking() -> Result<Self, Error> {
        let (secrets, problems) = Secrets::builder().assemble();
        let lookup = block_on_thread(|| look_up(&secrets, Self::SPEC, problems));
        finish(&secrets, &lookup.unwrap_or_else(not_run), Vec::new())
    }
}

// A field that could print a secret is rarely meant to be a config.
#[diagnostic::do_not_recommend]
impl<C: SecretConfig> SafeToPrint for C {}

fn not_run(error: SourceError) -> Lookup {
    Lookup { problems: vec![Problem::new("runtime", error)], ..Lookup::default() }
}

/// The asynchronous part of a load. Boxed, so that the future of `load` has the same size for every config.
/// Behind `dyn`, so that it is compiled once, in this crate: an `async fn` is compiled where it is awaited.
fn look_up<'a>(
    secrets: &'a Secrets,
    config: &'static ConfigSpec,
    problems: Vec<Problem>,
) -> BoxFuture<'a, Lookup> {
    Box::pin(async move {
        let mut lookup = secrets.look_up_config(config).await;
        lookup.problems.splice(0..0, problems);
        lookup.problems.extend(duplicate_names(&lookup.entries));
        lookup
    })
}

/// The synchronous part of a load. `problems` are those that the lookup did not find.
fn finish<C: SecretConfig>(
    secrets: &Secrets,
    lookup: &Lookup,
    mut problems: Vec<Problem>,
) -> Result<C, Error> {
    let Built { config, errors, problem, .. } = build(&lookup.entries, C::build);
    problems.extend(problem);
    match config {
        Some(config) if lookup.problems.is_empty() && problems.is_empty() && errors.is_empty() => Ok(config),
        unused => {
            // Dropping it runs code of its fields, which may panic.
            let _ = contain(|| drop(unused));
            Err(failure(secrets, C::SPEC, lookup, problems, errors))
        }
    }
}

fn failure(
    secrets: &Secrets,
    config: &ConfigSpec,
    lookup: &Lookup,
    problems: Vec<Problem>,
    errors: Vec<FieldError>,
) -> Error {
    let problems = lookup.problems.iter().cloned().chain(problems).collect();
    secrets.error(config.name.to_owned(), lookup.entries.len(), problems, errors)
}
