//! The chain of sources: that of the code, or the default one, which `SECRET_SOURCES` or the environment
//! decides.

use std::sync::Arc;

use super::builder::SecretsBuilder;
use super::source_list::{ListedSource, SECRET_SOURCES, parse_sources};
use crate::environment::Environment;
use crate::error::Problem;
#[cfg(feature = "aws")]
use crate::source::Env;
#[cfg(feature = "aws")]
use crate::source::SecretsManager;
#[cfg(feature = "agent")]
use crate::source::SecretsManagerAgent;
use crate::source::{Files, Source};

impl SecretsBuilder {
    /// The sources of the code, or those of the default chain. `is_valid`: whether the environment is known.
    pub(super) fn into_sources(
        mut self,
        environment: &Environment,
        is_valid: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<Arc<dyn Source>> {
        let mut chain = std::mem::take(&mut self.before_defaults);
        let after = std::mem::take(&mut self.after_defaults);
        match self.sources.take() {
            Some(sources) => chain.extend(sources),
            None => chain.extend(self.default_chain(environment, is_valid, problems)),
        }
        chain.extend(after);
        chain
    }

    fn default_chain(
        self,
        environment: &Environment,
        is_valid: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<Arc<dyn Source>> {
        let list = self.variables.get_or_report(SECRET_SOURCES, problems);
        let listed = list.map(|list| parse_sources(list.expose_secret()));
        match listed.transpose() {
            Ok(Some(listed)) if is_valid => self.listed_chain(listed, environment, problems),
            Ok(None) if is_valid => self.chain_of(environment, problems),
            // The environment or the list is unknown: neither `.env` nor an AWS account may be read.
            Ok(_) => vec![Arc::new(self.variables)],
            Err(wrong) => {
                problems.extend(wrong);
                vec![Arc::new(self.variables)]
            }
        }
    }

    /// The chain that `SECRET_SOURCES` lists. What is not in it is not even set up.
    #[cfg_attr(
        not(feature = "aws"),
        allow(unused_variables, unused_mut, clippy::ptr_arg, reason = "only AWS has a set-up of its own")
    )]
    fn listed_chain(
        self,
        listed: Vec<ListedSource>,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Vec<Arc<dyn Source>> {
        let Self { variables, .. } = self;
        #[cfg(feature = "aws")]
        let mut secrets_manager = self.secrets_manager;
        #[cfg(feature = "dotenv")]
        let dotenv = self.dotenv;
        let mut source = |listed| -> Arc<dyn Source> {
            match listed {
                #[cfg(feature = "aws")]
                ListedSource::Aws => {
                    let given = secrets_manager.take().unwrap_or_default();
                    Arc::new(listed_secrets_manager(given, &variables, environment, problems))
                }
                #[cfg(feature = "agent")]
                ListedSource::Agent => Arc::new(SecretsManagerAgent::from_variables(&variables, problems)),
                ListedSource::Env => Arc::new(variables.clone()),
                #[cfg(feature = "dotenv")]
                ListedSource::DotEnv => Arc::new(dotenv.clone()),
                ListedSource::Files(folder) => Arc::new(Files::new(folder)),
            }
        };
        listed.into_iter().map(&mut source).collect()
    }

    /// The chain of an environment for which nothing is listed.
    fn chain_of(self, environment: &Environment, problems: &mut Vec<Problem>) -> Vec<Arc<dyn Source>> {
        let variables = self.variables;
        #[cfg(feature = "aws")]
        let given = self.secrets_manager.unwrap_or_default();
        #[cfg(feature = "aws")]
        let secrets_manager = Some(given.completed_by(&variables, environment, problems))
            .filter(|source| !environment.is_development() || source.has_endpoint_override())
            .map(|source| Arc::new(source) as Arc<dyn Source>);
        #[cfg(not(feature = "aws"))]
        let (secrets_manager, _) = (None, problems);
        let env: Arc<dyn Source> = Arc::new(variables);
        if !environment.is_development() {
            return secrets_manager.into_iter().chain([env]).collect();
        }
        #[cfg(feature = "dotenv")]
        let dotenv: Option<Arc<dyn Source>> = Some(Arc::new(self.dotenv));
        #[cfg(not(feature = "dotenv"))]
        let dotenv = None;
        [Some(env), dotenv, secrets_manager].into_iter().flatten().collect()
    }
}

/// Secrets Manager as an operator lists it: in development, too, it is asked without an emulator.
#[cfg(feature = "aws")]
fn listed_secrets_manager(
    given: SecretsManager,
    variables: &Env,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> SecretsManager {
    let completed = given.clone().completed_by(variables, environment, problems);
    if environment.is_development() && !completed.has_endpoint_override() {
        return given.completed_by(variables, &Environment::PRODUCTION, problems);
    }
    completed
}
