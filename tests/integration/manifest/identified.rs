//! Secrets that a variable names when the program is deployed: `id_env` in all that is printed of a type.

use secrets_runtime::{Env, Secret, SecretConfig};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";

#[derive(Debug, SecretConfig)]
struct Database {
    password: Secret<String>,
    port: u16,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct Shop {
    jwt: Secret<String>,
    /// Holds the orders.
    #[secret(nested(id_env = "DB_SECRET_ARN"))]
    database: Database,
    #[secret(name = "stripe", key = "key", id_env = "STRIPE_SECRET")]
    stripe: Secret<String>,
}

#[test]
fn the_policy_says_what_has_to_be_filled_in() {
    let policy = Shop::manifest().iam_policy().to_json().unwrap();
    assert!(policy.contains("\"(the ARN of the secret that DB_SECRET_ARN names)\""), "{policy}");
    // The name beside it is what is read unless the variable is set.
    assert!(policy.contains("secret:shop/production/stripe-??????"), "{policy}");
}

#[test]
fn the_policy_takes_the_secrets_from_variables_and_from_what_is_passed() {
    let by_variables = Env::from_iter([("DB_SECRET_ARN", ARN), ("STRIPE_SECRET", "prod/stripe")]);
    let manifest = Shop::manifest().with_variables(&by_variables);
    let passed = Shop::manifest().with_secret("database", ARN).unwrap().with_secret("stripe", "prod/stripe");
    for manifest in [manifest, passed.unwrap()] {
        let policy = manifest.iam_policy().region("eu-west-1").account("123456789012").to_json().unwrap();
        assert!(policy.contains(&format!("\"{ARN}\"")), "{policy}");
        assert!(policy.contains("123456789012:secret:prod/stripe-??????"), "{policy}");
        assert!(!policy.contains("shop/production/stripe") && !policy.contains("the ARN of"), "{policy}");
    }
    let settings = Shop::manifest().with_secret("DB_SECRET_ARN", &format!("{ARN}::AWSPREVIOUS:")).unwrap();
    assert!(settings.iam_policy().to_json().unwrap().contains("ReadVersionsAtAWSPREVIOUS"));
}

#[test]
fn what_is_passed_counts_more_than_the_variable_and_names_stay_what_they_are() {
    let manifest = Shop::manifest().with_variables(&Env::from_iter([("DB_SECRET_ARN", "of/the/variable")]));
    let id = |manifest: &secrets_runtime::manifest::Manifest| manifest.settings()[1].secret_id().to_owned();
    assert_eq!(id(&manifest), "of/the/variable");
    let manifest = manifest.with_secret("database", ARN).unwrap().with_prefix("other");
    assert_eq!(id(&manifest), ARN);
}

#[test]
fn what_cannot_be_used_is_an_error_that_does_not_repeat_it() {
    for (field, secret, reason) in [
        ("jwt", ARN, "no field with `id_env` has this path"),
        ("nothing", ARN, "no field with `id_env` has this path"),
        ("data", ARN, "no field with `id_env` has this path"),
        ("database", "hunter 2", "it holds neither the name nor the ARN of a secret"),
        ("database", "", "it holds neither the name nor the ARN of a secret"),
        ("stripe", &format!("{ARN}:other::"), "it ends in another JSON key than the `key` in the code"),
    ] {
        let error = Shop::manifest().with_secret(field, secret).unwrap_err().to_string();
        assert_eq!(error, format!("secret: {reason}"));
    }
    let manifest = Shop::manifest().with_variables(&Env::from_iter([("DB_SECRET_ARN", "hunter 2")]));
    for error in [
        manifest.iam_policy().to_json().unwrap_err(),
        manifest.to_cloudformation().unwrap_err(),
        manifest.to_terraform().unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "DB_SECRET_ARN: it holds neither the name nor the ARN of a secret");
    }
}

#[test]
fn documents_and_templates_name_the_variable() {
    let manifest = Shop::manifest();
    let markdown = manifest.to_markdown();
    for row in [
        "`the secret that DB_SECRET_ARN names → password`",
        "`shop/production/stripe, unless STRIPE_SECRET names another → key`",
        "| `the secret that DB_SECRET_ARN names` | `AWSCURRENT` | `password`, `port` |",
        "`STRIPE`, then its key in the JSON of `STRIPE`",
    ] {
        let is_expected = !row.contains("then its key");
        assert_eq!(markdown.contains(row), is_expected, "{row}:\n{markdown}");
    }
    let template = manifest.to_cloudformation().unwrap();
    assert!(template.contains("\"the secret that DB_SECRET_ARN names\""), "{template}");
    let template = manifest.to_terraform().unwrap();
    assert!(template.contains("# Made elsewhere: the secret that DB_SECRET_ARN names\n"), "{template}");
    assert!(manifest.to_checklist().contains("`the secret that DB_SECRET_ARN names` has its value"));
    let json: serde_json::Value = serde_json::from_str(&manifest.to_json()).unwrap();
    let secret = &json["settings"][1]["secret"];
    assert!(secret["id"].is_null(), "{secret}");
    assert_eq!(secret["id_variable"], "DB_SECRET_ARN");
    assert_eq!(json["settings"][3]["secret"]["id"], "shop/production/stripe");
}

#[test]
fn the_env_example_has_the_variable_once_and_commented_out() {
    let example = Shop::manifest().to_env_example();
    let expected = "\
# --- database: Holds the orders.

# The name or the ARN of the secret of database, where a store is asked
# DB_SECRET_ARN=

# Secret<String>
DATABASE_PASSWORD=

# u16
DATABASE_PORT=
";
    assert!(example.contains(expected), "{example}");
    assert_eq!(example.matches("DB_SECRET_ARN=").count(), 1);
}
