//! Whether an answer is about the secret and the version that were requested.
//!
//! A proxy or a server may mix up answers. A value under the name of another secret would go to the wrong
//! place, and replace what the cache holds for that secret.

use crate::secret_id::{Arn, without_suffix};
use crate::setting::Version;

/// The longest suffix of a name in an ARN: `-AbCdEf` at AWS. Emulators have used shorter ones.
const MAX_SUFFIX_LENGTH: usize = 6;

/// The ARN and the name that an answer states. Every member of an answer is optional in the model of the
/// service.
#[derive(Clone, Copy)]
pub(in crate::source) struct Stated<'a> {
    /// `None` if the text is not an ARN of a secret, which some emulators write there.
    arn: Option<(&'a str, Arn<'a>)>,
    name: Option<&'a str>,
}

impl<'a> Stated<'a> {
    pub(in crate::source) fn new(arn: Option<&'a str>, name: Option<&'a str>) -> Self {
        Self { arn: arn.and_then(|arn| Some((arn, Arn::parse(arn)?))), name }
    }

    pub(in crate::source) const fn is_empty(self) -> bool {
        self.arn.is_none() && self.name.is_none()
    }

    /// Whether a secret with this ARN can have this name. If not, one of them is another secret's.
    pub(in crate::source) fn is_consistent(self) -> bool {
        match self {
            Self { arn: Some((_, arn)), name: Some(name) } => is_name_in_arn(name, arn.name),
            _ => true,
        }
    }

    /// Whether an id, a name or an ARN with or without its suffix, is an id of this secret.
    pub(in crate::source) fn has_id(self, id: &str) -> bool {
        self.is_consistent()
            && match Arn::parse(id) {
                Some(asked) => self.has_arn(id, asked),
                None => self.has_name(id),
            }
    }

    fn has_arn(self, id: &str, asked: Arn<'_>) -> bool {
        match self {
            Self { arn: Some((arn, _)), name } => {
                id == arn || (without_suffix(arn) == Some(id) && name.is_none_or(|name| name == asked.name))
            }
            Self { arn: None, name: Some(name) } => is_name_in_arn(name, asked.name),
            Self { arn: None, name: None } => false,
        }
    }

    fn has_name(self, id: &str) -> bool {
        match self {
            Self { name: Some(name), .. } => name == id,
            Self { arn: Some((_, arn)), name: None } => is_name_in_arn(id, arn.name),
            Self { arn: None, name: None } => false,
        }
    }
}

/// Whether the last part of an ARN is this name, with or without a suffix.
fn is_name_in_arn(name: &str, in_arn: &str) -> bool {
    match in_arn.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(|suffix| {
            (1..=MAX_SUFFIX_LENGTH).contains(&suffix.len())
                && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }),
        None => false,
    }
}

/// Whether an answer with this version id and these labels can be the requested version. An answer without
/// them can. The current version is not checked: a batch names no label, and an emulator may answer with the
/// version that was written last.
pub(in crate::source) fn is_version(asked: &Version, id: Option<&str>, stages: &[String]) -> bool {
    match asked {
        Version::Current => true,
        Version::Stage(stage) => stages.is_empty() || stages.contains(stage),
        Version::Id(asked) => id.is_none_or(|id| id == asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTIAL: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:shop/db";

    fn arn(suffix: &str) -> String {
        format!("{PARTIAL}{suffix}")
    }

    #[test]
    fn a_secret_has_a_name_an_arn_and_a_partial_arn() {
        let full = arn("-AbCdEf");
        let stated = Stated::new(Some(&full), Some("shop/db"));
        for id in ["shop/db", &full, PARTIAL] {
            assert!(stated.has_id(id), "{id}");
            assert!(Stated::new(Some(&full), None).has_id(id), "{id}");
            assert!(Stated::new(None, Some("shop/db")).has_id(id), "{id}");
        }
        let other_account = full.replace("111111111111", "222222222222");
        let other_region = full.replace("eu-west-1", "eu-west-2");
        for id in
            ["db", "shop/DB", "shop/db-AbCdEf", &arn("-GhIjKl"), &arn("2"), &other_account, &other_region]
        {
            assert!(!stated.has_id(id), "{id}");
        }
    }

    #[test]
    fn a_name_that_looks_like_another_name_with_a_suffix_is_told_from_it() {
        let of_master = arn("-master-AbCdEf");
        let master = Stated::new(Some(&of_master), Some("shop/db-master"));
        assert!(master.has_id("shop/db-master") && master.has_id(&arn("-master")));
        assert!(!master.has_id("shop/db") && !master.has_id(PARTIAL));
        // `master` as a random suffix.
        let of_db = arn("-master");
        let db = Stated::new(Some(&of_db), Some("shop/db"));
        assert!(db.has_id("shop/db") && db.has_id(PARTIAL) && db.has_id(&arn("-master")));
        assert!(!db.has_id("shop/db-master"));
    }

    #[test]
    fn a_name_and_an_arn_of_different_secrets_are_no_secret() {
        let full = arn("-AbCdEf");
        let mixed = Stated::new(Some(&full), Some("shop/jwt"));
        for id in ["shop/db", "shop/jwt", &full, PARTIAL] {
            assert!(!mixed.has_id(id), "{id}");
        }
    }

    #[test]
    fn arns_of_emulators_are_accepted() {
        for suffix in ["", "-AbCdE", "-AbCdEf"] {
            assert!(Stated::new(Some(&arn(suffix)), Some("shop/db")).has_id("shop/db"), "{suffix}");
        }
        assert!(Stated::new(Some("id-17"), Some("shop/db")).has_id("shop/db"));
        assert!(Stated::new(Some("id-17"), None).is_empty());
    }

    #[test]
    fn a_version_is_the_requested_one_unless_the_answer_names_another() {
        let stages = |stages: &[&str]| stages.iter().map(|stage| (*stage).to_owned()).collect::<Vec<_>>();
        let stage = Version::Stage("blue".to_owned());
        assert!(is_version(&stage, Some("1"), &stages(&["AWSCURRENT", "blue"])));
        assert!(is_version(&stage, Some("1"), &[]));
        assert!(!is_version(&stage, Some("1"), &stages(&["AWSCURRENT"])));
        let id = Version::Id("1".to_owned());
        assert!(is_version(&id, Some("1"), &[]) && is_version(&id, None, &[]));
        assert!(!is_version(&id, Some("2"), &stages(&["AWSCURRENT"])));
        assert!(is_version(&Version::Current, Some("2"), &stages(&["AWSPREVIOUS"])));
    }
}
