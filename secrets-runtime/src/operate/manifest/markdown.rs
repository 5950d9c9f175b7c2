//! Writes a runbook of a config's settings as Markdown.

use std::borrow::Cow;

use super::Manifest;
use super::required_secrets::{RequiredSecret, is_in_secrets_manager, one_line, shown_id};
use crate::secret_id::display_id;
use crate::setting::{Setting, Version};

impl Manifest {
    /// Markdown for a runbook: a table of the settings, one of the secrets, and the commands by which an
    /// operator changes a secret and takes a change back. In GitHub's dialect, which most others understand.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# Settings of {} in {}\n\n", cell(self.name()), self.environment());
        push_settings(&mut text, self.settings());
        if self
            .settings()
            .iter()
            .any(|setting| setting.may_read_variables() && setting.variables().next().is_some())
        {
            text.push_str(SOURCES);
        }
        let secrets = self.required_secrets();
        if !secrets.is_empty() {
            push_secrets(&mut text, &secrets);
            text.push_str(COMMANDS);
        }
        text
    }
}

const SOURCES: &str = "
Where a variable `X` is not set, `X_FILE` may name the file that holds its value. `SECRET_SOURCES` chooses the sources and their
order, such as `env` for variables alone or `files:/run/secrets,env` for mounted files and then variables; `SECRET_FALLBACK`
(`missing`, `unavailable`, `error` or `never`) decides when the next one is asked.
";

const COMMANDS: &str = "
## Commands

Change a secret. The value comes from a file, so that it is in no shell history and no process list. A line break at the
end of the file would be part of the value: `printf %s` writes none, `echo` does. A service that is running reads the new
value within its TTL:

```sh
aws secretsmanager put-secret-value --secret-id NAME --secret-string file://value
```

See its versions, then go back to the one before:

```sh
aws secretsmanager list-secret-version-ids --secret-id NAME
aws secretsmanager update-secret-version-stage --secret-id NAME --version-stage AWSCURRENT \\
  --remove-from-version-id CURRENT --move-to-version-id PREVIOUS
```
";

fn push_settings(text: &mut String, settings: &[Setting]) {
    text.push_str("| setting | what it is | type | needed | AWS Secrets Manager | environment |\n|---|---|---|---|---|---|\n");
    for setting in settings {
        let secret =
            if is_in_secrets_manager(setting) { code(&place(setting)).into() } else { Cow::from("–") };
        let variables = setting.variables().filter(|_| setting.may_read_variables());
        let whole = setting.whole_secret_variable().filter(|_| setting.may_read_variables());
        let whole = whole.map(|whole| format!("its key in the JSON of {}", code(display_id(whole))));
        let variables = joined(variables.map(|variable| code(display_id(variable))).chain(whole), ", then ");
        let (path, doc, kind) =
            (code(setting.path()), cell(&setting.description()).into_owned(), code(setting.type_name()));
        let needed = needed(setting);
        push_row(text, &[&path, &doc, &kind, &needed, &secret, &variables]);
    }
}

fn needed(setting: &Setting) -> Cow<'static, str> {
    match (setting.default(), setting.has_default(), setting.is_optional()) {
        (Some(default), ..) => format!("default {}", code(default)).into(),
        (None, true, _) => "has a default".into(),
        (None, false, true) => "optional".into(),
        (None, false, false) => "yes".into(),
    }
}

fn push_secrets(text: &mut String, secrets: &[RequiredSecret<'_>]) {
    text.push_str("\n## Secrets\n\n| secret | versions | JSON keys | settings |\n|---|---|---|---|\n");
    for secret in secrets {
        let versions = secret.versions().into_iter().map(|version| match version {
            Version::Current => code("AWSCURRENT"),
            Version::Stage(version) | Version::Id(version) => code(display_id(version)),
        });
        let keys = secret.keys();
        let keys = keys.iter().map(|(key, _)| code(key));
        let paths = secret.paths().map(code);
        let id = code(&secret.shown_id());
        push_row(text, &[&id, &joined(versions, ", "), &joined(keys, ", "), &joined(paths, ", ")]);
    }
}

fn push_row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        text.extend(["| ", *cell, " "]);
    }
    text.push_str("|\n");
}

/// The parts with a separator between them, or a dash for none.
fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    let mut joined = String::new();
    for part in parts {
        if !joined.is_empty() {
            joined.push_str(separator);
        }
        joined.push_str(&part);
    }
    if joined.is_empty() { "–".to_owned() } else { joined }
}

/// The secret, with the key and the version that are read.
fn place(setting: &Setting) -> String {
    let mut place = shown_id(setting.secret_id(), setting.id_variable()).into_owned();
    if let Some(key) = setting.json_key() {
        place.push_str(" → ");
        place.push_str(&key);
    }
    if let Version::Stage(version) | Version::Id(version) = setting.version() {
        place.push_str(" @ ");
        place.push_str(display_id(version));
    }
    place
}

/// A text that is Markdown itself, as a cell: on one line, and with no bar that would end it.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let line = one_line(text);
    if line.contains('|') { line.replace('|', "\\|").into() } else { line }
}

/// A text as code in a cell, with a fence that is [longer than any in
/// it](https://spec.commonmark.org/0.31.2/#code-spans).
pub(super) fn code(text: &str) -> String {
    let text = cell(text);
    if text.is_empty() {
        return String::new();
    }
    if !text.contains('`') {
        return ["`", &text, "`"].concat();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    [&fence, space, &text, space, &fence].concat()
}
