//! What environment variables say about AWS, where they are given rather than the process's own, and what is checked in
//! them before the SDK reads them for itself.

use super::SecretsManager;
use super::builder::SecretsManagerBuilder;
use super::endpoint::{is_endpoint, is_region};
use crate::environment::Environment;
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::source::Env;

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const PROFILE: &str = "AWS_PROFILE";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
/// The service's own comes first:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// Any of these names somebody to sign as, who is not in the variables themselves.
const IDENTITIES: [&str; 4] = [
    PROFILE,
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

impl SecretsManager {
    /// The source that these variables describe; none in development without an endpoint override, where no account is
    /// asked.
    ///
    /// In development an endpoint is taken for an emulator's, unless somebody to sign as is named: what is not said is
    /// then the region `us-east-1` and the credentials `test`, and no metadata service is asked.
    ///
    /// A variable that cannot be used is a problem, which names it and does not repeat its text: that may hold a
    /// password. The source then answers every key with an error of its own, lest a setting be called missing.
    pub(crate) fn from_variables(
        env: &Env,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let before = problems.len();
        let mut variables = Variables { env, problems };
        let source = variables.describe(environment);
        if problems.len() == before {
            return source;
        }
        let reason = "not asked, since its set-up is at fault";
        Some(Self::refusing(SourceError::new(ErrorKind::Configuration).because(reason)))
    }
}

/// Variables, and what is found wrong with them.
struct Variables<'a> {
    env: &'a Env,
    problems: &'a mut Vec<Problem>,
}

impl Variables<'_> {
    fn describe(&mut self, environment: &Environment) -> Option<SecretsManager> {
        let endpoint_url = self.endpoint_url();
        if environment.is_development() && endpoint_url.is_none() {
            return None;
        }
        let region = self.checked(&REGIONS, is_region, "not the name of a region");
        let is_emulator = environment.is_development() && self.first(&IDENTITIES).is_none();
        let mut builder = SecretsManager::builder();
        if let Some(region) = region.or_else(|| is_emulator.then(|| "us-east-1".to_owned())) {
            builder = builder.region(region);
        }
        if let Some(endpoint_url) = endpoint_url {
            builder = builder.endpoint_url(endpoint_url);
        }
        // The SDK reads the process's own variables itself, and more of them than these.
        if is_emulator || !self.env.is_process() {
            builder = self.signed_by(builder, is_emulator);
        }
        Some(builder.build())
    }

    fn endpoint_url(&mut self) -> Option<String> {
        let ignored = self.value(IGNORE_ENDPOINTS);
        if ignored.is_some_and(|value| value.expose_secret().eq_ignore_ascii_case("true")) {
            return None;
        }
        self.checked(&ENDPOINTS, is_endpoint, "no http or https URL of a host")
    }

    /// Who signs, from these variables alone.
    fn signed_by(&mut self, builder: SecretsManagerBuilder, is_emulator: bool) -> SecretsManagerBuilder {
        match (self.value(ACCESS_KEY_ID), self.value(SECRET_ACCESS_KEY)) {
            (Some(id), Some(key)) => builder.credentials(id, key, self.value(SESSION_TOKEN)).by_itself(),
            _ if is_emulator => builder.credentials("test", "test", None).by_itself(),
            _ => match self.value(PROFILE) {
                Some(profile) => builder.profile(profile.expose_secret()),
                None => builder,
            },
        }
    }

    /// A variable that is set to something.
    fn value(&mut self, name: &str) -> Option<Secret<String>> {
        match self.env.get(name) {
            Ok(value) => value.filter(|value| !value.expose_secret().is_empty()),
            Err(error) => {
                self.problems.push(Problem::new(name, error));
                None
            }
        }
    }

    /// The first of several variables that is set to something, and which it is.
    fn first<'a>(&mut self, names: &[&'a str]) -> Option<(&'a str, Secret<String>)> {
        names.iter().find_map(|name| Some((*name, self.value(name)?)))
    }

    /// The same, if it passes a test.
    fn checked(&mut self, names: &[&str], passes: fn(&str) -> bool, reason: &'static str) -> Option<String> {
        let (name, value) = self.first(names)?;
        if passes(value.expose_secret()) {
            return Some(value.expose_secret().clone());
        }
        self.problems.push(Problem::new(name, SourceError::new(ErrorKind::Configuration).because(reason)));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::aws::settings::{Base, Settings};
    use crate::source::{Key, Source};

    const LOCAL: &str = "http://localhost:4566";

    /// What the variables come to, and the names of those that cannot be used.
    fn read<const N: usize>(
        environment: &Environment,
        variables: [(&str, &str); N],
    ) -> (Option<SecretsManager>, Vec<String>) {
        let mut problems = Vec::new();
        let source = SecretsManager::from_variables(&Env::from_iter(variables), environment, &mut problems);
        (source, problems.iter().map(ToString::to_string).collect())
    }

    fn settings(source: Option<&SecretsManager>) -> &Settings {
        source.unwrap().connections.as_ref().unwrap().settings()
    }

    fn access_key(settings: &Settings) -> Option<&str> {
        settings.credentials.as_ref().map(|credentials| credentials.access_key_id.expose_secret().as_str())
    }

    #[test]
    fn development_asks_no_account() {
        let variables = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "id")];
        let (source, problems) = read(&Environment::DEVELOPMENT, variables);
        assert!(source.is_none() && problems.is_empty());
    }

    #[test]
    fn an_endpoint_in_development_is_an_emulators_and_needs_nothing_else() {
        let (source, _) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL)]);
        assert!(source.as_ref().unwrap().has_endpoint_override());
        let settings = settings(source.as_ref());
        assert!(matches!(settings.base, Base::Nowhere));
        assert_eq!(settings.region.as_deref(), Some("us-east-1"));
        assert_eq!(access_key(settings), Some("test"));
    }

    #[test]
    fn an_emulator_is_asked_as_whom_the_variables_name() {
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];
        let [id, key] = keys;
        let (source, _) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL), id, key]);
        assert_eq!(access_key(settings(source.as_ref())), Some("id"));
        let (source, _) =
            read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", LOCAL), ("AWS_PROFILE", "local")]);
        let settings = settings(source.as_ref());
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
        let settings = settings(source.as_ref());
        assert!(matches!(settings.base, Base::Nowhere));
        assert_eq!((settings.region.as_deref(), access_key(settings)), (Some("eu-west-1"), Some("id")));
        assert_eq!(settings.endpoint_url, None);
    }

    #[test]
    fn the_services_own_endpoint_comes_first_and_both_can_be_ignored() {
        let own = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://localhost:1");
        let (source, _) = read(&Environment::PRODUCTION, [own, ("AWS_ENDPOINT_URL", LOCAL)]);
        assert_eq!(settings(source.as_ref()).endpoint_url.as_deref(), Some("http://localhost:1"));
        let ignored = [own, ("AWS_ENDPOINT_URL", "nonsense"), (IGNORE_ENDPOINTS, "true")];
        let (source, problems) = read(&Environment::PRODUCTION, ignored);
        assert_eq!((settings(source.as_ref()).endpoint_url.as_deref(), problems.len()), (None, 0));
    }

    #[tokio::test]
    async fn a_variable_that_cannot_be_used_is_named_without_its_text_and_no_key_is_called_missing() {
        for (name, text) in [
            ("AWS_ENDPOINT_URL", "http://user:hunter2@host"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "hunter2"),
            ("AWS_REGION", "hunter2 hunter2"),
        ] {
            let (source, problems) = read(&Environment::PRODUCTION, [(name, text)]);
            let answers = format!("{:?}", source.unwrap().fetch(&[Key::new("jwt")]).await);
            assert!(problems.concat().contains(name), "{problems:?}");
            assert!(answers.contains("Failed(configuration: not asked"), "{answers}");
            assert!(!problems.concat().contains("hunter2") && !answers.contains("hunter2"));
        }
    }

    #[test]
    fn every_variable_that_cannot_be_used_is_named_at_once() {
        let variables = [("AWS_ENDPOINT_URL", "nonsense"), ("AWS_REGION", "non sense")];
        let (source, problems) = read(&Environment::PRODUCTION, variables);
        assert_eq!((source.is_some(), problems.len()), (true, 2));
    }

    #[test]
    fn an_endpoint_that_cannot_be_used_is_reported_in_development_too() {
        let (source, problems) = read(&Environment::DEVELOPMENT, [("AWS_ENDPOINT_URL", "nonsense")]);
        assert!(source.unwrap().has_endpoint_override());
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let (source, problems) =
            read(&Environment::PRODUCTION, [("AWS_REGION", ""), ("AWS_ENDPOINT_URL", "")]);
        assert_eq!((settings(source.as_ref()).region.as_deref(), problems.len()), (None, 0));
    }
}
