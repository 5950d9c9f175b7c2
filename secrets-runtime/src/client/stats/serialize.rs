//! Serializes [`Stats`]. It is written by hand, since this crate uses serde without its derive.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{EntryState, EntryStats, Stats};
use crate::error::ErrorKind;

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hit_rate = self.hit_rate();
        let mut fields = serializer.serialize_struct("Stats", 18 + usize::from(hit_rate.is_some()))?;
        fields.serialize_field("environment", self.environment.as_str())?;
        fields.serialize_field("sources", &self.sources)?;
        fields.serialize_field("ttl_seconds", &self.ttl.as_secs_f64())?;
        fields.serialize_field("max_stale_seconds", &self.max_stale.as_secs_f64())?;
        fields.serialize_field("capacity", &self.capacity)?;
        fields.serialize_field("hits", &self.hits)?;
        fields.serialize_field("misses", &self.misses)?;
        fields.serialize_field("stale", &self.stale)?;
        fields.serialize_field("remembered", &self.remembered)?;
        fields.serialize_field("coalesced", &self.coalesced)?;
        match hit_rate {
            Some(hit_rate) => fields.serialize_field("hit_rate", &hit_rate)?,
            None => fields.skip_field("hit_rate")?,
        }
        fields.serialize_field("refreshes", &self.refreshes)?;
        fields.serialize_field("refresh_failures", &self.refresh_failures)?;
        fields.serialize_field("evictions", &self.evictions)?;
        fields.serialize_field("requests", &self.requests)?;
        let failures = self.failures.iter().map(|(kind, count)| (kind.identifier(), *count));
        fields.serialize_field("failures", &failures.collect::<BTreeMap<_, _>>())?;
        fields.serialize_field("watched", &self.watched)?;
        fields.serialize_field("watched_failing", &self.watched_failing)?;
        fields.serialize_field("entries", &self.entries)?;
        fields.end()
    }
}

impl Serialize for EntryStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let optional = [self.version.is_some(), self.fetched_ago.is_some(), self.age.is_some()];
        let present = optional.into_iter().filter(|present| *present).count();
        let mut fields = serializer.serialize_struct("EntryStats", 4 + present)?;
        fields.serialize_field("source", &self.source)?;
        fields.serialize_field("names", &self.names)?;
        match &self.version {
            Some(version) => fields.serialize_field("version", version)?,
            None => fields.skip_field("version")?,
        }
        fields.serialize_field("state", &self.state)?;
        for (name, duration) in [("fetched_seconds_ago", self.fetched_ago), ("age_seconds", self.age)] {
            match duration {
                Some(duration) => fields.serialize_field(name, &duration.as_secs_f64())?,
                None => fields.skip_field(name)?,
            }
        }
        fields.serialize_field("stages", &self.stages)?;
        fields.end()
    }
}

impl Serialize for EntryState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Missing => ErrorKind::Missing.identifier(),
            Self::Failed(kind) => kind.identifier(),
            Self::Fresh | Self::Stale | Self::Expired => self.as_str(),
        })
    }
}
