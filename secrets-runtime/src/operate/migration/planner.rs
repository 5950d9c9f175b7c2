//! Plans a migration: reads the store, compares it with the file, and decides what to write. Writes nothing.

use std::collections::{HashMap, HashSet};

use super::compare::{self, Difference, FileValue, Stored};
use super::missing::{Presence, missing_settings};
use super::names::is_usual_name;
use super::plan::{MigrationPlan, MissingSetting, PlannedSecret, SecretChange};
use super::{EnvFile, Migration};
use crate::client::Secrets;
use crate::error::{DecodeError, Error, ErrorKind, Problem, SourceError};
use crate::operate::admin::Admin;
use crate::operate::manifest::RequiredSecret;
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::setting::{Setting, Version};
use crate::source::{Answer, Key};
use crate::value::Payload;

impl Migration {
    /// Compares a file with the store and returns the plan. Writes nothing.
    ///
    /// It reads the store of the admin, past every cache, under the names of the manifest. Each call ends
    /// after [`SecretsBuilder::timeout`](crate::SecretsBuilder::timeout).
    ///
    /// # Errors
    /// [`Error`] with each secret that could not be read. [`ErrorKind::Configuration`] if the admin's
    /// [`Secrets`](crate::Secrets) have another environment or other prefixes than the manifest: they would
    /// read other secrets than the migration writes.
    pub async fn plan(&self, admin: &Admin, file: &EnvFile) -> Result<MigrationPlan, Error> {
        // Boxed: the futures of the AWS SDK have tens of kilobytes.
        Box::pin(self.read_and_plan(admin, file)).await
    }

    async fn read_and_plan(&self, admin: &Admin, file: &EnvFile) -> Result<MigrationPlan, Error> {
        if let Some(secrets) = admin.secrets()
            && !self.manifest.is_resolved_by(secrets)
        {
            return Err(self.names_differ(secrets));
        }
        let required = self.manifest.required_secrets();
        let store = self.read(&admin.with_full_names(), &required).await?;
        Ok(self.plan_of(&required, file, &store))
    }

    /// Reads each secret that is not made elsewhere.
    async fn read<'a>(
        &self,
        admin: &Admin,
        required: &[RequiredSecret<'a>],
    ) -> Result<HashMap<&'a str, Owned>, Error> {
        let ids: Vec<&str> =
            required.iter().filter(|secret| !secret.is_made_elsewhere()).map(RequiredSecret::id).collect();
        let keys: Vec<Key> = ids.iter().map(|id| Key::new(*id)).collect();
        let answers = if keys.is_empty() { Vec::new() } else { admin.fetch(&keys).await.answers };
        let mut store = HashMap::with_capacity(ids.len());
        let mut errors = Vec::new();
        for (id, answer) in ids.iter().copied().zip(answers) {
            match answer {
                Answer::Found(payload, _) => drop(store.insert(id, Owned::Value(payload))),
                // A read answers the same for no secret and a secret without a value. The description
                // differs.
                Answer::Missing(_) => match admin.describe(id).await {
                    Ok(_) => drop(store.insert(id, Owned::Empty)),
                    Err(error) => match error.kind() {
                        // Without the permission, the attempt to create the secret shows whether it exists.
                        ErrorKind::Missing | ErrorKind::AccessDenied => {}
                        _ => errors.extend_from_slice(error.fields()),
                    },
                },
                Answer::Failed(error) => errors.extend_from_slice(admin.unread(id, error).fields()),
            }
        }
        if errors.is_empty() {
            return Ok(store);
        }
        let (config, environment) =
            (self.manifest.name().to_owned(), self.manifest.environment().to_string());
        let error = admin.with_target(Error::new(config, environment, ids.len(), Vec::new(), errors));
        Err(error.saying("could not be compared").about_secrets())
    }

    fn names_differ(&self, secrets: &Secrets) -> Error {
        let error = SourceError::new(ErrorKind::Configuration)
            .because("its environment or prefixes differ from those of the admin's Secrets")
            .with_help("pass the same names to the migration: AppConfig::manifest().resolved_by(&secrets)");
        let (config, environment) = (self.manifest.name().to_owned(), secrets.reported_environment().clone());
        Error::new(config, environment, 0, vec![Problem::new("the manifest", error)], Vec::new())
            .saying("could not be compared")
    }

    fn plan_of(
        &self,
        required: &[RequiredSecret<'_>],
        file: &EnvFile,
        store: &HashMap<&str, Owned>,
    ) -> MigrationPlan {
        let mut secrets = Vec::new();
        let mut presences: HashMap<&str, Presence> = HashMap::new();
        for secret in required {
            let is_current = |setting: &&&Setting| *setting.version() == Version::Current;
            let current: Vec<&Setting> = secret.settings().iter().filter(is_current).copied().collect();
            if current.is_empty() {
                continue;
            }
            let stored = store.get(secret.id()).map_or(Stored::Nothing, Owned::as_stored);
            let presence = |setting: &Setting| {
                if secret.is_made_elsewhere() {
                    Presence::NotKnown
                } else {
                    Presence::of(setting, file, stored)
                }
            };
            presences.extend(current.iter().map(|setting| (setting.path(), presence(setting))));
            secrets.push(self.planned_secret(secret, &current, file, stored));
        }
        let mut plan = MigrationPlan {
            config: self.manifest.name(),
            environment: self.manifest.environment().clone(),
            attributes: self.attributes.clone(),
            secrets,
            missing: Vec::new(),
            variables: Vec::new(),
            of_other_versions: Vec::new(),
            unknown: Vec::new(),
            unknown_lines: Vec::new(),
            bad_lines: file.bad_lines.clone(),
        };
        for setting in self.manifest.settings() {
            if presences.contains_key(setting.path()) {
                continue;
            }
            let variable = FileValue::of(setting, &file.values).map(|file| file.variable.to_owned());
            if *setting.version() == Version::Current {
                presences.insert(setting.path(), Presence::of(setting, file, Stored::Nothing));
                plan.variables.extend(variable);
            } else {
                plan.of_other_versions.extend(variable);
            }
        }
        let presence =
            |setting: &Setting| presences.get(setting.path()).copied().unwrap_or(Presence::NotKnown);
        plan.missing =
            missing_settings(&self.manifest, &presence).into_iter().map(MissingSetting::of).collect();
        plan.take_unknown(self.manifest.settings(), file);
        plan
    }

    fn planned_secret(
        &self,
        secret: &RequiredSecret<'_>,
        current: &[&Setting],
        file: &EnvFile,
        stored: Stored<'_>,
    ) -> PlannedSecret {
        let values: Vec<FileValue<'_>> =
            current.iter().filter_map(|setting| FileValue::of(setting, &file.values)).collect();
        let planned = match stored {
            _ if secret.is_made_elsewhere() => Ok(Planned::nothing(SecretChange::MadeElsewhere)),
            _ if values.is_empty() => Ok(Planned::nothing(SecretChange::NotGiven)),
            _ => self.change_of(&values, stored, current.len() < secret.settings().len()),
        };
        let (Planned { change, added_keys, value }, reason) = match planned {
            Ok(planned) => (planned, None),
            Err(reason) => (Planned::nothing(SecretChange::Refused), Some(reason)),
        };
        PlannedSecret {
            id: if secret.missing_variable().is_some() {
                secret.shown_id().into_owned()
            } else {
                secret.id().to_owned()
            },
            description: secret.description(),
            change,
            exists: !matches!(stored, Stored::Nothing),
            variables: values.iter().map(|file| display_id(file.variable).to_owned()).collect(),
            added_keys,
            reason,
            value,
            before: match stored {
                Stored::Value(payload) if change.is_write() => Some(payload.clone()),
                _ => None,
            },
        }
    }

    /// Decides what to write. `reads_other_versions` forbids adding keys without `overwrite`: a new version
    /// would take AWSPREVIOUS from the version that the config reads.
    fn change_of(
        &self,
        values: &[FileValue<'_>],
        stored: Stored<'_>,
        reads_other_versions: bool,
    ) -> Result<Planned, DecodeError> {
        compare::check_values(values)?;
        let mut added_keys = Vec::new();
        let change = match stored {
            Stored::Nothing => SecretChange::Create,
            Stored::Empty => SecretChange::Put,
            Stored::Value(payload) => match compare::difference(values, payload) {
                Difference::None => return Ok(Planned::nothing(SecretChange::Same)),
                Difference::MissingKeys(keys) if self.overwrite || !reads_other_versions => {
                    added_keys = keys;
                    SecretChange::AddKeys
                }
                Difference::Other if self.overwrite => SecretChange::Overwrite,
                Difference::MissingKeys(_) | Difference::Other => {
                    return Ok(Planned::nothing(SecretChange::Differs));
                }
            },
        };
        Ok(Planned { change, added_keys, value: Some(compare::merged(values, stored)?) })
    }
}

/// The change of a secret, and its new value.
struct Planned {
    change: SecretChange,
    added_keys: Vec<String>,
    value: Option<Secret<String>>,
}

impl Planned {
    const fn nothing(change: SecretChange) -> Self {
        Self { change, added_keys: Vec::new(), value: None }
    }
}

/// The answer of the store for a secret that exists.
enum Owned {
    Empty,
    Value(Payload),
}

impl Owned {
    const fn as_stored(&self) -> Stored<'_> {
        match self {
            Self::Empty => Stored::Empty,
            Self::Value(payload) => Stored::Value(payload),
        }
    }
}

impl MissingSetting {
    fn of(setting: &Setting) -> Self {
        let variable = setting.variables().next().map(display_id).unwrap_or_default();
        Self { path: setting.path().to_owned(), variable: variable.to_owned() }
    }
}

impl MigrationPlan {
    fn take_unknown(&mut self, settings: &[Setting], file: &EnvFile) {
        let of_secrets = settings.iter().flat_map(|setting| {
            [setting.id_variable(), setting.whole_secret_variable(), setting.reserved_variable()]
                .into_iter()
                .flatten()
        });
        let known: HashSet<&str> = settings.iter().flat_map(Setting::variables).chain(of_secrets).collect();
        for (name, assigned) in &file.values {
            let name = name.as_str();
            if known.contains(name) {
                continue;
            }
            // The last line of a key that was pasted without quotes ends in `=` or `==`.
            let is_assigned = assigned.value.expose_secret().bytes().any(|byte| byte != b'=');
            if is_assigned && is_usual_name(name) {
                self.unknown.push(name.to_owned());
            } else {
                self.unknown_lines.push(assigned.line);
            }
        }
        self.unknown.sort_unstable();
        self.unknown_lines.sort_unstable();
    }
}
