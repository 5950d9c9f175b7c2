//! The IAM policy, as text and as a linter reads it.

use harness::python::python;
use secrets_runtime::{Secret, SecretConfig};
use serde_json::{Value, json};

use super::configs::{Hostile, Plain, Shop};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn parsed(policy: &str) -> Value {
    serde_json::from_str(policy).unwrap()
}

/// The statement with this id.
fn statement<'a>(policy: &'a Value, sid: &str) -> &'a Value {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().find(|statement| statement["Sid"] == sid).unwrap_or(&Value::Null)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: the whole policy")]
fn it_allows_what_the_config_reads_and_nothing_else() {
    let manifest = Shop::manifest();
    let policy = manifest.iam_policy().region("eu-west-1").account("123456789012").kms_key(KEY);
    let text = policy.to_json().unwrap();
    assert_eq!(
        text,
        r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadCurrentVersions",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/database-url-??????",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/jwt-??????",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/mail-??????",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shared/production/rds-??????",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/sentry-dsn-??????"
      ],
      "Condition": {
        "StringEqualsIfExists": {
          "secretsmanager:VersionStage": "AWSCURRENT"
        },
        "Null": {
          "secretsmanager:VersionId": "true"
        }
      }
    },
    {
      "Sid": "ReadVersionsAtAWSPREVIOUS",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/jwt-??????"
      ],
      "Condition": {
        "StringEquals": {
          "secretsmanager:VersionStage": "AWSPREVIOUS"
        }
      }
    },
    {
      "Sid": "SecretsMayBeAbsent",
      "Effect": "Allow",
      "Action": "secretsmanager:GetSecretValue",
      "Resource": [
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/database-url",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/jwt",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/mail",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shared/production/rds",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/sentry-dsn"
      ]
    },
    {
      "Sid": "BatchGetSecretValueTakesNoResource",
      "Effect": "Allow",
      "Action": "secretsmanager:BatchGetSecretValue",
      "Resource": [
        "*"
      ]
    },
    {
      "Sid": "DecryptThroughSecretsManager",
      "Effect": "Allow",
      "Action": "kms:Decrypt",
      "Resource": [
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      ],
      "Condition": {
        "StringEquals": {
          "kms:ViaService": [
            "secretsmanager.eu-west-1.amazonaws.com"
          ]
        }
      }
    }
  ]
}
"#
    );
    assert_eq!(policy.to_json().unwrap(), text, "the same each time");
}

#[test]
fn pinned_versions_and_pending_ones_have_statements_of_their_own() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        a: Secret<String>,
        b: Secret<String>,
        #[secret(name = "a", env = "GREEN", stage = "green/2")]
        green: Secret<String>,
        #[secret(name = "a", env = "OTHER_GREEN", stage = "green-2")]
        other_green: Secret<String>,
        #[secret(name = "a", env = "ONE", version_id = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d")]
        one: Secret<String>,
        #[secret(name = "b", env = "TWO", version_id = "00000000-0000-4000-8000-000000000000")]
        two: Secret<String>,
    }
    let policy = parsed(&Config::manifest().iam_policy().pending().to_json().unwrap());
    let sids: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Sid"].as_str().unwrap())
        .collect();
    assert_eq!(
        sids,
        [
            "ReadCurrentVersions",
            "ReadVersionsAtAWSPENDING",
            "ReadVersionsAtgreen2",
            "ReadVersionsAtgreen22",
            "ReadPinnedVersion",
            "ReadPinnedVersion2",
            "SecretsMayBeAbsent",
            "BatchGetSecretValueTakesNoResource"
        ]
    );
    let secret = |name: &str| format!("arn:aws:secretsmanager:*:*:secret:{name}-??????");
    let pending = statement(&policy, "ReadVersionsAtAWSPENDING");
    assert_eq!(pending["Resource"], json!([secret("a"), secret("b")]));
    let pinned = statement(&policy, "ReadPinnedVersion");
    assert_eq!(pinned["Resource"], json!([secret("b")]));
    assert_eq!(
        pinned["Condition"],
        json!({"StringEquals": {"secretsmanager:VersionId": "00000000-0000-4000-8000-000000000000"}})
    );
}

#[test]
fn a_secret_that_is_read_by_its_arn_is_where_the_arn_says() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[secret(id = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db-AbCdEf")]
        whole: Secret<String>,
        #[secret(id = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db")]
        partial: Option<Secret<String>>,
    }
    let policy = parsed(&Config::manifest().iam_policy().region("us-east-1").to_json().unwrap());
    let arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db";
    assert_eq!(
        statement(&policy, "ReadCurrentVersions")["Resource"],
        // Whether `db-AbCdEf` is a name with or without its suffix, nobody can tell.
        json!([format!("{arn}-AbCdEf"), format!("{arn}-AbCdEf-??????"), format!("{arn}-??????")])
    );
    assert_eq!(statement(&policy, "SecretsMayBeAbsent")["Resource"], json!([arn]));
}

#[test]
fn replicas_in_a_failover_region_are_allowed_too() {
    let manifest = Shop::manifest();
    let policy = || manifest.iam_policy().region("eu-west-1").account("123456789012");
    let parsed = parsed(&policy().failover_region("eu-central-1").to_json().unwrap());
    for sid in ["ReadCurrentVersions", "ReadVersionsAtAWSPREVIOUS", "SecretsMayBeAbsent"] {
        let resources = statement(&parsed, sid)["Resource"].to_string();
        for region in ["eu-west-1", "eu-central-1"] {
            let arn = format!("arn:aws:secretsmanager:{region}:123456789012:secret:shop/production/jwt");
            assert!(resources.contains(&arn), "{sid}: {resources}");
        }
    }
    for wrong in ["eu-west-1", "", "eu central"] {
        assert!(
            policy().failover_region(wrong).to_json().unwrap_err().to_string().contains("another region")
        );
    }
    let everywhere = manifest.iam_policy().failover_region("eu-central-1").to_json().unwrap();
    assert_eq!(everywhere, manifest.iam_policy().to_json().unwrap(), "every region is allowed already");
}

#[test]
fn one_secret_needs_no_batch() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        token: Secret<String>,
    }
    let policy = Config::manifest().iam_policy().to_json().unwrap();
    assert!(!policy.contains("Batch"), "{policy}");
}

#[test]
fn other_partitions_have_other_names() {
    let manifest = Shop::manifest();
    let key = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab";
    let policy = manifest.iam_policy().partition("aws-cn").region("cn-north-1").kms_key(key);
    let policy = parsed(&policy.to_json().unwrap());
    let read = &statement(&policy, "ReadCurrentVersions")["Resource"][0];
    assert_eq!(read, "arn:aws-cn:secretsmanager:cn-north-1:*:secret:shop/production/database-url-??????");
    assert_eq!(
        statement(&policy, "DecryptThroughSecretsManager")["Condition"]["StringEquals"]["kms:ViaService"],
        json!(["secretsmanager.cn-north-1.amazonaws.com.cn", "secretsmanager.cn-north-1.amazonaws.com"])
    );
}

#[test]
fn the_partition_is_that_of_the_region_unless_it_is_said() {
    let manifest = Shop::manifest();
    for (region, partition) in
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws"), ("*", "aws")]
    {
        let policy = manifest.iam_policy().region(region).to_json().unwrap();
        let arn = format!("\"arn:{partition}:secretsmanager:{region}:*:secret:shop/production/jwt\"");
        assert!(policy.contains(&arn), "{policy}");
    }
    let said = manifest.iam_policy().region("cn-north-1").partition("aws").to_json().unwrap();
    assert!(said.contains("arn:aws:secretsmanager:cn-north-1:"), "{said}");
}

#[test]
fn what_is_malformed_is_named_and_not_repeated() {
    let manifest = Shop::manifest();
    let policy = || manifest.iam_policy();
    for (policy, expected) in [
        (policy().partition("hunter2"), "partition: expected one such as `aws`, `aws-cn` or `aws-us-gov`"),
        (policy().region("hunter 2"), "region: expected one such as `eu-west-1`, or `*` for any"),
        (policy().region(""), "region: expected one such as `eu-west-1`, or `*` for any"),
        (policy().account("12345678901"), "account: expected twelve digits, or `*` for any"),
        (
            policy().kms_key("alias/hunter2"),
            "kms_key: expected the ARN of a key, `arn:aws:kms:REGION:ACCOUNT:key/ID`; list the keys with `aws kms list-keys`",
        ),
    ] {
        assert_eq!(policy.to_json().unwrap_err().to_string(), expected);
        assert!(!format!("{policy:?}").contains("hunter"));
    }
    assert!(policy().kms_key("arn:aws:kms:eu-west-1:123456789012:alias/a").to_json().is_err());
    assert!(policy().kms_key("arn:aws:kms:*:123456789012:key/*").to_json().is_err());
    assert_eq!(
        Plain::manifest().iam_policy().to_json().unwrap_err().to_string(),
        "Plain: it reads no secret of AWS Secrets Manager, so there is nothing to allow"
    );
}

/// A config of many secrets: the names and what is said of them are of no interest.
mod many {
    use secrets_runtime::{Secret, SecretConfig};

    macro_rules! many {
        ($($ten:ident)*) => {
            #[derive(SecretConfig)]
            #[secret(prefix = "a-prefix-of-some-length/{environment}")]
            #[allow(dead_code)]
            pub(super) struct Many {
                $(#[secret(nested)] $ten: Ten,)*
            }
        };
    }

    #[derive(SecretConfig)]
    #[allow(dead_code)]
    pub(super) struct Ten {
        one: Secret<String>,
        two: Secret<String>,
        three: Secret<String>,
        four: Secret<String>,
        five: Secret<String>,
        six: Secret<String>,
        seven: Secret<String>,
        eight: Option<Secret<String>>,
        nine: Option<Secret<String>>,
        last: Option<Secret<String>>,
    }

    many! { a b c d e f g h i j k l m n o p q r s t }
}

#[test]
fn a_policy_that_is_too_long_comes_in_parts_that_are_not() {
    let manifest = many::Many::manifest();
    let policy = manifest.iam_policy().region("eu-central-1").account("123456789012").pending().kms_key(KEY);
    let parts = policy.to_json_documents().unwrap();
    assert!(parts.len() > 5, "{}", parts.len());
    let allowed = |documents: &[String]| {
        let mut allowed = Vec::new();
        for document in documents {
            for statement in parsed(document)["Statement"].as_array().unwrap() {
                for resource in statement["Resource"].as_array().unwrap() {
                    let mut one = statement.clone();
                    one["Resource"] = resource.clone();
                    allowed.push(one.to_string());
                }
            }
        }
        allowed
    };
    let lengths: Vec<usize> = parts.iter().map(|part| parsed(part).to_string().len()).collect();
    let (last, full) = lengths.split_last().unwrap();
    assert!(full.iter().all(|length| (5900..=6144).contains(length)) && *last <= 6144, "{lengths:?}");
    assert_eq!(allowed(&parts), allowed(&[policy.to_json().unwrap()]), "together they are the one");
    let manifest = Shop::manifest();
    let small = manifest.iam_policy();
    assert_eq!(small.to_json_documents().unwrap(), [small.to_json().unwrap()]);
}

#[test]
fn parliament_finds_nothing_in_it() {
    let Some(python) = python("parliament finds nothing in the IAM policy") else { return };
    let lint = |policy: &str| python.run(include_str!("parliament.py"), &[], policy).unwrap();
    for manifest in [Shop::manifest(), Hostile::manifest()] {
        let policy = manifest.iam_policy().region("eu-west-1").account("123456789012").kms_key(KEY).pending();
        let policy = policy.to_json().unwrap();
        assert_eq!(lint(&policy), "", "{policy}");
        // It would find something.
        assert!(lint(&policy.replace(":GetSecretValue", ":GetSecretValues")).contains("UNKNOWN_ACTION"));
        let elsewhere =
            policy.replace("\"*\"", "\"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-??????\"");
        assert!(lint(&elsewhere).contains("RESOURCE_MISMATCH"), "the batch action takes no resource");
    }
}
