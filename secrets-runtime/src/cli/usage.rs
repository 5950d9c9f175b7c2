//! What is wrong with arguments, said without repeating them: a value may have been pasted there.

use std::error::Error as _;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::terminal::Answer;

pub(super) fn answer(error: &Error) -> Answer {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Answer::done(error.render().to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Answer { stderr: error.render().to_string(), ..Answer::misused("") }
        }
        _ => Answer::misused(said(error)),
    }
}

fn said(error: &Error) -> String {
    // Of an argument that is known, its name; of one that is not, what was given.
    let name = text(error, ContextKind::InvalidArg).unwrap_or_default();
    let mut said = match error.kind() {
        ErrorKind::UnknownArgument if name.starts_with('-') => "there is no such option".to_owned(),
        ErrorKind::UnknownArgument => "there is an argument too many".to_owned(),
        ErrorKind::InvalidSubcommand => "there is no such subcommand".to_owned(),
        ErrorKind::MissingSubcommand => "no subcommand".to_owned(),
        ErrorKind::InvalidValue => match text(error, ContextKind::ValidValue) {
            Some(values) => format!("{name}: one of {values}"),
            None => format!("{name}: its value is missing"),
        },
        ErrorKind::ValueValidation => match error.source() {
            Some(reason) => format!("{name}: {reason}"),
            None => format!("{name}: not valid"),
        },
        ErrorKind::ArgumentConflict => format!("{name}: given twice, or with an option that excludes it"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => "the arguments are not valid".to_owned(),
    };
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(suggested) = suggested.into_iter().find_map(|kind| text(error, kind)) {
        said.extend([" (did you mean ", &suggested, "?)"]);
    }
    if let Some(usage) = text(error, ContextKind::Usage) {
        said.push_str("\n\n");
        said.push_str(&usage);
    }
    said.push_str("\n\nhelp: --help lists what there is");
    said
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
    use crate::cli::command;

    fn answered(arguments: &[&str]) -> Answer {
        let arguments = std::iter::once("secrets").chain(arguments.iter().copied());
        answer(&command().try_get_matches_from(arguments).unwrap_err())
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
            let answer = answered(&arguments);
            assert_eq!(answer.code, 2, "{arguments:?}");
            assert!(answer.stdout.is_empty() && !answer.stderr.contains(pasted), "{}", answer.stderr);
            assert!(answer.stderr.starts_with("error: "), "{}", answer.stderr);
        }
    }

    #[test]
    fn a_slip_is_recognised_and_what_is_possible_is_named() {
        assert!(
            answered(&["chek"])
                .stderr
                .starts_with("error: there is no such subcommand (did you mean check?)")
        );
        let answer = answered(&["check", "--formt", "json"]);
        assert!(
            answer.stderr.starts_with("error: there is no such option (did you mean --format?)"),
            "{}",
            answer.stderr
        );
        let answer = answered(&["check", "json"]);
        assert!(answer.stderr.starts_with("error: there is an argument too many\n"), "{}", answer.stderr);
        let answer = answered(&["docs", "--kind", "x"]);
        assert!(
            answer.stderr.starts_with("error: --kind <KIND>: one of runbook, checklist"),
            "{}",
            answer.stderr
        );
        let answer = answered(&["docs", "--environment", "Prod"]);
        assert!(
            answer.stderr.starts_with("error: --environment <NAME>: an environment is named with"),
            "{}",
            answer.stderr
        );
    }

    #[test]
    fn help_is_no_error_and_no_subcommand_is_one() {
        for arguments in [&["--help"][..], &["help"], &["check", "--help"], &["help", "migrate"]] {
            let answer = answered(arguments);
            assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
            assert!(answer.stdout.contains("Exit codes:"), "{}", answer.stdout);
            let widest = answer.stdout.lines().map(str::len).max();
            assert!(widest.is_some_and(|width| width <= 120), "{}", answer.stdout);
        }
        let answer = answered(&[]);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
        assert!(answer.stderr.contains("Usage: secrets"), "{}", answer.stderr);
    }
}
