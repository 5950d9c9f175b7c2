//! Endpoints that do not answer, or that are not Secrets Manager.

use std::time::Duration;

use harness::postgres::another_authority;
use harness::stub::{Fault, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::{SecretConfig, SecretsManager};
use serde_json::json;

use super::row::{Row, Shop, answered, at, fault, row, said};
use super::setup::in_folder;
use crate::support::aws::{alone, once, sdk_config};
use crate::support::child::folder;
use crate::support::endpoint::{Endless, answering, endless, with_tls};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = connections();
    rows.extend(answers());
    rows
}

fn connections() -> Vec<Row> {
    vec![
        row(
            "Nothing listens at the endpoint.",
            "Check `AWS_ENDPOINT_URL`, and start the emulator if there is one.",
            at("http://127.0.0.1:1".to_owned()),
        ),
        row(
            "The name of the endpoint's host cannot be resolved.",
            "Check the name, the region and the DNS of the machine.",
            at("http://secretsmanager.invalid".to_owned()),
        ),
        row(
            "The endpoint is `https`, and the server does not speak TLS.",
            "Use `http` for an emulator.",
            async { at(answering(200, "{}").replace("http:", "https:")).await },
        ),
        row(
            "The certificate of the endpoint is signed by an authority that this machine does not trust.",
            "Set `SSL_CERT_FILE` to a file with that authority's certificate.",
            async {
                let folder = folder("");
                let authority = folder.write("authority.pem", another_authority());
                let variables = [
                    ("AWS_ENDPOINT_URL", with_tls()),
                    ("SSL_CERT_FILE", authority.to_str().unwrap().to_owned()),
                ];
                in_folder(&folder, &variables.each_ref().map(|(name, value)| (*name, value.as_str())))
            },
        ),
        row(
            "The server closes the connection.",
            "Retry. If it stays, check proxies on the way.",
            fault(Fault::Reset),
        ),
        row(
            "The server does not answer.",
            "Check the network, security groups and the VPC endpoint.",
            async {
                let stub = Stub::start().await;
                stub.fault(Fault::Hang);
                let source = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).max_attempts(1);
                let source = source.attempt_timeout(Duration::from_millis(50)).build();
                said(Shop::load_from(&alone(source).build().unwrap()).await)
            },
        ),
        row("Secrets Manager has an internal error.", "Retry later.", fault(Fault::ServerError)),
        row("Secrets Manager is not available.", "Retry later.", fault(Fault::Unavailable)),
        row(
            "There are too many requests.",
            "Retry later, or share one `Secrets` in the program.",
            fault(Fault::Throttled),
        ),
    ]
}

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/production/jwt-AbCdEf";

/// An answer about the secret `shop/production/jwt`.
fn of_jwt() -> String {
    let answer = json!({
        "ARN": ARN, "Name": "shop/production/jwt", "VersionId": "51f72378-6a5d-4dc7-8fd8-29e4319f482a",
        "VersionStages": ["AWSCURRENT"], "SecretString": "the jwt",
    });
    answering(200, &answer.to_string())
}

fn answers() -> Vec<Row> {
    let check = "Check `AWS_ENDPOINT_URL`, `HTTP_PROXY` and `HTTPS_PROXY`.";
    vec![
        row("A proxy, a firewall or a gateway refuses the request.", "", answered(403, "forbidden")),
        row("The endpoint is another service or a web page.", check, answered(404, "<html>not found</html>")),
        row("The endpoint redirects to another address.", check, answered(302, "")),
        row("The endpoint answers with a web page, such as a login.", check, fault(Fault::NotAws)),
        row("The answer is cut off.", check, fault(Fault::BrokenJson)),
        row("The endpoint answers without a value.", check, fault(Fault::EmptyObject)),
        row(
            "An emulator or an old gateway does not know the action.",
            "Update the emulator.",
            fault(Fault::UnknownOperation),
        ),
        row("A proxy mixes up the answers of two requests.", "", at(of_jwt())),
        row("A proxy mixes up the answers of two requests.", "", async {
            let secrets = alone(once(&of_jwt())).build().unwrap();
            said(secrets.request("shop/production/jwt").stage("AWSPREVIOUS").await)
        }),
        row("Another server answers with a name that AWS does not allow.", "", async {
            let answer = json!({ "Name": "n".repeat(513), "SecretString": "value" });
            answered(200, &answer.to_string()).await
        }),
        row("Another server answers without end.", "", async { at(endless(200, Endless::Body)).await }),
        row("Another server answers an error without end.", "", async {
            at(endless(400, Endless::Body)).await
        }),
        row("A list of Secrets Manager does not end: another server answers.", "", async {
            let answer = json!({ "SecretList": [], "NextToken": "again" });
            let admin = Admin::from_secrets_manager(once(&answering(200, &answer.to_string())));
            said(admin.list().at_most(10).await)
        }),
        row("A list of Secrets Manager is not AWS's: another server answers.", "", async {
            let answer = json!({ "SecretList": [], "NextToken": "t".repeat(4097) });
            let admin = Admin::from_secrets_manager(once(&answering(200, &answer.to_string())));
            said(admin.list().at_most(10).await)
        }),
        row("Another server refuses the request with an error that AWS does not have.", check, async {
            let body = json!({ "__type": "SomethingNewException" });
            answered(400, &body.to_string()).await
        }),
    ]
}
