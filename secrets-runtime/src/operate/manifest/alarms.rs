//! Writes a `CloudFormation` template with alarms for a config's secrets.

use super::Manifest;
use crate::text::json::Json;

/// Every call of Secrets Manager in `CloudTrail`, which most conditions begin with.
const EVENTS: &str = "($.eventSource = \"secretsmanager.amazonaws.com\")";

impl Manifest {
    /// Returns a `CloudFormation` template with alarms for the secrets, with the usual thresholds:
    ///
    /// | alarm | when | by |
    /// |---|---|---|
    /// | failed access | 5 failed reads of existing secrets within 5 minutes | `CloudTrail`, a metric filter |
    /// | denied access | 1 denied call other than `DescribeSecret` | the same |
    /// | rotation failure | 1 | the same |
    /// | secret age | no rotation for 90 days | AWS Config, the rule `secretsmanager-secret-periodic-rotation` |
    ///
    /// Reads of secrets that do not exist are not counted: optional secrets may be absent on purpose, and a
    /// load reports the others. Denied calls of `DescribeSecret` are not counted either:
    /// [`check`](crate::SecretConfig::check) tries this call, and works without it.
    ///
    /// The alarms watch the whole account and region of the stack, because `CloudTrail` does not always name
    /// the secret of a denied call. One stack for each account and region is enough.
    ///
    /// Parameters of the stack:
    ///
    /// - `TrailLogGroupName`: the log group that [`CloudTrail` writes
    ///   to](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html).
    /// - `TopicArn`: the SNS topic that receives the alarms. Its policy must let `cloudwatch.amazonaws.com`
    ///   and `events.amazonaws.com` publish.
    /// - `MaximumAgeInDays`: default 90. Set it to 0 if AWS Config does not record.
    pub fn to_alarms(&self) -> String {
        let name = self.name();
        let environment = self.environment();
        let mut resources = Vec::new();
        for alarm in ALARMS {
            resources.push((format!("{}Filter", alarm.name).into(), alarm.filter()));
            resources.push((format!("{}Alarm", alarm.name).into(), alarm.alarm()));
        }
        resources.push(("SecretAgeRule".into(), age_rule()));
        resources.push(("SecretAgeNotice".into(), age_notice()));
        Json::object([
            ("AWSTemplateFormatVersion", "2010-09-09".into()),
            (
                "Description",
                format!("Alarms for the secrets of {name} in {environment}, and all others of the account and region").into(),
            ),
            ("Parameters", parameters()),
            ("Conditions", conditions()),
            ("Resources", Json::Object(resources)),
        ])
        .to_file()
    }
}

/// An alarm on what `CloudTrail` logs.
struct Alarm {
    name: &'static str,
    description: &'static str,
    condition: &'static str,
    /// How many within [`PERIOD`].
    threshold: u32,
}

/// In seconds.
const PERIOD: u32 = 300;

const ALARMS: [Alarm; 3] = [
    Alarm {
        name: "FailedAccess",
        description: "5 reads of secrets have failed within 5 minutes: they are denied, or a key cannot be used",
        condition: "(($.eventName = \"GetSecretValue\") || ($.eventName = \"BatchGetSecretValue\")) && ($.errorCode = \"*\") && ($.errorCode != \"ResourceNotFoundException\")",
        threshold: 5,
    },
    Alarm {
        name: "DeniedAccess",
        description: "A call of Secrets Manager was denied: a permission is missing, or the caller must not have access",
        condition: "($.eventName != \"DescribeSecret\") && ($.errorCode = \"*AccessDenied*\")",
        threshold: 1,
    },
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
    Alarm {
        name: "RotationFailure",
        description: "A rotation has failed or was given up: see the log of its function",
        condition: "(($.eventName = \"RotationFailed\") || ($.eventName = \"RotationAbandoned\"))",
        threshold: 1,
    },
];

const NAMESPACE: &str = "SecretsManagerAudit";

impl Alarm {
    fn metric(&self) -> Json<'static> {
        Json::object([("Fn::Sub", format!("{}-${{AWS::StackName}}", self.name).into())])
    }

    fn filter(&self) -> Json<'static> {
        let metric = Json::object([
            ("MetricNamespace", NAMESPACE.into()),
            ("MetricName", self.metric()),
            ("MetricValue", "1".into()),
            ("DefaultValue", 0.into()),
        ]);
        Json::object([
            ("Type", "AWS::Logs::MetricFilter".into()),
            (
                "Properties",
                Json::object([
                    ("LogGroupName", reference("TrailLogGroupName")),
                    ("FilterPattern", format!("{{ {EVENTS} && {} }}", self.condition).into()),
                    ("MetricTransformations", Json::List(vec![metric])),
                ]),
            ),
        ])
    }

    fn alarm(&self) -> Json<'static> {
        Json::object([
            ("Type", "AWS::CloudWatch::Alarm".into()),
            (
                "Properties",
                Json::object([
                    ("AlarmDescription", self.description.into()),
                    ("Namespace", NAMESPACE.into()),
                    ("MetricName", self.metric()),
                    ("Statistic", "Sum".into()),
                    ("Period", PERIOD.into()),
                    ("EvaluationPeriods", 1.into()),
                    ("Threshold", self.threshold.into()),
                    ("ComparisonOperator", "GreaterThanOrEqualToThreshold".into()),
                    ("TreatMissingData", "notBreaching".into()),
                    ("AlarmActions", Json::List(vec![reference("TopicArn")])),
                ]),
            ),
        ])
    }
}

fn reference(name: &'static str) -> Json<'static> {
    Json::object([("Ref", name.into())])
}

fn parameters() -> Json<'static> {
    let text = |description: &'static str| {
        Json::object([("Type", "String".into()), ("Description", description.into())])
    };
    Json::object([
        ("TrailLogGroupName", text("The log group that CloudTrail writes to")),
        ("TopicArn", text("The SNS topic that the alarms go to")),
        (
            "MaximumAgeInDays",
            Json::object([
                ("Type", "Number".into()),
                ("Default", 90.into()),
                ("MinValue", 0.into()),
                (
                    "Description",
                    "How long a secret may go without a rotation; 0 for no such rule, as where AWS Config does not record".into(),
                ),
            ]),
        ),
    ])
}

fn conditions() -> Json<'static> {
    let none = Json::object([("Fn::Equals", Json::List(vec![reference("MaximumAgeInDays"), 0.into()]))]);
    Json::object([("HasMaximumAge", Json::object([("Fn::Not", Json::List(vec![none]))]))])
}

/// `CloudWatch` knows nothing of a secret's age: [AWS Config
/// does](https://docs.aws.amazon.com/config/latest/developerguide/secretsmanager-secret-periodic-rotation.html).
fn age_rule() -> Json<'static> {
    Json::object([
        ("Type", "AWS::Config::ConfigRule".into()),
        ("Condition", "HasMaximumAge".into()),
        (
            "Properties",
            Json::object([
                ("Description", "Secrets are rotated within so many days".into()),
                (
                    "Source",
                    Json::object([
                        ("Owner", "AWS".into()),
                        ("SourceIdentifier", "SECRETSMANAGER_SECRET_PERIODIC_ROTATION".into()),
                    ]),
                ),
                ("InputParameters", Json::object([("maxDaysSinceRotation", reference("MaximumAgeInDays"))])),
            ]),
        ),
    ])
}

fn age_notice() -> Json<'static> {
    let rule = Json::List(vec![reference("SecretAgeRule")]);
    let became = Json::object([("complianceType", Json::list(["NON_COMPLIANT"]))]);
    let pattern = Json::object([
        ("source", Json::list(["aws.config"])),
        ("detail-type", Json::list(["Config Rules Compliance Change"])),
        ("detail", Json::object([("configRuleName", rule), ("newEvaluationResult", became)])),
    ]);
    let target = Json::object([("Id", "topic".into()), ("Arn", reference("TopicArn"))]);
    Json::object([
        ("Type", "AWS::Events::Rule".into()),
        ("Condition", "HasMaximumAge".into()),
        (
            "Properties",
            Json::object([
                ("Description", "A secret has gone without a rotation for too long".into()),
                ("EventPattern", pattern),
                ("Targets", Json::List(vec![target])),
            ]),
        ),
    ])
}
