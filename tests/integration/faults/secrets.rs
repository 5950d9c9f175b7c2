//! Secrets that do not exist, or that may not be read.

use harness::stub::{Fault, Stub};
use secrets_runtime::{Secret, SecretConfig};

use super::row::{DATABASE_URL, Row, Shop, fault, refused, row, said};
use crate::support::aws::{alone, load, of, once};

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct PreviousKey {
    #[secret(name = "jwt", stage = "AWSPREVIOUS")]
    previous_key: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct OneVersion {
    #[secret(name = "jwt", version_id = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d")]
    key: Secret<String>,
}

#[derive(SecretConfig)]
struct ByArn {
    #[secret(id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/jwt-AbCdEf")]
    key: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct Many {
    database_url: Secret<String>,
    jwt: Secret<String>,
    smtp: Secret<String>,
}

/// A stub with the current version of the key that signs sessions.
async fn with_jwt() -> Stub {
    let stub = Stub::start().await;
    stub.put("shop/production/jwt", "key");
    stub
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = absent();
    rows.extend(denied());
    rows
}

fn absent() -> Vec<Row> {
    vec![
        row("The secret does not exist in this account and region.", "", async {
            said(load::<Shop>(&Stub::start().await).await)
        }),
        row("The secret exists, and nothing has been stored in it yet.", "", async {
            let message =
                "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
            refused("ResourceNotFoundException", message).await
        }),
        row("The secret is marked for deletion.", "", fault(Fault::PendingDeletion)),
        row("The secret has no version with this staging label.", "", async {
            said(load::<PreviousKey>(&with_jwt().await).await)
        }),
        row("The secret has no version with this id, or AWS has deleted it.", "", async {
            said(load::<OneVersion>(&with_jwt().await).await)
        }),
        row("The ARN names a secret that does not exist.", "", async {
            said(load::<ByArn>(&Stub::start().await).await)
        }),
        row("The name that is read holds a character that no secret's name has.", "", async {
            said(of(&Stub::start().await).get("shop production jwt").await)
        }),
    ]
}

fn denied() -> Vec<Row> {
    vec![
        row(
            "The role may not read the secret, or the secret does not exist and the policy names others.",
            "",
            fault(Fault::Denied),
        ),
        row("The role may not read this version of the secret.", "", async {
            let stub = with_jwt().await;
            stub.fault(Fault::Denied);
            said(load::<PreviousKey>(&stub).await)
        }),
        row("Settings that fail for one cause are listed together.", "", async {
            let stub = Stub::start().await;
            stub.fault(Fault::Denied);
            said(Many::load_from(&alone(once(&stub.url())).build().unwrap()).await)
        }),
        row(
            "The role may read the secret and may not use its KMS key.",
            "",
            refused("AccessDeniedException", "Access to KMS is not allowed"),
        ),
        row("The KMS key is disabled, or another account's.", "", fault(Fault::DecryptionFailure)),
        row("The KMS key is disabled.", "", refused("KMSDisabledException", "")),
        row(
            "The KMS key is pending deletion, or its key store is not connected.",
            "",
            refused("KMSInvalidStateException", ""),
        ),
        row("AWS KMS did not answer.", "Retry later.", refused("KMSInternalException", "")),
        row(
            "AWS refuses the request as it is.",
            "Check the names, ids and labels of the settings.",
            refused("ValidationException", ""),
        ),
    ]
}

/// The secret of `Shop`, for other modules.
pub(super) async fn with_value(value: &str) -> String {
    let stub = Stub::start().await;
    stub.put(DATABASE_URL, value);
    said(load::<Shop>(&stub).await)
}
