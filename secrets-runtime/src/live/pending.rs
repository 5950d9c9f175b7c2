//! Builds values from the versions that are pending in the middle of a rotation, for calls across it.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use super::last_good::{build_rest, changed_paths};
use super::progress::is_within;
use super::shared::Shared;
use crate::client::{Entry, Freshness, Lookup};
use crate::error::ErrorKind;
use crate::events;
use crate::setting::Setting;

/// What was found of the pending versions.
pub(super) enum Pending<T> {
    /// The current value with pending versions where there are any.
    Value(T),
    /// Nothing is pending, or only what is current.
    Nothing,
    /// It could not be read or does not form a valid value.
    Unusable,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// A value of the pending versions of the secrets that a field has, and of the current versions
    /// elsewhere.
    pub(super) async fn pending(&self, field: &str) -> Pending<T> {
        let settings = (self.loader.settings)(&self.secrets);
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

    /// Logs once that pending versions may not be read.
    fn report_denied(&self, pending: &Lookup) {
        let is_denied = |entry: &&Entry| {
            entry.found().is_none()
                && !entry.is_missing()
                && entry.not_found().kind() == ErrorKind::AccessDenied
        };
        let denied: Vec<&str> =
            pending.entries.iter().filter(is_denied).map(|entry| entry.setting.path()).collect();
        let was_denied = self.is_pending_denied.swap(!denied.is_empty(), Ordering::Relaxed);
        if !denied.is_empty() && !was_denied {
            events::pending_denied(&self.loader.name, &denied.join(", "));
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
        .filter(|setting| setting.may_ask_stores() && is_within(setting.path(), field))
        .map(Setting::secret_id)
        .collect();
    let of_secrets = settings.iter().filter(|setting| secrets.contains(setting.secret_id()));
    of_secrets.cloned().map(Setting::pending).filter(Setting::is_pending).collect()
}

/// Puts pending versions in the place of current ones, one whole secret at a time. Returns whether every
/// pending version could be read or does not exist.
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
        if let Some(entry) = lookup.entries.iter_mut().find(|entry| entry.setting.path() == path) {
            entry.replace(new.found().cloned());
        }
    }
    failed.is_empty()
}
