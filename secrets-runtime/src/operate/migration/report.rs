//! Writes a plan as text and as JSON.

use std::fmt;

use super::outcome::MigrationReport;
use super::plan::{MigrationPlan, PlannedSecret, SecretChange};
use crate::text::json::Json;

impl fmt::Display for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "From .env to the secrets of {} (environment: {})", self.config, self.environment)?;
        let width = |part: fn(&PlannedSecret) -> &str| {
            self.secrets.iter().map(|secret| part(secret).chars().count()).max().unwrap_or(0)
        };
        let (id_width, change_width) = (width(PlannedSecret::id), width(|secret| secret.change.as_str()));
        if !self.secrets.is_empty() {
            writeln!(f)?;
        }
        for secret in &self.secrets {
            let (id, change) = (secret.id(), secret.change.as_str());
            let note = note(secret);
            let line = format!("  {id:id_width$}   {change:change_width$}   {note}");
            writeln!(f, "{}", line.trim_end())?;
        }
        if !self.missing.is_empty() {
            writeln!(f, "\nRequired settings without a valid value in the file or the store:")?;
            for missing in &self.missing {
                writeln!(f, "  {} ({})", missing.path, missing.variable)?;
            }
        }
        if !self.bad_lines.is_empty() {
            writeln!(f, "\nLines that cannot be read:")?;
            for line in &self.bad_lines {
                writeln!(f, "  {line}")?;
            }
        }
        write_names(f, "Not read from Secrets Manager", &self.variables)?;
        write_names(
            f,
            "Not written, since the config reads another version than the current one",
            &self.of_other_versions,
        )?;
        write_names(f, &format!("Unknown to {}", self.config), self.unknown())?;
        let lines: Vec<String> = self.unknown_lines.iter().map(ToString::to_string).collect();
        match lines.as_slice() {
            [] => Ok(()),
            [line] => writeln!(f, "\nUnknown, and not shown because it may be part of a value: line {line}"),
            _ => {
                let lines = lines.join(", ");
                writeln!(f, "\nUnknown, and not shown because they may be parts of a value: lines {lines}")
            }
        }
    }
}

fn note(secret: &PlannedSecret) -> String {
    let names = secret.variables.join(", ");
    match (secret.change, &secret.reason) {
        (SecretChange::Differs, _) => format!("{names}; not changed"),
        (SecretChange::AddKeys, _) => {
            let (keys, s) =
                (secret.added_keys.join(", "), if secret.added_keys.len() == 1 { "" } else { "s" });
            format!("{names}; adds the key{s} {keys}")
        }
        (SecretChange::NotGiven, _) if secret.exists => "in the store".to_owned(),
        (_, Some(reason)) => format!("{names}: {reason}"),
        _ => names,
    }
}

fn write_names(f: &mut fmt::Formatter<'_>, what: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() { Ok(()) } else { writeln!(f, "\n{what}: {}", names.join(", ")) }
}

impl MigrationPlan {
    /// Returns the plan as JSON, without a value.
    ///
    /// | member | what it is |
    /// |---|---|
    /// | `version` | 1 |
    /// | `config`, `environment` | the name of the type, and the environment |
    /// | `has_findings`, `has_writes` | the results of these methods |
    /// | `secrets` | an object for each secret |
    /// | `missing` | objects with `path` and `variable` |
    /// | `variables`, `of_other_versions`, `unknown` | variables in the file that do not become secrets |
    /// | `unknown_lines` | line numbers of unknown variables whose names may be parts of a value |
    /// | `bad_lines` | texts that begin with `line` and its number |
    /// | `applied` | `null`, or the result of the subcommand `migrate --apply` |
    ///
    /// A secret has the members `id`, `change` (written by [`SecretChange::as_str`]), `is_there`,
    /// `variables`, `added_keys` and `reason` (`null` unless refused).
    ///
    /// `applied` is an object with `is_complete` and `secrets`: objects with `id`, `outcome` (written by
    /// [`MigrationOutcome::as_str`](crate::migration::MigrationOutcome::as_str)) and `error`. An `error` is
    /// `null`, or an object as in [`CheckReport::to_json`](crate::check::CheckReport::to_json).
    pub fn to_json(&self) -> String {
        self.to_json_with(None)
    }

    /// Does the same with the result of applying the plan.
    pub(crate) fn to_json_with(&self, applied: Option<&MigrationReport>) -> String {
        let names = |names: &[String]| Json::list(names.iter().map(|name| Json::from(name.clone())));
        let secret = |secret: &PlannedSecret| {
            Json::object([
                ("id", secret.id().to_owned().into()),
                ("change", secret.change.as_str().into()),
                ("is_there", secret.exists.into()),
                ("variables", names(&secret.variables)),
                ("added_keys", names(&secret.added_keys)),
                ("reason", secret.reason.as_ref().map(ToString::to_string).into()),
            ])
        };
        let missing = self.missing.iter().map(|missing| {
            Json::object([
                ("path", missing.path.as_str().into()),
                ("variable", missing.variable.as_str().into()),
            ])
        });
        Json::object([
            ("version", 1.into()),
            ("config", self.config.into()),
            ("environment", self.environment.as_str().into()),
            ("has_findings", self.has_findings().into()),
            ("has_writes", self.has_writes().into()),
            ("secrets", Json::list(self.secrets.iter().map(secret))),
            ("missing", Json::list(missing)),
            ("variables", names(&self.variables)),
            ("of_other_versions", names(&self.of_other_versions)),
            ("unknown", names(&self.unknown)),
            (
                "unknown_lines",
                Json::list(self.unknown_lines.iter().map(|line| u32::try_from(*line).unwrap_or(u32::MAX))),
            ),
            ("bad_lines", Json::list(self.bad_lines.iter().map(ToString::to_string))),
            ("applied", applied.map(MigrationReport::as_json).into()),
        ])
        .to_file()
    }
}
