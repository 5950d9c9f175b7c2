//! Writes a `.env.example`: every variable that a config reads, without values.

use super::Manifest;
use super::required_secrets::{one_line, shown_id};
use crate::environment::Environment;
use crate::secret_id::display_id;
use crate::setting::{DefaultSpec, Setting, Version, source_name};

/// How long the lines of a comment get.
const WIDTH: usize = 100;

impl Manifest {
    /// Writes a `.env.example`: every environment variable that the config reads, with its documentation and
    /// without a value.
    ///
    /// Required variables are empty, to be filled in. Variables that are optional, have a default or may be
    /// empty are commented out, and the default is shown. A copy as `.env` has no effect until it is filled
    /// in, since an empty variable counts as missing.
    ///
    /// ```
    /// # use secrets_runtime::{Secret, SecretConfig};
    /// #[derive(SecretConfig)]
    /// struct AppConfig {
    ///     /// Postgres connection string.
    ///     database_url: Secret<String>,
    ///     /// Where to listen.
    ///     #[secret(default = 8080)]
    ///     port: u16,
    /// }
    ///
    /// assert_eq!(
    ///     AppConfig::manifest().to_env_example(),
    ///     "# The environment variables of AppConfig. For development, copy this file to .env and fill it in.\n\
    ///      ## A value with spaces, quotes or a backslash goes into single quotes: KEY='the value'. `$` is literal.\n\
    ///      \n\
    ///      ## Postgres connection string.\n\
    ///      ## Secret<String>\n\
    ///      DATABASE_URL=\n\
    ///      \n\
    ///      ## Where to listen.\n\
    ///      ## u16, with a default\n\
    ///      ## PORT=8080\n"
    /// );
    /// ```
    pub fn to_env_example(&self) -> String {
        self.to_env_file(None)
    }

    /// Writes the same for developers who may read the secrets of an environment: each variable has the id
    /// of its secret there. It holds no value, and reads no store.
    ///
    /// ```
    /// # use secrets_runtime::{Environment, Secret, SecretConfig};
    /// # #[derive(SecretConfig)]
    /// # #[secret(prefix = "shop/{environment}")]
    /// # struct AppConfig { #[secret(name = "db", key = "password")] database_password: Secret<String> }
    /// let skeleton = AppConfig::manifest().in_environment(&Environment::STAGING).to_env_skeleton();
    /// assert!(skeleton.contains("# In staging: shop/staging/db, key password\n"));
    /// ```
    pub fn to_env_skeleton(&self) -> String {
        self.to_env_file(Some(self.environment()))
    }

    fn to_env_file(&self, ids_of: Option<&Environment>) -> String {
        let mut text = format!(
            "# The environment variables of {}. For development, copy this file to .env and fill it in.\n\
             # A value with spaces, quotes or a backslash goes into single quotes: KEY='the value'. `$` is literal.\n",
            self.name()
        );
        let (mut group, mut id_variables) = ("", Vec::new());
        for setting in self.settings().iter().filter(|setting| setting.allows_source(source_name::ENV)) {
            text.push('\n');
            let own_group = setting.path().rsplit_once('.').map_or("", |(group, _)| group);
            if own_group != group && !setting.group_doc().is_empty() {
                push_comment(&mut text, &format!("--- {own_group}: {}", setting.group_doc()));
                text.push('\n');
            }
            group = own_group;
            if let Some(variable) = setting.id_variable()
                && !id_variables.contains(&variable)
            {
                id_variables.push(variable);
                let of = if own_group.is_empty() { setting.path() } else { own_group };
                push_comment(
                    &mut text,
                    &format!("The name or the ARN of the secret of {of}, where a store is asked"),
                );
                text.extend(["# ", variable, "=\n\n"]);
            }
            push_setting(&mut text, setting, ids_of);
        }
        text
    }
}

fn push_setting(text: &mut String, setting: &Setting, ids_of: Option<&Environment>) {
    push_comment(text, setting.doc());
    let mut variables = setting.variables().map(display_id);
    let name = variables.next().unwrap_or_default();
    let value = match setting.default_spec() {
        _ if setting.is_secret() => None,
        DefaultSpec::Text(default) => Some(quoted(default)),
        DefaultSpec::Expression(default) if is_plain(default) => Some(default.to_owned()),
        _ => None,
    };
    let kind = match (setting.has_default(), setting.is_optional(), setting.default()) {
        // Code is no value to write into a file.
        (true, _, Some(default)) if value.is_none() => format!(", default: {default}"),
        (true, ..) => ", with a default".to_owned(),
        (false, true, _) => ", optional".to_owned(),
        (false, false, _) => String::new(),
    };
    let empty = if setting.allows_empty() { ", may be empty" } else { "" };
    push_comment(text, &format!("{}{kind}{empty}", setting.type_name()));
    for form in forms(setting) {
        push_comment(text, &form);
    }
    let aliases: Vec<&str> = variables.collect();
    if !aliases.is_empty() {
        push_comment(text, &format!("Still read under its older name: {}", aliases.join(", ")));
    }
    if let Some(environment) = ids_of.filter(|_| setting.may_ask_stores()) {
        let key = setting.json_key().map(|key| format!(", key {key}")).unwrap_or_default();
        push_comment(
            text,
            &format!("In {environment}: {}{key}", shown_id(setting.secret_id(), setting.id_variable())),
        );
    }
    if setting.has_default() || setting.is_optional() || setting.allows_empty() {
        text.push_str("# ");
    }
    text.push_str(name);
    text.push('=');
    text.push_str(value.as_deref().unwrap_or_default());
    text.push('\n');
}

/// The forms of a value that its type does not say to everybody, each with an example.
fn forms(setting: &Setting) -> Vec<String> {
    let name = setting.type_name();
    let is_bytes = name.contains("Vec<u8>") || name.contains("[u8]");
    let is_list = ["Vec<", "Box<[", "BTreeSet<", "HashSet<"].iter().any(|list| name.contains(list));
    let of_value = match setting.spec().and_then(|spec| spec.separator) {
        Some(separator) => {
            Some(format!("A list: the elements with {separator:?} between them, or a JSON array"))
        }
        None if setting.is_json() => Some(r#"JSON, such as '{"key": "value"}'"#.to_owned()),
        None if is_list && !is_bytes => Some(r#"A list, as a JSON array: '["one", "two"]'"#.to_owned()),
        None if name.contains("Duration") => Some("A time with its unit: 500ms, 30s, 1h 30m".to_owned()),
        None if name == "bool" || name == "Option<bool>" => Some("true or false".to_owned()),
        None => None,
    };
    let of_version = match setting.version() {
        Version::Current => None,
        Version::Stage(stage) if stage == "AWSPREVIOUS" => Some(
            "The previous version: here, the value before the last rotation, in a variable of its own"
                .to_owned(),
        ),
        Version::Stage(version) | Version::Id(version) => {
            Some(format!("The version {}: here, a variable of its own", display_id(version)))
        }
    };
    of_value.into_iter().chain(of_version).collect()
}

/// Adds a text as lines of a comment; nothing for an empty one.
fn push_comment(text: &mut String, comment: &str) {
    let comment = one_line(comment);
    let mut width = 0;
    for word in comment.split_whitespace() {
        let length = word.chars().count();
        if width == 0 {
            text.push('#');
        } else if width + 1 + length > WIDTH {
            text.push_str("\n#");
            width = 0;
        }
        text.push(' ');
        text.push_str(word);
        width += 1 + length;
    }
    if width > 0 {
        text.push('\n');
    }
}

/// Whether code means the same in a `.env` file: numbers and truth values do.
fn is_plain(code: &str) -> bool {
    matches!(code, "true" | "false")
        || (code.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && code.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
            && code.bytes().any(|byte| byte.is_ascii_digit()))
}

/// A text as a value of a `.env` file.
fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,+@%=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    // Everything means itself between single quotes, but for these.
    if !text.contains(['\'', '\\', '\n', '\r']) {
        return format!("'{text}'");
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_a_value_where_both_are_written_alike() {
        for code in ["8080", "-1", "0.5", "true", "false"] {
            assert!(is_plain(code), "{code}");
        }
        for code in ["", "-", "1_000", "8080u16", "Duration::from_secs(30)", "PORT", "1 + 1", "'a'"] {
            assert!(!is_plain(code), "{code}");
        }
    }

    #[test]
    fn a_value_is_quoted_where_it_would_be_read_as_something_else() {
        for (text, expected) in [
            ("info", "info"),
            ("a,b:c/d@e", "a,b:c/d@e"),
            ("", "''"),
            ("two words # and $SIGNS", "'two words # and $SIGNS'"),
            ("it's", r#""it's""#),
            ("a\\b", r#""a\\b""#),
            ("$A \"b\"\n'", r#""\$A \"b\"\n'""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
