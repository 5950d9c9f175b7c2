//! Writes a check report as JSON.

use super::{CheckReport, CheckedSetting, RotationState};
use crate::error::{Appearance, Error, FieldError, Place, Problem};
use crate::text::age;
use crate::text::json::Json;

impl CheckReport {
    /// Returns the report as JSON.
    ///
    /// | member | what it is |
    /// |---|---|
    /// | `version` | 1 |
    /// | `config`, `environment` | the name of the type, and the environment |
    /// | `checked` | the time of the check in UTC, in the format of RFC 3339 as all times |
    /// | `is_ready` | whether a load would succeed |
    /// | `settings` | one object for each setting, in the order of the fields |
    /// | `problems` | errors of the set-up that belong to no setting: objects with `place`, `kind` and `reason` |
    ///
    /// Each setting has these members, which are `null` if unknown:
    ///
    /// | member | what it is |
    /// |---|---|
    /// | `path`, `type`, `is_secret` | as in [`Manifest::to_json`](crate::manifest::Manifest::to_json) |
    /// | `state` | `ok`, `default`, `absent` or `failed` |
    /// | `source`, `location`, `json_key` | where the value is |
    /// | `version_id`, `stages`, `created`, `age_seconds` | the version, if the source knows |
    /// | `rotation` | `not known`, `off`, `on` or `overdue` |
    /// | `next_rotation` | the date by which the next rotation is due |
    /// | `unread_variable` | the variable that is not read, since shells and systems set it by themselves |
    /// | `warning` | what may be wrong with a value that a load takes: `a value that ends in a line break` |
    /// | `replica_region` | the region of the replica that was read, since the region itself did not answer |
    /// | `shadowed` | later places that have a value too, which is not used: objects with `source` and `location` |
    /// | `error` | `null`, or an object with `kind`, `reason`, `places` and `help` |
    ///
    /// `places` are objects with `source`, `location` and `outcome`; `help` is a list of texts.
    pub fn to_json(&self) -> String {
        let problems = self.failure.as_ref().map(Error::problems).unwrap_or_default();
        Json::object([
            ("version", 1.into()),
            ("config", self.config.into()),
            ("environment", self.environment.as_str().into()),
            ("checked", age::timestamp(self.checked).into()),
            ("is_ready", self.is_ready().into()),
            ("settings", Json::list(self.settings.iter().map(setting))),
            ("problems", Json::list(problems.iter().map(problem))),
        ])
        .to_file()
    }
}

fn setting(setting: &CheckedSetting) -> Json<'_> {
    let place = setting.place.as_ref();
    let seconds = setting.age.map(|age| u32::try_from(age.as_secs()).unwrap_or(u32::MAX));
    Json::object([
        ("path", setting.path.as_str().into()),
        ("type", setting.type_name.into()),
        ("is_secret", setting.is_secret.into()),
        ("state", setting.state.as_str().into()),
        ("source", place.map(Place::source).into()),
        ("location", place.map(Place::location).into()),
        ("json_key", setting.json_key.as_deref().into()),
        ("version_id", setting.version_id.as_deref().into()),
        ("stages", Json::list(setting.stages.iter().map(String::as_str))),
        ("created", setting.created.and_then(age::timestamp).into()),
        ("age_seconds", seconds.into()),
        ("rotation", RotationState::as_str(setting.rotation).into()),
        ("next_rotation", setting.next_rotation.and_then(age::timestamp).into()),
        ("unread_variable", setting.unread_variable.as_deref().into()),
        ("warning", setting.doubt.map(Appearance::describe).into()),
        ("replica_region", setting.replica_region.as_deref().into()),
        ("shadowed", Json::list(setting.shadowed.iter().map(shadowed))),
        ("error", setting.error.as_ref().map(FieldError::to_json).into()),
    ])
}

fn shadowed(place: &Place) -> Json<'_> {
    Json::object([("source", place.source().into()), ("location", place.location().into())])
}

fn problem(problem: &Problem) -> Json<'_> {
    Json::object([
        ("place", problem.place().into()),
        ("kind", problem.error().kind().as_str().into()),
        ("reason", problem.error().to_string().into()),
    ])
}
