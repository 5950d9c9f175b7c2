//! Reads AWS settings from environment variables, and checks them before the SDK reads them itself.
//!
//! The SDK quotes a malformed endpoint in its log and its errors, and panics at an empty one. Keys of a
//! profile are checked in `profile`.

use super::checked_setting::{
    ACCESS_KEY_ID, CheckedSetting, ENDPOINT_URL, EXECUTION_ENV, IGNORE_ENDPOINTS, MAX_ATTEMPTS, REGION,
    RETRY_MODE, SECRET_ACCESS_KEY, SESSION_TOKEN, USE_DUAL_STACK, USE_FIPS,
};
use super::endpoint::ENDPOINT_VARIABLES;
use super::failover::SAME_REGION;
use super::settings::{Base, Settings, StaticCredentials};
use crate::environment::Environment;
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::source::Env;

const PROFILE: &str = "AWS_PROFILE";
const FAILOVER_REGION: &str = "SECRET_FAILOVER_REGION";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// Each of these names an identity whose credentials are not in the variables.
const IDENTITIES: [&str; 4] = [
    PROFILE,
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

impl Settings {
    /// Completes these settings from variables. Each variable that cannot be used becomes a problem.
    pub(super) fn completed_by(
        &self,
        env: &Env,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut settings = self.clone();
        Variables { env, problems }.complete(&mut settings, environment);
        settings
    }

    /// Completes these settings with the endpoint, the region and the retries that the variables of the
    /// process set, and checks the other variables that the SDK reads itself, unless these settings do not
    /// use the default chain or were completed by other variables.
    ///
    /// # Errors
    /// The first variable that cannot be used, by its name.
    pub(super) fn completed_by_process(&self) -> Result<Self, SourceError> {
        let mut settings = self.clone();
        let mut problems = Vec::new();
        let mut variables = Variables { env: &Env::process(), problems: &mut problems };
        // The SDK sends it whatever else is set.
        variables.parsed(&EXECUTION_ENV);
        if self.uses_default_chain() && !self.has_own_variables {
            variables.complete_endpoint(&mut settings);
            variables.complete_region(&mut settings);
            variables.complete_failover(&mut settings);
            variables.complete_retries(&mut settings);
            variables.check_others(&settings);
        }
        match problems.first() {
            // The error's text is then `AWS_REGION: not the name of a region`.
            Some(problem) => Err(problem.error().clone().with_code(problem.place())),
            None => Ok(settings),
        }
    }
}

/// The variables to read, and the problems found in them.
struct Variables<'a> {
    env: &'a Env,
    problems: &'a mut Vec<Problem>,
}

impl Variables<'_> {
    fn complete(&mut self, settings: &mut Settings, environment: &Environment) {
        settings.has_own_variables = !self.env.is_process();
        settings.is_development = environment.is_development();
        self.complete_endpoint(settings);
        if environment.is_development() && settings.endpoint_url.is_none() {
            return;
        }
        self.complete_region(settings);
        self.complete_failover(settings);
        self.complete_retries(settings);
        self.check_others(settings);
        // The endpoint is an emulator's, which needs no identity.
        let is_anonymous =
            environment.is_development() && settings.profile.is_none() && self.first(&IDENTITIES).is_none();
        if is_anonymous {
            settings.region.get_or_insert_with(|| "us-east-1".to_owned());
        }
        // The SDK reads the variables of the process itself, and more of them than these.
        if is_anonymous || settings.has_own_variables {
            self.complete_identity(settings, is_anonymous);
        }
    }

    fn complete_endpoint(&mut self, settings: &mut Settings) {
        if settings.endpoint_url.is_some() {
            return;
        }
        settings.ignores_endpoints = self.parsed(&IGNORE_ENDPOINTS) == Some(true);
        if !settings.ignores_endpoints {
            settings.endpoint_url = self.first_parsed(&ENDPOINT_VARIABLES, &ENDPOINT_URL);
            let set = settings.endpoint_url.as_ref().and_then(|_| self.first(&ENDPOINT_VARIABLES));
            settings.endpoint_origin = set.map(|(name, _)| name.to_owned());
        }
    }

    fn complete_region(&mut self, settings: &mut Settings) {
        if settings.region.is_none() {
            settings.region = self.first_parsed(&REGIONS, &REGION);
        }
    }

    /// The region may also be that of the profile or of the metadata service: `load` compares it again.
    fn complete_failover(&mut self, settings: &mut Settings) {
        if settings.failover_region.is_some() {
            return;
        }
        settings.failover_region = self.first_parsed(&[FAILOVER_REGION], &REGION);
        if settings.failover_region.is_some() && settings.failover_region == settings.region {
            self.problems.push(Problem::new(FAILOVER_REGION, SAME_REGION));
        }
    }

    fn complete_retries(&mut self, settings: &mut Settings) {
        if settings.max_attempts.is_none() {
            settings.max_attempts = self.parsed(&MAX_ATTEMPTS);
        }
        settings.retry_mode = self.parsed(&RETRY_MODE);
    }

    /// Checks variables that are used as they are, if they are used.
    fn check_others(&mut self, settings: &Settings) {
        for switch in [&USE_FIPS, &USE_DUAL_STACK] {
            self.parsed(switch);
        }
        if settings.credentials.is_none() {
            for credential in [&ACCESS_KEY_ID, &SECRET_ACCESS_KEY, &SESSION_TOKEN] {
                self.parsed(credential);
            }
        }
        if settings.profile.is_none() {
            self.value(PROFILE);
        }
    }

    /// Sets the credentials or the profile to sign with, from these variables alone.
    fn complete_identity(&mut self, settings: &mut Settings, is_anonymous: bool) {
        if settings.credentials.is_none() && settings.profile.is_none() {
            settings.credentials =
                match (self.value(ACCESS_KEY_ID.variable), self.value(SECRET_ACCESS_KEY.variable)) {
                    (Some(access_key_id), Some(secret_access_key)) => {
                        let session_token = self.value(SESSION_TOKEN.variable);
                        Some(StaticCredentials { access_key_id, secret_access_key, session_token })
                    }
                    _ => is_anonymous.then(StaticCredentials::for_emulators),
                };
            match settings.credentials {
                Some(_) => settings.base = Base::Isolated,
                None => settings.profile = self.value(PROFILE).map(|profile| profile.expose_secret().clone()),
            }
        } else if is_anonymous {
            settings.base = Base::Isolated;
        }
    }

    /// The value of a variable; set but empty counts as not set.
    fn value(&mut self, name: &str) -> Option<Secret<String>> {
        self.env.get_or_report(name, self.problems)
    }

    /// The first of these variables that is set, with its name.
    fn first<'a>(&mut self, names: &[&'a str]) -> Option<(&'a str, Secret<String>)> {
        names.iter().find_map(|name| Some((*name, self.value(name)?)))
    }

    /// What a variable sets. One that cannot be used becomes a problem.
    fn parsed<T>(&mut self, setting: &CheckedSetting<T>) -> Option<T> {
        self.first_parsed(&[setting.variable], setting)
    }

    /// What the first of these variables sets that is set.
    fn first_parsed<T>(&mut self, names: &[&str], setting: &CheckedSetting<T>) -> Option<T> {
        let (name, value) = self.first(names)?;
        let parsed = (setting.parse)(value.expose_secret());
        if parsed.is_none() {
            let error = SourceError::new(ErrorKind::Configuration).because(setting.reason);
            self.problems.push(Problem::new(name, error));
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::source::{Key, SecretsManager, Source};

    const LOCAL: &str = "http://localhost:4566";

    /// The source that the variables complete, and the problems with them.
    fn read<const N: usize>(
        environment: &Environment,
        variables: [(&str, &str); N],
    ) -> (SecretsManager, Vec<String>) {
        complete(SecretsManager::new(), environment, variables)
    }

    fn complete<const N: usize>(
        given: SecretsManager,
        environment: &Environment,
        variables: [(&str, &str); N],
    ) -> (SecretsManager, Vec<String>) {
        let mut problems = Vec::new();
        let source = given.completed_by(&Env::from_iter(variables), environment, &mut problems);
        (source, problems.iter().map(ToString::to_string).collect())
    }

    fn settings(source: &SecretsManager) -> &Settings {
        source.connections.as_ref().unwrap().settings()
    }

    fn access_key(settings: &Settings) -> Option<&str> {
        settings.credentials.as_ref().map(|credentials| credentials.access_key_id.expose_secret().as_str())
    }

    #[test]
    fn development_asks_no_account() {
        let variables = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "id")];
        let (source, problems) = read(&Environment::DEVELOPMENT, variables);
        assert!(!source.has_endpoint_override() && problems.is_empty());
    }

    #[test]
    fn an_endpoint_in_development_is_an_emulators_and_needs_nothing_else() {
        let (source, _) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL)]);
        assert!(source.has_endpoint_override());
        let settings = settings(&source);
        assert!(matches!(settings.base, Base::Isolated));
        assert_eq!(settings.region.as_deref(), Some("us-east-1"));
        assert_eq!(access_key(settings), Some("test"));
    }

    #[test]
    fn an_emulator_is_asked_with_the_identity_that_the_variables_name() {
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];
        let [id, key] = keys;
        let (source, _) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL), id, key]);
        assert_eq!(access_key(settings(&source)), Some("id"));
        let (source, _) =
            read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL), ("AWS_PROFILE", "local")]);
        let settings = settings(&source);
        assert_eq!((settings.profile.as_deref(), access_key(settings)), (Some("local"), None));
        assert!(matches!(settings.base, Base::DefaultChain));
    }

    #[test]
    fn variables_that_are_given_are_taken_instead_of_those_of_the_process() {
        let (source, _) = read(
            &Environment::PRODUCTION,
            [
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWS_ACCESS_KEY_ID", "id"),
                ("AWS_SECRET_ACCESS_KEY", "key"),
            ],
        );
        let settings = settings(&source);
        assert!(matches!(settings.base, Base::Isolated));
        assert_eq!((settings.region.as_deref(), access_key(settings)), (Some("eu-west-1"), Some("id")));
        assert_eq!(settings.endpoint_url, None);
    }

    #[test]
    fn the_services_own_endpoint_comes_first_and_both_can_be_ignored() {
        let own = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://localhost:1");
        let (source, _) = read(&Environment::PRODUCTION, [own, ("AWS_ENDPOINT_URL", LOCAL)]);
        assert_eq!(settings(&source).endpoint_url.as_deref(), Some("http://localhost:1"));
        let ignored = [own, ("AWS_ENDPOINT_URL", "nonsense"), (IGNORE_ENDPOINTS.variable, "true")];
        let (source, problems) = read(&Environment::PRODUCTION, ignored);
        assert_eq!((settings(&source).endpoint_url.as_deref(), problems.len()), (None, 0));
    }

    #[test]
    fn the_code_comes_first_and_the_variables_complete_it() {
        let timeout = Duration::from_secs(1);
        let variables = [("AWS_ENDPOINT_URL", LOCAL), ("AWS_REGION", "eu-west-1")];
        let given = SecretsManager::builder().attempt_timeout(timeout).build();
        let (source, _) = complete(given, &Environment::DEVELOPMENT, variables);
        let completed = settings(&source);
        assert_eq!(completed.attempt_timeout, Some(timeout));
        assert_eq!(completed.endpoint_url.as_deref(), Some(LOCAL));
        assert_eq!((completed.region.as_deref(), access_key(completed)), (Some("eu-west-1"), Some("test")));

        let said = SecretsManager::builder().endpoint_url("http://localhost:1").region("ap-south-1");
        let given = said.credentials("id", "key", None).build();
        let (source, _) = complete(given, &Environment::DEVELOPMENT, variables);
        let completed = settings(&source);
        assert_eq!(completed.endpoint_url.as_deref(), Some("http://localhost:1"));
        assert_eq!((completed.region.as_deref(), access_key(completed)), (Some("ap-south-1"), Some("id")));
    }

    #[test]
    fn a_profile_set_in_code_signs_requests_to_an_emulator_too() {
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];
        let [id, key] = keys;
        let given = SecretsManager::builder().profile("local").build();
        let (source, _) = complete(given, &Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL), id, key]);
        let completed = settings(&source);
        assert_eq!((completed.profile.as_deref(), access_key(completed)), (Some("local"), None));
        assert!(matches!(completed.base, Base::DefaultChain));
    }

    #[test]
    fn a_source_that_does_not_use_the_default_chain_is_not_changed() {
        let sdk = aws_config::SdkConfig::builder().build();
        for given in [
            SecretsManager::from_sdk_config(&sdk),
            SecretsManager::localstack(),
            SecretsManager::builder().isolated().build(),
            SecretsManager::builder().region("eu west").build(),
        ] {
            let before = given.connections.clone().ok();
            let variables = [("AWS_ENDPOINT_URL", "nonsense"), ("AWS_REGION", "eu-west-1")];
            let (source, problems) = complete(given, &Environment::PRODUCTION, variables);
            let same = match (&before, &source.connections) {
                (Some(before), Ok(after)) => Arc::ptr_eq(before, after),
                (before, after) => before.is_none() && after.is_err(),
            };
            assert!(same && problems.is_empty());
        }
    }

    #[tokio::test]
    async fn a_variable_that_cannot_be_used_is_named_without_its_text_and_no_key_is_called_missing() {
        for (name, text) in [
            ("AWS_ENDPOINT_URL", "http://user:hunter2@host"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "hunter2"),
            ("AWS_REGION", "hunter2 hunter2"),
        ] {
            let (source, problems) = read(&Environment::PRODUCTION, [(name, text)]);
            let answers = format!("{:?}", source.fetch(&[Key::new("jwt")]).await);
            assert!(problems.concat().contains(name), "{problems:?}");
            assert!(answers.contains("Failed(configuration: not asked"), "{answers}");
            assert!(!problems.concat().contains("hunter2") && !answers.contains("hunter2"));
        }
    }

    #[test]
    fn every_variable_that_cannot_be_used_is_named_at_once() {
        let variables = [("AWS_ENDPOINT_URL", "nonsense"), ("AWS_REGION", "non sense")];
        let (source, problems) = read(&Environment::PRODUCTION, variables);
        assert_eq!((source.connections.is_err(), problems.len()), (true, 2));
    }

    #[test]
    fn the_failover_region_is_that_of_the_variable_unless_the_code_names_one() {
        let failover = |given: SecretsManager, variables: [(&str, &str); 2]| {
            let (source, problems) = complete(given, &Environment::PRODUCTION, variables);
            match &source.connections {
                Ok(connections) => Ok(connections.settings().failover_region.clone()),
                Err(_) => Err(problems),
            }
        };
        let region = ("AWS_REGION", "eu-west-1");
        let of = |text| [region, ("SECRET_FAILOVER_REGION", text)];
        assert_eq!(failover(SecretsManager::new(), of("eu-central-1")), Ok(Some("eu-central-1".to_owned())));
        assert_eq!(failover(SecretsManager::new(), of("")), Ok(None));
        let coded = || SecretsManager::builder().failover_region("eu-north-1").build();
        assert_eq!(failover(coded(), of("eu central")), Ok(Some("eu-north-1".to_owned())));
        let same = "SECRET_FAILOVER_REGION: the failover region is the region itself";
        assert_eq!(failover(SecretsManager::new(), of("eu-west-1")), Err(vec![same.to_owned()]));
        let invalid = "SECRET_FAILOVER_REGION: not the name of a region";
        assert_eq!(failover(SecretsManager::new(), of("eu central")), Err(vec![invalid.to_owned()]));
    }

    #[test]
    fn an_endpoint_that_cannot_be_used_is_reported_in_development_too() {
        let (source, problems) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", "nonsense")]);
        assert!(source.has_endpoint_override());
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let (source, problems) =
            read(&Environment::PRODUCTION, [("AWS_REGION", ""), ("AWS_ENDPOINT_URL", "")]);
        assert_eq!((settings(&source).region.as_deref(), problems.len()), (None, 0));
    }
}
