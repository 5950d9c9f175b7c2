//! Writes the IAM policy that a config needs, and nothing else.

use std::fmt;

use super::identifiers::UniqueNames;
use super::required_secrets::RequiredSecret;
use super::{Manifest, ManifestError};
use crate::secret_id::{Arn, partition_of, without_suffix};
use crate::setting::Version;
use crate::text::json::Json;

/// How many characters a managed policy may have, white space not counted: see
/// [IAM quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const MANAGED_POLICY_LIMIT: usize = 6144;

const GET_SECRET_VALUE: &str = "secretsmanager:GetSecretValue";

/// The least-privilege IAM policy of a config: made by [`Manifest::iam_policy`].
///
/// It allows reading exactly the secrets that the config reads, in exactly the versions that it reads:
///
/// | statement | what it allows | why |
/// |---|---|---|
/// | `ReadCurrentVersions` | `secretsmanager:GetSecretValue` | on each secret. The suffix `-??????` stands for the six characters that Secrets Manager puts behind a name |
/// | `ReadVersionsAt..` | the same | on secrets of which a `stage` is read, and with [`pending`](Self::pending) |
/// | `ReadPinnedVersion` | the same | on secrets of which a `version_id` is read |
/// | `SecretsMayBeAbsent` | the same | on the names without a suffix. AWS checks such a name if a secret does not exist. Without the statement, AWS denies the read instead of reporting a missing secret. Optional settings and defaults need the difference, and so does the report of a load |
/// | `BatchGetSecretValueTakesNoResource` | `secretsmanager:BatchGetSecretValue` | on `*`, because [the action knows no resources](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html). It allows no further read: each secret of a batch also needs `GetSecretValue`. Left out if the config reads one secret only |
/// | `DecryptThroughSecretsManager` | `kms:Decrypt` | on the [keys that are given](Self::kms_key), through Secrets Manager only. The key `aws/secretsmanager` needs no permission |
///
/// Conditions restrict each read to its version. A single read of the current version names the label
/// `AWSCURRENT`, and a batch [cannot name one](https://github.com/boto/boto3/issues/2957). So the condition
/// allows `AWSCURRENT`, and a request that names no label (`IfExists`). A request with a version id is
/// denied. A stricter policy works too: where the condition is `StringEquals`, each secret is read alone.
///
/// ```
/// use secrets_runtime::{Secret, SecretConfig};
///
/// #[derive(SecretConfig)]
/// #[secret(prefix = "shop/{environment}")]
/// struct AppConfig {
///     jwt: Secret<String>,
/// }
///
/// let manifest = AppConfig::manifest();
/// let policy = manifest.iam_policy().region("eu-west-1").account("123456789012").to_json()?;
/// assert!(policy.contains("arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/production/jwt-??????"));
/// # Ok::<(), secrets_runtime::manifest::ManifestError>(())
/// ```
#[derive(Clone)]
pub struct IamPolicy<'a> {
    manifest: &'a Manifest,
    partition: Option<String>,
    pub(super) region: String,
    pub(super) failover_region: Option<String>,
    account: String,
    kms_keys: Vec<String>,
    pending: bool,
}

impl Manifest {
    /// The IAM policy that a service with this config needs.
    pub fn iam_policy(&self) -> IamPolicy<'_> {
        IamPolicy {
            manifest: self,
            partition: None,
            region: "*".to_owned(),
            failover_region: None,
            account: "*".to_owned(),
            kms_keys: Vec::new(),
            pending: false,
        }
    }
}

impl IamPolicy<'_> {
    /// The partition of the secrets: `aws`, `aws-cn`, `aws-us-gov`. Default: that of the
    /// [`region`](Self::region), and `aws` for any. A secret that is read by its ARN is where the ARN says,
    /// here as in [`region`](Self::region) and [`account`](Self::account).
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = Some(partition.into());
        self
    }

    /// The region of the secrets, such as `eu-west-1`. Default: `*`, any.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// The account of the secrets, twelve digits. Default: `*`, any.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = account.into();
        self
    }

    /// Adds a key of KMS that secrets are encrypted with, by its ARN. No alias: what a policy allows is
    /// [the key](https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
    pub fn kms_key(mut self, arn: impl Into<String>) -> Self {
        self.kms_keys.push(arn.into());
        self
    }

    /// Allows the version that is pending, too: what
    /// [`or_pending`](crate::live::AcrossRotation::or_pending) reads in the middle of a rotation.
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// The policy as one JSON document.
    ///
    /// A secret that only a variable of `id_env` names is in it as a text in parentheses, to be replaced by
    /// its ARN: [`Manifest::with_secret`] and [`Manifest::with_variables`] say which secret it is.
    ///
    /// A managed policy has at most 6144 characters beside white space, which is some thirty secrets:
    /// [`to_json_documents`](Self::to_json_documents) gives several.
    ///
    /// # Errors
    /// [`ManifestError`] if a parameter is malformed, or a secret's name because of a prefix that is; and if
    /// the config reads no secret of Secrets Manager, since there is no policy that allows nothing.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        Ok(document(&self.statements()?).to_file())
    }

    /// The policy as JSON documents that are small enough to be managed policies: one, or as many as it
    /// takes. Together they allow what the one document allows.
    ///
    /// # Errors
    /// As [`to_json`](Self::to_json).
    pub fn to_json_documents(&self) -> Result<Vec<String>, ManifestError> {
        Ok(split(self.statements()?).iter().map(|statements| document(statements).to_file()).collect())
    }

    fn statements(&self) -> Result<Vec<Statement>, ManifestError> {
        self.check()?;
        let secrets = self.manifest.valid_required_secrets()?;
        let mut reads: Vec<(Version, Vec<String>)> = Vec::new();
        let mut current = 0;
        for secret in &secrets {
            let resources = self.with_replicas(self.resources(secret));
            for version in secret.versions() {
                add(&mut reads, version, &resources);
                if *version == Version::Current {
                    current += 1;
                    if self.pending {
                        add(&mut reads, &Version::Stage("AWSPENDING".to_owned()), &resources);
                    }
                }
            }
        }
        // `Current` before labels before ids, each in the order of the alphabet.
        reads.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut sids = UniqueNames::default();
        let mut statements: Vec<Statement> = reads
            .into_iter()
            .map(|(version, resources)| Statement::read(&version, resources, &mut sids))
            .collect();
        let absent =
            self.with_replicas(secrets.iter().filter_map(|secret| self.arn_of_nothing(secret)).collect());
        if !absent.is_empty() {
            statements.push(Statement {
                sid: "SecretsMayBeAbsent".to_owned(),
                action: GET_SECRET_VALUE,
                resources: absent,
                condition: None,
            });
        }
        if current > 1 {
            statements.push(Statement {
                sid: "BatchGetSecretValueTakesNoResource".to_owned(),
                action: "secretsmanager:BatchGetSecretValue",
                resources: vec!["*".to_owned()],
                condition: None,
            });
        }
        if statements.is_empty() {
            return Err(ManifestError::nothing_to_allow(self.manifest.name()));
        }
        if !self.kms_keys.is_empty() {
            statements.push(self.decrypt());
        }
        Ok(statements)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let is_name = |text: &str| text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let wrong = |place, reason| Err(ManifestError::of_parameter(place, reason));
        if self
            .partition
            .as_deref()
            .is_some_and(|partition| !partition.starts_with("aws") || !is_name(partition))
        {
            return wrong("partition", "expected one such as `aws`, `aws-cn` or `aws-us-gov`");
        }
        if self.region != "*" && (self.region.is_empty() || !is_name(&self.region)) {
            return wrong("region", "expected one such as `eu-west-1`, or `*` for any");
        }
        if let Some(failover) = &self.failover_region
            && (failover.is_empty() || !is_name(failover) || *failover == self.region)
        {
            return wrong(
                "failover_region",
                "expected another region than that of the secrets, such as `eu-central-1`",
            );
        }
        let is_account = self.account.len() == 12 && self.account.bytes().all(|byte| byte.is_ascii_digit());
        if self.account != "*" && !is_account {
            return wrong("account", "expected twelve digits, or `*` for any");
        }
        if self.kms_keys.iter().any(|key| Key::parse(key).is_none()) {
            return wrong(
                "kms_key",
                "expected the ARN of a key, `arn:aws:kms:REGION:ACCOUNT:key/ID`; list the keys with `aws kms list-keys`",
            );
        }
        Ok(())
    }

    /// The resources of a secret in a policy.
    fn resources(&self, secret: &RequiredSecret<'_>) -> Vec<String> {
        let id = secret.id();
        if let Some(variable) = secret.missing_variable() {
            // AWS refuses a policy with this text, so that it cannot be forgotten.
            return vec![format!("(the ARN of the secret that {variable} names)")];
        }
        let any_suffix = |arn: &str| format!("{arn}-??????");
        match Arn::parse(id) {
            None => vec![any_suffix(&self.arn(id))],
            // `my-secret` may be a whole name, or `my` with its suffix: both are possible, and AWS accepts
            // either.
            // https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
            Some(arn) if without_suffix(arn.name).is_some() => vec![id.to_owned(), any_suffix(id)],
            Some(_) => vec![any_suffix(id)],
        }
    }

    /// The resource that AWS checks for a secret that does not exist. For a whole ARN it is the same as for
    /// one that exists.
    fn arn_of_nothing(&self, secret: &RequiredSecret<'_>) -> Option<String> {
        match Arn::parse(secret.id()) {
            _ if secret.missing_variable().is_some() => None,
            None => Some(self.arn(secret.id())),
            Some(arn) => without_suffix(arn.name).is_none().then(|| secret.id().to_owned()),
        }
    }

    fn arn(&self, name: &str) -> String {
        let partition = self.partition.as_deref().unwrap_or_else(|| partition_of(&self.region));
        format!("arn:{partition}:secretsmanager:{}:{}:secret:{name}", self.region, self.account)
    }

    fn decrypt(&self) -> Statement {
        let mut services: Vec<String> = Vec::new();
        for key in self.kms_keys.iter().filter_map(|key| Key::parse(key)) {
            let service = format!("secretsmanager.{}.amazonaws.com", key.region);
            // China has names of its own beside the common ones.
            let chinese = (key.partition == "aws-cn").then(|| format!("{service}.cn"));
            for service in chinese.into_iter().chain([service]) {
                if !services.contains(&service) {
                    services.push(service);
                }
            }
        }
        Statement {
            sid: "DecryptThroughSecretsManager".to_owned(),
            action: "kms:Decrypt",
            resources: self.kms_keys.clone(),
            condition: Some(Json::object([(
                "StringEquals",
                Json::object([("kms:ViaService", Json::list(services))]),
            )])),
        }
    }
}

/// Shows no parameter: what was given for one may be something else.
impl fmt::Debug for IamPolicy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamPolicy").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

fn add(reads: &mut Vec<(Version, Vec<String>)>, version: &Version, resources: &[String]) {
    let position = reads.iter().position(|(other, _)| other == version).unwrap_or(reads.len());
    match reads.get_mut(position) {
        Some((_, known)) => known.extend_from_slice(resources),
        None => reads.push((version.clone(), resources.to_vec())),
    }
}

/// The parts of a KMS key's ARN that are of use here.
struct Key<'a> {
    partition: &'a str,
    region: &'a str,
}

impl<'a> Key<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "kms", region, account, key] = *parts.as_slice() else { return None };
        let id = key.strip_prefix("key/")?;
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        [partition, region, account, id].into_iter().all(is_plain).then_some(Self { partition, region })
    }
}

struct Statement {
    sid: String,
    action: &'static str,
    resources: Vec<String>,
    condition: Option<Json<'static>>,
}

impl Statement {
    fn read(version: &Version, resources: Vec<String>, sids: &mut UniqueNames) -> Self {
        const STAGE: &str = "secretsmanager:VersionStage";
        const ID: &str = "secretsmanager:VersionId";
        let is = |operator, key, value: &str| (operator, Json::object([(key, Json::from(value.to_owned()))]));
        let (sid, condition) = match version {
            Version::Current => (
                "ReadCurrentVersions".to_owned(),
                Json::object([is("StringEqualsIfExists", STAGE, "AWSCURRENT"), is("Null", ID, "true")]),
            ),
            Version::Stage(stage) => {
                // All that a statement's id may hold.
                let letters: String = stage.chars().filter(char::is_ascii_alphanumeric).collect();
                (format!("ReadVersionsAt{letters}"), Json::object([is("StringEquals", STAGE, stage)]))
            }
            Version::Id(id) => ("ReadPinnedVersion".to_owned(), Json::object([is("StringEquals", ID, id)])),
        };
        Self { sid: sids.take(sid, ""), action: GET_SECRET_VALUE, resources, condition: Some(condition) }
    }

    fn to_json(&self) -> Json<'_> {
        let mut members = vec![
            ("Sid".into(), self.sid.as_str().into()),
            ("Effect".into(), "Allow".into()),
            ("Action".into(), self.action.into()),
            ("Resource".into(), Json::list(self.resources.iter().map(String::as_str))),
        ];
        members.extend(self.condition.clone().map(|condition| ("Condition".into(), condition)));
        Json::Object(members)
    }
}

fn document(statements: &[Statement]) -> Json<'_> {
    Json::object([
        ("Version", "2012-10-17".into()),
        ("Statement", Json::List(statements.iter().map(Statement::to_json).collect())),
    ])
}

/// Fills one document after the other, and parts a statement by its resources where it does not fit.
fn split(statements: Vec<Statement>) -> Vec<Vec<Statement>> {
    let empty = document(&[]).to_compact().len();
    let mut documents = Vec::new();
    let (mut open, mut length) = (Vec::new(), empty);
    for statement in statements {
        let Statement { sid, action, resources, condition } = statement;
        let part =
            |resources| Statement { sid: sid.clone(), action, resources, condition: condition.clone() };
        // With the comma behind it, as for each resource with its quotes.
        let frame = part(Vec::new()).to_json().to_compact().len() + 1;
        let (mut taken, mut size) = (Vec::new(), frame);
        for resource in resources {
            let cost = resource.len() + 3;
            if length + size + cost > MANAGED_POLICY_LIMIT && !(open.is_empty() && taken.is_empty()) {
                if !taken.is_empty() {
                    open.push(part(std::mem::take(&mut taken)));
                }
                documents.push(std::mem::take(&mut open));
                (length, size) = (empty, frame);
            }
            size += cost;
            taken.push(resource);
        }
        if !taken.is_empty() {
            open.push(part(taken));
            length += size;
        }
    }
    documents.push(open);
    documents
}
