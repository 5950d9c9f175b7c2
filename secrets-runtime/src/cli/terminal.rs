//! Prints the output of a subcommand, and colours words for terminals.

use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::operate::check::ExitCode;
use crate::text::table::{Tone, Tones};

/// The texts that a subcommand prints, and its exit code.
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: ExitCode,
}

impl Output {
    pub(super) fn success(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), stderr: String::new(), code: ExitCode::Success }
    }

    pub(super) fn failure(error: impl std::fmt::Display) -> Self {
        let error = error.to_string();
        Self {
            stdout: String::new(),
            stderr: format!("error: {}\n", error.trim_end()),
            code: ExitCode::Failure,
        }
    }

    pub(super) fn invalid_arguments(error: impl std::fmt::Display) -> Self {
        Self { code: ExitCode::InvalidArguments, ..Self::failure(error) }
    }

    /// Prints both texts and returns the exit code.
    pub(super) fn print(&self) -> ExitCode {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(self.stdout.as_bytes()).and_then(|()| stdout.flush());
        // An error here has nowhere to be reported.
        let _ = io::stderr().lock().write_all(self.stderr.as_bytes());
        match printed {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::Failure,
            // A closed pipe is not a failure: `| head`.
            _ => self.code,
        }
    }
}

/// Colours words by their tone if the standard output is a terminal.
pub(super) struct Colours(bool);

impl Colours {
    /// Decides for the standard output, by <https://no-color.org>.
    pub(super) fn of_stdout() -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self(io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb)
    }
}

impl Tones for Colours {
    fn write(&self, text: &mut String, word: &str, tone: Tone) {
        let colour = match tone {
            Tone::Good => "\u{1b}[32m",
            Tone::Notable => "\u{1b}[33m",
            Tone::Bad => "\u{1b}[31m",
            Tone::Plain => "",
        };
        if !self.0 || colour.is_empty() {
            return text.push_str(word);
        }
        text.extend([colour, word, "\u{1b}[0m"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_coloured_only_if_colours_are_on() {
        let written = |colours: &Colours| {
            let mut text = String::new();
            for tone in [Tone::Plain, Tone::Good, Tone::Notable, Tone::Bad] {
                colours.write(&mut text, "a", tone);
            }
            text
        };
        assert_eq!(written(&Colours(false)), "aaaa");
        assert_eq!(written(&Colours(true)), "a\u{1b}[32ma\u{1b}[0m\u{1b}[33ma\u{1b}[0m\u{1b}[31ma\u{1b}[0m");
    }
}
