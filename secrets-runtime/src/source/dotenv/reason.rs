//! Why a line of a `.env` file cannot be read, and what to do about it. No text here quotes the line.

/// Why a line cannot be read. Two lines have different reasons if they are corrected in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    NotUtf8,
    /// The whole file.
    Utf16,
    NotAssignment,
    Section,
    /// `KEY: value`, as YAML has it.
    Colon,
    Name,
    OpenQuote,
    AfterQuote,
    WhiteSpace,
    /// `\t` and `\r`, which other dialects have.
    ControlEscape,
    UnknownEscape,
    /// A backslash in a value without quotes, which some dialects keep and others remove.
    Backslash,
    /// `$NAME`, where the name is defined.
    BareDollar,
    /// `${NAME`, where the name is defined.
    OpenBrace,
    /// `${NAME:-default}` and its like.
    Operator,
    /// `${NAME}`, where the name is defined nowhere.
    NotDefined,
    /// `${NAME}`, where the name is not assigned above.
    NotAbove,
    TooLarge,
    TooManyParts,
    RestNotRead,
}

impl Reason {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not UTF-8",
            Self::Utf16 => "the file is UTF-16, not UTF-8",
            Self::NotAssignment => "not of the form KEY=value",
            Self::Section => "a section in brackets, which a .env file does not have",
            Self::Colon => "a colon after the name, as in YAML, instead of `=`",
            Self::Name => {
                "the name has a character other than letters, digits and `_`, or begins with a digit"
            }
            Self::OpenQuote => "a quote is opened and never closed",
            Self::AfterQuote => "text after the quote that ends the value",
            Self::WhiteSpace => "white space in a value that is not in quotes",
            Self::ControlEscape => "`\\t` or `\\r` in double quotes, which this dialect does not have",
            Self::UnknownEscape => {
                "a backslash in double quotes that begins no escape (`\\n`, `\\\\`, `\\\"`, `\\'`, `\\$` or `\\ `)"
            }
            Self::Backslash => "a backslash in a value that is not in quotes",
            Self::BareDollar => "a `$` before the name of a variable that is defined: it may be meant or not",
            Self::OpenBrace => "`${` before the name of a variable that is defined, without `}`",
            Self::Operator => "`${..}` with more than a name, such as a default",
            Self::NotDefined => "`${..}` names a variable that is not defined",
            Self::NotAbove => "refers to a variable that is not above it",
            Self::TooLarge => "too large with the variables inserted: all values may have 16 MiB together",
            Self::TooManyParts => "more than 100,000 parts in one value: texts, escapes and variables",
            Self::RestNotRead => "not read, like the rest of the file: too many lines above cannot be read",
        }
    }

    /// Returns the next step.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the file as UTF-8; a binary value has no place in it",
            Self::Utf16 => "save the file as UTF-8; in PowerShell: Set-Content -Encoding utf8",
            Self::NotAssignment | Self::WhiteSpace => {
                "quote values that hold spaces, quotes or `#`: KEY='the value'"
            }
            Self::Section => {
                "remove the line; where it groups names, begin each of them with a prefix, such as SMTP_"
            }
            Self::Colon => "write KEY=value",
            Self::Name => {
                "rename it, for instance to MY_KEY; the field's `env = \"..\"` says which name is read"
            }
            Self::OpenQuote => {
                "close the quote; where it is part of the value, put the value in quotes of the other kind"
            }
            Self::AfterQuote => {
                "put all of the value in one pair of quotes; a comment begins with ` #`; for quotes within the value: KEY='a \"b\" c'"
            }
            Self::ControlEscape => {
                "for a tab, put the tab itself between the quotes; where the backslash is part of the value, KEY='the value'"
            }
            Self::UnknownEscape => {
                "where the backslash is part of the value, KEY='the value', or write it twice within double quotes"
            }
            Self::Backslash => {
                "where the backslash is part of the value, KEY='the value'; for escapes such as `\\n`, KEY=\"the value\""
            }
            Self::BareDollar => {
                "to insert the variable, write ${NAME}; where the `$` is part of the value, write \\$NAME, or KEY='the value'"
            }
            Self::OpenBrace => {
                "to insert the variable, write ${NAME}; where the `$` is part of the value, KEY='the value'"
            }
            Self::Operator => {
                "write the value itself, or ${NAME} alone; where the `$` is part of the value, KEY='the value'"
            }
            Self::NotDefined => {
                "assign the variable above, or set it; where the `$` is part of the value, KEY='the value'"
            }
            Self::NotAbove => {
                "move the variable above it; where the `$` is part of the value, KEY='the value'"
            }
            Self::TooLarge => "where the `$` is part of the value, KEY='the value'",
            Self::TooManyParts => {
                "is it a value? If so, write line breaks and quotes as they are, within single quotes"
            }
            Self::RestNotRead => "is it a .env file? If so, correct the lines above",
        }
    }
}
