//! Lists secrets and versions, and describes a secret.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};

use super::action::Action;
use super::{Admin, SecretDescription, SecretVersion, Subject};
use crate::error::{Error, SourceError};
use crate::source::Pages;

/// The maximum size of a page.
const PAGE: i32 = 100;
/// The number of pages of versions that are read. A secret has about 100 versions, and a page holds as many.
const MAX_VERSION_PAGES: usize = 100;
/// The number of pages of secrets that are read. An account has up to 500,000 secrets in a region: 5,000
/// full pages. With a filter, a page may hold fewer.
const MAX_LIST_PAGES: usize = 10_000;

impl Admin {
    /// Describes a secret: everything that Secrets Manager returns besides its value.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let database = admin.describe("database").await?;
    /// println!("{:?}, rotated: {}", database.description(), database.rotation().is_enabled());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn describe(&self, name: &str) -> Result<SecretDescription, Error> {
        let send = |client: &Client, id| client.describe_secret().secret_id(id).send();
        self.ask(Action::Describe, &self.subject(name), send).await.map(Into::into)
    }

    /// Returns all versions of a secret, those without a label included, newest first.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// for version in admin.versions("database").await? {
    ///     println!("{} {:?} {:?}", version.id(), version.stages(), version.created());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError), also if the pages do not end. The time limit is
    /// that of one call.
    pub async fn versions(&self, name: &str) -> Result<Vec<SecretVersion>, Error> {
        let subject = self.subject(name);
        // Boxed: the futures of the AWS SDK have tens of kilobytes.
        let versions = Box::pin(self.in_time(self.every_version(&subject))).await;
        versions.map_err(|error| self.failed(Action::ListVersions, &subject, error))
    }

    async fn every_version(&self, subject: &Subject) -> Result<Vec<SecretVersion>, SourceError> {
        let mut versions = Vec::new();
        let mut pages = Pages::new(MAX_VERSION_PAGES);
        while !pages.is_done() {
            let send = |client: &Client| {
                let call = client.list_secret_version_ids().secret_id(subject.id()).include_deprecated(true);
                call.max_results(PAGE).set_next_token(pages.token()).send()
            };
            let page = self.aws.call(subject.id.as_deref(), send).await?;
            versions.extend(page.versions.into_iter().flatten().filter_map(SecretVersion::of_entry));
            pages.advance(page.next_token)?;
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.created()));
        Ok(versions)
    }

    /// Lists the secrets of the account in the region, page by page or all at once. An `Admin` made from
    /// [`Secrets`](crate::Secrets) with a prefix lists only those under the prefix.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let mut list = admin.list().prefix("smtp/");
    /// while let Some(page) = list.next_page().await? {
    ///     page.iter().for_each(|secret| println!("{:?}", secret.name()));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> ListSecrets<'_> {
        ListSecrets { admin: self, prefix: "", with_deleted: false, pages: Pages::new(MAX_LIST_PAGES) }
    }
}

/// A list of secrets; see [`Admin::list`].
#[must_use = "nothing is asked for until a page is awaited"]
pub struct ListSecrets<'a> {
    admin: &'a Admin,
    prefix: &'a str,
    with_deleted: bool,
    pages: Pages,
}

impl<'a> ListSecrets<'a> {
    /// Lists only secrets whose names begin with this, after the prefix of `Secrets`. Case matters.
    pub const fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Also lists secrets that are marked for deletion.
    pub const fn with_marked_for_deletion(mut self) -> Self {
        self.with_deleted = true;
        self
    }

    /// Returns the next page of up to 100 secrets; `None` after the last. A page may be empty although
    /// another follows.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError), also if the pages do not end. Asked again after
    /// an error, it asks for the same page.
    pub async fn next_page(&mut self) -> Result<Option<Vec<SecretDescription>>, Error> {
        let admin = self.admin;
        // Boxed: the futures of the AWS SDK have tens of kilobytes.
        Box::pin(admin.in_time(self.read_page())).await.map_err(|error| self.failed(error))
    }

    /// Returns the first secrets, up to a limit. The time limit is that of one call: read a long list with
    /// [`next_page`](Self::next_page).
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError), also if the pages do not end.
    pub async fn at_most(mut self, limit: usize) -> Result<Vec<SecretDescription>, Error> {
        let admin = self.admin;
        let secrets = async {
            let mut secrets = Vec::new();
            while secrets.len() < limit {
                match self.read_page().await? {
                    Some(page) => secrets.extend(page),
                    None => break,
                }
            }
            secrets.truncate(limit);
            Ok(secrets)
        };
        Box::pin(admin.in_time(secrets)).await.map_err(|error| self.failed(error))
    }

    async fn read_page(&mut self) -> Result<Option<Vec<SecretDescription>>, SourceError> {
        if self.pages.is_done() {
            return Ok(None);
        }
        let prefix = self.full_prefix();
        let filter = (!prefix.is_empty())
            .then(|| Filter::builder().key(FilterNameStringType::Name).values(prefix.as_str()).build());
        let with_deleted = self.with_deleted;
        let token = self.pages.token();
        let send = |client: &Client| {
            let call = client.list_secrets().max_results(PAGE).set_next_token(token);
            let call = call.set_filters(filter.map(|filter| vec![filter]));
            call.set_include_planned_deletion(with_deleted.then_some(true)).send()
        };
        let page = self.admin.aws.call(None, send).await?;
        self.pages.advance(page.next_token)?;
        // The service's filter may find more: an emulator's filter is a pattern, and AWS's reads a leading
        // `!` as "not".
        let listed = page.secret_list.into_iter().flatten().map(SecretDescription::from);
        let begins = |secret: &SecretDescription| secret.name().is_some_and(|name| name.starts_with(&prefix));
        Ok(Some(listed.filter(begins).collect()))
    }

    fn failed(&self, error: SourceError) -> Error {
        self.admin.failed(Action::List, &Subject::other("secrets"), error)
    }

    pub(super) fn full_prefix(&self) -> String {
        let full = self.admin.subject(self.prefix).id.unwrap_or_default();
        // A secret whose name only begins like the prefix is not under it.
        if self.prefix.is_empty() && !full.is_empty() && !full.ends_with('/') { full + "/" } else { full }
    }
}

impl fmt::Debug for ListSecrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListSecrets").finish_non_exhaustive()
    }
}
