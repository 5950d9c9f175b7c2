//! The settings of the source, in code and from environment variables.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::source::Env;

/// The only address at which the agent and the extension listen. The connection is not encrypted, so that no
/// other is asked.
pub(super) const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

const DEFAULT_PORT: u16 = 2773;

/// Where the installer of the agent puts the token.
pub(super) const DEFAULT_TOKEN_FILE: &str = "/var/run/awssmatoken";

/// The longest token: what fits into one header of usual servers, and longer than any session token.
pub(super) const MAX_TOKEN_SIZE: usize = 8 * 1024;

/// Also the variable in which the extension finds its port.
const PORT: &str = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT";

/// The variables in which the agent finds its token, in the same order.
const TOKENS: [&str; 3] = ["AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

/// Lambda sets it in every function.
const LAMBDA: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// A setting that is malformed is an error of every key that is requested.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) port: Result<u16, SourceError>,
    pub(super) token: Result<TokenSetting, SourceError>,
    /// Whether the server is the Lambda extension.
    pub(super) is_lambda: bool,
}

/// Where the token is.
#[derive(Clone)]
pub(super) enum TokenSetting {
    Given {
        token: Secret<String>,
        /// The variable that has it.
        variable: Option<&'static str>,
    },
    File(PathBuf),
}

impl Default for Settings {
    fn default() -> Self {
        let token = TokenSetting::File(PathBuf::from(DEFAULT_TOKEN_FILE));
        Self { port: Ok(DEFAULT_PORT), token: Ok(token), is_lambda: false }
    }
}

impl Settings {
    /// Reads the settings from variables. Each variable that cannot be used becomes a problem.
    pub(super) fn from_variables(env: &Env, problems: &mut Vec<Problem>) -> Self {
        let mut settings = Self::default();
        let mut refused = |name: &str, error: SourceError| {
            problems.push(Problem::new(name, error.clone()));
            // The text of the error is then `AWS_TOKEN: not ..`.
            error.with_code(name)
        };
        let mut not_unicode = Vec::new();
        if let Some(port) = env.get_or_report(PORT, &mut not_unicode) {
            let port = port.expose_secret().parse().ok().filter(|port| *port > 0).ok_or(INVALID_PORT);
            settings.port = port.map_err(|error| refused(PORT, error));
        }
        let token = TOKENS.iter().find_map(|name| Some((*name, env.get_or_report(name, &mut not_unicode)?)));
        if let Some((name, token)) = token {
            settings.token = TokenSetting::of_variable(name, token).map_err(|error| refused(name, error));
        }
        settings.is_lambda = env.get_or_report(LAMBDA, &mut not_unicode).is_some();
        for problem in not_unicode {
            let error = problem.error().clone().with_code(problem.place());
            if problem.place() == PORT {
                settings.port = Err(error);
            } else if TOKENS.contains(&problem.place()) {
                settings.token = Err(error);
            }
            problems.push(problem);
        }
        settings
    }
}

impl TokenSetting {
    /// The token, or the file that a `file://` names.
    fn of_variable(name: &'static str, value: Secret<String>) -> Result<Self, SourceError> {
        match value.expose_secret().strip_prefix("file://") {
            Some("") => Err(NO_PATH),
            Some(path) => Ok(Self::File(PathBuf::from(path))),
            None => Self::of_text(value, Some(name)),
        }
    }

    /// The token itself.
    ///
    /// # Errors
    /// If it does not fit into a header.
    pub(super) fn of_text(
        token: Secret<String>,
        variable: Option<&'static str>,
    ) -> Result<Self, SourceError> {
        if is_token(token.expose_secret()) { Ok(Self::Given { token, variable }) } else { Err(INVALID_TOKEN) }
    }
}

/// Whether a text can be sent as a token: it must not end its line of the request.
pub(super) fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN_SIZE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub(super) const INVALID_PORT: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a port")
    .with_help("a whole number from 1 to 65535, such as 2773");

/// The text is not a token.
pub(super) const INVALID_TOKEN: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a token: it is empty, too long, or holds a space or a character that is not ASCII")
    .with_help(
        "the token of the AWS Secrets Manager Agent, or file:// and the path of the file that holds it",
    );

const NO_PATH: SourceError = SourceError::new(ErrorKind::Configuration).because("names no file").with_help(
    "file:// and the path of the token of the AWS Secrets Manager Agent, such as file:///var/run/awssmatoken",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> (Settings, Vec<String>) {
        let mut problems = Vec::new();
        let settings = Settings::from_variables(&Env::from_iter(variables), &mut problems);
        (settings, problems.iter().map(ToString::to_string).collect())
    }

    fn token(settings: &Settings) -> String {
        match settings.token.as_ref().unwrap() {
            TokenSetting::Given { token, .. } => token.expose_secret().clone(),
            TokenSetting::File(path) => format!("in {}", path.display()),
        }
    }

    #[test]
    fn without_variables_the_agent_is_where_its_installer_puts_it() {
        let (settings, problems) = read([]);
        assert_eq!((settings.port.clone(), token(&settings).as_str()), (Ok(2773), "in /var/run/awssmatoken"));
        assert!(!settings.is_lambda && problems.is_empty());
    }

    #[test]
    fn the_variables_of_the_agent_and_the_extension_are_read_in_their_order() {
        let (settings, problems) = read([
            ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "4000"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "third"),
            ("AWS_SESSION_TOKEN", "second"),
            ("AWS_LAMBDA_FUNCTION_NAME", "shop"),
        ]);
        assert_eq!((settings.port.clone(), token(&settings).as_str()), (Ok(4000), "second"));
        assert!(settings.is_lambda && problems.is_empty());
        let (settings, _) = read([("AWS_TOKEN", "first"), ("AWS_SESSION_TOKEN", "second")]);
        assert_eq!(token(&settings), "first");
        let (settings, _) = read([("AWS_TOKEN", ""), ("AWS_SESSION_TOKEN", "file:///run/token")]);
        assert_eq!(token(&settings), "in /run/token");
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named_without_its_text() {
        for (name, text) in [
            (PORT, "hunter2"),
            (PORT, "0"),
            (PORT, "65536"),
            ("AWS_TOKEN", "hunter2\r\nX: y"),
            ("AWS_TOKEN", "hunter2 hunter2"),
            ("AWS_SESSION_TOKEN", "hunter2é"),
            ("AWS_TOKEN", "file://"),
            ("AWS_TOKEN", &"hunter2".repeat(MAX_TOKEN_SIZE)),
        ] {
            let (settings, problems) = read([(name, text)]);
            let error = settings.port.err().or(settings.token.err()).unwrap().to_string();
            assert!(error.starts_with(name) && !error.contains("hunter2"), "{error}");
            assert!(problems.len() == 1 && problems[0].contains(name), "{problems:?}");
            assert!(!problems.concat().contains("hunter2"), "{problems:?}");
        }
    }
}
