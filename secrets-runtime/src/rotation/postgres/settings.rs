//! The settings that a role's sessions begin with, as statements that give them to another role.
//!
//! They are never set in the session that copies them: a role may set its own `search_path`, and a superuser's session
//! with that path would run the role's functions.

use std::fmt::Write;

use super::quoting::{Identifier, Literal};

/// Settings whose value is a list of names, each quoted by itself, by
/// [their documentation](https://www.postgresql.org/docs/current/runtime-config-client.html).
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// Statements that give a role these settings, each `name=value`; those of one database, if one is named.
pub(super) fn statements(role: &str, database: Option<&str>, settings: &[String]) -> String {
    let mut statements = String::new();
    for (name, value) in settings.iter().filter_map(|setting| setting.split_once('=')) {
        let role = Identifier(role);
        let _ = write!(statements, "ALTER ROLE {role}");
        if let Some(database) = database {
            let _ = write!(statements, " IN DATABASE {}", Identifier(database));
        }
        let _ = write!(statements, " SET {} TO {};", Identifier(name), constant(name, value));
    }
    statements
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
    fn a_value_is_a_text_and_a_list_is_several() {
        let settings = ["statement_timeout=30s", "search_path=\"$user\", public", "app.key=a=b, 'c'"];
        let expected = "ALTER ROLE \"a\" SET \"statement_timeout\" TO E'30s';\
            ALTER ROLE \"a\" SET \"search_path\" TO E'$user', E'public';\
            ALTER ROLE \"a\" SET \"app.key\" TO E'a=b, ''c''';";
        assert_eq!(statements("a", None, &settings.map(str::to_owned)), expected);
        let expected = "ALTER ROLE \"a\" IN DATABASE \"b\"\"c\" SET \"TimeZone\" TO E'UTC';";
        assert_eq!(statements("a", Some("b\"c"), &["TimeZone=UTC".to_owned()]), expected);
    }

    #[test]
    fn a_list_is_taken_apart_as_the_server_does() {
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
