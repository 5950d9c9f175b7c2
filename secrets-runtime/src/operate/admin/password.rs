//! Generates random passwords with Secrets Manager.

use std::fmt;
use std::future::IntoFuture;

use aws_sdk_secretsmanager::Client;

use super::action::Action;
use super::{Admin, Subject};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, SourceError};
use crate::secret::Secret;
#[cfg(feature = "rotation")]
use crate::secret_id::Arn;
use crate::source::BoxFuture;

/// The most characters that the service makes.
const LONGEST: u32 = 4096;

impl Admin {
    /// Generates a password with Secrets Manager, and stores it nowhere. By default it has 32 characters:
    /// upper-case and lower-case letters, digits and punctuation, at least one of each.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let password = admin.random_password().length(24).without_characters("\"'/@\\").await?;
    /// admin.put("database-password").string(password).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn random_password(&self) -> RandomPassword<'_> {
        RandomPassword {
            admin: self,
            region_of: None,
            length: 32,
            without_characters: String::new(),
            without_uppercase: None,
            without_lowercase: None,
            without_numbers: None,
            without_punctuation: None,
            with_space: None,
            of_each_type: None,
        }
    }
}

/// A password that is about to be made; see [`Admin::random_password`].
#[must_use = "nothing is made until it is awaited"]
#[derive(Clone)]
pub struct RandomPassword<'a> {
    admin: &'a Admin,
    /// The secret whose ARN names the region to ask in.
    region_of: Option<String>,
    length: u32,
    without_characters: String,
    without_uppercase: Option<bool>,
    without_lowercase: Option<bool>,
    without_numbers: Option<bool>,
    without_punctuation: Option<bool>,
    with_space: Option<bool>,
    of_each_type: Option<bool>,
}

impl RandomPassword<'_> {
    /// Sets the number of characters, 1 to 4096; at least 4 unless [`of_any_type`](Self::of_any_type) is
    /// set. Default: 32.
    pub const fn length(mut self, characters: u32) -> Self {
        self.length = characters;
        self
    }

    /// Excludes characters, such as those that a connection string would need escaped.
    pub fn without_characters(mut self, characters: impl Into<String>) -> Self {
        self.without_characters = characters.into();
        self
    }

    /// Excludes upper-case letters.
    pub const fn without_uppercase(mut self) -> Self {
        self.without_uppercase = Some(true);
        self
    }

    /// Excludes lower-case letters.
    pub const fn without_lowercase(mut self) -> Self {
        self.without_lowercase = Some(true);
        self
    }

    /// Excludes digits.
    pub const fn without_numbers(mut self) -> Self {
        self.without_numbers = Some(true);
        self
    }

    /// Excludes ``! " # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \ ] ^ _ ` { | } ~``.
    pub const fn without_punctuation(mut self) -> Self {
        self.without_punctuation = Some(true);
        self
    }

    /// Allows spaces.
    pub const fn with_space(mut self) -> Self {
        self.with_space = Some(true);
        self
    }

    /// Does not require one character of each type.
    pub const fn of_any_type(mut self) -> Self {
        self.of_each_type = Some(false);
        self
    }

    /// Asks in the region of a secret, if its name is an ARN.
    #[cfg(feature = "rotation")]
    pub(crate) fn in_region_of(mut self, name: &str) -> Self {
        self.region_of = self.admin.subject(name).id.filter(|id| Arn::parse(id).is_some());
        self
    }

    async fn send(self) -> Result<Secret<String>, Error> {
        let admin = self.admin;
        let subject = Subject { id: self.region_of, ..Subject::other("a random password") };
        if !(1..=LONGEST).contains(&self.length) {
            let reason = DecodeError::because("a password has 1 to 4096 characters");
            return Err(admin.refused(Action::RandomPassword, &subject, reason));
        }
        let send = |client: &Client, _| {
            let excluded = Some(self.without_characters).filter(|characters| !characters.is_empty());
            client
                .get_random_password()
                .password_length(self.length.into())
                .set_exclude_characters(excluded)
                .set_exclude_uppercase(self.without_uppercase)
                .set_exclude_lowercase(self.without_lowercase)
                .set_exclude_numbers(self.without_numbers)
                .set_exclude_punctuation(self.without_punctuation)
                .set_include_space(self.with_space)
                .set_require_each_included_type(self.of_each_type)
                .send()
        };
        let answer = admin.ask(Action::RandomPassword, &subject, send).await?;
        // Moved out of the answer, not copied.
        answer.random_password.map(Secret::from).ok_or_else(|| {
            let error = SourceError::new(ErrorKind::Unavailable).because("the answer holds no password");
            admin.failed(Action::RandomPassword, &subject, error)
        })
    }
}

impl<'a> IntoFuture for RandomPassword<'a> {
    type Output = Result<Secret<String>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for RandomPassword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomPassword").field("length", &self.length).finish_non_exhaustive()
    }
}
