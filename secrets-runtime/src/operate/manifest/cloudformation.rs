//! Writes a `CloudFormation` template that creates the secrets without values.

use super::identifiers::{self, pascal_case};
use super::required_secrets::RequiredSecret;
use super::{Manifest, ManifestError};
use crate::text::json::Json;

impl Manifest {
    /// A `CloudFormation` template with a place for each secret that Secrets Manager is asked for: a
    /// resource `AWS::SecretsManager::Secret` with its name, its description out of the documentation, and
    /// what reads it as metadata.
    ///
    /// There is no value in it: the stack makes empty secrets, and leaves alone what `aws secretsmanager
    /// put-secret-value` puts there. Deleting the stack keeps the secrets. The stack's parameter `KmsKeyId`
    /// is the key of all of them; empty, it is `aws/secretsmanager`. A secret that is there already, since
    /// it is read by its ARN or another service manages it, is named in the template's metadata.
    ///
    /// # Errors
    /// [`ManifestError`] if a secret's name is malformed because of a prefix that is, and if there is no
    /// secret to make, since there is no template without a resource.
    pub fn to_cloudformation(&self) -> Result<String, ManifestError> {
        let secrets = self.valid_required_secrets()?;
        let (elsewhere, here): (Vec<_>, Vec<_>) =
            secrets.iter().partition(|secret| secret.is_made_elsewhere());
        if here.is_empty() {
            return Err(ManifestError::nothing_to_create(self.name()));
        }
        let key = key();
        let ids: Vec<&str> = here.iter().map(|secret| secret.id()).collect();
        // A name of the type and not of the environment would be the same in every stack; two environments
        // in one stack are told apart by this one.
        let names = identifiers::of_ids(&ids, |id| pascal_case(id) + "Secret", "");
        let resources =
            names.into_iter().zip(&here).map(|(name, secret)| (name.into(), resource(secret, &key)));
        let mut template = vec![
            ("AWSTemplateFormatVersion".into(), "2010-09-09".into()),
            (
                "Description".into(),
                format!(
                    "The secrets of {} in {}, without their values: put these with aws secretsmanager put-secret-value",
                    self.name(),
                    self.environment()
                )
                .into(),
            ),
            ("Parameters".into(), parameters()),
            ("Conditions".into(), conditions()),
            ("Resources".into(), Json::Object(resources.collect())),
        ];
        if !elsewhere.is_empty() {
            let made = Json::list(elsewhere.into_iter().map(|secret| secret.shown_id().into_owned()));
            template.insert(2, ("Metadata".into(), Json::object([("SecretsMadeElsewhere", made)])));
        }
        Ok(Json::Object(template).to_file())
    }
}

fn parameters() -> Json<'static> {
    Json::object([(
        "KmsKeyId",
        Json::object([
            ("Type", "String".into()),
            ("Default", "".into()),
            (
                "Description",
                "The KMS key of these secrets, by ARN, id or alias; empty for aws/secretsmanager".into(),
            ),
        ]),
    )])
}

fn conditions() -> Json<'static> {
    let key = Json::object([("Ref", "KmsKeyId".into())]);
    let no_key = Json::object([("Fn::Equals", Json::List(vec![key, "".into()]))]);
    Json::object([("HasKmsKey", Json::object([("Fn::Not", Json::List(vec![no_key]))]))])
}

/// The key of every secret: the stack's, if it has one.
fn key() -> Json<'static> {
    let reference = |name| Json::object([("Ref", Json::from(name))]);
    let choice = vec!["HasKmsKey".into(), reference("KmsKeyId"), reference("AWS::NoValue")];
    Json::object([("Fn::If", Json::List(choice))])
}

fn resource<'a>(secret: &RequiredSecret<'a>, key: &'a Json<'a>) -> Json<'a> {
    let mut metadata = vec![("ReadBy".into(), Json::list(secret.paths()))];
    let keys = secret.keys();
    if !keys.is_empty() {
        metadata.push(("JsonKeys".into(), Json::list(keys.into_iter().map(|(key, _)| key))));
    }
    Json::object([
        ("Type", "AWS::SecretsManager::Secret".into()),
        ("Metadata", Json::Object(metadata)),
        ("DeletionPolicy", "Retain".into()),
        ("UpdateReplacePolicy", "Retain".into()),
        (
            "Properties",
            Json::object([
                ("Name", secret.id().into()),
                ("Description", literal(secret.description())),
                ("KmsKeyId", Json::Shared(key)),
            ]),
        ),
    ])
}

/// A text that is nothing but itself: `${` in one is taken for a forgotten `Fn::Sub`.
fn literal(text: String) -> Json<'static> {
    if !text.contains("${") {
        return text.into();
    }
    let parts = text.split_inclusive('$').map(|part| Json::from(part.to_owned()));
    Json::object([("Fn::Join", Json::List(vec!["".into(), Json::List(parts.collect())]))])
}
