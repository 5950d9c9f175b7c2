//! The printed policy, in force: what it is enough for, and what is missing when a statement is.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use harness::emulator::moto;
use secrets_runtime::manifest::Manifest;
use secrets_runtime::{Environment, Error, ErrorKind, FieldError, Secret, SecretConfig, Secrets};
use serde_json::Value;

use super::configs::Shop;
use super::gateway::{Gateway, OTHER_ACCOUNT};
use crate::support::aws::{retrying, sdk_config};
use crate::support::events::Events;
use crate::support::{failures, kinds, production};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Secrets in moto behind a gateway that asks for permissions, in an environment of a test's own.
struct Corner {
    gateway: Gateway,
    client: Client,
    environment: Environment,
}

impl Corner {
    fn new(url: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let environment = Environment::new(&format!("e{}-{number}", std::process::id())).unwrap();
        let client = Client::from_conf(Builder::from(&sdk_config(url)).build());
        Self { gateway: Gateway::before(url), client, environment }
    }

    async fn put(&self, name: &str, value: &str, kms_key: Option<&str>) -> String {
        let name = name.replace("{environment}", self.environment.as_str());
        let create = self
            .client
            .create_secret()
            .name(&name)
            .secret_string(value)
            .set_kms_key_id(kms_key.map(str::to_owned));
        let arn = create.send().await.unwrap().arn.unwrap();
        self.gateway.add(&name, &arn, kms_key);
        arn
    }

    /// Everything that [`Shop`] needs, and something else.
    async fn stocked(url: &str) -> Self {
        let corner = Self::new(url);
        corner.put("shop/{environment}/database-url", "postgres://", Some(KEY)).await;
        let jwt = corner.put("shop/{environment}/jwt", "1", None).await;
        corner.client.put_secret_value().secret_id(jwt).secret_string("2").send().await.unwrap();
        corner.put("shop/{environment}/mail", r#"{"password": "p", "port": 587}"#, None).await;
        corner.put("shared/{environment}/rds", r#"{"username": "u", "password": "q"}"#, None).await;
        corner.put("shop/{environment}/other", "other", None).await;
        // Its name begins as one does that may be read.
        corner.put("shop/{environment}/jwt-old", "other", None).await;
        corner
    }

    fn manifest(&self) -> Manifest {
        Shop::manifest().in_environment(&self.environment)
    }

    fn policy(&self) -> String {
        let manifest = self.manifest();
        manifest.iam_policy().region("us-east-1").account("123456789012").kms_key(KEY).to_json().unwrap()
    }

    fn secrets(&self) -> Secrets {
        let source = retrying(self.gateway.url());
        production().environment(self.environment.clone()).sources([source]).build().unwrap()
    }

    async fn load(&self) -> Result<Shop, Error> {
        Shop::load_from(&self.secrets()).await
    }

    /// Whether a secret can be read by its name.
    async fn read(
        &self,
        name: &str,
        stage: Option<&str>,
        version: Option<&str>,
    ) -> Result<Secret<String>, Error> {
        let secrets = self.secrets();
        let name = name.replace("{environment}", self.environment.as_str());
        let mut request = secrets.request(&name);
        if let Some(stage) = stage {
            request = request.stage(stage);
        }
        if let Some(version) = version {
            request = request.version_id(version);
        }
        request.await
    }
}

/// The policy without one of its statements.
fn without(policy: &str, sid: &str) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != sid);
    assert_eq!(statements.len() + 1, before, "{sid}");
    policy.to_string()
}

fn help(error: &Error) -> Vec<&str> {
    error.fields().iter().flat_map(FieldError::help).map(String::as_str).collect()
}

#[tokio::test]
async fn the_policy_is_enough_to_load_the_config() {
    let Some(moto) = moto("the printed policy is enough to load the config") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[corner.policy()]);
    let events = Events::capture();
    let config = corner.load().await.unwrap();
    assert_eq!(events.warnings(), [""; 0]);
    assert_eq!(config.signing_key.expose_secret(), "2");
    assert_eq!(config.signing_key_before.unwrap().expose_secret(), "1");
    assert_eq!((config.mail_port, config.rds.password.expose_secret().as_str()), (587, "q"));
    assert!(config.sentry_dsn.is_none());
    // In parts, too.
    let manifest = corner.manifest();
    let parts = manifest.iam_policy().kms_key(KEY).to_json_documents().unwrap();
    corner.gateway.attach(&parts);
    corner.load().await.unwrap();
}

#[tokio::test]
async fn nothing_is_asked_for_that_the_policy_does_not_name() {
    let Some(moto) = moto("nothing is asked for that the printed policy does not name") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[corner.policy()]);
    corner.load().await.unwrap();
    let asked = corner.gateway.asked();
    let named = |action: &str| asked.iter().filter(|(asked, _)| asked == action).count();
    // In one batch, and the version before by itself.
    assert_eq!(named("secretsmanager:BatchGetSecretValue"), 1, "{asked:?}");
    assert_eq!(named("secretsmanager:GetSecretValue"), 5 + 1, "{asked:?}");
    assert_eq!(named("kms:Decrypt"), 1, "{asked:?}");
    assert_eq!(asked.len(), 8, "{asked:?}");
}

#[tokio::test]
async fn without_the_permission_to_read_the_error_names_it_for_each_secret() {
    let Some(moto) = moto("without the permission to read the error names it") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[without(&corner.policy(), "ReadCurrentVersions")]);
    let error = corner.load().await.unwrap_err();
    let denied =
        ["database_url", "signing_key", "mail_password", "mail_port", "rds.username", "rds.password"];
    assert_eq!(kinds(&error), denied.map(|path| (path, ErrorKind::AccessDenied)));
    assert_eq!(help(&error), ["allow secretsmanager:GetSecretValue on it, and see that it exists"; 6]);
    assert!(!error.to_string().contains("kms:"), "{error}");
}

#[tokio::test]
async fn without_the_permission_to_read_a_version_the_error_names_the_version() {
    let Some(moto) = moto("without the permission to read a version the error names it") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[without(&corner.policy(), "ReadVersionsAtAWSPREVIOUS")]);
    let error = corner.load().await.unwrap_err();
    assert_eq!(kinds(&error), [("signing_key_before", ErrorKind::AccessDenied)]);
    assert_eq!(
        help(&error),
        ["allow secretsmanager:GetSecretValue on it at AWSPREVIOUS, and see that it exists"]
    );
}

#[tokio::test]
async fn without_the_permission_to_decrypt_the_error_names_it_alone() {
    let Some(moto) = moto("without the permission to decrypt the error names it alone") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[without(&corner.policy(), "DecryptThroughSecretsManager")]);
    let error = corner.load().await.unwrap_err();
    assert_eq!(failures(&error), ["database_url: access denied"]);
    assert_eq!(help(&error), ["allow kms:Decrypt on the secret's KMS key"]);
    assert!(!error.to_string().contains("GetSecretValue"), "{error}");
}

#[tokio::test]
async fn without_the_permission_for_what_is_absent_an_optional_secret_is_denied() {
    let Some(moto) = moto("without the permission for what is absent an optional secret is denied") else {
        return;
    };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[without(&corner.policy(), "SecretsMayBeAbsent")]);
    let error = corner.load().await.unwrap_err();
    assert_eq!(kinds(&error), [("sentry_dsn", ErrorKind::AccessDenied)]);
    assert_eq!(help(&error), ["allow secretsmanager:GetSecretValue on it, and see that it exists"]);
}

#[tokio::test]
async fn a_secret_that_is_needed_and_not_there_is_missing_and_not_denied() {
    let Some(moto) = moto("a secret that is needed and not there is missing and not denied") else { return };
    let corner = Corner::stocked(moto.url()).await;
    let id = "shop/{environment}/database-url".replace("{environment}", corner.environment.as_str());
    let delete = corner.client.delete_secret().secret_id(id).force_delete_without_recovery(true);
    delete.send().await.unwrap();
    corner.gateway.attach(&[corner.policy()]);
    let error = corner.load().await.unwrap_err();
    assert_eq!(kinds(&error), [("database_url", ErrorKind::Missing)]);
}

#[tokio::test]
async fn without_the_permission_for_batches_the_load_goes_on_and_says_which_is_missing() {
    let Some(moto) = moto("without the permission for batches the load goes on") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[without(&corner.policy(), "BatchGetSecretValueTakesNoResource")]);
    let events = Events::capture();
    corner.load().await.unwrap();
    let warnings = events.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("secretsmanager:BatchGetSecretValue is refused"), "{warnings:?}");
}

#[tokio::test]
async fn any_other_secret_and_any_other_version_is_denied() {
    let Some(moto) = moto("any other secret and any other version is denied") else { return };
    let corner = Corner::stocked(moto.url()).await;
    corner.gateway.attach(&[corner.policy()]);
    corner.read("shop/{environment}/database-url", None, None).await.unwrap();
    corner.read("shop/{environment}/jwt", Some("AWSPREVIOUS"), None).await.unwrap();
    for (name, stage, version) in [
        ("shop/{environment}/other", None, None),
        ("shop/{environment}/jwt-old", None, None),
        ("shop/{environment}/not-there", None, None),
        ("shop/{environment}/database-url", Some("AWSPREVIOUS"), None),
        ("shop/{environment}/jwt", Some("AWSPENDING"), None),
        ("shop/{environment}/jwt", None, Some("4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d")),
    ] {
        let error = corner.read(name, stage, version).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied, "{name} {stage:?} {version:?}");
    }
}

#[tokio::test]
async fn the_version_that_is_pending_is_read_only_where_the_policy_says_so() {
    let Some(moto) = moto("the version that is pending is read only where the policy says so") else {
        return;
    };
    let corner = Corner::stocked(moto.url()).await;
    let jwt = "shop/{environment}/jwt".replace("{environment}", corner.environment.as_str());
    let put = corner.client.put_secret_value().secret_id(&jwt).secret_string("3");
    put.version_stages("AWSPENDING").send().await.unwrap();
    corner.gateway.attach(&[corner.policy()]);
    let error = corner.read(&jwt, Some("AWSPENDING"), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    let manifest = corner.manifest();
    corner.gateway.attach(&[manifest.iam_policy().kms_key(KEY).pending().to_json().unwrap()]);
    let pending = corner.read(&jwt, Some("AWSPENDING"), None).await.unwrap();
    assert_eq!(pending.expose_secret(), "3");
}

/// The policy with the condition that security teams write: each read has to name the label.
fn exact(policy: &str) -> String {
    let exact = policy.replace("StringEqualsIfExists", "StringEquals");
    assert_ne!(exact, policy);
    exact
}

#[tokio::test]
async fn a_policy_that_demands_the_label_of_the_current_version_is_enough_for_a_config_and_for_one_secret() {
    let Some(moto) = moto("a policy that demands the label of the current version is enough") else { return };
    let corner = Corner::stocked(moto.url()).await;
    for policy in
        [exact(&corner.policy()), without(&exact(&corner.policy()), "BatchGetSecretValueTakesNoResource")]
    {
        corner.gateway.attach(&[policy]);
        let config = corner.load().await.unwrap();
        assert_eq!(config.signing_key.expose_secret(), "2");
        assert_eq!(config.signing_key_before.unwrap().expose_secret(), "1");
        assert!(config.sentry_dsn.is_none());
        let alone = corner.read("shop/{environment}/jwt", None, None).await.unwrap();
        assert_eq!(alone.expose_secret(), "2");
    }
}

#[tokio::test]
async fn a_secret_whose_label_the_policy_demands_is_refreshed_by_itself_and_the_others_in_a_batch() {
    let Some(moto) = moto("a secret whose label the policy demands is refreshed by itself") else { return };
    let corner = Corner::stocked(moto.url()).await;
    let mut policy: Value = serde_json::from_str(&corner.policy()).unwrap();
    let jwt = format!("shop/{}/jwt-??????", corner.environment);
    let read = policy["Statement"][0].clone();
    let resources = read["Resource"].as_array().unwrap();
    let (exact_ones, others): (Vec<_>, Vec<_>) =
        resources.iter().cloned().partition(|resource| resource.as_str().unwrap().ends_with(&jwt));
    assert_eq!((exact_ones.len(), others.len()), (1, 4));
    policy["Statement"][0]["Resource"] = Value::Array(others);
    let mut exact_read: Value = serde_json::from_str(&exact(&read.to_string())).unwrap();
    exact_read["Resource"] = Value::Array(exact_ones);
    exact_read["Sid"] = "ReadExactly".into();
    policy["Statement"].as_array_mut().unwrap().push(exact_read);
    corner.gateway.attach(&[policy.to_string()]);
    let secrets = corner.secrets();
    for denied_by_batch in [1, 0] {
        secrets.clear_cache();
        Shop::load_from(&secrets).await.unwrap();
        let asked = corner.gateway.asked();
        let of_jwt = asked
            .iter()
            .filter(|(action, on)| {
                action == "secretsmanager:GetSecretValue" && on.contains(&jwt.replace("??????", ""))
            })
            .count();
        // One for the version before, one alone, and one of the batch that did not know better.
        assert_eq!(of_jwt, 2 + denied_by_batch, "{asked:?}");
    }
}

/// Two secrets of this account, and one that another account shares.
#[derive(Debug, SecretConfig)]
struct Shared {
    #[secret(id = "arn:aws:secretsmanager:us-east-1:222222222222:secret:shop/{environment}/database-url")]
    theirs: Secret<String>,
    #[secret(id = "shop/{environment}/jwt")]
    jwt: Secret<String>,
    #[secret(id = "shop/{environment}/other")]
    other: Secret<String>,
    #[secret(id = "arn:aws:secretsmanager:us-east-1:222222222222:secret:shop/{environment}/absent")]
    absent: Option<Secret<String>>,
}

/// Allows the user everything in both accounts, as the policies of both sides together do.
const BOTH_ACCOUNTS: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;

#[tokio::test]
async fn a_secret_of_another_account_is_read_by_its_arn_whatever_a_batch_says_of_it() {
    let Some(moto) = moto("a secret of another account is read by its ARN") else { return };
    for code in ["ResourceNotFoundException", "AccessDeniedException"] {
        let corner = Corner::stocked(moto.url()).await;
        corner.gateway.attach(&[BOTH_ACCOUNTS.to_owned()]);
        corner.gateway.answer_batches_for_other_accounts(code);
        let name = "shop/{environment}/foreign";
        let arn = corner.put(name, "foreign", None).await.replace("123456789012", OTHER_ACCOUNT);
        let secrets = corner.secrets();
        let config = Shared::load_from(&secrets).await.unwrap();
        assert_eq!(config.theirs.expose_secret(), "postgres://", "{code}");
        assert_eq!(
            (config.jwt.expose_secret().as_str(), config.other.expose_secret().as_str()),
            ("2", "other")
        );
        assert!(config.absent.is_none(), "{code}");
        // By its whole ARN, too, beside one of this account.
        let jwt = name.replace("foreign", "jwt").replace("{environment}", corner.environment.as_str());
        let (foreign, own) = tokio::join!(secrets.get(&arn), secrets.request(&jwt).refresh());
        assert_eq!(
            (foreign.unwrap().expose_secret().as_str(), own.unwrap().expose_secret().as_str()),
            ("foreign", "2")
        );
    }
}

#[tokio::test]
async fn what_is_denied_explicitly_stays_denied_and_fails_nothing_else() {
    let Some(moto) = moto("what is denied explicitly stays denied") else { return };
    let corner = Corner::stocked(moto.url()).await;
    let deny = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "secretsmanager:*",
        "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/*/database-url-*"}]}"#;
    for policy in [corner.policy(), exact(&corner.policy())] {
        corner.gateway.attach(&[policy, deny.to_owned()]);
        let error = corner.load().await.unwrap_err();
        assert_eq!(kinds(&error), [("database_url", ErrorKind::AccessDenied)]);
    }
}
