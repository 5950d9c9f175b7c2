//! The operations: a request and the store give an answer. Knows neither HTTP nor, but for a batch's entries, faults.

use serde_json::{Value as Json, json};

use super::error::AwsError;
use super::faults::Fault;
use super::protocol::Request;
use super::store::{Secret, Store, Version};

/// AWS's limit on the ids of one batch.
const BATCH_LIMIT: usize = 20;

pub(super) fn get(store: &Store, request: &Request) -> Result<Json, AwsError> {
    let secret = wanted(store, request)?;
    Ok(value(secret, version(secret, request.text("VersionStage"), request.text("VersionId"))?))
}

pub(super) fn describe(store: &Store, request: &Request) -> Result<Json, AwsError> {
    let secret = wanted(store, request)?;
    let dates = || secret.versions.iter().map(|version| version.created);
    let staged = secret.versions.iter().filter(|version| !version.stages.is_empty());
    Ok(json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": dates().next(),
        "LastChangedDate": dates().reduce(f64::max),
        "RotationEnabled": secret.next_rotation.is_some(),
        "NextRotationDate": secret.next_rotation,
        "VersionIdsToStages":
            staged.map(|version| (version.id.clone(), json!(version.stages))).collect::<serde_json::Map<_, _>>(),
    }))
}

/// The part of a batch that one answer covers.
pub(super) struct Page<'a> {
    pub(super) ids: Vec<&'a str>,
    next: Option<String>,
}

/// Checks a batch request and cuts its page out.
pub(super) fn page(request: &Request, size: Option<usize>) -> Result<Page<'_>, AwsError> {
    let mut ids = request.ids();
    if ids.is_empty() {
        // Selection by `Filters` is left out: nothing here asks for it.
        return Err(AwsError::bad_request(
            "InvalidParameterException",
            "You must provide a SecretIdList with at least one secret.",
        ));
    }
    if ids.len() > BATCH_LIMIT {
        return Err(AwsError::validation(format!(
            "1 validation error detected: Value '[{}]' at 'secretIdList' failed to satisfy constraint: \
             Member must have length less than or equal to {BATCH_LIMIT}",
            ids.join(", ")
        )));
    }
    let start = match request.text("NextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|start| start.parse().ok())
            .filter(|start| *start < ids.len())
            .ok_or_else(|| {
                AwsError::bad_request("InvalidNextTokenException", "The NextToken value is invalid.")
            })?,
    };
    let end = size.map_or(ids.len(), |size| ids.len().min(start + size));
    let next = (end < ids.len()).then(|| format!("page-{end}"));
    Ok(Page { ids: ids.drain(start..end).collect(), next })
}

/// Answers a page; `fault` gives the fault of an entry, if it has one.
pub(super) fn batch(
    store: &Store,
    request: &Request,
    page: &Page<'_>,
    fault: impl Fn(&str) -> Option<Fault>,
) -> Json {
    let mut values = Vec::new();
    let mut errors = Vec::new();
    for id in &page.ids {
        let fault = fault(id);
        let found = match fault.and_then(|fault| fault.error(&request.operation, Some(id), store)) {
            Some(error) => Err(error),
            None => store
                .find(id)
                .ok_or_else(AwsError::not_found)
                .and_then(|secret| Ok(value(secret, version(secret, None, None)?))),
        };
        match (found, fault) {
            (Ok(_), Some(Fault::EmptyObject)) => values.push(json!({})),
            (Ok(mut value), Some(Fault::WrongTypes)) => {
                wrong_types(&mut value);
                values.push(value);
            }
            (Ok(value), _) => values.push(value),
            (Err(error), _) => errors.push(error.batch_entry(id)),
        }
    }
    let mut answer = json!({ "SecretValues": values, "Errors": errors });
    if let Some(token) = &page.next {
        answer["NextToken"] = json!(token);
    }
    answer
}

/// Makes the `SecretString` of an answer, and of each value of a batch, a number.
pub(super) fn wrong_types(answer: &mut Json) {
    if let Some(values) = answer.get_mut("SecretValues").and_then(Json::as_array_mut) {
        values.iter_mut().for_each(wrong_types);
    } else {
        answer["SecretString"] = json!(12345);
    }
}

fn wanted<'a>(store: &'a Store, request: &Request) -> Result<&'a Secret, AwsError> {
    let id = request.text("SecretId").ok_or_else(|| {
        AwsError::validation(
            "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: \
             Member must not be null",
        )
    })?;
    store.find(id).ok_or_else(AwsError::not_found)
}

fn version<'a>(secret: &'a Secret, stage: Option<&str>, id: Option<&str>) -> Result<&'a Version, AwsError> {
    let missing = |what: &str| {
        AwsError::bad_request(
            "ResourceNotFoundException",
            format!("Secrets Manager can't find the specified secret value for {what}"),
        )
    };
    let Some(id) = id else {
        let stage = stage.unwrap_or("AWSCURRENT");
        return secret.by_stage(stage).ok_or_else(|| missing(&format!("staging label: {stage}")));
    };
    let version = secret.by_id(id).ok_or_else(|| missing(&format!("VersionId: {id}")))?;
    if stage.is_some_and(|stage| !version.stages.iter().any(|held| held == stage)) {
        return Err(AwsError::bad_request(
            "InvalidRequestException",
            "You provided a VersionStage that is not associated to the provided VersionId.",
        ));
    }
    Ok(version)
}

fn value(secret: &Secret, version: &Version) -> Json {
    json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        version.value.member(): version.value.as_str(),
        "VersionStages": version.stages,
        "CreatedDate": version.created,
    })
}
