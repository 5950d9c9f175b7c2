//! Builds values from the versions that are pending in the middle of a rotation, for calls across it.

use std::collections::HashSet;

use super::found_pending::Pending;
use super::last_good::{build_rest, changed_paths};
use super::progress::is_within;
use super::shared::Shared;
use crate::client::{Entry, Freshness, Lookup};
use crate::error::ErrorKind;
use crate::events;
use crate::lock::lock;
use crate::setting::Setting;

impl<T: Send + Sync + 'static> Shared<T> {
    /// A value of the pending versions of the secrets that a field has, and of the current versions
    /// elsewhere.
    pub(super) async fn pending(&self, field: &str) -> Pending<T> {
        let settings = self.settings();
        let asked = pending_settings(&settings, field);
        // Not from the cache: a version that was pending a moment ago may be the one that was just refused.
        let pending = self.secrets.look_up(asked, Freshness::Refreshed).await;
        self.report_denied(&pending);
        let last_good = self.last_good();
        let mut lookup = Lookup::of_last_good(settings, &last_good);
        let is_complete = replace_secrets(&mut lookup, &pending);
        if changed_paths(&lookup.entries, &last_good).next().is_none() {
            return if is_complete { Pending::Nothing } else { Pending::Unusable };
        }
        let value = self.build(&lookup).or_else(|error| {
            let build = |lookup: &Lookup| self.build(lookup);
            build_rest(&self.secrets, &mut lookup, &last_good, error, build).ok_or(())
        });
        value.map_or(Pending::Unusable, Pending::Value)
    }

    /// Logs once for each setting that its pending version may not be read. An outage in between says
    /// nothing of the permission.
    fn report_denied(&self, pending: &Lookup) {
        let mut new: Vec<&str> = Vec::new();
        let mut denied = lock(&self.pending_denied);
        for entry in &pending.entries {
            let path = entry.setting.path();
            if entry.found().is_some() || entry.is_missing() {
                denied.remove(path);
            } else if entry.not_found().kind() == ErrorKind::AccessDenied && denied.insert(path.to_owned()) {
                new.push(path);
            }
        }
        // Not under a lock: a log subscriber is foreign code.
        drop(denied);
        if !new.is_empty() {
            events::pending_denied(&self.loader.name, &new.join(", "));
        }
    }

    /// The secrets of a field, as reports name them. All of the config's if it has no such field.
    pub(super) fn secret_fields(&self, field: &str) -> String {
        let settings = (self.loader.settings)(&self.secrets);
        let field = known_field(&settings, field);
        let secrets = settings
            .iter()
            .filter(|setting| setting.is_secret() && is_within(setting.path(), field))
            .map(Setting::path);
        let secrets = secrets.collect::<Vec<_>>().join(", ");
        if secrets.is_empty() { self.loader.name.clone() } else { secrets }
    }
}

fn known_field<'a>(settings: &[Setting], field: &'a str) -> &'a str {
    if settings.iter().any(|setting| is_within(setting.path(), field)) { field } else { "" }
}

/// The settings of every secret that a field reads, each in its pending version.
fn pending_settings(settings: &[Setting], field: &str) -> Vec<Setting> {
    let field = known_field(settings, field);
    let secrets: HashSet<&str> = settings
        .iter()
        .filter(|setting| setting.may_ask_stores() && setting.is_identified())
        .filter(|setting| is_within(setting.path(), field))
        .map(Setting::secret_id)
        .collect();
    let of_secrets = settings.iter().filter(|setting| secrets.contains(setting.secret_id()));
    of_secrets.cloned().map(Setting::pending).filter(Setting::is_pending).collect()
}

/// Puts pending versions in the place of current ones, one whole secret at a time. A member that was found
/// on this machine keeps its value: a rotated secret often holds the login alone, and the host is in a
/// variable. Returns whether every pending version could be read or does not exist.
fn replace_secrets(lookup: &mut Lookup, pending: &Lookup) -> bool {
    let of_secrets = |is: fn(&Entry) -> bool| -> HashSet<&str> {
        let entries = pending.entries.iter().filter(|entry| is(entry));
        entries.map(|entry| entry.setting.secret_id()).collect()
    };
    let found = of_secrets(|entry| entry.found().is_some());
    let failed = of_secrets(|entry| entry.found().is_none() && !entry.is_missing());
    let usable = pending.entries.iter().filter(|entry| {
        let secret = entry.setting.secret_id();
        found.contains(secret) && !failed.contains(secret)
    });
    for new in usable {
        let path = new.setting.path();
        let current = lookup.entries.iter_mut().find(|entry| entry.setting.path() == path);
        if let Some(entry) = current.filter(|entry| !entry.is_local()) {
            entry.replace(new.found().cloned());
        }
    }
    failed.is_empty()
}
