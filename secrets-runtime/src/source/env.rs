//! Environment variables: those of the process, which are never written, or a given set.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::future::poll_fn;
use std::path::PathBuf;
use std::task::Poll;

use super::collect::collect;
use super::read::off_the_runtime;
use super::secret_file::read_secret_file;
use super::{Answer, BoxFuture, Deliver, Fetched, Key, Location, Missing, Source};
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::setting::{Setting, source_name};

/// Environment variables: those of the process, or a given set.
///
/// Where `DATABASE_URL` is not set (or empty) and `DATABASE_URL_FILE` is, the value is the content of that
/// file, as images of Docker read it. Text loses the one line break at its end; a field of bytes keeps it.
/// Both being set is an error, and so is a folder, or a file that is not there, may not be read or is larger
/// than 1 MiB. Symbolic links are followed. `X_FILE` does not stand in for `X` in a config that has a setting
/// of the variable `X_FILE` itself.
///
/// ```
/// use secrets_runtime::{Env, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Env::from_iter([("JWT", "signing key")])]).build()?;
/// assert_eq!(secrets.get("jwt").await?.expose_secret(), "signing key");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Env {
    /// `None` for the variables of the process.
    given: Option<HashMap<String, Secret<String>>>,
}

impl Env {
    /// The variables of the process.
    pub const fn process() -> Self {
        Self { given: None }
    }

    /// Whether these are the variables of the process, which the AWS SDK reads itself.
    #[cfg(feature = "aws")]
    pub(crate) const fn is_process(&self) -> bool {
        self.given.is_none()
    }

    /// The value of a variable; `None` if it is not set.
    ///
    /// # Errors
    /// If the value is not Unicode.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Secret<String>>, SourceError> {
        let Some(given) = &self.given else {
            return std::env::var_os(name).map(unicode).transpose();
        };
        Ok(given.get(name).cloned())
    }

    /// The value of a variable that configures a source or this crate. Set but empty counts as not set; a
    /// value that is not Unicode becomes a problem of the set-up.
    pub(crate) fn get_or_report(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Secret<String>> {
        match self.get(name) {
            Ok(value) => value.filter(|value| !value.expose_secret().is_empty()),
            Err(_) => {
                let error = SourceError::new(ErrorKind::Configuration).because(NOT_UNICODE);
                problems.push(Problem::new(name, error));
                None
            }
        }
    }

    /// The names of all variables.
    fn names(&self) -> Vec<String> {
        match &self.given {
            Some(given) => given.keys().cloned().collect(),
            // `vars_os`, not `vars`: the latter panics with the value of a variable that is not Unicode.
            None => std::env::vars_os()
                .filter_map(|(name, value)| {
                    drop(Secret::from(value.into_encoded_bytes()));
                    name.into_string().ok()
                })
                .collect(),
        }
    }

    /// Whether the variable of a key, or its `_FILE`, is set to something.
    pub(crate) fn has_value(&self, key: &Key) -> bool {
        let is_set =
            |name: &str| matches!(self.get(name), Ok(Some(value)) if !value.expose_secret().is_empty());
        is_set(key.name()) || key.may_be_in_file() && is_set(&file_variable(key.name()))
    }

    fn look_up(&self, key: &Key, names: &OnceCell<Vec<String>>) -> Lookup {
        let variable = file_variable(key.name());
        let file = if key.may_be_in_file() { self.get(&variable) } else { Ok(None) };
        let file = file.map(|path| path.filter(|path| !path.expose_secret().is_empty()));
        let is_empty = |value: &Secret<String>| value.expose_secret().is_empty();
        Lookup::Done(match (self.get(key.name()), file) {
            (Ok(Some(value)), Ok(Some(_))) if !is_empty(&value) => {
                BOTH.in_place(&format!("{} and {variable}", key.name())).into()
            }
            (Ok(_), Ok(Some(path))) => {
                return Lookup::File { path: PathBuf::from(path.expose_secret()), variable };
            }
            (Ok(Some(value)), _) if !is_empty(&value) => Answer::found(value),
            (Ok(_), Err(error)) => error.in_place(&variable).into(),
            (Ok(Some(value)), Ok(None)) => Answer::found(value),
            (Ok(None), Ok(None)) => {
                let names = names.get_or_init(|| self.names()).iter().map(String::as_str);
                Missing::new("not set").similar_in(key.name(), names).into()
            }
            (Err(error), _) => error.into(),
        })
    }
}

/// What a variable holds.
enum Lookup {
    Done(Answer),
    /// The file that `variable` names.
    File {
        path: PathBuf,
        variable: String,
    },
}

/// Waits for all futures at the same time.
async fn join(mut futures: Vec<BoxFuture<'_, ()>>) {
    poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// The answer in the file that a variable names. Each file is read on its own: one that hangs keeps neither
/// other files nor other variables.
async fn read(path: PathBuf, variable: String) -> Answer {
    let file = path.clone();
    let content = off_the_runtime(&path, move |is_awaited| read_secret_file(&file, is_awaited)).await;
    match content.flatten() {
        Ok(Some(payload)) => Answer::found(payload),
        Ok(None) => NO_FILE.in_place(&variable).into(),
        Err(error) => error.in_place(&variable).into(),
    }
}

fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

const BOTH: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("both variables are set, and only one of them can count")
    .with_help("unset one of the two variables");

const NO_FILE: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the variable names a file that does not exist")
    .with_help("correct the path in the variable, or unset it");

const NOT_UNICODE: &str = "set to something that is not Unicode";

fn unicode(value: OsString) -> Result<Secret<String>, SourceError> {
    value.into_string().map(Secret::from).map_err(|value| {
        drop(Secret::from(value.into_encoded_bytes()));
        SourceError::new(ErrorKind::Invalid).because(NOT_UNICODE)
    })
}

/// The given variables, instead of those of the process.
impl<N: Into<String>, V: Into<Secret<String>>> FromIterator<(N, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self { given: Some(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()) }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given {
            Some(given) => write!(f, "Env({} variables)", given.len()),
            None => f.write_str("Env(process)"),
        }
    }
}

impl Source for Env {
    fn name(&self) -> &'static str {
        source_name::ENV
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        Location::of_variables(setting).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(collect(self, keys))
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        let names = OnceCell::new();
        let mut files: Vec<BoxFuture<'a, ()>> = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            match self.look_up(key, &names) {
                Lookup::Done(answer) => deliver(index, answer),
                Lookup::File { path, variable } => {
                    files.push(Box::pin(async move { deliver(index, read(path, variable).await) }));
                }
            }
        }
        Box::pin(async move {
            join(files).await;
            Vec::new()
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("set {}", key.name()))
    }
}
