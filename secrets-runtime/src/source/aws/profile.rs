//! Reads the settings of the shared AWS configuration files that this crate uses or checks, with the parser
//! of the SDK.

use std::env;
use std::ffi::OsString;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::section::Profile;
use aws_types::os_shim_internal::Env;

use super::checked_setting::{
    ACCESS_KEY_ID, CheckedSetting, ENDPOINT_URL, IGNORE_ENDPOINTS, MAX_ATTEMPTS, REGION, RETRY_MODE,
    SECRET_ACCESS_KEY, SESSION_TOKEN, USE_DUAL_STACK, USE_FIPS,
};
#[cfg(feature = "credentials-process")]
use super::credential_process::{ProcessProfile, refer_to_process};
use super::credentials::{absent_profile, role};
use super::endpoint::ENDPOINT_VARIABLE;
use super::process_variable::set;
use super::sdk_files::{SharedFiles, read_profiles};
use super::settings::Settings;
use crate::error::{ErrorKind, SourceError};

/// How many profiles are followed by their `source_profile`. Roles that assume each other form short chains.
const MAX_SOURCE_PROFILES: usize = 16;

impl Settings {
    /// Completes these settings from the profile, if they use the default chain. Variables come before it.
    ///
    /// A file that cannot be parsed is left to the SDK, which reports credentials that are missing then.
    ///
    /// # Errors
    /// A file that is not a file, is too large or does not answer, or the first key that cannot be used, with
    /// its profile and file. The SDK does not see it then.
    pub(super) async fn completed_by_profile(mut self) -> Result<Self, SourceError> {
        if !self.uses_default_chain() {
            return Ok(self);
        }
        let files = SharedFiles::read().await?;
        let both = files.both();
        let profiles = read_profiles(self.profile_name(), &both).await;
        self.shared_files = Some(both);
        self.file_faults = files.faults();
        let metadata_endpoint = metadata_endpoint(set(METADATA_ENDPOINT), profiles.as_ref());
        let completed = match &profiles {
            Some(profiles) => self.complete_by_profiles(profiles, &files),
            None => Ok(()),
        };
        let metadata_endpoint = metadata_endpoint.map(|endpoint| self.metadata_endpoint = Some(endpoint));
        let metadata_endpoint = if self.asks_metadata_service() { metadata_endpoint } else { Ok(()) };
        match completed.and(metadata_endpoint) {
            Ok(()) => Ok(self),
            Err(invalid) => Err(invalid.located(&files).await),
        }
    }

    fn complete_by_profiles(
        &mut self,
        profiles: &ProfileSet,
        files: &SharedFiles,
    ) -> Result<(), InvalidSetting> {
        let env = Env::real();
        self.absent_profile = absent_profile(profiles, &env, files.faults());
        let is_selected = self.profile.is_some() || env.get("AWS_PROFILE").is_ok_and(|name| !name.is_empty());
        let selected = profiles.selected_profile();
        self.selected_profile =
            (is_selected && profiles.get_profile(selected).is_some()).then(|| selected.to_owned());
        self.profile_role = (!self.has_keys()).then(|| role(profiles, &env)).flatten();
        let profiles = Profiles(profiles);
        #[cfg(feature = "credentials-process")]
        if !self.has_keys() {
            self.process = profiles.process(files);
        }
        self.complete_by(&profiles).and_then(|()| self.check_other_services(&profiles))
    }

    /// Whether the metadata service may be asked for the region or for credentials.
    fn asks_metadata_service(&self) -> bool {
        let is_disabled =
            set("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        !is_disabled && (self.region.is_none() || !self.has_keys())
    }

    fn complete_by(&mut self, profiles: &Profiles<'_>) -> Result<(), InvalidSetting> {
        let ignores_endpoints = profiles.get(&IGNORE_ENDPOINTS)? == Some(true) || self.ignores_endpoints;
        if self.endpoint_url.is_none() && !ignores_endpoints {
            self.endpoint_url = profiles.endpoint_url()?;
            let selected = profiles.0.selected_profile();
            self.endpoint_origin = Some(format!("endpoint_url of the profile {selected}"));
        }
        if self.region.is_none() {
            self.region = profiles.get_followed(&REGION)?;
        }
        if self.max_attempts.is_none() {
            self.max_attempts = profiles.get(&MAX_ATTEMPTS)?;
        }
        if self.retry_mode.is_none() {
            self.retry_mode = profiles.get(&RETRY_MODE)?;
        }
        for switch in [&USE_FIPS, &USE_DUAL_STACK] {
            profiles.get(switch)?;
        }
        if !self.has_keys() {
            for credential in [&ACCESS_KEY_ID, &SECRET_ACCESS_KEY, &SESSION_TOKEN] {
                profiles.get_followed(credential)?;
            }
        }
        Ok(())
    }

    /// Checks the endpoints of the services that give credentials. Nothing hides an empty one from the SDK,
    /// which panics at it.
    fn check_other_services(&self, profiles: &Profiles<'_>) -> Result<(), InvalidSetting> {
        if self.has_keys() && self.role.is_none() {
            return Ok(());
        }
        for service in &OTHER_SERVICES {
            let assumes_role = self.role.is_some() && service.id == "STS";
            let has = |key| profiles.chain().any(|(_, profile)| profile.get(key).is_some());
            let is_asked = assumes_role
                || service.keys.iter().any(|key| has(key))
                || service.asked_by.is_some_and(|name| env::var_os(name).is_some());
            if is_asked {
                profiles.check_endpoint(service)?;
            }
        }
        Ok(())
    }

    /// Whether requests are signed with keys that are set in code or in variables.
    fn has_keys(&self) -> bool {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        self.credentials.is_some() || is_set(ACCESS_KEY_ID.variable) && is_set(SECRET_ACCESS_KEY.variable)
    }
}

/// The keys of a profile by which the SDK gets credentials in another way than from its program.
#[cfg(feature = "credentials-process")]
const PREFERRED_TO_PROCESS: [&str; 8] = [
    "credential_source",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    ACCESS_KEY_ID.key,
];

/// A service that the SDK gets credentials from.
struct OtherService {
    id: &'static str,
    endpoint_variable: &'static str,
    /// The keys by which a profile asks it.
    keys: &'static [&'static str],
    /// The variable by which it is asked.
    asked_by: Option<&'static str>,
}

const OTHER_SERVICES: [OtherService; 4] = [
    OtherService {
        id: "STS",
        endpoint_variable: "AWS_ENDPOINT_URL_STS",
        keys: &["role_arn"],
        asked_by: Some("AWS_WEB_IDENTITY_TOKEN_FILE"),
    },
    OtherService {
        id: "SSO",
        endpoint_variable: "AWS_ENDPOINT_URL_SSO",
        keys: &["sso_session", "sso_start_url"],
        asked_by: None,
    },
    OtherService {
        id: "SSO OIDC",
        endpoint_variable: "AWS_ENDPOINT_URL_SSO_OIDC",
        keys: &["sso_session", "sso_start_url"],
        asked_by: None,
    },
    OtherService {
        id: "Signin",
        endpoint_variable: "AWS_ENDPOINT_URL_SIGNIN",
        keys: &["login_session"],
        asked_by: None,
    },
];

/// The profiles of the files.
struct Profiles<'a>(&'a ProfileSet);

impl Profiles<'_> {
    /// A setting of the selected profile.
    fn get<T>(&self, setting: &CheckedSetting<T>) -> Result<Option<T>, InvalidSetting> {
        parsed(setting, self.0.selected_profile(), self.0.get(setting.key))
    }

    /// A setting of the selected profile or, if it has none, of the profile that it names as its source.
    fn get_followed<T>(&self, setting: &CheckedSetting<T>) -> Result<Option<T>, InvalidSetting> {
        for (name, profile) in self.chain() {
            if let Some(value) = parsed(setting, name, profile.get(setting.key))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The selected profile, and each profile that the one before names as its source.
    fn chain(&self) -> impl Iterator<Item = (&str, &Profile)> {
        let profile = |name| self.0.get_profile(name).map(|profile| (name, profile));
        let first = profile(self.0.selected_profile());
        std::iter::successors(first, move |(_, last)| profile(last.get("source_profile")?))
            .take(MAX_SOURCE_PROFILES)
    }

    /// The program that gives the selected profile its credentials, or the profile that its roles start from.
    #[cfg(feature = "credentials-process")]
    fn process(&self, files: &SharedFiles) -> Option<ProcessProfile> {
        let assumes_role = |profile: &Profile| {
            profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none()
        };
        let (_, base) = self.chain().find(|(_, profile)| !assumes_role(profile))?;
        let is_own = base.name() == self.0.selected_profile();
        // The SDK prefers these. It prefers keys to a program only in profiles that others refer to.
        let mut preferred = PREFERRED_TO_PROCESS.iter().filter(|key| !is_own || **key != ACCESS_KEY_ID.key);
        if preferred.any(|key| base.get(key).is_some()) {
            return None;
        }
        let of_variable = text_of(USE_FIPS.variable).and_then(|text| (USE_FIPS.parse)(&text));
        let of_profile = || self.0.get(USE_FIPS.key).and_then(USE_FIPS.parse);
        Some(ProcessProfile {
            command: base.get("credential_process")?.into(),
            files: files.with_lines(refer_to_process),
            use_fips: of_variable.or_else(of_profile),
        })
    }

    /// The endpoint in the `services` section of the profile, or the profile's own.
    fn endpoint_url(&self) -> Result<Option<String>, InvalidSetting> {
        let of_service = self.endpoint_text("Secrets Manager");
        match parsed(&ENDPOINT_URL, self.0.selected_profile(), of_service.as_deref())? {
            None => self.get(&ENDPOINT_URL),
            endpoint => Ok(endpoint),
        }
    }

    /// The endpoint that the SDK takes for a service, if no variable sets one.
    fn endpoint_text(&self, service_id: &str) -> Option<String> {
        let no_variables = Env::from_slice(&[]);
        let value = EnvConfigValue::new().profile(ENDPOINT_URL.key).service_id(service_id);
        value.load(&no_variables, Some(self.0)).map(|(text, _)| text.into_owned())
    }

    /// Checks the endpoint that the SDK takes for another service, an empty one included.
    fn check_endpoint(&self, service: &OtherService) -> Result<(), InvalidSetting> {
        let variables = [service.endpoint_variable, ENDPOINT_VARIABLE];
        let set = variables.into_iter().find_map(|name| Some((name, text_of(name)?)));
        let (variable, text) = match set {
            Some((variable, text)) => (Some(variable), Some(text)),
            None => (None, self.endpoint_text(service.id)),
        };
        let reason = match text.as_deref() {
            None => return Ok(()),
            Some("") => "empty, with which the AWS SDK cannot get credentials: remove it",
            Some(text) if (ENDPOINT_URL.parse)(text).is_some() => return Ok(()),
            Some(_) => ENDPOINT_URL.reason,
        };
        Err(match variable {
            Some(variable) => InvalidSetting::Variable { variable, reason },
            None => InvalidSetting::of_key(self.0.selected_profile(), ENDPOINT_URL.key, reason),
        })
    }
}

/// The text of a variable of the process.
fn text_of(variable: &str) -> Option<String> {
    env::var_os(variable)?.into_string().ok()
}

const METADATA_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const METADATA_ENDPOINT_KEY: &str = "ec2_metadata_service_endpoint";

/// The endpoint of the metadata service. With it, the client of the SDK does not read the files itself.
fn metadata_endpoint(
    of_variable: Option<OsString>,
    profiles: Option<&ProfileSet>,
) -> Result<String, InvalidSetting> {
    if let Some(text) = of_variable {
        let (variable, reason) = (METADATA_ENDPOINT, ENDPOINT_URL.reason);
        let endpoint = text.to_str().and_then(ENDPOINT_URL.parse);
        return endpoint.ok_or(InvalidSetting::Variable { variable, reason });
    }
    let key = |key| profiles.and_then(|profiles| profiles.get(key)).filter(|text| !text.is_empty());
    if let (Some(text), Some(profiles)) = (key(METADATA_ENDPOINT_KEY), profiles) {
        let invalid = || {
            InvalidSetting::of_key(profiles.selected_profile(), METADATA_ENDPOINT_KEY, ENDPOINT_URL.reason)
        };
        return (ENDPOINT_URL.parse)(text).ok_or_else(invalid);
    }
    let of_variable = set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").and_then(|mode| mode.into_string().ok());
    let mode = of_variable.or_else(|| key("ec2_metadata_service_endpoint_mode").map(str::to_owned));
    let is_ipv6 = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("IPv6"));
    Ok(if is_ipv6 { "http://[fd00:ec2::254]" } else { "http://169.254.169.254" }.to_owned())
}

/// A key without a value counts as absent.
fn parsed<T>(
    setting: &CheckedSetting<T>,
    profile: &str,
    text: Option<&str>,
) -> Result<Option<T>, InvalidSetting> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let parsed = (setting.parse)(text).map(Some);
    parsed.ok_or_else(|| InvalidSetting::of_key(profile, setting.key, setting.reason))
}

/// A setting whose text cannot be used.
enum InvalidSetting {
    Variable { variable: &'static str, reason: &'static str },
    Key { profile: String, key: &'static str, reason: &'static str },
}

impl InvalidSetting {
    fn of_key(profile: &str, key: &'static str, reason: &'static str) -> Self {
        Self::Key { profile: profile.to_owned(), key, reason }
    }

    /// The error, with the file that holds the key: the credentials file comes before the config file.
    async fn located(self, files: &SharedFiles) -> SourceError {
        let error = |name, reason| SourceError::new(ErrorKind::Configuration).with_code(name).because(reason);
        let (profile, key, reason) = match self {
            Self::Variable { variable, reason } => return error(variable, reason),
            Self::Key { profile, key, reason } => (profile, key, reason),
        };
        let profiles = read_profiles(Some(&profile), &files.credentials()).await;
        let (variable, default) = if profiles.is_some_and(|profiles| profiles.get(key).is_some()) {
            ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        } else {
            ("AWS_CONFIG_FILE", "~/.aws/config")
        };
        let file = set(variable).unwrap_or_else(|| default.into());
        error(key, reason).in_place(&format!("profile {profile} in {}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};

    use super::*;

    /// Settings completed by these files, or the key and profile that cannot be used.
    async fn completed(
        profile: &str,
        config: &str,
        credentials: &str,
    ) -> Result<Settings, (String, &'static str)> {
        let files = EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, config)
            .with_contents(EnvConfigFileKind::Credentials, credentials)
            .build();
        let profiles = read_profiles(Some(profile), &files).await.unwrap();
        let mut settings = Settings::default();
        let done = settings.complete_by(&Profiles(&profiles));
        done.map(|()| settings).map_err(|invalid| match invalid {
            InvalidSetting::Key { profile, key, .. } => (profile, key),
            InvalidSetting::Variable { variable, .. } => ("variables".to_owned(), variable),
        })
    }

    async fn of_default(config: &str) -> Result<Settings, (String, &'static str)> {
        completed("default", &format!("[default]\n{config}\n"), "").await
    }

    #[tokio::test]
    async fn a_key_without_a_value_is_absent() {
        for key in ["max_attempts", "retry_mode", "endpoint_url", "region", "use_fips_endpoint"] {
            let settings = of_default(&format!("{key} =")).await.ok().unwrap();
            assert_eq!(
                (settings.max_attempts, settings.endpoint_url, settings.region),
                (None, None, None),
                "{key}"
            );
        }
    }

    #[tokio::test]
    async fn the_settings_of_the_selected_profile_are_taken() {
        let config =
            "max_attempts = 5\nretry_mode = legacy\nregion = eu-west-1\nendpoint_url = http://localhost:1";
        let settings = of_default(config).await.ok().unwrap();
        assert_eq!((settings.max_attempts, settings.region.as_deref()), (Some(5), Some("eu-west-1")));
        assert_eq!(settings.endpoint_url.as_deref(), Some("http://localhost:1"));
        assert_eq!((RETRY_MODE.parse)("standard"), settings.retry_mode);
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_used_is_named() {
        for (key, text) in [
            ("max_attempts", "0"),
            ("max_attempts", "3x"),
            ("retry_mode", "fast"),
            ("endpoint_url", "localhost:4566"),
            ("endpoint_url", "http://user:hunter2@localhost"),
            ("region", "eu west 1"),
            ("use_fips_endpoint", "yes"),
            ("use_dualstack_endpoint", "1"),
            ("ignore_configured_endpoint_urls", "on"),
            ("aws_access_key_id", "id\n  more"),
            ("aws_secret_access_key", "a b"),
            ("aws_session_token", "t\u{e9}"),
        ] {
            let refused = of_default(&format!("{key} = {text}")).await.err();
            assert_eq!(refused, Some(("default".to_owned(), key)), "{text}");
        }
    }

    #[tokio::test]
    async fn the_endpoint_of_the_service_comes_first_and_both_can_be_ignored() {
        let services = "[services local]\nsecrets-manager =\n  endpoint_url = http://localhost:1\n";
        let with = |lines: &str| {
            format!("[default]\nservices = local\nendpoint_url = http://localhost:2\n{lines}\n{services}")
        };
        let settings = completed("default", &with(""), "").await.ok().unwrap();
        assert_eq!(settings.endpoint_url.as_deref(), Some("http://localhost:1"));
        let ignored = with("ignore_configured_endpoint_urls = true");
        assert_eq!(completed("default", &ignored, "").await.ok().unwrap().endpoint_url, None);
        let invalid = with("").replace("http://localhost:1", "localhost");
        assert_eq!(completed("default", &invalid, "").await.err().unwrap().1, "endpoint_url");
    }

    #[tokio::test]
    async fn a_malformed_endpoint_of_the_metadata_service_is_named() {
        let of = |text: &str| metadata_endpoint(Some(text.into()), None);
        assert_eq!(of("http://localhost:1338").ok().as_deref(), Some("http://localhost:1338"));
        for text in ["localhost:1338", "http://user:hunter2@localhost", " "] {
            let refused = of(text);
            assert!(
                matches!(refused, Err(InvalidSetting::Variable { variable: METADATA_ENDPOINT, .. })),
                "{text}"
            );
        }
        let config = |text: &str| format!("[default]\n{METADATA_ENDPOINT_KEY} = {text}\n");
        for (text, is_valid) in [("", true), ("http://localhost:1338", true), ("localhost", false)] {
            let files =
                EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config(text)).build();
            let profiles = read_profiles(Some("default"), &files).await;
            assert_eq!(metadata_endpoint(None, profiles.as_ref()).is_ok(), is_valid, "{text}");
        }
    }

    #[tokio::test]
    async fn source_profiles_are_followed_and_a_circle_ends() {
        let config = "[profile app]\nsource_profile = base\n[profile base]\nregion = eu-west-1\n";
        let settings = completed("app", config, "").await.ok().unwrap();
        assert_eq!(settings.region.as_deref(), Some("eu-west-1"));
        let refused = completed("app", config, "[base]\naws_access_key_id = i d\n").await.err();
        assert_eq!(refused, Some(("base".to_owned(), "aws_access_key_id")));
        let circle = "[profile app]\nsource_profile = base\n[profile base]\nsource_profile = app\n";
        assert_eq!(completed("app", circle, "").await.ok().unwrap().region, None);
    }
}
