//! Finds commands in a text.

/// The subcommands of an application's command line.
const SUBCOMMANDS: [&str; 8] =
    ["check", "policy", "env-example", "template", "docs", "manifest", "migrate", "rotate"];

/// Each command in a line: `aws SERVICE ..` and `secrets SUBCOMMAND ..`. It ends with its code span, before a
/// semicolon or with the line.
pub(super) fn commands_in(line: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for (program, is_subcommand) in
        [("aws ", is_service as fn(&str) -> bool), ("secrets ", |word| SUBCOMMANDS.contains(&word))]
    {
        for (start, _) in line.match_indices(program) {
            let is_word = line[..start].chars().next_back().is_none_or(|before| " `".contains(before));
            let command = line[start..].split(['`', ';', '|']).next().unwrap_or_default().trim();
            let second = command.split(' ').nth(1).unwrap_or_default();
            if is_word && is_subcommand(second) {
                commands.push(command.to_owned());
            }
        }
    }
    commands
}

fn is_service(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// The words of a command that say what it does: `aws secretsmanager create-secret`.
pub(super) fn action(command: &str) -> String {
    let words = if command.starts_with("aws ") { 3 } else { 2 };
    command.split(' ').take(words).collect::<Vec<_>>().join(" ")
}

#[test]
fn commands_are_found_in_help_and_in_tables() {
    for (line, commands) in [
        ("aws secretsmanager create-secret --name a", vec!["aws secretsmanager create-secret --name a"]),
        ("see them: aws sts get-caller-identity", vec!["aws sts get-caller-identity"]),
        ("| `x` | run `aws sso login --profile a` | b |", vec!["aws sso login --profile a"]),
        ("enable it with aws kms enable-key; or not", vec!["aws kms enable-key"]),
        ("the policy that `secrets policy --pending` prints", vec!["secrets policy --pending"]),
        ("aws  shop/jwt   not there", vec![]),
        ("secrets changed: the new values are in use", vec![]),
        ("`sources(aws, env)`", vec![]),
    ] {
        assert_eq!(commands_in(line), commands, "{line}");
    }
    assert_eq!(action("aws secretsmanager create-secret --name a"), "aws secretsmanager create-secret");
    assert_eq!(action("secrets policy --pending"), "secrets policy");
}
