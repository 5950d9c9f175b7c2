//! What a subcommand says, and to whom.

use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::text::table::{Tone, Tones};

/// It is done, and all is well.
pub(super) const DONE: u8 = 0;
/// It is done, and there is something to see to.
pub(super) const FINDINGS: u8 = 1;
/// The arguments are wrong.
pub(super) const USAGE: u8 = 2;
/// It could not be done.
pub(super) const FAILED: u8 = 3;

/// What is to be printed, and the exit code.
pub(super) struct Answer {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: u8,
}

impl Answer {
    pub(super) fn done(stdout: impl Into<String>) -> Self {
        Self { stdout: stdout.into(), stderr: String::new(), code: DONE }
    }

    pub(super) fn failed(error: impl std::fmt::Display) -> Self {
        let error = error.to_string();
        Self { stdout: String::new(), stderr: format!("error: {}\n", error.trim_end()), code: FAILED }
    }

    pub(super) fn misused(error: impl std::fmt::Display) -> Self {
        Self { code: USAGE, ..Self::failed(error) }
    }

    /// Prints it: the exit code.
    pub(super) fn print(&self) -> u8 {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(self.stdout.as_bytes()).and_then(|()| stdout.flush());
        // Nobody is left to be told that this fails.
        let _ = io::stderr().lock().write_all(self.stderr.as_bytes());
        match printed {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => FAILED,
            // Whoever reads has enough: `| head`.
            _ => self.code,
        }
    }
}

/// Words in the colours of their tones, where a person would see them.
pub(super) struct Colours(bool);

impl Colours {
    /// For the standard output: see <https://no-color.org>.
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
    fn words_have_colours_where_they_are_wanted_and_nothing_else_has() {
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
