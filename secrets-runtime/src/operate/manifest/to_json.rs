//! Writes a manifest as JSON.

use super::Manifest;
use crate::secret_id::display_id;
use crate::setting::{Setting, Version};
use crate::text::json::Json;

impl Manifest {
    /// The [JSON schema](https://json-schema.org/draft/2020-12) of [`to_json`](Self::to_json).
    pub const JSON_SCHEMA: &'static str = include_str!("manifest.schema.json");

    /// The manifest as JSON, as [`JSON_SCHEMA`](Self::JSON_SCHEMA) describes it: every setting with its
    /// names, type, default and documentation, and no value.
    ///
    /// ```
    /// # use secrets_runtime::{Secret, SecretConfig};
    /// # #[derive(SecretConfig)]
    /// # struct AppConfig { database_url: Secret<String> }
    /// let manifest: serde_json::Value = serde_json::from_str(&AppConfig::manifest().to_json())?;
    /// assert_eq!(manifest["settings"][0]["secret"]["id"], "database-url");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        Json::object([
            ("version", 1.into()),
            ("config", self.name().into()),
            ("environment", self.environment().as_str().into()),
            ("settings", Json::list(self.settings().iter().map(setting))),
        ])
        .to_file()
    }
}

fn setting(setting: &Setting) -> Json<'_> {
    let mut variables = setting.variables().map(display_id).filter(|_| setting.may_read_variables());
    Json::object([
        ("path", setting.path().into()),
        ("type", setting.type_name().into()),
        ("doc", setting.doc().into()),
        ("group_doc", setting.group_doc().into()),
        ("is_secret", setting.is_secret().into()),
        ("is_optional", setting.is_optional().into()),
        ("has_default", setting.has_default().into()),
        ("default", setting.default().into()),
        ("secret", setting.may_ask_stores().then(|| secret(setting)).into()),
        ("variable", variables.next().into()),
        ("aliases", Json::list(variables)),
        (
            "whole_secret_variable",
            setting.whole_secret_variable().filter(|_| setting.may_read_variables()).into(),
        ),
        ("sources", Json::list(setting.allowed_sources().iter().copied())),
    ])
}

/// The secret, key and version of a setting.
fn secret(setting: &Setting) -> Json<'_> {
    let (stage, version_id) = match setting.version() {
        Version::Current => (Some("AWSCURRENT"), None),
        Version::Stage(stage) => (Some(display_id(stage)), None),
        Version::Id(id) => (None, Some(display_id(id))),
    };
    Json::object([
        ("id", setting.is_identified().then(|| display_id(setting.secret_id())).into()),
        ("id_variable", setting.id_variable().into()),
        ("json_key", setting.json_key().into()),
        ("stage", stage.into()),
        ("version_id", version_id.into()),
    ])
}
