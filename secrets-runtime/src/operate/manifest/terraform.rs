//! Writes Terraform resources that create the secrets without values.

use std::fmt::Write as _;

use super::identifiers::{self, snake_case};
use super::required_secrets::{RequiredSecret, one_line};
use super::{Manifest, ManifestError};

const VARIABLE: &str = r#"
variable "kms_key_id" {
  description = "The KMS key of these secrets; null for aws/secretsmanager."
  type        = string
  default     = null
}
"#;

impl Manifest {
    /// A Terraform configuration with a place for each secret that Secrets Manager is asked for: a resource
    /// `aws_secretsmanager_secret` with its name, and its description out of the documentation.
    ///
    /// There is no value in it, and no `aws_secretsmanager_secret_version`, whose value would be [in the
    /// state](https://developer.hashicorp.com/terraform/language/manage-sensitive-data): values are put with
    /// `aws secretsmanager put-secret-value`, and Terraform leaves them alone. A secret that is there
    /// already, since it is read by its ARN or another service manages it, is named in a comment.
    ///
    /// # Errors
    /// [`ManifestError`] if a secret's name is malformed because of a prefix that is.
    pub fn to_terraform(&self) -> Result<String, ManifestError> {
        let secrets = self.valid_required_secrets()?;
        let mut text = format!(
            "# The secrets of {} in {}, without their values: put these with `aws secretsmanager put-secret-value`.\n\
             # A value that Terraform knows would be in its state.\n",
            self.name(),
            self.environment()
        );
        text.push_str(VARIABLE);
        let here = secrets.iter().filter(|secret| !secret.is_made_elsewhere());
        let ids: Vec<&str> = here.map(RequiredSecret::id).collect();
        let mut names = identifiers::of_ids(&ids, snake_case, "_").into_iter();
        for secret in &secrets {
            text.push('\n');
            push_settings(&mut text, secret);
            if secret.is_made_elsewhere() {
                push_line(&mut text, &["# Made elsewhere: ", &secret.shown_id()]);
            } else if let Some(name) = names.next() {
                push_resource(&mut text, secret, &name);
            }
        }
        Ok(text)
    }
}

fn push_settings(text: &mut String, secret: &RequiredSecret<'_>) {
    for setting in secret.settings() {
        let key = setting.json_key().map(|key| format!(", key {}", one_line(&key))).unwrap_or_default();
        push_line(text, &["# ", setting.path(), ": ", setting.type_name(), &key]);
    }
}

fn push_resource(text: &mut String, secret: &RequiredSecret<'_>, name: &str) {
    push_line(text, &["resource \"aws_secretsmanager_secret\" \"", name, "\" {"]);
    push_line(text, &["  name        = ", &quoted(secret.id())]);
    push_line(text, &["  description = ", &quoted(&secret.description())]);
    text.push_str("  kms_key_id  = var.kms_key_id\n\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n");
}

fn push_line(text: &mut String, parts: &[&str]) {
    text.extend(parts.iter().copied());
    text.push('\n');
}

/// A text as a [quoted template](https://developer.hashicorp.com/terraform/language/expressions/strings)
/// that is nothing but itself.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    if !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\' | '$' | '%')) {
        quoted.push_str(text);
        quoted.push('"');
        return quoted;
    }
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // `${` and `%{` begin an expression. Written as a number, a sign begins nothing.
            '$' if rest.peek() == Some(&'{') => quoted.push_str("\\u0024"),
            '%' if rest.peek() == Some(&'{') => quoted.push_str("\\u0025"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_nothing_but_itself() {
        for (text, expected) in [
            ("a b é", r#""a b é""#),
            ("\"\\\n\r\t", r#""\"\\\n\r\t""#),
            ("$ 5 % $$ %d", r#""$ 5 % $$ %d""#),
            ("${a} $${b} %{if}", r#""\u0024{a} $\u0024{b} \u0025{if}""#),
            ("\u{1}\u{7f}", r#""\u0001\u007f""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
