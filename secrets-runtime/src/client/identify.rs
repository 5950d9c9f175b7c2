//! Reads the variables of `id_env`, which say at deploy time which secrets settings are.

use std::collections::HashMap;

use super::deadline::fetch_in_time;
use super::entry::{Entry, Unidentified};
use super::lookup::Chain;
use crate::error::{ErrorKind, SourceError};
use crate::setting::Setting;
use crate::source::{Answer, Fetched, Holds, Key, Location, Payload, Source as _};

/// The text of a variable, and the source that has it.
struct Assigned {
    source: String,
    /// `Err` if it cannot be read.
    text: Result<Payload, SourceError>,
}

impl Chain<'_> {
    /// Puts the secrets that variables name into the settings with `id_env`. A setting whose variable is not
    /// set keeps the `name` or `id` beside it.
    pub(super) async fn identify(&self, entries: &mut [Entry]) {
        let mut variables: Vec<(&'static str, Setting)> = entries
            .iter()
            .filter_map(|entry| Some((entry.setting.id_variable()?, entry.setting.id_setting()?)))
            .collect();
        if variables.is_empty() {
            return;
        }
        variables.sort_unstable_by_key(|(variable, _)| *variable);
        variables.dedup_by_key(|(variable, _)| *variable);
        let assigned = self.assigned(&variables).await;
        for entry in entries {
            let Some(variable) = entry.setting.id_variable() else { continue };
            let (source, read) = match assigned.0.get(variable) {
                Some(Assigned { source, text }) => (source, text.as_ref()),
                None => {
                    let is_identified = entry.setting.is_identified();
                    entry.set_unidentified(variable, (!is_identified).then_some(Unidentified::NotSet));
                    continue;
                }
            };
            let identified = read.map_err(SourceError::clone).and_then(|payload| {
                // A file ends in a line break.
                let text = payload.text().map(|text| text.trim_end_matches(['\r', '\n']));
                let reason = match text {
                    Some(text) => entry.setting.identify(text).err(),
                    None => Some("it holds binary data"),
                };
                reason.map_or(Ok(()), |reason| Err(wrong(reason)))
            });
            let problem = identified.err().map(|error| Unidentified::Wrong { source: source.clone(), error });
            if problem.is_some() {
                entry.setting.forget_secret();
            }
            entry.set_unidentified(variable, problem);
        }
    }

    /// The variables that are set and not empty, or cannot be read. Those of the program's set-up come first,
    /// then those of the local sources in their order.
    async fn assigned(&self, variables: &[(&'static str, Setting)]) -> Assignments {
        let mut assigned = Assignments::default();
        let (asked, keys) = assigned.open(variables, |setting| self.variables.locate(setting));
        let fetched = fetch_in_time(self.timeout, &keys, self.variables).await;
        assigned.add(self.variables.name(), asked, fetched);
        for link in self.links.iter().filter(|link| link.cached.is_none()) {
            let locate = |setting: &Setting| link.source.try_locate(setting).unwrap_or_default();
            let (asked, keys) = assigned.open(variables, locate);
            if !keys.is_empty() {
                let fetched = self.fetch(link, &keys).await;
                assigned.add(link.source.name(), asked, fetched);
            }
        }
        assigned
    }
}

/// The answers of the sources for the variables so far.
#[derive(Default)]
struct Assignments(HashMap<&'static str, Assigned>);

impl Assignments {
    /// The keys under which a source is asked for the variables that are not known yet, each with its
    /// variable.
    fn open(
        &self,
        variables: &[(&'static str, Setting)],
        locate: impl Fn(&Setting) -> Vec<Location>,
    ) -> (Vec<&'static str>, Vec<Key>) {
        let open = variables.iter().filter(|(variable, _)| !self.0.contains_key(variable));
        let located = open.flat_map(|(variable, setting)| {
            let values = locate(setting).into_iter().filter(|location| location.holds == Holds::Value);
            values.map(|location| (*variable, location.key))
        });
        located.unzip()
    }

    /// Takes the answers of a source. Its problems, such as a bad line of `.env`, are reported when it is
    /// asked for the settings.
    fn add(&mut self, source: &str, asked: Vec<&'static str>, fetched: Fetched) {
        for (variable, answer) in asked.into_iter().zip(fetched.answers) {
            let text = match answer {
                Answer::Found(payload, _) if payload.text() == Some("") => continue,
                Answer::Found(payload, _) => Ok(payload),
                Answer::Missing(_) => continue,
                // Another secret is not what is meant where the variable is set.
                Answer::Failed(error) => Err(error),
            };
            self.0.entry(variable).or_insert_with(|| Assigned { source: source.to_owned(), text });
        }
    }
}

fn wrong(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(reason).with_help(
        "set it to the full name of the secret, to its ARN, or to the form of an ECS task definition, \
         ARN:json-key:version-stage:version-id",
    )
}
