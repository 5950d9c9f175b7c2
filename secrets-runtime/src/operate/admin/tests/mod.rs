//! What is sent, and what is made of the answers.

mod endpoint;
mod pages;

use std::future::IntoFuture;
use std::sync::Arc;

use endpoint::{Endpoint, REQUEST};
use serde_json::{Value, json};

use super::*;
use crate::environment::Environment;
use crate::secret::Secret;
use crate::source::Memory;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:111111111111:secret:shop/staging/jwt-AbCdEf";
const TOKEN: &str = "00000000-0000-4000-8000-000000000001";

fn written() -> (u16, Value) {
    (
        200,
        json!({"ARN": ARN, "Name": "shop/staging/jwt", "VersionId": TOKEN, "VersionStages": ["AWSCURRENT"]}),
    )
}

fn refused(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "canary"}))
}

#[tokio::test]
async fn names_are_resolved_as_those_of_reads_are() {
    let endpoint = Endpoint::answering([written()]);
    let admin = Admin::new(&endpoint.secrets()).unwrap();
    admin.put("jwt").string("a").await.unwrap();
    admin.put(ARN).string("a").await.unwrap();
    endpoint.admin().put("jwt").string("a").await.unwrap();
    let names: Vec<_> = endpoint.asked().into_iter().map(|(_, asked)| asked["SecretId"].clone()).collect();
    assert_eq!(names, ["shop/staging/jwt", ARN, "jwt"]);
}

#[tokio::test]
async fn a_value_arrives_as_it_is_and_nothing_else_is_sent() {
    let endpoint = Endpoint::answering([written()]);
    let admin = endpoint.admin();
    let value = "\"\\\n\u{1}é";
    let put = admin.put("jwt").stage("a").stage("b").client_request_token(TOKEN).string(value).await.unwrap();
    assert_eq!(
        (put.id(), put.version_id(), put.stages()),
        (Some(ARN), Some(TOKEN), &["AWSCURRENT".to_owned()][..])
    );
    admin.put("jwt").client_request_token(TOKEN).binary(&[0_u8, 255][..]).await.unwrap();
    admin.put("jwt").client_request_token(TOKEN).json(&json!({"a": [1]})).await.unwrap();
    let create = admin.create("jwt").description("\"SecretString\":\"\"").kms_key_id("alias/a").tag("k", "v");
    create.client_request_token(TOKEN).string(Secret::from("b")).await.unwrap();
    admin.create("jwt").client_request_token(TOKEN).without_value().await.unwrap();
    let put = |asked| ("PutSecretValue".to_owned(), asked);
    let create = |asked| ("CreateSecret".to_owned(), asked);
    let expected = [
        put(
            json!({"SecretId": "jwt", "ClientRequestToken": TOKEN, "SecretString": value, "VersionStages": ["a", "b"]}),
        ),
        put(json!({"SecretId": "jwt", "ClientRequestToken": TOKEN, "SecretBinary": "AP8="})),
        put(json!({"SecretId": "jwt", "ClientRequestToken": TOKEN, "SecretString": "{\"a\":[1]}"})),
        create(json!({
            "Name": "jwt",
            "ClientRequestToken": TOKEN,
            "Description": "\"SecretString\":\"\"",
            "KmsKeyId": "alias/a",
            "SecretString": "b",
            "Tags": [{"Key": "k", "Value": "v"}],
        })),
        create(json!({"Name": "jwt", "ClientRequestToken": TOKEN})),
    ];
    assert_eq!(endpoint.asked(), expected);
}

#[tokio::test]
async fn every_attempt_sends_the_same_value_and_token() {
    let fault = || (500, json!({"__type": "InternalServiceError"}));
    let endpoint = Endpoint::answering([fault(), fault(), written()]);
    endpoint.admin().put("jwt").string("value").await.unwrap();
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|again| *again == asked[0]), "{asked:?}");
    assert_eq!(asked[0].1["SecretString"], "value");
    assert_eq!(asked[0].1["ClientRequestToken"].as_str().unwrap().len(), 36);
}

/// No emulator checks signatures.
#[tokio::test]
async fn a_request_is_signed_as_the_sdk_signs_it() {
    for _ in 0..10 {
        let endpoint = Endpoint::answering([written()]);
        let (admin, aws) = (endpoint.admin(), endpoint.aws());
        aws.call(Some("jwt"), |client| {
            client
                .put_secret_value()
                .secret_id("jwt")
                .client_request_token(TOKEN)
                .secret_string("value")
                .send()
        })
        .await
        .unwrap();
        admin.put("jwt").client_request_token(TOKEN).string("value").await.unwrap();
        let (asked, signatures) = (endpoint.asked(), endpoint.signatures());
        assert_eq!(asked[0], asked[1]);
        // The date, in whole seconds, is a part of what is signed.
        if signatures[0].0 == signatures[1].0 {
            assert_eq!(signatures[0].1, signatures[1].1);
            return;
        }
    }
    panic!("each second ended between two requests");
}

#[tokio::test]
async fn two_calls_have_two_tokens() {
    let endpoint = Endpoint::answering([written()]);
    for _ in 0..2 {
        endpoint.admin().put("jwt").string("value").await.unwrap();
    }
    let asked = endpoint.asked();
    assert_ne!(asked[0].1["ClientRequestToken"], asked[1].1["ClientRequestToken"]);
}

#[tokio::test]
async fn a_refusal_is_a_report_with_code_request_and_next_step() {
    let endpoint = Endpoint::answering([refused("AccessDeniedException")]);
    let admin = Admin::new(&endpoint.secrets()).unwrap();
    let error = admin.put("jwt").string("value").await.unwrap_err();
    let target = endpoint.target();
    let expected = format!(
        "\
jwt could not be written (environment: staging)
{target}
  jwt   access denied
    aws  shop/staging/jwt   AccessDeniedException (request {REQUEST})
    help: allow secretsmanager:PutSecretValue on it, and kms:GenerateDataKey and kms:Decrypt on its key
"
    );
    assert_eq!(error.to_string(), expected);
    let error = endpoint.admin().list().next_page().await.unwrap_err();
    let expected = format!(
        "\
secrets could not be listed
{target}
  secrets   access denied
    aws     AccessDeniedException (request {REQUEST})
    help: allow secretsmanager:ListSecrets, which can be granted on * only
"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn what_is_refused_for_a_reason_of_writes_says_so() {
    for (code, kind, says) in [
        ("ResourceExistsException", ErrorKind::Configuration, "it is there already"),
        ("LimitExceededException", ErrorKind::Configuration, "a quota of Secrets Manager is reached"),
        ("InvalidRequestException", ErrorKind::Configuration, "the secret's state does not allow it"),
        ("InvalidParameterException", ErrorKind::Configuration, "the request was refused"),
        ("PreconditionNotMetException", ErrorKind::Configuration, "the secret's state does not allow it"),
        ("EncryptionFailure", ErrorKind::Decryption, "its KMS key cannot encrypt"),
        ("ResourceNotFoundException", ErrorKind::Missing, "ResourceNotFoundException"),
    ] {
        let endpoint = Endpoint::answering([refused(code)]);
        let error = endpoint.admin().create("jwt").string("canary").await.unwrap_err();
        let shown = error.to_string();
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(shown.contains(says) && shown.contains(code), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_be_right_is_not_sent() {
    let endpoint = Endpoint::answering([written()]);
    let admin = endpoint.admin();
    let too_long = "a".repeat(65_537);
    let masked = Secret::from("a").to_string();
    let refusals = [
        (admin.put("jwt").string("").await, "the value is empty"),
        (admin.put("jwt").string(too_long).await, "the value is longer than 65536 bytes"),
        (admin.put("jwt").string(masked).await, "the value is a masked one"),
        (admin.put("jwt").binary(Vec::new()).await, "the value is empty"),
        (admin.put("jwt").stage("a b").string("a").await, "not a staging label"),
        (admin.put("jwt").client_request_token("short").string("a").await, "a client request token has"),
        (admin.put("hunter2 hunter2").string("a").await, "not a valid secret name or ARN"),
        (admin.create(ARN).string("a").await, "a secret is created by its name, not by an ARN"),
        (admin.move_stage("jwt", "a b", TOKEN).await.map(|()| unreachable!()), "not a staging label"),
        (admin.promote("jwt", "a!").await.map(|()| unreachable!()), "not a version id"),
        (
            admin.delete("jwt").recovery_window(6).await.map(|_| unreachable!()),
            "a recovery window has 7 to 30 days",
        ),
        (
            admin.delete("jwt").recovery_window(31).await.map(|_| unreachable!()),
            "a recovery window has 7 to 30 days",
        ),
        (
            admin.random_password().length(0).await.map(|_| unreachable!()),
            "a password has 1 to 4096 characters",
        ),
    ];
    for (result, says) in refusals {
        let shown = result.unwrap_err().to_string();
        assert!(shown.contains(says) && !shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(endpoint.asked(), []);
}

#[tokio::test]
async fn a_promotion_moves_the_label_from_the_version_that_carries_it() {
    let described =
        json!({"ARN": ARN, "VersionIdsToStages": {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT", "blue"]}});
    let moved = |stage: &str, from: Option<&str>, to: Option<&str>| {
        let mut asked = json!({"SecretId": "jwt", "VersionStage": stage});
        for (key, id) in [("RemoveFromVersionId", from), ("MoveToVersionId", to)] {
            if let Some(id) = id {
                asked[key] = id.into();
            }
        }
        Some(asked)
    };
    let endpoint = || Endpoint::answering([(200, described.clone()), (200, json!({"ARN": ARN}))]);
    let relabelled = |endpoint: &Endpoint| {
        let asked = endpoint.asked().into_iter().find(|(action, _)| action == "UpdateSecretVersionStage");
        asked.map(|(_, asked)| asked)
    };
    let promoted = endpoint();
    promoted.admin().promote("jwt", "v1").await.unwrap();
    assert_eq!(relabelled(&promoted), moved("AWSCURRENT", Some("v2"), Some("v1")));
    let rolled_back = endpoint();
    assert_eq!(rolled_back.admin().roll_back("jwt").await.unwrap(), "v1");
    assert_eq!(relabelled(&rolled_back), moved("AWSCURRENT", Some("v2"), Some("v1")));
    let current = endpoint();
    current.admin().promote("jwt", "v2").await.unwrap();
    assert_eq!(relabelled(&current), None);
    let new = endpoint();
    new.admin().move_stage("jwt", "green", "v1").await.unwrap();
    assert_eq!(relabelled(&new), moved("green", None, Some("v1")));
    let removed = endpoint();
    removed.admin().remove_stage("jwt", "blue").await.unwrap();
    assert_eq!(relabelled(&removed), moved("blue", Some("v2"), None));
    let absent = endpoint();
    absent.admin().remove_stage("jwt", "green").await.unwrap();
    assert_eq!(relabelled(&absent), None);
}

#[tokio::test]
async fn without_a_previous_version_there_is_no_way_back() {
    let endpoint = Endpoint::answering([(200, json!({"VersionIdsToStages": {"v2": ["AWSCURRENT"]}}))]);
    let error = endpoint.admin().roll_back("jwt").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert!(error.to_string().contains("no version carries AWSPREVIOUS"), "{error}");
}

#[tokio::test]
async fn a_version_that_is_not_there_is_looked_for_and_not_created() {
    let endpoint = Endpoint::answering([refused("ResourceNotFoundException")]);
    let error = endpoint.admin().read("jwt").stage("blue").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    let shown = error.to_string();
    assert!(shown.contains("aws  jwt   ResourceNotFoundException"), "{shown}");
    assert!(
        shown.contains(
            "aws secretsmanager list-secret-version-ids --region us-east-1 --endpoint-url http://127.0.0.1:"
        ) && shown.contains(" --secret-id jwt"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_change_is_forgotten_by_the_cache_even_if_it_fails() {
    let value = |text: &str| (200, json!({"ARN": ARN, "Name": "shop/staging/jwt", "SecretString": text}));
    let endpoint = Endpoint::answering([
        value("1"),
        written(),
        value("2"),
        refused("AccessDeniedException"),
        value("3"),
    ]);
    let secrets = endpoint.secrets();
    let admin = Admin::new(&secrets).unwrap();
    let read = async || secrets.get("jwt").await.unwrap().expose_secret().clone();
    assert_eq!((read().await.as_str(), read().await.as_str()), ("1", "1"));
    // Its name is in the answer alone: the ARN lacks the suffix.
    admin.put(ARN.strip_suffix("-AbCdEf").unwrap()).string("2").await.unwrap();
    assert_eq!(read().await, "2");
    admin.put("jwt").string("3").await.unwrap_err();
    assert_eq!(read().await, "3");
}

#[tokio::test]
async fn a_chain_without_secrets_manager_has_no_administration() {
    let secrets =
        Secrets::builder().environment(Environment::STAGING).sources([Memory::new()]).build().unwrap();
    let error = Admin::new(&secrets).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let shown = error.to_string();
    assert!(shown.starts_with("Admin could not be set up (environment: staging)"), "{shown}");
    assert!(shown.contains("it does not hold AWS Secrets Manager"), "{shown}");
}

#[tokio::test]
async fn a_source_in_boxes_is_found() {
    let endpoint = Endpoint::answering([written()]);
    let boxed: Box<dyn crate::source::Source> = Box::new(Arc::new(endpoint.aws()));
    let secrets = Secrets::builder().environment(Environment::STAGING).sources([boxed]).build().unwrap();
    Admin::new(&secrets).unwrap().put("jwt").string("a").await.unwrap();
    assert_eq!(endpoint.asked().len(), 1);
}

#[tokio::test]
async fn a_list_keeps_to_its_prefix_and_ends() {
    let page = |names: &[&str], next: Option<&str>| {
        let list: Vec<_> = names.iter().map(|name| json!({"Name": name})).collect();
        (200, json!({"SecretList": list, "NextToken": next}))
    };
    let endpoint = Endpoint::answering([
        page(&["shop/staging/a", "shop/staging2/b"], Some("more")),
        page(&[], Some("more still")),
        page(&["shop/staging/c", "shop/staging/d"], None),
    ]);
    let admin = Admin::new(&endpoint.secrets()).unwrap();
    let mut list = admin.list();
    let mut names = Vec::new();
    while let Some(page) = list.next_page().await.unwrap() {
        names.push(page.iter().filter_map(|secret| secret.name().map(str::to_owned)).collect::<Vec<_>>());
    }
    assert_eq!(names, [vec!["shop/staging/a"], vec![], vec!["shop/staging/c", "shop/staging/d"]]);
    assert!(list.next_page().await.unwrap().is_none());
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].1["Filters"], json!([{"Key": "name", "Values": ["shop/staging/"]}]));
    assert_eq!((&asked[1].1["NextToken"], &asked[2].1["NextToken"]), (&json!("more"), &json!("more still")));
    let of_smtp = admin.list().prefix("smtp/").full_prefix();
    assert_eq!(of_smtp, "shop/staging/smtp/");
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_value() {
    let endpoint = Endpoint::answering([written()]);
    let admin = endpoint.admin();
    let shown = format!(
        "{admin:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        admin.create("jwt").description("canary").tag("canary", "canary"),
        admin.put("canary canary"),
        admin.read("jwt").stage("canary canary"),
        admin.delete("jwt"),
        admin.update("jwt").description("canary"),
        admin.list().prefix("canary"),
        body::InsertValue("canary".into()),
    );
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn futures_may_be_spawned() {
    fn assert_send<T: Send>(_: T) {}
    let admin = Admin::from_secrets_manager(SecretsManager::localstack());
    assert_send(admin.create("a").string("b"));
    assert_send(admin.put("a").json(&std::rc::Rc::new(1).as_ref()));
    assert_send(admin.describe("a"));
    assert_send(admin.versions("a"));
    assert_send(admin.list().next_page());
    assert_send(admin.list().at_most(1));
    assert_send(admin.read("a").bytes());
    assert_send(admin.promote("a", "b"));
    assert_send(admin.roll_back("a"));
    assert_send(admin.remove_stage("a", "b"));
    assert_send(admin.delete("a").into_future());
    assert_send(admin.force_delete("a"));
    assert_send(admin.restore("a"));
    assert_send(admin.update("a").into_future());
    assert_send(admin.tag("a", "b", "c"));
    assert_send(admin.untag("a", "b"));
    assert_send(admin.random_password().into_future());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_answers_is_not_waited_for_without_end() {
    let (silent, _listener) = Endpoint::silent();
    let error = silent.admin().put("jwt").string("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let shown = error.to_string();
    assert!(
        shown.contains("no answer in time") && shown.contains("the change may have been made"),
        "{shown}"
    );
}
