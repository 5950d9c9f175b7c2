//! The parser: compared with dotenvy, and where it is stricter.

use std::collections::HashMap;

use proptest::prelude::*;

use super::lines::{NOT_UTF8, OPEN_QUOTE};
use super::parse::{MAX_BAD_LINES, MAX_VALUES, NO_ASSIGNMENT, Parsed, REST_NOT_READ, TOO_LARGE, TOO_MANY_PARTS, parse};
#[cfg(feature = "admin")]
use super::parse::{NOT_ABOVE, parse_alone};
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

fn bad_lines(file: &[u8]) -> Vec<(usize, &'static str)> {
    let bad_lines = parse(file, &Env::from_iter([("", ""); 0])).bad_lines;
    bad_lines.into_iter().map(|line| (line.number, line.reason)).collect()
}

#[test]
fn every_form_is_read_as_dotenvy_reads_it() {
    for file in [
        "",
        "\n\n",
        "A=1",
        "A=1\r\nB=2\r\n",
        "  A = 1  \n",
        "A=\nB= \nC=#\nD= # why\nE=a#b\nF=a #b",
        "export A=1\nexport=2\nexport  B =3\nexported=4\nexport\n",
        "A='one # \\n $B'\nB=\"two # \\n\\\"\\$x\"\nC=a\\ b\\\\\\'\nD=a\\q\n",
        "A=1\nB=$A\nC=${A}x\nD=\"${A}\"\nE='${A}'\nF=$A$A\nG=${A\nH=$A_B\nI=$\nJ=${}\nK=$${A}\nL=$A{\n",
        "A=1\nB=\"$A\"\nC=\"$A \"\nD=$A'x'\nE=\"a${NOBODY}b\"\nF=\\$A\nG=$A\\x\nH=${A B}\nI=$A",
        "A='two\nlines'\nB=\"two # \nlines\" # why\nC=3\n",
        "A=\"open\nB=2\n",
        "A='a\\'\nB=2'\n",
        "A='a'\"b\"c\nB='a' 'b'\nC='a'\t#b\nD='a'b #\n",
        "1A=1\n_A.b=2\nA-B=3\nA B=4\n=5\nA\n",
        "A=a\\\nB=b \\\n",
        "# A='1\nB=2\n",
        "A=1 'x\n# y'\nB=2\n",
        "\u{feff}A=1\n",
        "A=\u{a0}x\nB=é\u{2003}y\n\u{2003}C=1\nD=1\u{2003}# no\n",
        "A=1\nA=2\nB=$A\n",
        "A=\nB=x${A}y\n",
    ] {
        same(file);
        same(file.replace('\n', "\r\n"));
    }
    same(b"A=1\nB=\xff\nC=\"x\n\xff\nD=4\n\"\n");
}

#[test]
fn a_variable_of_the_process_comes_before_an_assignment_above() {
    let variables = Env::from_iter([("A", "theirs")]);
    let parsed = parse(b"A=ours\nB=$A\nC=${A}\n", &variables);
    let value = |key: &str| parsed.values.get(key).map(|assigned| assigned.value.expose_secret().as_str());
    assert_eq!((value("A"), value("B"), value("C")), (Some("ours"), Some("theirs"), Some("theirs")));
}

#[test]
fn a_bad_line_is_named_by_the_number_at_which_it_begins() {
    assert_eq!(bad_lines(b"A=1\n\n# two\nno line\nB=2\nC D=3\n"), [(4, NO_ASSIGNMENT), (6, NO_ASSIGNMENT)]);
    assert_eq!(bad_lines(b"A=1\nB=\"open\nC=3\nD=4\n"), [(2, OPEN_QUOTE)]);
    assert_eq!(bad_lines(b"A=1\nB='open"), [(2, OPEN_QUOTE)]);
    assert_eq!(bad_lines(b"A='1\n2\\q' x y\nno line"), [(1, NO_ASSIGNMENT), (3, NO_ASSIGNMENT)]);
    assert_eq!(bad_lines(b"A=1\nB=\xff\nC=3\n"), [(2, NOT_UTF8)]);
    let long = format!("A={}\nno line\n", "x".repeat(20_000));
    assert_eq!(bad_lines(long.as_bytes()), [(2, NO_ASSIGNMENT)]);
}

/// The values by key, and the bad lines with their reasons.
#[cfg(feature = "admin")]
type ReadAlone = (Vec<(String, String)>, Vec<(usize, &'static str)>);

#[cfg(feature = "admin")]
fn alone(file: &str) -> ReadAlone {
    let Parsed { values, bad_lines, .. } = parse_alone(file.as_bytes());
    (sorted(&values), bad_lines.into_iter().map(|line| (line.number, line.reason)).collect())
}

#[test]
#[cfg(feature = "admin")]
fn a_file_alone_refers_only_to_assignments_above() {
    let (values, bad_lines) = alone("A=1\nB=${A}x\nC=p${NOBODY}\nD=pa$$\nE='${NOBODY}'\nF=${C}\nA=$G\nG=2\n");
    assert_eq!(bad_lines, [3, 4, 6, 7].map(|number| (number, NOT_ABOVE)));
    let expected = [("B", "1x"), ("E", "${NOBODY}"), ("G", "2")];
    assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
#[cfg(feature = "admin")]
fn an_open_quote_costs_a_file_alone_one_line_only() {
    for (file, bad, left) in [
        ("A=\"open\nB=2\nC='x'\n", vec![1], vec![("B", "2"), ("C", "x")]),
        ("A=it's\nB=don't\nC=3\n", vec![1, 2], vec![("C", "3")]),
        ("A=1 'x\nB=2 # y'\n", vec![1], vec![("B", "2")]),
        ("A='two\nlines'\nB= \"a=\nb\"\n", vec![], vec![("A", "two\nlines"), ("B", "a=\nb")]),
        ("A='open", vec![1], vec![]),
    ] {
        let (values, bad_lines) = alone(file);
        assert_eq!(bad_lines, bad.iter().map(|number| (*number, OPEN_QUOTE)).collect::<Vec<_>>(), "{file}");
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
        "A=old\n export A = new's\n",
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
    let parsed = parse(b"A=abc\nB=\"x\\n${A}y\\\"\"\n", &Env::from_iter([("", ""); 0]));
    for value in parsed.values.values().map(|assigned| &assigned.value) {
        assert_eq!(value.expose_secret().capacity(), value.expose_secret().len());
    }
    assert_eq!(parsed.values["B"].value.expose_secret(), "x\nabcy\"");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_file_is_read_as_dotenvy_reads_it(file in "([AB]|export|[ \t]|=|\n|\r|#|'|\"|\\\\|\\$|\\{|\\}|[a-z]|_|é|\u{2003}){0,40}") {
        same(file);
    }

    #[test]
    fn any_assignments_are_read_as_dotenvy_reads_them(values in prop::collection::vec("( |=|\n|#|'|\"|\\\\|n|\\$|\\$A|\\{|\\}|\\$\\{B\\}|[a-z]|é){0,12}", 1..6)) {
        let lines = values.iter().zip(["A", "B", "C", "D", "E", "F"]);
        same(lines.map(|(value, key)| format!("{key}={value}\n")).collect::<Vec<_>>().concat());
    }

    #[test]
    fn any_bytes_are_read_as_dotenvy_reads_them(file in prop::collection::vec(any::<u8>(), 0..64)) {
        same(file);
    }
}

fn value<'a>(parsed: &'a Parsed, key: &str) -> Option<&'a str> {
    parsed.values.get(key).map(|assigned| assigned.value.expose_secret().as_str())
}

#[test]
fn the_usual_dialect_is_read() {
    let parsed = parse(
        b"\xEF\xBB\xBFA=1\n# comment\n\nexport B='two words'\nC=\"line\\nbreak\" # why\nD=${A}x\nE=\nA=last\nF=\"a\nb\"\n",
        &Env::from_iter([("", ""); 0]),
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
    let parsed = parse(doubling(40).as_bytes(), &Env::from_iter([("", ""); 0]));
    let first = parsed.bad_lines.first().unwrap();
    assert_eq!((first.number, first.reason), (15, TOO_LARGE));
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
        (format!("A={large}\nB=${{A}}${{A}}\nC=${{A}}${{A}}\n"), Env::from_iter([("", ""); 0]), 3),
        // A key that is assigned again and again.
        (format!("A={large}\nB=$A\nB=$A\nB=$A\nB=$A\n"), Env::from_iter([("", ""); 0]), 5),
    ] {
        let parsed = parse(file.as_bytes(), &variables);
        let bad_lines: Vec<_> = parsed.bad_lines.iter().map(|line| (line.number, line.reason)).collect();
        assert_eq!(bad_lines, [(bad, TOO_LARGE)]);
    }
}

#[test]
#[cfg(feature = "admin")]
fn a_file_alone_has_the_same_budget() {
    let parsed = parse_alone(doubling(40).as_bytes());
    assert_eq!(parsed.bad_lines.first().map(|line| line.reason), Some(TOO_LARGE));
    assert!(parsed.values.len() < 15);
}

#[test]
fn a_file_that_is_not_a_env_file_is_read_until_a_hundred_lines_were_bad() {
    let file = format!("A=1\n{}B=2\n", "no line\n".repeat(100_000));
    let parsed = parse(file.as_bytes(), &Env::from_iter([("", ""); 0]));
    assert_eq!(parsed.bad_lines.len(), MAX_BAD_LINES + 1);
    assert_eq!(parsed.bad_lines.last(), Some(&super::parse::BadLine { number: 102, reason: REST_NOT_READ }));
    assert_eq!(parsed.values.len(), 1);
}

#[test]
fn a_value_may_have_many_escapes_and_not_millions() {
    let escaped = |escapes: usize| format!("A=\"{}\"\nB=2\n", "x\\n".repeat(escapes));
    let parsed = parse(escaped(20_000).as_bytes(), &Env::from_iter([("", ""); 0]));
    assert_eq!(parsed.values["A"].value.expose_secret(), &"x\n".repeat(20_000));
    for escapes in [100_000, 4_000_000] {
        let parsed = parse(escaped(escapes).as_bytes(), &Env::from_iter([("", ""); 0]));
        assert_eq!(parsed.bad_lines, [super::parse::BadLine { number: 1, reason: TOO_MANY_PARTS }]);
        assert_eq!(parsed.values["B"].value.expose_secret(), "2");
    }
}
