//! The secrets that the stub holds.

use std::collections::BTreeMap;

/// A secret's content in the form that goes over the wire. No `Debug`: nothing here prints a value.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Base64(String),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn binary(bytes: &[u8]) -> Self {
        Self::Base64(base64(bytes))
    }

    /// The member of an answer that carries the value.
    pub(super) fn member(&self) -> &'static str {
        match self {
            Self::Text(_) => "SecretString",
            Self::Base64(_) => "SecretBinary",
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Base64(text) => text,
        }
    }
}

pub(super) struct Version {
    pub(super) id: String,
    pub(super) stages: Vec<String>,
    pub(super) value: Value,
    /// Seconds since the epoch; AWS sends a fraction too.
    pub(super) created: f64,
}

pub(super) struct Secret {
    pub(super) name: String,
    pub(super) arn: String,
    /// In the order of their creation.
    pub(super) versions: Vec<Version>,
    /// Of a secret that is rotated by schedule: seconds since the epoch.
    pub(super) next_rotation: Option<f64>,
}

impl Secret {
    pub(super) fn by_stage(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.iter().any(|held| held == stage))
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// Gives the label to one version and takes it from the others; one without a label left is deprecated.
    fn move_stage(&mut self, stage: &str, to: &str) {
        for version in &mut self.versions {
            version.stages.retain(|held| held != stage);
            if version.id == to {
                version.stages.push(stage.to_owned());
            }
        }
    }

    fn remove_old_versions(&mut self) {
        while self.versions.len() > MAX_VERSIONS
            && let Some(oldest) = self.versions.iter().position(|version| version.stages.is_empty())
        {
            self.versions.remove(oldest);
        }
    }
}

/// The number of versions that AWS keeps of a secret; it removes the oldest ones without a label.
const MAX_VERSIONS: usize = 100;

#[derive(Default)]
pub(super) struct Store {
    secrets: BTreeMap<String, Secret>,
    /// How often a secret of this name was removed: the next one gets another ARN, as it would at AWS.
    removed: BTreeMap<String, u32>,
    /// Versions made so far. It is the clock as well: the later version has the later date, whatever the
    /// machine's clock resolves.
    ticks: u32,
}

impl Store {
    /// The secret of this name, ARN, or ARN without its six-character suffix.
    pub(super) fn find(&self, id: &str) -> Option<&Secret> {
        if !id.starts_with("arn:") {
            return self.secrets.get(id);
        }
        let id = &in_own_region(id);
        let of =
            |matches: fn(&Secret, &str) -> bool| self.secrets.values().find(|secret| matches(secret, id));
        of(|secret, id| secret.arn == id).or_else(|| of(|secret, id| without_suffix(&secret.arn) == id))
    }

    /// The name behind an id; an id that nothing has stands for itself.
    pub(super) fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.find(id).map_or(id, |secret| &secret.name)
    }

    pub(super) fn put(&mut self, name: &str, value: Value) -> String {
        let id = format!("{:08x}-0000-4000-8000-{:012x}", hash(name) >> 32, self.ticks + 1);
        self.put_version(name, "AWSCURRENT", &id, value);
        id
    }

    /// Counts on.
    pub(super) fn tick(&mut self) -> u32 {
        self.ticks += 1;
        self.ticks
    }

    /// Moves a label to a version, or takes it away. The version that AWSCURRENT leaves becomes AWSPREVIOUS.
    pub(super) fn move_stage(&mut self, name: &str, stage: &str, to: Option<&str>) {
        let Some(secret) = self.secrets.get_mut(name) else { return };
        let current = secret.by_stage("AWSCURRENT").map(|version| version.id.clone());
        if let Some(current) = current.filter(|current| stage == "AWSCURRENT" && to != Some(current)) {
            secret.move_stage("AWSPREVIOUS", &current);
        }
        secret.move_stage(stage, to.unwrap_or_default());
        if stage == "AWSCURRENT"
            && let Some(version) = secret.versions.iter_mut().find(|version| Some(version.id.as_str()) == to)
        {
            version.stages.retain(|held| held != "AWSPREVIOUS");
        }
    }

    pub(super) fn put_version(&mut self, name: &str, stage: &str, id: &str, value: Value) {
        self.ticks += 1;
        let created = 1_700_000_000.25 + f64::from(self.ticks);
        let arn = self.arn(name);
        let secret = self.secrets.entry(name.to_owned()).or_insert_with(|| Secret {
            name: name.to_owned(),
            arn,
            versions: Vec::new(),
            next_rotation: None,
        });
        let current = secret.by_stage("AWSCURRENT").map(|version| version.id.clone());
        if let Some(version) = secret.versions.iter_mut().find(|version| version.id == id) {
            version.value = value;
            version.created = created;
        } else {
            secret.versions.push(Version { id: id.to_owned(), stages: Vec::new(), value, created });
        }
        if let Some(current) = current.filter(|current| stage == "AWSCURRENT" && current != id) {
            secret.move_stage("AWSPREVIOUS", &current);
        }
        secret.move_stage(stage, id);
        secret.remove_old_versions();
    }

    /// Dates what there is of a secret, in seconds since the epoch.
    pub(super) fn set_dates(&mut self, name: &str, created: f64, next_rotation: Option<f64>) {
        if let Some(secret) = self.secrets.get_mut(name) {
            secret.versions.iter_mut().for_each(|version| version.created = created);
            secret.next_rotation = next_rotation;
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        if self.secrets.remove(name).is_some() {
            *self.removed.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// The ARN of the secret of this name, or of the next one.
    pub(super) fn arn(&self, name: &str) -> String {
        arn(name, self.removed.get(name).copied().unwrap_or(0))
    }
}

/// The ARN of the secret of this name that comes after so many others, with a suffix like AWS's but the
/// same in every run.
fn arn(name: &str, predecessors: u32) -> String {
    const LETTERS: &[u8; 52] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = hash(name).wrapping_add(u64::from(predecessors));
    let mut suffix = String::with_capacity(6);
    for _ in 0..6 {
        suffix.push(char::from(LETTERS[usize::try_from(rest % 52).expect("less than 52")]));
        rest /= 52;
    }
    format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-{suffix}")
}

/// The region of the ARNs that are stored.
pub(super) const OWN_REGION: &str = "us-east-1";

/// The ARN of the same secret in the stub's own region.
fn in_own_region(arn: &str) -> String {
    match arn.splitn(5, ':').collect::<Vec<_>>().as_slice() {
        ["arn", partition, service, _, rest] => format!("arn:{partition}:{service}:{OWN_REGION}:{rest}"),
        _ => arn.to_owned(),
    }
}

fn without_suffix(arn: &str) -> &str {
    arn.rsplit_once('-').map_or(arn, |(partial, _)| partial)
}

/// FNV-1a: the standard library promises the same hash in every run for none of its hashers.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_usize, |group, byte| group << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let digit = ALPHABET[group >> (18 - 6 * position) & 63];
            text.push(if position <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_like_the_standard() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
        assert_eq!(base64(&[0xff, 0x00, 0xfe]), "/wD+");
    }

    #[test]
    fn the_arn_has_six_letters_and_is_the_same_every_time() {
        assert_eq!(arn("a/b", 0), arn("a/b", 0));
        assert_ne!(arn("a/b", 0), arn("a/c", 0));
        assert_ne!(arn("a/b", 0), arn("a/b", 1));
        let (_, suffix) = arn("a/b", 0).rsplit_once('-').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert!(suffix.len() == 6 && suffix.chars().all(|letter| letter.is_ascii_alphabetic()));
    }

    #[test]
    fn a_new_current_version_makes_the_old_one_previous() {
        let mut store = Store::default();
        let ids = ["one", "two", "three"].map(|value| store.put("a", Value::text(value)));
        let secret = store.find("a").unwrap();
        assert_eq!(secret.by_stage("AWSCURRENT").unwrap().id, ids[2]);
        assert_eq!(secret.by_stage("AWSPREVIOUS").unwrap().id, ids[1]);
        assert!(secret.by_id(&ids[0]).unwrap().stages.is_empty());
        assert!(secret.by_id(&ids[0]).unwrap().created < secret.by_id(&ids[1]).unwrap().created);
    }
}
