//! Writes the checklist for the first start of a config in production.

use std::fmt::Write as _;

use super::Manifest;
use super::markdown::{cell, code};
use super::required_secrets::{RequiredSecret, is_in_secrets_manager};
use crate::secret_id::display_id;

impl Manifest {
    /// The checklist of a start in production, as Markdown with boxes to tick: places for the secrets, their
    /// values, the permission to read them, the environment of the process, monitoring and rotation.
    pub fn to_checklist(&self) -> String {
        let mut text = format!("# Before {} starts in {}\n", cell(self.name()), self.environment());
        let secrets = self.required_secrets();
        if !secrets.is_empty() {
            push_secrets(&mut text, &secrets);
            text.push_str(PERMISSIONS);
        }
        self.push_environment(&mut text, !secrets.is_empty());
        if !secrets.is_empty() {
            text.push_str(AFTERWARDS);
        }
        text
    }

    fn push_environment(&self, text: &mut String, reads_secrets: bool) {
        text.push_str("\n## Environment of the process\n\n");
        let environment = self.environment();
        let unset = "without it the service takes itself for `development`";
        push(text, &format!("`ENVIRONMENT={environment}` is set: {unset}"));
        let required = self.settings().iter().filter(|setting| {
            !is_in_secrets_manager(setting)
                && !setting.has_default()
                && !setting.is_optional()
                && setting.may_read_variables()
        });
        for variable in required.filter_map(|setting| setting.variables().next()) {
            push(text, &format!("{} is set", code(display_id(variable))));
        }
        if reads_secrets {
            text.push_str(NO_SECRETS);
        }
        push(text, "There is no `.env` in the image");
    }
}

fn push_secrets(text: &mut String, secrets: &[RequiredSecret<'_>]) {
    text.push_str(SECRETS);
    for secret in secrets {
        let keys: Vec<String> = secret.keys().iter().map(|(key, _)| code(key)).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(", JSON with {}", keys.join(", ")) };
        let optional = if secret.may_be_absent() { " (optional)" } else { "" };
        push(text, &format!("{} has its value{keys}{optional}", code(&secret.shown_id())));
    }
    push(text, "No shell history, ticket or repository holds one of these values");
}

const NO_SECRETS: &str = "\
- [ ] `AWS_REGION` is set, or the platform says the region; `AWS_ENDPOINT_URL` is not set
- [ ] No variable holds a secret: a secret that is read from a variable is logged as a warning
";

const SECRETS: &str = "
## Secrets

- [ ] The places are there (template for CloudFormation or Terraform), with a KMS key where another account reads them
";

const PERMISSIONS: &str = "
## Permissions

- [ ] The role of the service has the generated IAM policy, and no other on Secrets Manager
- [ ] `kms:Decrypt` is in it for each customer managed KMS key, and the policies of these keys allow it
- [ ] The instance, task or function has the role: `check` succeeds there, or names what is missing
- [ ] Secrets Manager can be reached: a route to the internet, or a VPC endpoint whose policy allows both actions
";

const AFTERWARDS: &str = "
## Monitoring

- [ ] CloudTrail writes to a log group, and the generated alarms watch it: 5 failed reads in 5 minutes, any denied call but `DescribeSecret`, any failed rotation
- [ ] AWS Config records, and its rule watches for secrets that are older than 90 days
- [ ] The alarms reach a person: a test message has arrived

## Rotation

- [ ] Every secret has a rotation, or an owner and a date
- [ ] A rotation has been tried in staging while the service ran
- [ ] The way back is known: `AWSPREVIOUS`, see the runbook
";

fn push(text: &mut String, item: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "- [ ] {item}");
}
