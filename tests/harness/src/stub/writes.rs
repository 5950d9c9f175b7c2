//! The operations that a rotation needs besides reads: they change the store, by AWS's rules for tokens and
//! labels.

use serde_json::{Value as Json, json};

use super::error::AwsError;
use super::protocol::Request;
use super::store::{Store, Value};

/// Performs an operation by its name; `None` if it is not known here.
pub(super) fn perform(action: &str, store: &mut Store, request: &Request) -> Option<Result<Json, AwsError>> {
    Some(match action {
        "PutSecretValue" => put(store, request),
        "UpdateSecretVersionStage" => move_stage(store, request),
        "ListSecretVersionIds" => list_versions(store, request),
        "GetRandomPassword" => Ok(random_password(store, request)),
        _ => return None,
    })
}

/// A token belongs to one value: the same again changes nothing, and another one is refused.
fn put(store: &mut Store, request: &Request) -> Result<Json, AwsError> {
    let name = name_of(store, request)?;
    let token = request.text("ClientRequestToken").unwrap_or_default().to_owned();
    let value = match (request.text("SecretString"), request.text("SecretBinary")) {
        (Some(text), None) => Value::Text(text.to_owned()),
        (None, Some(base64)) => Value::Base64(base64.to_owned()),
        _ => return Err(AwsError::bad_request("InvalidRequestException", "You must provide one value.")),
    };
    let existing = store
        .find(&name)
        .and_then(|secret| secret.by_id(&token))
        .map(|version| version.value.member() == value.member() && version.value.as_str() == value.as_str());
    match existing {
        Some(true) => {}
        Some(false) => {
            return Err(AwsError::bad_request(
                "ResourceExistsException",
                format!(
                    "You can't use ClientRequestToken {token} because that value is already in use for a version \
                     of secret {}.",
                    store.arn(&name)
                ),
            ));
        }
        None => {
            let mut stages = request.texts("VersionStages");
            if stages.is_empty() {
                stages.push("AWSCURRENT");
            }
            for stage in stages {
                store.put_version(&name, stage, &token, value.clone());
            }
        }
    }
    let arn = store.arn(&name);
    let stages = store.find(&name).and_then(|secret| secret.by_id(&token)).map(|version| &version.stages);
    Ok(json!({ "ARN": arn, "Name": name, "VersionId": token, "VersionStages": stages }))
}

/// Compares and swaps: the version that has the label must be named, or the label stays.
fn move_stage(store: &mut Store, request: &Request) -> Result<Json, AwsError> {
    let name = name_of(store, request)?;
    let stage = request.text("VersionStage").unwrap_or_default();
    let (from, to) = (request.text("RemoveFromVersionId"), request.text("MoveToVersionId"));
    let secret = store.find(&name).ok_or_else(AwsError::not_found)?;
    if let Some(unknown) = [from, to].into_iter().flatten().find(|id| secret.by_id(id).is_none()) {
        return Err(AwsError::bad_request(
            "ResourceNotFoundException",
            format!("Secrets Manager can't find the specified secret value for VersionId: {unknown}"),
        ));
    }
    let holder = secret.by_stage(stage).map(|version| version.id.as_str());
    let invalid = |message| Err(AwsError::bad_request("InvalidParameterException", message));
    match (holder, from) {
        (Some(holder), None) if to != Some(holder) => {
            return invalid(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to \
                 version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            ));
        }
        (holder, Some(from)) if holder != Some(from) => {
            return invalid(format!(
                "The parameter RemoveFromVersionId is not valid: staging label {stage} is not attached to version \
                 {from}."
            ));
        }
        _ => {}
    }
    store.move_stage(&name, stage, to);
    Ok(json!({ "ARN": store.arn(&name), "Name": name }))
}

fn list_versions(store: &Store, request: &Request) -> Result<Json, AwsError> {
    let name = name_of(store, request)?;
    let secret = store.find(&name).ok_or_else(AwsError::not_found)?;
    let with_deprecated = request.flag("IncludeDeprecated");
    let versions = secret.versions.iter().filter(|version| with_deprecated || !version.stages.is_empty());
    let versions = versions.map(|version| {
        json!({ "VersionId": version.id, "VersionStages": version.stages, "CreatedDate": version.created })
    });
    Ok(json!({ "ARN": secret.arn, "Name": secret.name, "Versions": versions.collect::<Vec<_>>() }))
}

/// A password of its own for every request, not a random one: nothing here is secret.
fn random_password(store: &mut Store, request: &Request) -> Json {
    let length = usize::try_from(request.number("PasswordLength").unwrap_or(32)).unwrap_or(32);
    let number = format!("P{}x", store.tick());
    json!({ "RandomPassword": number.chars().cycle().take(length.max(number.len())).collect::<String>() })
}

fn name_of(store: &Store, request: &Request) -> Result<String, AwsError> {
    let secret = request.text("SecretId").and_then(|id| store.find(id)).ok_or_else(AwsError::not_found)?;
    Ok(secret.name.clone())
}
