//! One file per secret in a folder, as Docker, Kubernetes and the Secrets Store CSI driver mount them.

use std::path::{Path, PathBuf};

use super::read::{IsAwaited, off_the_runtime};
use super::secret_file::read_secret_file;
use super::{Answer, BoxFuture, Fetched, Key, Location, Source};
use crate::error::ErrorKind;
use crate::setting::{Setting, Version, source_name};

/// Files in a folder, one for each secret.
///
/// Not in the default chain, unless `SECRET_SOURCES` lists it (`files:/run/secrets,env`): add it with
/// [`SecretsBuilder::source`](crate::SecretsBuilder::source). For a setting `database_url` of
/// `shop/production` it reads the first of these files: `shop_production_database-url` (the whole secret, as
/// the [AWS provider of the Secrets Store CSI driver][csi] names it), `database-url` (Kubernetes),
/// `database_url` (Docker) and `DATABASE_URL`.
///
/// Text loses the one line break at its end, which editors and `echo` write; a field of bytes keeps it.
/// Symbolic links are followed. A folder, and a file that may not be read or is larger than 1 MiB, is an
/// error.
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
            locations.push(Location::secret_of(setting, setting.secret_id().replace('/', "_")));
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
    match read_secret_file(&folder.join(name), is_awaited) {
        Ok(Some(payload)) => Answer::found(payload),
        Ok(None) => Answer::missing_because("no such file"),
        Err(error) => error.into(),
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
