//! The parser: its dialect, and what it has in common with dotenvy.

use std::collections::HashMap;

use proptest::prelude::*;

#[cfg(feature = "admin")]
use super::parse::parse_alone;
use super::parse::{MAX_BAD_LINES, MAX_VALUES, Parsed, parse};
use super::reason::Reason;
use super::values::{Assigned, Values};
use crate::error::SourceError;
use crate::source::Env;

/// The values of a file by key, and the number of its bad lines.
type Read = (Vec<(String, String)>, usize);

fn sorted(values: &Values) -> Vec<(String, String)> {
    let text = |assigned: &Assigned| assigned.value.expose_secret().clone();
    let values = values.iter().map(|(key, assigned)| (key.as_str().to_owned(), text(assigned)));
    let mut values: Vec<_> = values.collect();
    values.sort();
    values
}

fn ours(file: &[u8]) -> Read {
    let Parsed { values, bad_lines, .. } = parse(file, &Env::process());
    (sorted(&values), bad_lines.len())
}

fn dotenvys(file: &[u8]) -> Read {
    let (mut values, mut bad_lines) = (HashMap::new(), 0);
    // It takes a last line that ends in white space for an unfinished one.
    let ended = [file, if file.ends_with(b"\n") { b"" } else { b"\n" }].concat();
    let rest = ended.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&ended);
    for item in dotenvy::from_read_iter(rest) {
        match item {
            Ok((key, value)) => drop(values.insert(key, value)),
            Err(_) => bad_lines += 1,
        }
    }
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort();
    (values, bad_lines)
}

#[track_caller]
fn same(file: impl AsRef<[u8]>) {
    let file = file.as_ref();
    assert_eq!(ours(file), dotenvys(file), "{}", String::from_utf8_lossy(file));
}

fn bad_lines(file: &[u8]) -> Vec<(usize, Reason)> {
    let bad_lines = parse(file, &nothing()).bad_lines;
    bad_lines.into_iter().map(|line| (line.number, line.reason)).collect()
}

/// The value of `V`, or why its line cannot be read. `NAME` and `OTHER.1` are assigned above.
fn read(line: &str) -> Result<String, Reason> {
    let file = format!("NAME=1\nOTHER.1=2\n{line}\n");
    let parsed = parse(file.as_bytes(), &nothing());
    match parsed.bad_lines.as_slice() {
        [] => Ok(value(&parsed, "V").unwrap_or("(not set)").to_owned()),
        [bad] => {
            assert_eq!(bad.number, 3, "{line}");
            Err(bad.reason)
        }
        bad_lines => panic!("{line}: {bad_lines:?}"),
    }
}

fn nothing() -> Env {
    Env::from_iter([("", ""); 0])
}

#[test]
fn a_dollar_is_literal() {
    const HASH: &str = "$2b$12$KIXabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.";
    for value in [
        "pa$$word",
        "abc$def",
        "..S3cr$et@..",
        HASH,
        "$",
        "a$",
        "$1",
        "${",
        "${}",
        "${1}",
        "$(pwd)",
        "a${b c",
        "$\u{e9}",
    ] {
        let value = value.replace(' ', "_");
        for line in
            [format!("V={value}"), format!("V=\"{value}\""), format!("V='{value}'"), format!("V={value} # b")]
        {
            assert_eq!(read(&line).as_deref(), Ok(value.as_str()), "{line}");
        }
    }
}

#[test]
fn quotes_within_a_value_are_part_of_it() {
    for value in
        [r#"{"a":"b"}"#, r#"["a","b"]"#, "it's", r#"a"b"c"#, "a'b", r"{'a':1}", "a#b", "#b", "a=\"b\""]
    {
        assert_eq!(read(&format!("V={value}")).as_deref(), Ok(value));
        assert_eq!(
            read(&format!("export V = {value} # it's \"a\" comment")).as_deref(),
            if value == "#b" { Ok("") } else { Ok(value) }
        );
    }
}

#[test]
fn only_a_name_in_braces_inserts_a_variable() {
    for (line, expected) in [
        ("V=${NAME}", "1"),
        ("V=a${NAME}b${OTHER.1}", "a1b2"),
        ("V=\"a ${NAME}\"", "a 1"),
        ("V='a ${NAME}'", "a ${NAME}"),
        ("V='a '\"${NAME}\"${NAME}", "a 11"),
        ("V=$${NAME}", "$1"),
        ("V=\\${NAME}", "${NAME}"),
        ("V=\"\\${NAME}\"", "${NAME}"),
        ("V=\\$NAME", "$NAME"),
        ("V=\"\\$NAME\"", "$NAME"),
        ("V='$NAME'", "$NAME"),
        ("V=$NAMES", "$NAMES"),
    ] {
        assert_eq!(read(line).as_deref(), Ok(expected), "{line}");
    }
}

#[test]
fn a_line_that_may_mean_two_things_is_a_bad_line_with_its_own_reason() {
    for (line, reason) in [
        ("V=$NAME", Reason::BareDollar),
        ("V=\"a$NAME b\"", Reason::BareDollar),
        ("V=pa$NAME.word", Reason::BareDollar),
        ("V=$V", Reason::BareDollar),
        ("V=${NAME", Reason::OpenBrace),
        ("V=\"${NAME \"", Reason::OpenBrace),
        ("V=${NOBODY}", Reason::NotDefined),
        ("V=\"${NOBODY}\"", Reason::NotDefined),
        ("V=${V}", Reason::NotAbove),
        ("V=${NOBODY:-a}", Reason::Operator),
        ("V=${NAME-a}", Reason::Operator),
        ("V=\"${NAME:?a b}\"", Reason::Operator),
        ("V=C:\\path", Reason::Backslash),
        ("V={\"a\":\"b\\n\"}", Reason::Backslash),
        ("V=a\\", Reason::Backslash),
    ] {
        assert_eq!(read(line), Err(reason), "{line}");
    }
    let below = parse(b"A=${B}\nC=$B\nB=1\n", &nothing()).bad_lines;
    let reasons: Vec<_> = below.iter().map(|line| (line.number, line.reason)).collect();
    assert_eq!(reasons, [(1, Reason::NotAbove), (2, Reason::BareDollar)]);
}

#[test]
fn a_line_that_does_not_fit_the_grammar_has_its_own_reason() {
    for (line, reason) in [
        ("V=\"a\\tb\"", Reason::ControlEscape),
        ("V=\"a\\r\\n\"", Reason::ControlEscape),
        ("V=\"C:\\path\"", Reason::UnknownEscape),
        ("V=\"\\d+\"", Reason::UnknownEscape),
        ("V=\"\\0\"", Reason::UnknownEscape),
        ("MY-KEY=1", Reason::Name),
        ("export MY-KEY=1", Reason::Name),
        ("1KEY=1", Reason::Name),
        ("$env:KEY=1", Reason::Name),
        ("[section]", Reason::Section),
        ("[a b] # c", Reason::Section),
        ("[[tables]]", Reason::NotAssignment),
        ("KEY: value", Reason::Colon),
        ("KEY:", Reason::Colon),
        ("KEY", Reason::NotAssignment),
        ("export KEY", Reason::NotAssignment),
        ("KEY OTHER=1", Reason::NotAssignment),
        ("=1", Reason::NotAssignment),
        ("postgres://a@b/c", Reason::NotAssignment),
        ("V=two words", Reason::WhiteSpace),
        ("V=a\tb", Reason::WhiteSpace),
        ("V='a' b", Reason::AfterQuote),
        ("V=\"a\" \"b\"", Reason::AfterQuote),
        ("V=\"open", Reason::OpenQuote),
        ("V='open", Reason::OpenQuote),
    ] {
        assert_eq!(read(line), Err(reason), "{line}");
    }
}

#[test]
fn a_file_of_two_bytes_a_character_is_one_bad_line() {
    let wide = |mark: &[u16], to: fn(u16) -> [u8; 2]| {
        mark.iter().copied().chain("A=1\nB=hunter2\n".encode_utf16()).flat_map(to).collect::<Vec<u8>>()
    };
    for file in [
        wide(&[0xfeff], u16::to_le_bytes),
        wide(&[0xfeff], u16::to_be_bytes),
        wide(&[], u16::to_le_bytes),
        wide(&[], u16::to_be_bytes),
    ] {
        assert_eq!(bad_lines(&file), [(1, Reason::Utf16)]);
    }
    assert_eq!(bad_lines(b""), []);
    assert_eq!(bad_lines(b"A"), [(1, Reason::NotAssignment)]);
}

#[test]
fn each_reason_has_words_and_a_next_step_of_its_own() {
    let all = [
        Reason::NotUtf8,
        Reason::Utf16,
        Reason::NotAssignment,
        Reason::Section,
        Reason::Colon,
        Reason::Name,
        Reason::OpenQuote,
        Reason::AfterQuote,
        Reason::WhiteSpace,
        Reason::ControlEscape,
        Reason::UnknownEscape,
        Reason::Backslash,
        Reason::BareDollar,
        Reason::OpenBrace,
        Reason::Operator,
        Reason::NotDefined,
        Reason::NotAbove,
        Reason::TooLarge,
        Reason::RestNotRead,
    ];
    let words: std::collections::HashSet<_> = all.iter().map(|reason| reason.describe()).collect();
    assert_eq!(words.len(), all.len());
    assert!(all.iter().all(|reason| !reason.help().is_empty()));
    // Both meanings of a `$` are shown.
    for meaning in ["${NAME}", "\\$NAME", "KEY='the value'"] {
        assert!(Reason::BareDollar.help().contains(meaning), "{meaning}");
    }
}

#[test]
fn a_value_in_quotes_may_go_over_several_lines() {
    for (line, expected) in [
        ("V='two\nlines'", "two\nlines"),
        ("V=\"a\\\"\n# b\n\" # it's a comment", "a\"\n# b\n"),
        ("V='a\\'", "a\\"),
        ("V='a'\"b\nc\"", "ab\nc"),
        ("V='it'\\''s'", "it's"),
    ] {
        assert_eq!(read(line).as_deref(), Ok(expected), "{line}");
        assert_eq!(
            read(&line.replace('\n', "\r\n")).map(|value| value.replace('\r', "")).as_deref(),
            Ok(expected)
        );
    }
}

#[test]
fn lines_are_read_like_those_of_dotenvy_where_both_agree() {
    for file in [
        "",
        "\n\n",
        "A=1",
        "A=1\r\nB=2\r\n",
        "  A = 1  \n",
        "A=\nB= \nC= # why\nD=a#b\nE=a #b",
        "export A=1\nexport=2\nexport  B =3\nexported=4\nexport\n",
        "A='one # \\n $B'\nB=\"two # \\n\\\"\\$x\"\n",
        "A=1\nC=${A}x\nD=\"${A}\"\nE='${A}'\nF=${A}${A}\n",
        "A='two\nlines'\nB=\"two # \nlines\" # why\nC=3\n",
        "A=\"open\nB=2\n",
        "A='a'\"b\"c\nB='a' 'b'\nC='a'\t#b\n",
        "1A=1\n_A.b=2\nA-B=3\nA B=4\n=5\nA\n",
        "# A='1\nB=2\n",
        "\u{feff}A=1\n",
        "B=\u{e9}\u{2003}y\n",
        "A=1\nA=2\nB=${A}\n",
    ] {
        same(file);
        same(file.replace('\n', "\r\n"));
    }
    same(b"A=1\nB=\xff\nC=3\n");
}

#[test]
fn white_space_of_other_scripts_is_part_of_a_value() {
    for value in ["\u{a0}x", "x\u{a0}", "\u{2003}"] {
        assert_eq!(read(&format!("V={value}")).as_deref(), Ok(value));
    }
}

#[test]
fn a_variable_of_the_process_comes_before_an_assignment_above() {
    let variables = Env::from_iter([("A", "theirs")]);
    let parsed = parse(b"A=ours\nC=${A}\n", &variables);
    assert_eq!((value(&parsed, "A"), value(&parsed, "C")), (Some("ours"), Some("theirs")));
    let parsed = parse(b"C=${A}\nD=x$A\n", &variables);
    assert_eq!(value(&parsed, "C"), Some("theirs"));
    assert_eq!(parsed.bad_lines.first().map(|line| line.reason), Some(Reason::BareDollar));
}

#[test]
fn a_bad_line_is_named_by_the_number_at_which_it_begins() {
    assert_eq!(
        bad_lines(b"A=1\n\n# two\nno line\nB=2\nC D=3\n"),
        [(4, Reason::NotAssignment), (6, Reason::NotAssignment)]
    );
    assert_eq!(bad_lines(b"A=1\nB=\"open\nC=3\nD=4\n"), [(2, Reason::OpenQuote)]);
    assert_eq!(bad_lines(b"A=1\nB='open"), [(2, Reason::OpenQuote)]);
    assert_eq!(bad_lines(b"A='1\n2\\q' x y\nno line"), [(1, Reason::AfterQuote), (3, Reason::NotAssignment)]);
    assert_eq!(bad_lines(b"A=1\nB=\xff\nC=3\n"), [(2, Reason::NotUtf8)]);
    let long = format!("A={}\nno line\n", "x".repeat(20_000));
    assert_eq!(bad_lines(long.as_bytes()), [(2, Reason::NotAssignment)]);
}

/// The values by key, and the bad lines with their reasons.
#[cfg(feature = "admin")]
type ReadAlone = (Vec<(String, String)>, Vec<(usize, Reason)>);

#[cfg(feature = "admin")]
fn alone(file: &str) -> ReadAlone {
    let Parsed { values, bad_lines, .. } = parse_alone(file.as_bytes());
    (sorted(&values), bad_lines.into_iter().map(|line| (line.number, line.reason)).collect())
}

#[test]
#[cfg(feature = "admin")]
fn a_file_alone_refers_only_to_assignments_above() {
    let (values, bad_lines) =
        alone("A=1\nB=${A}x\nC=p${NOBODY}\nD=pa$$\nE='${NOBODY}'\nF=${C}\nA=$G\nG=2\nH=x$PATH\n");
    let expected =
        [(3, Reason::NotAbove), (6, Reason::NotAbove), (7, Reason::BareDollar), (9, Reason::BareDollar)];
    assert_eq!(bad_lines, expected);
    let expected = [("B", "1x"), ("D", "pa$$"), ("E", "${NOBODY}"), ("G", "2")];
    assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
#[cfg(feature = "admin")]
fn an_open_quote_costs_a_file_alone_one_line_only() {
    for (file, bad, left) in [
        ("A=\"open\nB=2\nC='x'\n", vec![1], vec![("B", "2"), ("C", "x")]),
        ("A='it\nB=\"don\nC=3\n", vec![1, 2], vec![("C", "3")]),
        ("A='x'y'\nB=2\n", vec![1], vec![("B", "2")]),
        ("A='two\nlines'\nB= \"a=\nb\"\n", vec![], vec![("A", "two\nlines"), ("B", "a=\nb")]),
        ("A='open", vec![1], vec![]),
    ] {
        let (values, bad_lines) = alone(file);
        assert_eq!(
            bad_lines,
            bad.iter().map(|number| (*number, Reason::OpenQuote)).collect::<Vec<_>>(),
            "{file}"
        );
        let left: Vec<_> = left.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(values, left, "{file}");
    }
}

/// Otherwise a migration would store the earlier value instead of the one that was meant.
#[test]
#[cfg(feature = "admin")]
fn a_bad_line_of_a_file_alone_removes_the_earlier_value_of_its_variable() {
    for file in [
        "A=old\nA=new value\n",
        "A=old\nA=\"new\n",
        "A=old\n export A = new val\n",
        "A=old\nA=\"new\nB=${A}\n",
        "A=old\nA=new value\nB=x${A}\n",
    ] {
        let (values, bad_lines) = alone(file);
        assert!(values.is_empty() && bad_lines.first().is_some_and(|bad| bad.0 == 2), "{file}: {values:?}");
    }
    let (values, _) = alone("A=1\nA is what it is called\nB=2\nB?=3\n");
    assert_eq!(values.len(), 2, "a line that assigns nothing");
}

#[test]
fn a_buffer_has_the_exact_size_of_its_value() {
    let parsed = parse(b"A=abc\nB=\"x\\n${A}y\\\"\"\n", &nothing());
    for value in parsed.values.values().map(|assigned| &assigned.value) {
        assert_eq!(value.expose_secret().capacity(), value.expose_secret().len());
    }
    assert_eq!(parsed.values["B"].value.expose_secret(), "x\nabcy\"");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn files_of_the_common_dialect_are_read_as_dotenvy_reads_them(values in prop::collection::vec(
        "[a-z0-9_.:/@=,+-]{0,12}|'[^'\\\\]{0,8}'|\"([a-z #'=]|\\\\n|\\\\\\\\|\\\\\"|\\\\\\$|\u{e9}){0,8}\"", 1..6,
    ), comment in "( # [a-z]{0,3})?", export in "(export )?") {
        let lines = values.iter().zip(["A", "B", "C", "D", "E", "F"]);
        same(lines.map(|(value, key)| format!("{export}{key}={value}{comment}\n")).collect::<Vec<_>>().concat());
    }

    #[test]
    fn a_value_is_read_as_it_is_written_or_not_at_all(text in "[!-~\u{e9}]{1,24}") {
        prop_assume!(!text.starts_with(['\'', '"']) && !text.contains('\\') && !text.contains("${NAME}"));
        if let Ok(read) = read(&format!("V={text}")) {
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn a_text_in_single_quotes_is_literal(text in "[^'\r]{0,24}") {
        prop_assert_eq!(read(&format!("V='{text}'")), Ok(text));
    }

    #[test]
    fn no_character_of_a_bad_line_is_in_its_error(
        value in "[XZ~^|@]{1,20}",
        (before, after) in prop::sample::select(vec![
            ("V=", " a"), ("V=\"", "\\t\""), ("V=\"", "\\p\""), ("V=", "\\p"), ("V=\"", ""), ("V='", "' a"), ("V=", "$NAME"),
            ("V=", "${NAME"), ("V=", "${NOBODY}"), ("V=${NAME:-", "}"), ("", "-KEY=1"), ("[", "]"), ("", ""), ("", "\u{0}"),
        ]),
    ) {
        let parsed = parse(format!("NAME=1\n{before}{value}{after}\n").as_bytes(), &nothing());
        prop_assert!(!parsed.bad_lines.is_empty());
        for error in parsed.bad_lines.into_iter().map(SourceError::from) {
            let shown = format!("{error} {error:?} {:?}", error.help());
            prop_assert!(!value.chars().any(|character| shown.contains(character)), "{}", shown);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(file in prop::collection::vec(any::<u8>(), 0..64)) {
        drop(parse(&file, &nothing()));
    }

    #[test]
    fn any_characters_are_read_without_a_panic(file in "([AB]|export|[ \t]|=|\n|\r|#|'|\"|\\\\|\\$|\\{|\\}|[a-z]|_|\u{e9}|\u{2003}){0,40}") {
        drop(parse(file.as_bytes(), &nothing()));
    }
}

fn value<'a>(parsed: &'a Parsed, key: &str) -> Option<&'a str> {
    parsed.values.get(key).map(|assigned| assigned.value.expose_secret().as_str())
}

#[test]
fn the_usual_dialect_is_read() {
    let parsed = parse(
        b"\xEF\xBB\xBFA=1\n# comment\n\nexport B='two words'\nC=\"line\\nbreak\" # why\nD=${A}x\nE=\nA=last\nF=\"a\nb\"\n",
        &nothing(),
    );
    assert_eq!(parsed.bad_lines, []);
    let expected =
        [("A", "last"), ("B", "two words"), ("C", "line\nbreak"), ("D", "1x"), ("E", ""), ("F", "a\nb")];
    for (key, expected) in expected {
        assert_eq!(value(&parsed, key), Some(expected), "{key}");
    }
}

#[test]
fn a_bad_line_is_named_and_the_rest_is_read() {
    let parsed = parse(b"A=1\nthis is no line\nB=2\n", &Env::process());
    let problems = parsed.bad_lines.into_iter().map(|line| SourceError::from(line).to_string());
    assert_eq!(problems.collect::<Vec<_>>(), ["line 2: not of the form KEY=value"]);
    assert_eq!(parsed.values["B"].value.expose_secret(), "2");
}

/// Lines of which each holds the value above twice.
fn doubling(lines: usize) -> String {
    let doubled = (1..lines).map(|line| format!("V{line}=${{V{0}}}${{V{0}}}\n", line - 1));
    std::iter::once(format!("V0={}\n", "x".repeat(1024))).chain(doubled).collect()
}

#[test]
fn lines_that_double_each_other_are_bad_lines_as_soon_as_they_need_too_much() {
    let parsed = parse(doubling(40).as_bytes(), &nothing());
    let first = parsed.bad_lines.first().unwrap();
    assert_eq!((first.number, first.reason), (15, Reason::TooLarge));
    let size: usize = parsed.values.values().map(|assigned| assigned.value.expose_secret().len()).sum();
    assert!(size <= MAX_VALUES, "{size}");
}

#[test]
fn one_budget_is_for_all_values_whatever_they_insert() {
    let large = "x".repeat(MAX_VALUES / 4);
    let of_process = Env::from_iter([("LARGE", large.as_str())]);
    for (file, variables, bad) in [
        // A variable of the process.
        ("A=${LARGE}\nB=${LARGE}\nC=${LARGE}\nD=${LARGE}\nE=${LARGE}\n".to_owned(), of_process, 5),
        // Several times in one value.
        (format!("A={large}\nB=${{A}}${{A}}\nC=${{A}}${{A}}\n"), nothing(), 3),
        // A key that is assigned again and again.
        (format!("A={large}\nB=${{A}}\nB=${{A}}\nB=${{A}}\nB=${{A}}\n"), nothing(), 5),
    ] {
        let parsed = parse(file.as_bytes(), &variables);
        let bad_lines: Vec<_> = parsed.bad_lines.iter().map(|line| (line.number, line.reason)).collect();
        assert_eq!(bad_lines, [(bad, Reason::TooLarge)]);
    }
}

#[test]
#[cfg(feature = "admin")]
fn a_file_alone_has_the_same_budget() {
    let parsed = parse_alone(doubling(40).as_bytes());
    assert_eq!(parsed.bad_lines.first().map(|line| line.reason), Some(Reason::TooLarge));
    assert!(parsed.values.len() < 15);
}

#[test]
fn a_file_that_is_not_a_env_file_is_read_until_a_hundred_lines_were_bad() {
    let file = format!("A=1\n{}B=2\n", "no line\n".repeat(100_000));
    let parsed = parse(file.as_bytes(), &nothing());
    assert_eq!(parsed.bad_lines.len(), MAX_BAD_LINES + 1);
    assert_eq!(
        parsed.bad_lines.last(),
        Some(&super::parse::BadLine { number: 102, reason: Reason::RestNotRead })
    );
    assert_eq!(parsed.values.len(), 1);
}

#[test]
fn a_value_may_have_many_escapes_and_not_millions() {
    let escaped = |escapes: usize| format!("A=\"{}\"\nB=2\n", "x\\n".repeat(escapes));
    let parsed = parse(escaped(20_000).as_bytes(), &nothing());
    assert_eq!(parsed.values["A"].value.expose_secret(), &"x\n".repeat(20_000));
    for escapes in [100_000, 4_000_000] {
        let parsed = parse(escaped(escapes).as_bytes(), &nothing());
        assert_eq!(parsed.bad_lines, [super::parse::BadLine { number: 1, reason: Reason::TooManyParts }]);
        assert_eq!(parsed.values["B"].value.expose_secret(), "2");
    }
}
