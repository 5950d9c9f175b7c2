//! The error of one setting, its places and the advice of a source about a key.

use crate::error::{DecodeError, ErrorKind, FieldError, Outcome, Place, SourceError};
use crate::secret_id::is_secret_id;
use crate::setting::Setting;
use crate::source::{Key, Source};

/// The error of a cached value that is served although it could not be refreshed.
pub(super) fn refresh_failure(
    setting: &Setting,
    source: &dyn Source,
    key: &Key,
    error: SourceError,
) -> FieldError {
    let help = error_help(source, key, &error).into_iter().collect();
    let kind = error.kind();
    field_error(setting, kind, None, vec![place(source, key, Outcome::Failed(error))], help)
}

pub(super) fn field_error(
    setting: &Setting,
    kind: ErrorKind,
    reason: Option<DecodeError>,
    places: Vec<Place>,
    mut help: Vec<String>,
) -> FieldError {
    if help.is_empty() {
        help.extend(reason.as_ref().and_then(DecodeError::help).map(str::to_owned));
    }
    let (path, group_doc) = (setting.path().to_owned(), setting.group_doc().to_owned());
    FieldError { path, doc: setting.doc(), group_doc, kind, reason, places, help }
}

pub(super) fn place(source: &dyn Source, key: &Key, outcome: Outcome) -> Place {
    Place::shown(source.name(), key.shown().into_owned(), outcome)
}

pub(super) fn error_help(source: &dyn Source, key: &Key, error: &SourceError) -> Option<String> {
    error.help().map(str::to_owned).or_else(|| advice_of(source, key, error.kind()))
}

/// The source's advice about a key. It may repeat the key's name, so a name that may be a value gets none.
pub(super) fn advice_of(source: &dyn Source, key: &Key, kind: ErrorKind) -> Option<String> {
    if let Some(variable) = key.hidden_behind() {
        return (kind == ErrorKind::Missing).then(|| {
            format!("see that {variable} holds the name or the ARN of a secret, and not the value of one")
        });
    }
    if is_secret_id(key.name()) { source.help(key, kind) } else { None }
}
