//! Builds [`Secrets`] from the options of its builder and from environment variables: the names, the default
//! chain of sources and the caches.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::builder::SecretsBuilder;
use super::cache::{FastPath, Policy, Timer};
use super::doubts::Doubts;
use super::fallback::{Fallback, INVALID_FALLBACK, SECRET_FALLBACK};
use super::lookup::Link;
use super::secrets::{Inner, Secrets};
use super::single_flight::CachedSource;
use super::source_list::SECRET_SOURCES;
#[cfg(feature = "metrics")]
use super::stats::Publisher;
use super::watch::subscribers::Watcher;
use crate::environment::{Environment, hint};
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::setting::Naming;
#[cfg(feature = "dotenv")]
use crate::source::DotEnv;
use crate::source::{ContainedSource, Memory, Source};

/// Longer than the time limits of every built-in source, which normally end a call first.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Longer than any useful time-out, and short enough to be added to any time.
const MAX_TIMEOUT: Duration = Duration::from_hours(24);

impl SecretsBuilder {
    /// Checks the options and builds the handle. This makes no network calls.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], naming everything that is malformed: `ENVIRONMENT`, `SECRET_SOURCES`,
    /// `SECRET_FALLBACK`, `SECRET_CACHE_TTL`, an invalid endpoint, a capacity of zero.
    pub fn build(self) -> Result<Secrets, Error> {
        let (secrets, problems) = self.assemble();
        if problems.is_empty() {
            return Ok(secrets);
        }
        Err(secrets.error("Secrets".to_owned(), 0, problems, Vec::new()))
    }

    /// Builds as much as possible, and returns what is malformed. A load reports both: a start that fails
    /// for a bad variable also names the settings that are missing.
    pub(crate) fn assemble(self) -> (Secrets, Vec<Problem>) {
        let mut problems = Vec::new();
        let ChosenEnvironment { environment, reported, is_valid } = self.chosen_environment(&mut problems);
        let naming = self.naming(environment, &mut problems);
        let policy = self.policy(&mut problems);
        let fallback = self.chosen_fallback(&mut problems);
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT).min(MAX_TIMEOUT);
        let (timer, fast_path) = (Arc::new(Timer::start(self.clock)), Arc::<FastPath>::default());
        let watcher = Watcher::default();
        let variables = self.variables.clone();
        let (has_default_chain, is_fallback_given) = (self.sources.is_none(), self.fallback.is_some());
        let sources = self.into_sources(&naming.environment, is_valid, &mut problems);
        let cached = |source: &Arc<ContainedSource>| {
            let (timer, fast_path) = (Arc::clone(&timer), Arc::clone(&fast_path));
            let source: Arc<dyn Source> = source.is_remote().then(|| Arc::clone(source))?;
            Some(CachedSource::new(source, policy, timer, timeout, fast_path, watcher.wake()))
        };
        let link = |source: Arc<dyn Source>| {
            let memory = source_of_type::<Memory>(&*source).cloned();
            if let Some(memory) = &memory {
                memory.wake_on_change(&watcher.wake());
            }
            #[cfg(feature = "dotenv")]
            let dotenv = source_of_type::<DotEnv>(&*source).cloned();
            let source = Arc::new(ContainedSource::new(source));
            Link {
                cached: cached(&source),
                memory,
                #[cfg(feature = "dotenv")]
                dotenv,
                source,
            }
        };
        let inner = Inner {
            naming,
            variables,
            reported_environment: reported.into(),
            #[cfg(feature = "aws")]
            secrets_manager: sources.iter().find_map(|source| source_of_type(&**source)).cloned(),
            links: sources.into_iter().map(link).collect(),
            has_default_chain,
            doubts: Doubts::default(),
            fallback,
            is_fallback_given,
            timeout,
            timer,
            fast_path,
            watcher,
            policy,
            #[cfg(feature = "metrics")]
            publisher: Publisher::default(),
        };
        let secrets = Secrets { inner: Arc::new(inner) };
        #[cfg(feature = "metrics")]
        secrets.publish_metrics();
        (secrets, problems)
    }

    fn naming(&self, environment: Environment, problems: &mut Vec<Problem>) -> Naming {
        let prefix = self.prefix.clone().or_else(|| self.variable("SECRET_PREFIX", problems));
        Naming {
            prefix: prefix.unwrap_or_default(),
            env_prefix: self.env_prefix.clone().unwrap_or_default(),
            environment,
        }
    }

    /// The environment of the code or of `ENVIRONMENT`, and `development` if neither names a valid one.
    fn chosen_environment(&self, problems: &mut Vec<Problem>) -> ChosenEnvironment {
        let invalid = || ChosenEnvironment {
            environment: Environment::DEVELOPMENT,
            reported: "not known, since ENVIRONMENT is not a valid name".to_owned(),
            is_valid: false,
        };
        let environment = match self.environment.clone() {
            Some(environment) => environment,
            None => match self.variable("ENVIRONMENT", problems) {
                Some(name) => match Environment::new(&name) {
                    Ok(environment) => environment,
                    Err(_) => {
                        let error = match hint::suggested(&name) {
                            Some(help) => INVALID_ENVIRONMENT.with_help(help),
                            None => INVALID_ENVIRONMENT,
                        };
                        problems.push(Problem::new("ENVIRONMENT", error));
                        return invalid();
                    }
                },
                // It is set to something that is not Unicode.
                None if !problems.is_empty() => return invalid(),
                None => return self.assumed_environment(),
            },
        };
        let mut reported = environment.to_string();
        if let Some(usual) = hint::usual_name(&environment) {
            events::environment_is_unusual(&environment, usual, self.environment_chooses_sources());
            reported = format!("{environment}, which is not `{usual}`");
        }
        ChosenEnvironment { environment, reported, is_valid: true }
    }

    /// `ENVIRONMENT` is not set.
    fn assumed_environment(&self) -> ChosenEnvironment {
        let environment = Environment::DEVELOPMENT;
        let is_set = |name: &str| self.variables.get_or_report(name, &mut Vec::new()).is_some();
        let platform = hint::platform(is_set);
        events::environment_assumed(platform, self.environment_chooses_sources());
        let platform = platform.map(|name| format!(" although this runs on {name}")).unwrap_or_default();
        let reported = format!("{environment}, since ENVIRONMENT is not set{platform}");
        ChosenEnvironment { environment, reported, is_valid: true }
    }

    /// Whether the environment decides which sources are read, and no list of them.
    fn environment_chooses_sources(&self) -> bool {
        self.variable(SECRET_SOURCES, &mut Vec::new()).is_none()
    }

    fn policy(&self, problems: &mut Vec<Problem>) -> Policy {
        let default = Policy::default();
        if self.capacity == Some(0) {
            problems.push(Problem::new("capacity", NO_CAPACITY));
        }
        let ttl = self.ttl.or_else(|| {
            let seconds = self.variable(TTL, problems)?;
            let parsed = seconds.trim().parse().map(Duration::from_secs);
            parsed.map_err(|_| problems.push(Problem::new(TTL, INVALID_TTL))).ok()
        });
        Policy {
            ttl: ttl.unwrap_or(default.ttl),
            max_stale: self.max_stale.unwrap_or(default.max_stale),
            capacity: self.capacity.unwrap_or(default.capacity).max(1),
        }
    }

    /// The fallback of the code or of `SECRET_FALLBACK`.
    fn chosen_fallback(&self, problems: &mut Vec<Problem>) -> Fallback {
        let of_variable = || {
            let parsed = Fallback::parse(&self.variable(SECRET_FALLBACK, problems)?);
            if parsed.is_none() {
                problems.push(Problem::new(SECRET_FALLBACK, INVALID_FALLBACK));
            }
            parsed
        };
        self.fallback.or_else(of_variable).unwrap_or_default()
    }

    /// A variable; set but empty counts as not set.
    fn variable(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        self.variables.get_or_report(name, problems).map(|value| value.expose_secret().clone())
    }
}

struct ChosenEnvironment {
    environment: Environment,
    /// The environment as reports name it, with a remark if there is a doubt about it.
    reported: String,
    is_valid: bool,
}

/// A source as the type that it is, directly or behind pointers.
fn source_of_type<S: Source>(source: &dyn Source) -> Option<&S> {
    let any: &dyn Any = source;
    /// The source behind a pointer of one of these types.
    macro_rules! behind {
        ($($pointer:ty),*) => {
            None$(.or_else(|| any.downcast_ref::<$pointer>().map(|pointer| &**pointer as &dyn Source)))*
        };
    }
    let inner = behind!(
        Box<dyn Source>,
        Arc<dyn Source>,
        Box<Box<dyn Source>>,
        Box<Arc<dyn Source>>,
        Arc<Box<dyn Source>>,
        Arc<Arc<dyn Source>>,
        Box<S>,
        Arc<S>
    );
    inner.map_or_else(|| any.downcast_ref(), source_of_type)
}

const TTL: &str = "SECRET_CACHE_TTL";

const INVALID_TTL: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a whole number of seconds")
    .with_help("seconds, such as 300; 0 disables the cache");

const NO_CAPACITY: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the cache capacity must be at least 1")
    .with_help("`ttl(Duration::ZERO)` disables the cache");

const INVALID_ENVIRONMENT: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not the name of an environment")
    .with_help("lower-case letters, digits and hyphens, such as `development`, `staging` or `production`");

#[cfg(all(test, feature = "aws"))]
mod tests {
    use super::*;
    use crate::source::SecretsManager;

    #[test]
    fn secrets_manager_is_found_in_a_chain_of_any_type() {
        let aws = SecretsManager::localstack;
        let boxed = || Box::new(aws()) as Box<dyn Source>;
        let shared = || Arc::new(aws()) as Arc<dyn Source>;
        let chains: [SecretsBuilder; 9] = [
            Secrets::builder().sources([aws()]),
            Secrets::builder().sources([Box::new(Memory::new()) as Box<dyn Source>, boxed()]),
            Secrets::builder().sources([shared()]),
            Secrets::builder().source(Memory::new()).source(aws()),
            Secrets::builder().source(Arc::new(aws())),
            Secrets::builder().source(Box::new(boxed())),
            Secrets::builder().source(Box::new(shared())),
            Secrets::builder().source(Arc::new(boxed())),
            Secrets::builder().source(Arc::new(shared())),
        ];
        for (index, chain) in chains.into_iter().enumerate() {
            assert!(chain.build().unwrap().secrets_manager().is_some(), "{index}");
        }
        assert!(Secrets::builder().source(Memory::new()).build().unwrap().secrets_manager().is_none());
    }
}
