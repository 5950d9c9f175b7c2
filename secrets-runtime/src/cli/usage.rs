//! Reports invalid arguments without repeating them: a value may have been pasted there.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::terminal::Output;

pub(super) fn report(error: &Error) -> Output {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Output::success(error.render().to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Output { stderr: error.render().to_string(), ..Output::invalid_arguments("") }
        }
        _ => Output::invalid_arguments(message(error)),
    }
}

fn message(error: &Error) -> String {
    // The name of a known argument; the given text of an unknown one.
    let name = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let mut message = match error.kind() {
        ErrorKind::UnknownArgument if name.starts_with('-') => "unknown option".to_owned(),
        ErrorKind::UnknownArgument => "unexpected argument".to_owned(),
        ErrorKind::InvalidSubcommand => "unknown subcommand".to_owned(),
        ErrorKind::MissingSubcommand => "no subcommand".to_owned(),
        ErrorKind::InvalidValue => match text(error, ContextKind::ValidValue) {
            Some(values) => format!("{name}: expected one of {values}"),
            None => format!("{name}: the value is missing"),
        },
        ErrorKind::ValueValidation => match error.source() {
            Some(reason) => format!("{name}: {reason}"),
            None => format!("{name}: invalid value"),
        },
        ErrorKind::ArgumentConflict => format!("{name}: given twice, or with an option that excludes it"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => "invalid arguments".to_owned(),
    };
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(suggested) = suggested.into_iter().find_map(|kind| text(error, kind)) {
        message.extend([" (did you mean ", &suggested, "?)"]);
    }
    if let Some(usage) = text(error, ContextKind::Usage) {
        message.push_str("\n\n");
        message.push_str(&usage);
    }
    message.push_str("\n\nhelp: --help lists the subcommands and options");
    message
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::command;
    use crate::operate::check::ExitCode;

    fn output_of(arguments: &[&str]) -> Output {
        let arguments = std::iter::once("secrets").chain(arguments.iter().copied());
        report(&command().try_get_matches_from(arguments).unwrap_err())
    }

    #[test]
    fn what_was_given_is_not_repeated() {
        let pasted = "hunter2";
        for arguments in [
            vec![pasted],
            vec!["--hunter2"],
            vec!["check", pasted],
            vec!["check", "--format", pasted],
            vec!["check", "--environment", "hunter2!"],
            vec!["check", "--hunter2=hunter2"],
            vec!["migrate", "--tag", pasted],
            vec!["migrate", "--apply=hunter2"],
            vec!["migrate", "--from", "a", "--from", pasted],
            vec!["policy", "--region", "a", pasted],
            vec!["help", pasted],
        ] {
            let output = output_of(&arguments);
            assert_eq!(output.code, ExitCode::InvalidArguments, "{arguments:?}");
            assert!(output.stdout.is_empty() && !output.stderr.contains(pasted), "{}", output.stderr);
            assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        }
    }

    #[test]
    fn a_typo_gets_a_suggestion_and_possible_values_are_listed() {
        assert!(output_of(&["chek"]).stderr.starts_with("error: unknown subcommand (did you mean check?)"));
        let output = output_of(&["check", "--formt", "json"]);
        assert!(
            output.stderr.starts_with("error: unknown option (did you mean --format?)"),
            "{}",
            output.stderr
        );
        let output = output_of(&["check", "json"]);
        assert!(output.stderr.starts_with("error: unexpected argument\n"), "{}", output.stderr);
        let output = output_of(&["docs", "--kind", "x"]);
        assert!(
            output.stderr.starts_with("error: --kind <KIND>: expected one of runbook, checklist"),
            "{}",
            output.stderr
        );
        let output = output_of(&["docs", "--environment", "Prod"]);
        assert!(
            output.stderr.starts_with("error: --environment <NAME>: an environment is named with"),
            "{}",
            output.stderr
        );
    }

    #[test]
    fn help_is_a_success_and_a_missing_subcommand_is_not() {
        for arguments in [&["--help"][..], &["help"], &["check", "--help"], &["help", "migrate"]] {
            let output = output_of(arguments);
            assert_eq!((output.code, output.stderr.as_str()), (ExitCode::Success, ""));
            assert!(output.stdout.contains("Exit codes:"), "{}", output.stdout);
            let widest = output.stdout.lines().map(str::len).max();
            assert!(widest.is_some_and(|width| width <= 120), "{}", output.stdout);
        }
        let output = output_of(&[]);
        assert_eq!((output.code, output.stdout.as_str()), (ExitCode::InvalidArguments, ""));
        assert!(output.stderr.contains("Usage: secrets"), "{}", output.stderr);
    }
}
