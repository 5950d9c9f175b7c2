//! [`ProfileChain`]: where the credentials of a profile come from, by the rules of the SDK.

use aws_config::profile::{Profile, ProfileSet};

/// The profiles from the selected one to the one that has credentials of its own.
pub(super) struct ProfileChain<'a> {
    pub(super) base: Base<'a>,
    /// The profile that has the credentials.
    pub(super) profile: &'a str,
    /// The last role that is assumed with them.
    pub(super) role: Option<&'a str>,
}

/// What gives the first credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Base<'a> {
    Keys,
    /// `credential_source`
    Named(&'a str),
    WebIdentity,
    Sso,
    Login,
    Process,
}

/// Why a profile has no credentials.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable<'a> {
    /// No profile is selected and there is no default one.
    NoDefault,
    /// The selected profile is not there.
    NotThere(&'a str),
    /// The profile has no key about credentials.
    Empty(&'a str),
    /// A profile that another one needs is not there.
    SourceNotThere { profile: &'a str, source: &'a str },
    /// A key is wrong or absent: the profile, and what is wrong.
    Key { profile: &'a str, reason: &'static str, goes_on: bool },
}

impl Unusable<'_> {
    /// Whether the SDK asks the next provider.
    pub(super) const fn goes_on(&self) -> bool {
        match self {
            Self::NoDefault | Self::NotThere(_) | Self::Empty(_) | Self::SourceNotThere { .. } => true,
            Self::Key { goes_on, .. } => *goes_on,
        }
    }
}

impl<'a> ProfileChain<'a> {
    pub(super) fn new(profiles: &'a ProfileSet) -> Result<Self, Unusable<'a>> {
        let selected = profiles.selected_profile();
        if profiles.is_empty() || (selected == "default" && profiles.get_profile(selected).is_none()) {
            return Err(if selected == "default" {
                Unusable::NoDefault
            } else {
                Unusable::NotThere(selected)
            });
        }
        let mut visited: Vec<&str> = Vec::new();
        let mut role = None;
        let mut name = selected;
        loop {
            let Some(profile) = profiles.get_profile(name) else {
                return Err(match visited.last() {
                    None => Unusable::NotThere(name),
                    Some(profile) => Unusable::SourceNotThere { profile, source: name },
                });
            };
            if visited.contains(&name) {
                return Err(Unusable::Key {
                    profile: name,
                    reason: "source_profile: the profiles form a circle",
                    goes_on: false,
                });
            }
            visited.push(name);
            let has_keys =
                profile.get("aws_access_key_id").is_some() && profile.get("aws_secret_access_key").is_some();
            if visited.len() > 1 && has_keys {
                return Ok(Self { base: Base::Keys, profile: name, role });
            }
            let of_profile = |base| Ok(Self { base, profile: name, role });
            let Some(arn) =
                profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none())
            else {
                return base(profiles, profile, visited.len() > 1).and_then(of_profile);
            };
            role = role.or(Some(arn));
            let refused = |reason| Err(Unusable::Key { profile: name, reason, goes_on: false });
            match (profile.get("source_profile"), profile.get("credential_source")) {
                (Some(_), Some(_)) => return refused("has both source_profile and credential_source"),
                (None, None) => {
                    return refused("has a role_arn, and neither source_profile nor credential_source");
                }
                (Some(source), None) if source != name => name = source,
                _ => {
                    return base(profiles, profile, true).map(|base| Self { base, profile: name, role });
                }
            }
        }
    }
}

fn base<'a>(
    profiles: &'a ProfileSet,
    profile: &'a Profile,
    is_source: bool,
) -> Result<Base<'a>, Unusable<'a>> {
    let name = profile.name();
    let has = |key| profile.get(key).is_some();
    let wrong = |reason| Err(Unusable::Key { profile: name, reason, goes_on: false });
    if let Some(source) = profile.get("credential_source") {
        let known = ["environment", "ec2instancemetadata", "ecscontainer"];
        return if known.contains(&source.to_ascii_lowercase().as_str()) {
            Ok(Base::Named(source))
        } else {
            wrong("credential_source: none of Environment, Ec2InstanceMetadata and EcsContainer")
        };
    }
    if has("web_identity_token_file") {
        return if has("role_arn") {
            Ok(Base::WebIdentity)
        } else {
            wrong("has a web_identity_token_file and no role_arn")
        };
    }
    if ["sso_account_id", "sso_region", "sso_role_name", "sso_start_url", "sso_session"].into_iter().any(has)
    {
        return sso(profiles, profile);
    }
    if has("login_session") {
        return Ok(Base::Login);
    }
    if has("credential_process") {
        return Ok(Base::Process);
    }
    match (has("aws_access_key_id"), has("aws_secret_access_key"), has("aws_session_token")) {
        (true, true, _) => Ok(Base::Keys),
        (true, false, _) => wrong("has an aws_access_key_id and no aws_secret_access_key"),
        (false, true, _) => wrong("has an aws_secret_access_key and no aws_access_key_id"),
        (false, false, true) => wrong("has an aws_session_token and no aws_access_key_id"),
        (false, false, false) if is_source => wrong("is a source_profile and holds no credentials"),
        (false, false, false) => Err(Unusable::Empty(name)),
    }
}

fn sso<'a>(profiles: &'a ProfileSet, profile: &'a Profile) -> Result<Base<'a>, Unusable<'a>> {
    let name = profile.name();
    let has = |key| profile.get(key).is_some();
    let wrong = |reason, goes_on| Err(Unusable::Key { profile: name, reason, goes_on });
    let (start_url, region) = match profile.get("sso_session") {
        Some(_) if has("sso_start_url") || has("sso_region") => {
            return wrong("sso_start_url and sso_region belong into the section of its sso_session", false);
        }
        Some(session) => match profiles.sso_session(session) {
            Some(session) => (session.get("sso_start_url").is_some(), session.get("sso_region").is_some()),
            None => return wrong("sso_session: there is no such section [sso-session ..]", false),
        },
        None => (has("sso_start_url"), has("sso_region")),
    };
    match (has("sso_account_id"), has("sso_role_name")) {
        (true, false) => return wrong("sso_role_name is not set", false),
        (false, true) => return wrong("sso_account_id is not set", false),
        _ => {}
    }
    match (start_url, region) {
        (_, false) => wrong("sso_region is not set", true),
        (false, _) => wrong("sso_start_url is not set", true),
        _ if !has("sso_account_id") => wrong("sso_account_id and sso_role_name are not set", true),
        _ => Ok(Base::Sso),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use aws_config::profile::load;
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
    use aws_types::os_shim_internal::{Env, Fs};

    use super::*;

    async fn profiles(selected: &str, config: &str) -> ProfileSet {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        load(&Fs::real(), &Env::real(), &files, Some(Cow::Owned(selected.to_owned()))).await.unwrap()
    }

    #[tokio::test]
    async fn the_base_of_a_profile_is_found_as_the_sdk_finds_it() {
        for (config, base) in [
            ("aws_access_key_id = i\naws_secret_access_key = k", Base::Keys),
            ("credential_process = p", Base::Process),
            ("login_session = arn", Base::Login),
            ("credential_source = EcsContainer\nrole_arn = r", Base::Named("EcsContainer")),
            ("web_identity_token_file = f\nrole_arn = r", Base::WebIdentity),
            ("sso_start_url = u\nsso_region = r\nsso_account_id = 1\nsso_role_name = n", Base::Sso),
            (
                "role_arn = r\nsource_profile = p\naws_access_key_id = i\naws_secret_access_key = k",
                Base::Keys,
            ),
        ] {
            let profiles = profiles("p", &format!("[profile p]\n{config}\n")).await;
            assert_eq!(ProfileChain::new(&profiles).ok().unwrap().base, base, "{config}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_profile_is_told() {
        let key = |reason, goes_on| Unusable::Key { profile: "p", reason, goes_on };
        for (config, unusable) in [
            ("region = r", Unusable::Empty("p")),
            ("role_arn = r\nsource_profile = q", Unusable::SourceNotThere { profile: "p", source: "q" }),
            ("role_arn = r", key("has a role_arn, and neither source_profile nor credential_source", false)),
            ("aws_access_key_id = i", key("has an aws_access_key_id and no aws_secret_access_key", false)),
            (
                "sso_session = s\nsso_account_id = 1\nsso_role_name = n",
                key("sso_session: there is no such section [sso-session ..]", false),
            ),
            ("sso_start_url = u\nsso_region = r", key("sso_account_id and sso_role_name are not set", true)),
            (
                "credential_source = Lambda\nrole_arn = r",
                key("credential_source: none of Environment, Ec2InstanceMetadata and EcsContainer", false),
            ),
        ] {
            let profiles = profiles("p", &format!("[profile p]\n{config}\n")).await;
            assert_eq!(ProfileChain::new(&profiles).err(), Some(unusable), "{config}");
        }
        let two = profiles(
            "a",
            "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n",
        )
        .await;
        assert!(matches!(ProfileChain::new(&two), Err(Unusable::Key { profile: "a", .. })));
        assert_eq!(
            ProfileChain::new(&profiles("x", "[profile p]\nregion = r\n").await).err(),
            Some(Unusable::NotThere("x"))
        );
        assert_eq!(ProfileChain::new(&profiles("default", "").await).err(), Some(Unusable::NoDefault));
    }
}
