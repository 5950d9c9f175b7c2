//! Reads the variables of `id_env`, which say at deploy time which secrets settings are.

use std::collections::HashMap;

use super::entry::{Entry, Unidentified};
use super::lookup::Chain;
use crate::error::{ErrorKind, SourceError};
use crate::setting::{Setting, source_name};
use crate::source::{Answer, Holds, Payload};

/// The text of a variable, and the source that has it.
struct Assigned {
    source: String,
    /// `Err` for bytes that are not text.
    text: Result<Payload, SourceError>,
}

impl Chain<'_> {
    /// Puts the secrets that variables name into the settings with `id_env`. A setting whose variable is not
    /// set keeps the `name` or `id` beside it.
    pub(super) async fn identify(&self, entries: &mut [Entry]) {
        let mut variables: Vec<&'static str> =
            entries.iter().filter_map(|entry| entry.setting.id_variable()).collect();
        if variables.is_empty() {
            return;
        }
        variables.sort_unstable();
        variables.dedup();
        let assigned = self.assigned(&variables).await;
        for entry in entries {
            let Some(variable) = entry.setting.id_variable() else { continue };
            let (source, read) = match assigned.get(variable) {
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

    /// The variables that are set and not empty. Those of the program's set-up come first, then those of the
    /// local sources in their order.
    async fn assigned(&self, variables: &[&'static str]) -> HashMap<&'static str, Assigned> {
        let mut assigned = HashMap::new();
        for variable in variables {
            let text = match self.variables.get(variable) {
                Ok(None) => continue,
                Ok(Some(text)) if text.expose_secret().is_empty() => continue,
                Ok(Some(text)) => Ok(Payload::Text(text)),
                Err(error) => Err(error),
            };
            assigned.insert(*variable, Assigned { source: source_name::ENV.to_owned(), text });
        }
        for link in self.links.iter().filter(|link| link.cached.is_none()) {
            let mut keys = Vec::new();
            let mut asked = Vec::new();
            for variable in variables.iter().filter(|variable| !assigned.contains_key(*variable)) {
                let located = link.source.try_locate(&Setting::of_variable(variable)).unwrap_or_default();
                for location in located.into_iter().filter(|location| location.holds == Holds::Value) {
                    keys.push(location.key);
                    asked.push(*variable);
                }
            }
            if keys.is_empty() {
                continue;
            }
            // Its problems, such as a bad line of `.env`, are reported when it is asked for the settings.
            for (variable, answer) in asked.into_iter().zip(self.fetch(link, &keys).await.answers) {
                let text = match answer {
                    Answer::Found(payload, _) if payload.text() == Some("") => continue,
                    Answer::Found(payload, _) => Ok(payload),
                    Answer::Missing(_) | Answer::Failed(_) => continue,
                };
                let source = crate::source::Source::name(&*link.source).to_owned();
                assigned.entry(variable).or_insert(Assigned { source, text });
            }
        }
        assigned
    }
}

fn wrong(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(reason).with_help(
        "set it to the full name of the secret, to its ARN, or to the form of an ECS task definition, \
         ARN:json-key:version-stage:version-id",
    )
}
