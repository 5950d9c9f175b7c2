//! One file per secret in a folder, as Docker, Kubernetes and the Secrets Store CSI driver mount them.

use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use super::read::{IsAwaited, io_reason, off_the_runtime, read_file};
use super::{Answer, BoxFuture, Fetched, Key, Location, Source};
use crate::error::{ErrorKind, SourceError};
use crate::setting::{Setting, Version, source_name};

/// Larger than any secret: Secrets Manager's own limit is 64 KiB, a Kubernetes secret's 1 MiB.
const MAX_SIZE: usize = 1024 * 1024;

/// Files in a folder, one for each secret.
///
/// Not in the default chain: add it with [`SecretsBuilder::source`](crate::SecretsBuilder::source). For a
/// setting `database_url` of `shop/production` it reads the first of these files:
/// `shop_production_database-url` (the whole secret, as the [AWS provider of the Secrets Store CSI
/// driver][csi] names it), `database-url` (Kubernetes), `database_url` (Docker) and `DATABASE_URL`. A
/// trailing newline belongs to the value unless the field says `trim`.
///
/// ```no_run
/// use secrets_runtime::{Env, Files, Secrets};
///
/// let secrets = Secrets::builder().source(Files::new("/run/secrets")).source(Env::process()).build()?;
/// # Ok::<(), secrets_runtime::Error>(())
/// ```
///
/// [csi]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_csi_driver.html
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// The files in `folder`, which are read again at each load.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Source for Files {
    fn name(&self) -> &'static str {
        source_name::FILES
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        let mut locations = Vec::new();
        // There is one version of a secret here, the current one.
        if *setting.version() == Version::Current {
            locations.push(Location::secret(setting.secret_id().replace('/', "_")));
        }
        let names_of = |variable: &str| {
            let lower = variable.to_ascii_lowercase();
            [lower.replace('_', "-"), lower, variable.to_owned()]
        };
        // Systems set variables by themselves, but no files.
        for variable in setting.reserved_variable().into_iter().chain(setting.variables()) {
            locations.extend(names_of(variable).map(Location::value));
        }
        if let Some(variable) = setting.whole_secret_variable() {
            locations.extend(names_of(variable).map(Location::json_secret));
        }
        let mut seen = std::collections::HashSet::new();
        locations.retain(|location| is_file_name(location.key.name()) && seen.insert(location.key.clone()));
        locations
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        let (folder, names): (_, Vec<String>) =
            (self.folder.clone(), keys.iter().map(|key| key.name().to_owned()).collect());
        Box::pin(async move {
            let read_all = move |is_awaited: IsAwaited<'_>| {
                names.iter().map(|name| read(&folder, name, is_awaited)).collect()
            };
            off_the_runtime(&self.folder, read_all)
                .await
                .unwrap_or_else(|stopped| Fetched::failed(keys, &stopped))
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("mount a file named {}", key.name()))
    }
}

/// Whether a name stays within the folder.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != ".."
}

fn read(folder: &Path, name: &str, is_awaited: IsAwaited<'_>) -> Answer {
    if !is_file_name(name) {
        return Answer::missing_because("not a file name");
    }
    match read_file(&folder.join(name), MAX_SIZE, is_awaited) {
        Ok(mut content) => match String::from_utf8(std::mem::take(&mut *content.bytes)) {
            Ok(text) => Answer::found(text),
            Err(error) => Answer::found(error.into_bytes()),
        },
        Err(error) => {
            let kind = match error.kind() {
                IoErrorKind::NotFound => return Answer::missing_because("no such file"),
                IoErrorKind::PermissionDenied => ErrorKind::AccessDenied,
                IoErrorKind::IsADirectory | IoErrorKind::FileTooLarge => ErrorKind::Configuration,
                _ => ErrorKind::Unavailable,
            };
            SourceError::new(kind).because(io_reason(&error, "larger than 1 MiB")).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_the_folder() {
        for name in ["", ".", "..", "a/b", "../a", "a\\b", "a\0"] {
            assert!(!is_file_name(name), "{name:?}");
        }
        assert!(is_file_name("app_production_database-url"));
    }
}
