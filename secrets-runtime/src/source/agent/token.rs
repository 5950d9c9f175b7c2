//! Keeps the token that every request sends, and reads its file again when the agent refuses it.

use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::settings::{INVALID_TOKEN, MAX_TOKEN_SIZE, TokenSetting, is_token};
use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;
use crate::secret::Secret;
use crate::source::read::{io_reason, off_the_runtime, read_file};

/// The token. One that is in a file is new at each start of the agent.
pub(super) struct Token {
    setting: Result<TokenSetting, SourceError>,
    /// The content of the file when it was read last.
    read: Mutex<Option<Secret<String>>>,
}

impl Token {
    pub(super) fn new(setting: Result<TokenSetting, SourceError>) -> Self {
        Self { setting, read: Mutex::default() }
    }

    /// Returns the token to send.
    ///
    /// # Errors
    /// If the setting is malformed or its file cannot be read.
    pub(super) async fn get(&self) -> Result<Secret<String>, SourceError> {
        match &self.setting {
            Ok(TokenSetting::Given { token, .. }) => Ok(token.clone()),
            Ok(TokenSetting::File(path)) => self.in_file(path, None).await,
            Err(error) => Err(error.clone()),
        }
    }

    /// Returns where the token comes from.
    pub(super) fn origin(&self) -> String {
        match &self.setting {
            Ok(TokenSetting::Given { variable: Some(variable), .. }) => format!("token of {variable}"),
            Ok(TokenSetting::Given { variable: None, .. }) | Err(_) => "token of the code".to_owned(),
            Ok(TokenSetting::File(path)) => format!("token file {}", path.display()),
        }
    }

    /// Returns another token than the one that was refused, if there is one by now.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub(super) async fn other_than(
        &self,
        refused: &Secret<String>,
    ) -> Result<Option<Secret<String>>, SourceError> {
        let Ok(TokenSetting::File(path)) = &self.setting else { return Ok(None) };
        let token = self.in_file(path, Some(refused)).await?;
        Ok((!is_same(&token, refused)).then_some(token))
    }

    /// The content of the file, which is read if it was not read yet or if that content was refused.
    async fn in_file(
        &self,
        path: &Path,
        refused: Option<&Secret<String>>,
    ) -> Result<Secret<String>, SourceError> {
        let known = || {
            let read = lock(&self.read).clone();
            read.filter(|read| refused.is_none_or(|refused| !is_same(read, refused)))
        };
        if let Some(known) = known() {
            return Ok(known);
        }
        // Requests that are refused at the same time read the file one after the other, which is harmless.
        let token = read_token(path.to_owned()).await?;
        *lock(&self.read) = Some(token.clone());
        Ok(token)
    }
}

fn is_same(one: &Secret<String>, other: &Secret<String>) -> bool {
    one.ct_eq(other.expose_secret())
}

async fn read_token(path: PathBuf) -> Result<Secret<String>, SourceError> {
    let place = path.display().to_string();
    let owned = path.clone();
    let read =
        off_the_runtime(&path, move |is_awaited| read_file(&owned, MAX_TOKEN_SIZE, is_awaited)).await?;
    let content = read.map_err(|error| {
        let help = match error.kind() {
            IoErrorKind::NotFound => NOT_STARTED,
            _ => "let this process read the file: on EC2, add its user to the group awssmatokenreader",
        };
        let kind = match error.kind() {
            IoErrorKind::NotFound => ErrorKind::Unavailable,
            IoErrorKind::PermissionDenied => ErrorKind::AccessDenied,
            _ => ErrorKind::Configuration,
        };
        let error = SourceError::new(kind).because(io_reason(&error, "larger than 8 KiB")).with_help(help);
        in_token_file(error, &place)
    })?;
    let token = std::str::from_utf8(&content.bytes).unwrap_or_default().trim();
    if is_token(token) { Ok(Secret::from(token)) } else { Err(in_token_file(INVALID_TOKEN, &place)) }
}

/// An error says nothing about the secret if the token is the cause.
fn in_token_file(error: SourceError, place: &str) -> SourceError {
    error.in_place(&format!("token file {place}")).keeping_cached_value()
}

const NOT_STARTED: &str = "start the AWS Secrets Manager Agent, which makes the file \
    (on EC2: systemctl start awssmastartup), or set AWS_TOKEN to its token or to file:// and the path of its token";

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in a folder of its own, removed when it is dropped.
    struct TokenFile(PathBuf);

    impl TokenFile {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("agent-token-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder.join("token"))
        }

        fn write(&self, content: impl AsRef<[u8]>) {
            std::fs::write(&self.0, content).unwrap();
        }

        fn token(&self) -> Token {
            Token::new(Ok(TokenSetting::File(self.0.clone())))
        }
    }

    impl Drop for TokenFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
        }
    }

    #[tokio::test]
    async fn a_given_token_has_no_other() {
        let token = Token::new(TokenSetting::of_text(Secret::from("one"), None));
        let sent = token.get().await.unwrap();
        assert_eq!(sent.expose_secret(), "one");
        assert!(token.other_than(&sent).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_file_is_read_once_and_again_only_if_its_token_was_refused() {
        let file = TokenFile::new("again");
        file.write("one\n");
        let token = file.token();
        let one = token.get().await.unwrap();
        file.write(" two \n");
        assert_eq!(one.expose_secret(), "one");
        assert_eq!(token.get().await.unwrap().expose_secret(), "one");
        let two = token.other_than(&one).await.unwrap().unwrap();
        assert_eq!(two.expose_secret(), "two");
        // A request that was refused at the same time gets what was read then.
        file.write("three");
        assert_eq!(token.other_than(&one).await.unwrap().unwrap().expose_secret(), "two");
        file.write("two");
        assert!(token.other_than(&two).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_file_without_a_token_is_named_without_its_content() {
        let file = TokenFile::new("faults");
        let error = file.token().get().await.unwrap_err();
        assert_eq!((error.kind(), error.is_definitive()), (ErrorKind::Unavailable, false));
        assert!(error.to_string().starts_with("no such file (token file /"), "{error}");
        assert!(error.help().unwrap().contains("systemctl start awssmastartup"));
        for content in [b"".as_slice(), b"hunter2 hunter2", b"hunter2\nhunter2", b"hunter2\xff"] {
            file.write(content);
            let error = file.token().get().await.unwrap_err();
            assert_eq!((error.kind(), error.is_definitive()), (ErrorKind::Configuration, false));
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        file.write("a".repeat(MAX_TOKEN_SIZE + 1));
        let error = file.token().get().await.unwrap_err();
        assert!(error.to_string().starts_with("larger than 8 KiB"), "{error}");
        let folder = Token::new(Ok(TokenSetting::File(std::env::temp_dir())));
        let error = folder.get().await.unwrap_err();
        assert!(error.to_string().starts_with("a folder, not a file"), "{error}");
    }
}
