//! Reads `SECRET_SOURCES`: which sources the chain has, and in what order, as an operator lists them.

use std::path::PathBuf;

use crate::error::{ErrorKind, Problem, SourceError};

pub(super) const SECRET_SOURCES: &str = "SECRET_SOURCES";

/// One source in the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListedSource {
    #[cfg(feature = "aws")]
    Aws,
    #[cfg(feature = "agent")]
    Agent,
    Env,
    #[cfg(feature = "dotenv")]
    DotEnv,
    Files(PathBuf),
}

/// Returns the sources in their order.
///
/// # Errors
/// A problem for each entry that is not a source of this program. It names the entry by its position: the
/// variable may hold anything.
pub(super) fn parse_sources(list: &str) -> Result<Vec<ListedSource>, Vec<Problem>> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for (index, entry) in list.split(',').enumerate() {
        let error = match parse_source(entry.trim()) {
            Ok(source) if sources.contains(&source) => TWICE,
            Ok(source) => {
                sources.push(source);
                continue;
            }
            Err(error) => error,
        };
        problems.push(Problem::new(format!("{SECRET_SOURCES}, entry {}", index + 1), error));
    }
    if problems.is_empty() { Ok(sources) } else { Err(problems) }
}

fn parse_source(entry: &str) -> Result<ListedSource, SourceError> {
    let (name, folder) = match entry.split_once(':') {
        Some((name, folder)) => (name, Some(folder)),
        None => (entry, None),
    };
    match (name.to_ascii_lowercase().as_str(), folder) {
        ("", None) => Err(EMPTY),
        #[cfg(feature = "aws")]
        ("aws", None) => Ok(ListedSource::Aws),
        #[cfg(not(feature = "aws"))]
        ("aws", None) => Err(AWS_OFF),
        #[cfg(feature = "agent")]
        ("agent", None) => Ok(ListedSource::Agent),
        #[cfg(not(feature = "agent"))]
        ("agent", None) => Err(AGENT_OFF),
        ("ssm", None) => Err(NO_PARAMETER_STORE),
        ("env", None) => Ok(ListedSource::Env),
        #[cfg(feature = "dotenv")]
        ("dotenv", None) => Ok(ListedSource::DotEnv),
        #[cfg(not(feature = "dotenv"))]
        ("dotenv", None) => Err(DOTENV_OFF),
        ("files", None | Some("")) => Err(NO_FOLDER),
        ("files", Some(folder)) => {
            let folder = PathBuf::from(folder);
            if folder.is_absolute() { Ok(ListedSource::Files(folder)) } else { Err(RELATIVE_FOLDER) }
        }
        _ => Err(UNKNOWN),
    }
}

/// The list of everything that an entry may be.
const POSSIBLE: &str =
    "a comma-separated list of aws, agent, env, dotenv and files:/absolute/folder, in the order to ask";

const UNKNOWN: SourceError = wrong("not the name of a source");
const EMPTY: SourceError = wrong("empty");
const TWICE: SourceError = wrong("this source is listed twice");
const NO_FOLDER: SourceError = wrong("`files` lacks its folder");
const RELATIVE_FOLDER: SourceError = wrong("the folder of `files` is not an absolute path");

#[cfg(not(feature = "aws"))]
const AWS_OFF: SourceError =
    off("`aws` needs the feature `aws`, which is off", "turn the feature `aws` of secrets-runtime on");
#[cfg(not(feature = "dotenv"))]
const DOTENV_OFF: SourceError = off(
    "`dotenv` needs the feature `dotenv`, which is off",
    "turn the feature `dotenv` of secrets-runtime on",
);
#[cfg(not(feature = "agent"))]
const AGENT_OFF: SourceError =
    off("`agent` needs the feature `agent`, which is off", "turn the feature `agent` of secrets-runtime on");
const NO_PARAMETER_STORE: SourceError = wrong("this version does not support `ssm`, the Parameter Store");

const fn wrong(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(reason).with_help(POSSIBLE)
}

#[cfg(not(all(feature = "aws", feature = "agent", feature = "dotenv")))]
const fn off(reason: &'static str, help: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(reason).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(list: &str) -> Vec<String> {
        let problems = parse_sources(list).err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    #[cfg(all(feature = "aws", feature = "dotenv"))]
    fn sources_are_listed_in_order_with_spaces_and_in_any_case() {
        let files = |folder: &str| ListedSource::Files(folder.into());
        let sources = parse_sources("files:/run/secrets, files:/mnt/a:b ,ENV,aws,dotenv").unwrap();
        assert_eq!(
            sources,
            [
                files("/run/secrets"),
                files("/mnt/a:b"),
                ListedSource::Env,
                ListedSource::Aws,
                ListedSource::DotEnv
            ]
        );
    }

    #[test]
    fn each_entry_that_is_wrong_has_a_message_of_its_own() {
        for (list, message) in [
            ("vault", "SECRET_SOURCES, entry 1: not the name of a source"),
            ("env,hunter2:x", "SECRET_SOURCES, entry 2: not the name of a source"),
            ("env:PATH", "SECRET_SOURCES, entry 1: not the name of a source"),
            ("env,,files:/a", "SECRET_SOURCES, entry 2: empty"),
            ("env,", "SECRET_SOURCES, entry 2: empty"),
            (" ", "SECRET_SOURCES, entry 1: empty"),
            ("files:relative", "SECRET_SOURCES, entry 1: the folder of `files` is not an absolute path"),
            ("files", "SECRET_SOURCES, entry 1: `files` lacks its folder"),
            ("files:", "SECRET_SOURCES, entry 1: `files` lacks its folder"),
            ("env, env", "SECRET_SOURCES, entry 2: this source is listed twice"),
            ("files:/a,files:/a", "SECRET_SOURCES, entry 2: this source is listed twice"),
            ("ssm", "SECRET_SOURCES, entry 1: this version does not support `ssm`, the Parameter Store"),
        ] {
            assert_eq!(problems(list), [message], "{list}");
        }
        assert_eq!(problems("vault,env,,env").len(), 3, "all at once");
    }

    #[test]
    #[cfg(not(feature = "agent"))]
    fn the_agent_needs_its_feature() {
        let message = "SECRET_SOURCES, entry 1: `agent` needs the feature `agent`, which is off";
        assert_eq!(problems("agent"), [message]);
    }

    #[test]
    #[cfg(feature = "agent")]
    fn the_agent_is_a_source_of_its_feature() {
        assert_eq!(parse_sources("agent,env").unwrap(), [ListedSource::Agent, ListedSource::Env]);
    }
}
