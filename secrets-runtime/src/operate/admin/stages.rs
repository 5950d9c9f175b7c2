//! Moves staging labels: promotes versions and rolls them back.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageOutput;

use super::action::Action;
use super::write::NOT_A_STAGE;
use super::{Admin, SecretDescription};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, SourceError};
use crate::setting::{is_staging_label, is_version_id};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

impl Admin {
    /// Makes a version the current one: it gets AWSCURRENT, and the version that had it gets AWSPREVIOUS.
    /// Does nothing if the version is already current.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let candidate = admin.put("signing-key").stage("candidate").string("another key").await?;
    /// if let Some(version_id) = candidate.version_id() {
    ///     admin.promote("signing-key", version_id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`move_stage`](Self::move_stage).
    pub async fn promote(&self, name: &str, version_id: &str) -> Result<(), Error> {
        self.move_stage(name, CURRENT, version_id).await
    }

    /// Makes the previous version current again and returns its id. A second call undoes the first.
    ///
    /// # Errors
    /// Those of [`move_stage`](Self::move_stage), and kind [`Missing`](ErrorKind::Missing) if no version
    /// carries AWSPREVIOUS.
    pub async fn roll_back(&self, name: &str) -> Result<String, Error> {
        let description = self.describe(name).await?;
        match description.version_with_stage(PREVIOUS) {
            Some(previous) => {
                self.move_from_holder(name, &description, CURRENT, previous).await?;
                Ok(previous.to_owned())
            }
            None => {
                let missing =
                    SourceError::new(ErrorKind::Missing).because("no version carries AWSPREVIOUS").with_help(
                        "Admin::versions lists the versions, Admin::promote makes any of them current",
                    );
                Err(self.failed(Action::MoveStage, &self.subject(name), missing))
            }
        }
    }

    /// Moves a staging label to a version. Does nothing if the version already carries it.
    ///
    /// It reads which version carries the label, then moves it from there. If another caller moves it in
    /// between, the call is refused.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError): kind [`Missing`](ErrorKind::Missing) if there
    /// is no such secret or version, [`Invalid`](ErrorKind::Invalid) if the label or the id cannot be one.
    pub async fn move_stage(&self, name: &str, stage: &str, version_id: &str) -> Result<(), Error> {
        self.check_stage(name, stage)?;
        if !is_version_id(version_id) {
            let reason = DecodeError::because("not a version id: up to 64 letters, digits and hyphens");
            return Err(self.refused(Action::MoveStage, &self.subject(name), reason));
        }
        let description = self.describe(name).await?;
        self.move_from_holder(name, &description, stage, version_id).await
    }

    /// Removes a staging label from the version that carries it. Does nothing if no version does. AWSCURRENT
    /// can only be moved.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn remove_stage(&self, name: &str, stage: &str) -> Result<(), Error> {
        self.check_stage(name, stage)?;
        let description = self.describe(name).await?;
        match description.version_with_stage(stage) {
            Some(holder) => self.relabel(name, stage, Some(holder), None).await,
            None => Ok(()),
        }
    }

    fn check_stage(&self, name: &str, stage: &str) -> Result<(), Error> {
        if is_staging_label(stage) {
            return Ok(());
        }
        Err(self.refused(Action::MoveStage, &self.subject(name), DecodeError::because(NOT_A_STAGE)))
    }

    /// Moves a label from the version that has it in the description. The call is refused if the label has
    /// moved since, so one of several callers with the same description succeeds.
    pub(crate) async fn move_from_holder(
        &self,
        name: &str,
        description: &SecretDescription,
        stage: &str,
        to: &str,
    ) -> Result<(), Error> {
        let holder = description.version_with_stage(stage);
        if holder == Some(to) {
            return Ok(());
        }
        self.relabel(name, stage, holder, Some(to)).await
    }

    async fn relabel(
        &self,
        name: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), Error> {
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        let send = |client: &Client, id| {
            let call = client.update_secret_version_stage().secret_id(id).version_stage(stage);
            call.set_remove_from_version_id(from).set_move_to_version_id(to).send()
        };
        self.change(Action::MoveStage, name, send, UpdateSecretVersionStageOutput::arn).await.map(drop)
    }
}
