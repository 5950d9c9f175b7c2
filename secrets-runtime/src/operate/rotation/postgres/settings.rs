//! Turns the session settings of a role into statements that give them to another role.
//!
//! The statements never set them in the session that copies them: with a role's own `search_path`, a
//! superuser's session would run the role's functions.

use std::collections::BTreeMap;

use super::quoting::{Identifier, Literal};
use crate::error::SourceError;
use crate::events;

/// Settings whose value is a list of separately quoted names, by
/// [their documentation](https://www.postgresql.org/docs/current/runtime-config-client.html).
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// A statement about one setting of a role.
pub(super) struct Change {
    pub(super) setting: String,
    pub(super) statement: String,
}

/// A role's settings, each `name=value`, by database. Those without a database apply to all.
#[derive(Default)]
pub(super) struct Settings(BTreeMap<Option<String>, Vec<String>>);

impl Settings {
    pub(super) fn add(&mut self, database: Option<&str>, settings: Vec<String>) {
        self.0.entry(database.map(str::to_owned)).or_default().extend(settings);
    }

    /// The statements that replace the present settings of a role with these.
    pub(super) fn changes(&self, role: &str, present: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut add = |name: &str, statement| changes.push(Change { setting: name.to_owned(), statement });
        for (database, name, _) in present.parts() {
            let is_kept = self.parts().any(|(other, kept, _)| (other, kept) == (database, name));
            // The clone keeps its own setting `role`.
            if !is_kept && name != "role" {
                add(name, format!("{} RESET {}", alter(role, database), Identifier(name)));
            }
        }
        for (database, name, value) in self.parts() {
            let (alter, constant) = (alter(role, database), constant(name, value));
            add(name, format!("{alter} SET {} TO {constant}", Identifier(name)));
        }
        changes
    }

    /// Database, name and value.
    fn parts(&self) -> impl Iterator<Item = (Option<&str>, &str, &str)> {
        self.0.iter().flat_map(|(database, settings)| {
            let parts = settings.iter().filter_map(|setting| setting.split_once('='));
            parts.map(|(name, value)| (database.as_deref(), name, value))
        })
    }
}

/// Logs that a setting is not copied, with its name and the server's code. The rotation continues.
pub(super) fn log_skipped(setting: &str, error: &SourceError) {
    let setting = if is_name(setting) { setting } else { "(not a setting's name)" };
    events::setting_not_copied(setting, error.code().unwrap_or_default());
}

/// Whether it is [a valid setting name](https://www.postgresql.org/docs/current/runtime-config-custom.html),
/// which cannot break the lines of a log.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.$".contains(&byte);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(is_allowed)
}

fn alter(role: &str, database: Option<&str>) -> String {
    let role = Identifier(role);
    match database {
        Some(database) => format!("ALTER ROLE {role} IN DATABASE {}", Identifier(database)),
        None => format!("ALTER ROLE {role}"),
    }
}

fn constant(name: &str, value: &str) -> String {
    if !LISTS.contains(&name.to_ascii_lowercase().as_str()) {
        return Literal(value).to_string();
    }
    let items: Vec<String> = items(value).iter().map(|item| Literal(item).to_string()).collect();
    items.join(", ")
}

/// The names in a list, which may be quoted.
fn items(list: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = list.trim();
    loop {
        let mut item = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            while let Some((part, after)) = quoted.split_once('"') {
                item.push_str(part);
                quoted = after;
                match after.strip_prefix('"') {
                    Some(after) => {
                        item.push('"');
                        quoted = after;
                    }
                    None => break,
                }
            }
            rest = quoted;
        }
        let (plain, after) = rest.split_once(',').map_or((rest, None), |(plain, after)| (plain, Some(after)));
        item.push_str(plain.trim());
        items.push(item);
        match after {
            Some(after) => rest = after.trim_start(),
            None => return items,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_text_and_a_list_is_several() {
        let wanted = settings(&[
            (None, &["statement_timeout=30s", "search_path=\"$user\", public", "app.key=a=b, 'c'"]),
            (Some("b\"c"), &["TimeZone=UTC"]),
        ]);
        let expected = [
            "ALTER ROLE \"a\" SET \"statement_timeout\" TO E'30s'",
            "ALTER ROLE \"a\" SET \"search_path\" TO E'$user', E'public'",
            "ALTER ROLE \"a\" SET \"app.key\" TO E'a=b, ''c'''",
            "ALTER ROLE \"a\" IN DATABASE \"b\"\"c\" SET \"TimeZone\" TO E'UTC'",
        ];
        assert_eq!(statements(&wanted, &Settings::default()), expected);
    }

    #[test]
    fn other_settings_are_reset_except_role() {
        let wanted = settings(&[(None, &["TimeZone=UTC"])]);
        let present =
            settings(&[(None, &["role=a", "TimeZone=CET", "work_mem=1MB"]), (Some("b"), &["TimeZone=CET"])]);
        let expected = [
            "ALTER ROLE \"a\" RESET \"work_mem\"",
            "ALTER ROLE \"a\" IN DATABASE \"b\" RESET \"TimeZone\"",
            "ALTER ROLE \"a\" SET \"TimeZone\" TO E'UTC'",
        ];
        assert_eq!(statements(&wanted, &present), expected);
    }

    fn statements(wanted: &Settings, present: &Settings) -> Vec<String> {
        wanted.changes("a", present).into_iter().map(|change| change.statement).collect()
    }

    #[test]
    fn a_text_that_breaks_lines_is_not_a_name() {
        assert!(is_name("log_min_duration_statement") && is_name("shop.region$1"));
        for text in ["", "a\nb", "a=b", "a b", "\u{1b}[2J", &"a".repeat(129)] {
            assert!(!is_name(text), "{text:?}");
        }
    }

    fn settings(parts: &[(Option<&str>, &[&str])]) -> Settings {
        let mut settings = Settings::default();
        for (database, parts) in parts {
            settings.add(*database, parts.iter().map(|&part| part.to_owned()).collect());
        }
        settings
    }

    #[test]
    fn a_list_is_split_as_by_the_server() {
        for (list, expected) in [
            ("", &[""] as &[&str]),
            ("\"\"", &[""]),
            ("a", &["a"]),
            ("a, b ,c", &["a", "b", "c"]),
            ("\"a, b\", c", &["a, b", "c"]),
            ("\"a\"\"b\",\"\"\"\"", &["a\"b", "\""]),
            ("a; DROP ROLE b", &["a; DROP ROLE b"]),
            ("\"a", &["a"]),
        ] {
            assert_eq!(items(list), expected, "{list}");
        }
    }
}
