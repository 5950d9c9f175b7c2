//! What a migration would do.

use std::collections::HashSet;
use std::fmt;

use super::compare::{self, Given, Stored};
use super::{EnvFile, Migration};
use crate::admin::Admin;
use crate::client::Secrets;
use crate::environment::{Environment, shown_id};
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::manifest::NeededSecret;
use crate::secret::Secret;
use crate::setting::{Setting, Version};
use crate::source::{Answer, Key, Payload};
use crate::value::{DecodeError, Options};

/// What a migration would do: made by [`Migration::plan`], done by [`apply`](Self::apply).
///
/// `Display` is for people, [`to_json`](Self::to_json) for machines. Neither shows a value, nor how the store's differs from the
/// file's.
#[derive(Clone)]
pub struct MigrationPlan {
    pub(super) config: &'static str,
    pub(super) environment: Environment,
    pub(super) kms_key_id: Option<String>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) secrets: Vec<PlannedSecret>,
    pub(super) lacking: Vec<Lacking>,
    pub(super) variables: Vec<String>,
    pub(super) of_other_versions: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) unknown_and_unnamed: usize,
    pub(super) bad_lines: Vec<SourceError>,
}

/// A setting that neither the file nor the store has, and that has to be somewhere.
#[derive(Clone)]
pub(super) struct Lacking {
    pub(super) path: String,
    pub(super) variable: String,
}

/// What would be done to one secret.
#[derive(Clone)]
pub struct PlannedSecret {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) change: SecretChange,
    pub(super) is_there: bool,
    pub(super) variables: Vec<String>,
    pub(super) reason: Option<DecodeError>,
    /// What would be written.
    pub(super) value: Option<Secret<String>>,
    /// What the store had, if something is to be written over it.
    pub(super) before: Option<Payload>,
}

/// What would be done to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretChange {
    /// It is created with the file's value.
    Create,
    /// It is there without a value, and gets the file's.
    Put,
    /// It is there with another value, and gets the file's.
    Overwrite,
    /// It is there with another value, and is left alone.
    Differs,
    /// It is there with the file's value.
    Same,
    /// The file has nothing for it.
    NotGiven,
    /// It is read by an ARN, or another service manages it: it is left alone.
    MadeElsewhere,
    /// What the file has for it cannot be written.
    Refused,
}

impl SecretChange {
    /// The change as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Put => "put",
            Self::Overwrite => "overwrite",
            Self::Differs => "differs",
            Self::Same => "same",
            Self::NotGiven => "not in the file",
            Self::MadeElsewhere => "made elsewhere",
            Self::Refused => "refused",
        }
    }

    /// Whether anything is written.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Put | Self::Overwrite)
    }
}

impl MigrationPlan {
    /// The secrets of the config in the order in which it reads them.
    pub fn secrets(&self) -> &[PlannedSecret] {
        &self.secrets
    }

    /// The paths of settings that have to be somewhere, and are neither in the file nor in the store.
    pub fn lacking(&self) -> impl Iterator<Item = &str> {
        self.lacking.iter().map(|lacking| lacking.path.as_str())
    }

    /// The variables in the file that are settings, and no secrets: they stay variables.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The variables in the file that the config does not read. A name that may be part of a value, such as a line of a key
    /// that was pasted without quotes, is left out.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The lines of the file that cannot be read, each with its number.
    pub fn bad_lines(&self) -> &[SourceError] {
        &self.bad_lines
    }

    /// Whether there is something for a person to see to: a line that cannot be read, a setting that is nowhere, a secret
    /// that is there with another value or cannot be written.
    pub fn has_findings(&self) -> bool {
        let is_finding =
            |secret: &PlannedSecret| matches!(secret.change, SecretChange::Differs | SecretChange::Refused);
        !self.bad_lines.is_empty() || !self.lacking.is_empty() || self.secrets.iter().any(is_finding)
    }

    /// Whether nothing would be written.
    pub fn is_done(&self) -> bool {
        !self.secrets.iter().any(|secret| secret.change.is_write())
    }
}

/// The config, and what would be done to which secret.
impl fmt::Debug for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrationPlan")
            .field("config", &self.config)
            .field("environment", &self.environment)
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

impl PlannedSecret {
    /// The full name, or the ARN.
    pub fn id(&self) -> &str {
        shown_id(&self.id)
    }

    /// What would be done.
    pub const fn change(&self) -> SecretChange {
        self.change
    }

    /// Whether it is in the store, with a value or without. False of what is made elsewhere, since it is not looked for.
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// The variables in the file that it is made of.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Why it cannot be written, if it is refused.
    pub const fn reason(&self) -> Option<&DecodeError> {
        self.reason.as_ref()
    }
}

impl fmt::Debug for PlannedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlannedSecret")
            .field("id", &self.id())
            .field("change", &self.change)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

impl Migration {
    /// Holds a file against the store: what would be created, what differs, what is unknown. Nothing is written.
    ///
    /// The store is the admin's, past every cache; names are those of the manifest.
    ///
    /// # Errors
    /// [`Error`] with each secret that could not be read. [`ErrorKind::Configuration`] if the admin's [`Secrets`](crate::Secrets)
    /// have another environment or other prefixes than the manifest, and so would read other secrets than are written.
    pub async fn plan(&self, admin: &Admin, file: &EnvFile) -> Result<MigrationPlan, Error> {
        // The futures of the store have tens of kilobytes, which no caller's should have to hold.
        Box::pin(self.planned(admin, file)).await
    }

    async fn planned(&self, admin: &Admin, file: &EnvFile) -> Result<MigrationPlan, Error> {
        if let Some(secrets) = admin.secrets()
            && !self.manifest.is_resolved_by(secrets)
        {
            return Err(self.names_differ(secrets));
        }
        let admin = &admin.with_full_names();
        let needed = self.manifest.secrets();
        let read: Vec<&NeededSecret<'_>> =
            needed.iter().filter(|secret| !secret.is_made_elsewhere()).collect();
        let keys: Vec<Key> = read.iter().map(|secret| Key::new(secret.id())).collect();
        let answers = if keys.is_empty() { Vec::new() } else { admin.fetch(&keys).await.answers };
        let mut stored = Vec::with_capacity(read.len());
        let mut errors = Vec::new();
        let mut may_describe = true;
        for (secret, answer) in read.iter().zip(answers) {
            match answer {
                Answer::Found(payload, _) => stored.push((secret.id(), Owned::Value(payload))),
                Answer::Missing(_) if !may_describe => stored.push((secret.id(), Owned::Nothing)),
                // No secret and a secret without a value are the same answer to a read: a description tells them apart.
                Answer::Missing(_) => match admin.describe(secret.id()).await {
                    Ok(_) => stored.push((secret.id(), Owned::Empty)),
                    Err(error) => match error.kind() {
                        ErrorKind::Missing => stored.push((secret.id(), Owned::Nothing)),
                        // Where it may not be asked for, whoever creates it will see.
                        ErrorKind::AccessDenied => {
                            may_describe = false;
                            stored.push((secret.id(), Owned::Nothing));
                        }
                        _ => errors.extend_from_slice(error.fields()),
                    },
                },
                Answer::Failed(error) => errors.extend_from_slice(admin.unread(secret.id(), error).fields()),
            }
        }
        if !errors.is_empty() {
            let environment = self.manifest.environment().to_string();
            let error =
                Error::new(self.manifest.name().to_owned(), environment, read.len(), Vec::new(), errors);
            return Err(error.saying("could not be compared"));
        }
        let find = |id: &str| {
            let stored = stored.iter().find(|(own, _)| *own == id).map(|(_, stored)| stored);
            stored.map_or(Stored::Nothing, Owned::as_stored)
        };
        Ok(self.plan_of(&needed, file, &find))
    }

    fn names_differ(&self, secrets: &Secrets) -> Error {
        let error = SourceError::new(ErrorKind::Configuration)
            .because("its environment or its prefixes are not those of the admin's Secrets")
            .with_help(
                "give the migration the names that they read: AppConfig::manifest().resolved_by(&secrets)",
            );
        let (config, environment) = (self.manifest.name().to_owned(), secrets.reported_environment().clone());
        Error::new(config, environment, 0, vec![Problem::new("the manifest", error)], Vec::new())
            .saying("could not be compared")
    }

    fn plan_of<'s>(
        &self,
        needed: &[NeededSecret<'_>],
        file: &EnvFile,
        find: &dyn Fn(&str) -> Stored<'s>,
    ) -> MigrationPlan {
        let mut plan = MigrationPlan {
            config: self.manifest.name(),
            environment: self.manifest.environment().clone(),
            kms_key_id: self.kms_key_id.clone(),
            tags: self.tags.clone(),
            secrets: Vec::new(),
            lacking: Vec::new(),
            variables: Vec::new(),
            of_other_versions: Vec::new(),
            unknown: Vec::new(),
            unknown_and_unnamed: 0,
            bad_lines: file.bad_lines.clone(),
        };
        let mut migrated: HashSet<&str> = HashSet::new();
        for secret in needed {
            let is_current = |setting: &&&Setting| *setting.version() == Version::Current;
            let current: Vec<&Setting> = secret.settings().iter().filter(is_current).copied().collect();
            migrated.extend(current.iter().map(|setting| setting.path()));
            if !current.is_empty() {
                let stored = find(secret.id());
                plan.secrets.push(self.planned_secret(secret, &current, file, stored));
                if !secret.is_made_elsewhere() {
                    plan.lacking.extend(lacking(&current, file, stored));
                }
            }
        }
        plan.take_variables(self.manifest.settings(), &migrated, file);
        plan
    }

    fn planned_secret(
        &self,
        secret: &NeededSecret<'_>,
        current: &[&Setting],
        file: &EnvFile,
        stored: Stored<'_>,
    ) -> PlannedSecret {
        let given: Vec<Given<'_>> = current.iter().filter_map(|setting| given(setting, file)).collect();
        let change = match stored {
            _ if secret.is_made_elsewhere() => Ok((SecretChange::MadeElsewhere, None)),
            _ if given.is_empty() => Ok((SecretChange::NotGiven, None)),
            _ => self.written(&given, stored),
        };
        let (change, value, reason) = match change {
            Ok((change, value)) => (change, value, None),
            Err(reason) => (SecretChange::Refused, None, Some(reason)),
        };
        PlannedSecret {
            id: secret.id().to_owned(),
            description: secret.description(),
            change,
            is_there: !matches!(stored, Stored::Nothing),
            variables: given.iter().map(|given| shown_id(given.variable).to_owned()).collect(),
            reason,
            value,
            before: match stored {
                Stored::Value(payload) if change.is_write() => Some(payload.clone()),
                _ => None,
            },
        }
    }

    fn written(
        &self,
        given: &[Given<'_>],
        stored: Stored<'_>,
    ) -> Result<(SecretChange, Option<Secret<String>>), DecodeError> {
        compare::check_given(given)?;
        let change = match stored {
            Stored::Nothing => SecretChange::Create,
            Stored::Empty => SecretChange::Put,
            Stored::Value(payload) if compare::is_same(given, payload) => {
                return Ok((SecretChange::Same, None));
            }
            Stored::Value(_) if self.overwrite => SecretChange::Overwrite,
            Stored::Value(_) => return Ok((SecretChange::Differs, None)),
        };
        Ok((change, Some(compare::merged(given, stored)?)))
    }
}

/// What was read of a secret.
enum Owned {
    Nothing,
    Empty,
    Value(Payload),
}

impl Owned {
    const fn as_stored(&self) -> Stored<'_> {
        match self {
            Self::Nothing => Stored::Nothing,
            Self::Empty => Stored::Empty,
            Self::Value(payload) => Stored::Value(payload),
        }
    }
}

/// What the file has for a setting. As for the loader, what is empty is not there.
fn given<'a>(setting: &'a Setting, file: &'a EnvFile) -> Option<Given<'a>> {
    let options = Options::of(setting.spec());
    let may_be_empty = options.allow_empty && !setting.key().is_whole();
    setting.variables().find_map(|variable| {
        let value = file.values.get(variable)?;
        let is_there = may_be_empty || !value.expose_secret().is_empty();
        is_there.then_some(Given { setting, variable, value })
    })
}

/// The settings that have to be somewhere, and are nowhere.
fn lacking(settings: &[&Setting], file: &EnvFile, stored: Stored<'_>) -> Vec<Lacking> {
    let is_stored = |setting: &Setting| match stored {
        Stored::Value(payload) => compare::has(payload, setting),
        Stored::Nothing | Stored::Empty => false,
    };
    let is_lacking =
        |setting: &&&Setting| is_needed(setting) && given(setting, file).is_none() && !is_stored(setting);
    settings.iter().filter(is_lacking).map(|setting| Lacking::of(setting)).collect()
}

fn is_needed(setting: &Setting) -> bool {
    !setting.is_optional() && !setting.has_default()
}

impl Lacking {
    fn of(setting: &Setting) -> Self {
        let variable = setting.variables().next().map(shown_id).unwrap_or_default();
        Self { path: setting.path().to_owned(), variable: variable.to_owned() }
    }
}

impl MigrationPlan {
    /// Sorts out the variables that become no secret.
    fn take_variables(&mut self, settings: &[Setting], migrated: &HashSet<&str>, file: &EnvFile) {
        let mut known: HashSet<&str> = HashSet::new();
        for setting in settings {
            known.extend(setting.variables());
            if migrated.contains(setting.path()) {
                continue;
            }
            let of_other_version = *setting.version() != Version::Current;
            match given(setting, file) {
                Some(given) if of_other_version => self.of_other_versions.push(given.variable.to_owned()),
                Some(given) => self.variables.push(given.variable.to_owned()),
                None if !of_other_version && is_needed(setting) => self.lacking.push(Lacking::of(setting)),
                None => {}
            }
        }
        let unknown = file.values.keys().filter(|name| !known.contains(name.as_str()));
        let (named, unnamed): (Vec<&String>, Vec<&String>) = unknown.partition(|name| is_usual_name(name));
        self.unknown = named.into_iter().cloned().collect();
        self.unknown.sort_unstable();
        self.unknown_and_unnamed = unnamed.len();
    }
}

/// Whether a name may be shown that no setting has. The lines of a key that was pasted without quotes end in `=` and read as
/// names, too: in both cases of letters, or long and in one word.
fn is_usual_name(name: &str) -> bool {
    name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && (name.len() < 16 || name.contains('_'))
}
