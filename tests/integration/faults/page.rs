//! Renders rows as Markdown tables.

use std::fmt::Write;

use tokio::task::LocalSet;

use super::row::Row;

/// Rows of one kind, made to happen.
pub(super) struct Section {
    title: &'static str,
    lines: Vec<String>,
}

impl Section {
    /// Makes each fault happen. A row that does not come to a report is one of the failures.
    pub(super) async fn of(title: &'static str, rows: Vec<Row>, failures: &mut Vec<String>) -> Self {
        let mut lines = Vec::new();
        for Row { cause, fix, report } in rows {
            // A task of its own, so that a row that panics hides no other.
            let report = LocalSet::new().run_until(async { tokio::task::spawn_local(report).await }).await;
            match report.map(|report| line(&normalized(&report), &cause, fix)) {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => {
                    failures.push(format!("{title}: {cause}: there is no report, or neither help nor a fix"));
                }
                Err(_) => failures.push(format!("{title}: {cause}: the row panicked")),
            }
        }
        Self { title, lines }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }
}

pub(super) fn markdown(introduction: &str, sections: &[Section]) -> String {
    let mut page = introduction.to_owned();
    for Section { title, lines } in sections {
        let _ =
            writeln!(page, "\n## {title}\n\n| report | cause | fix |\n|---|---|---|\n{}", lines.join("\n"));
    }
    page
}

/// The line of the table; none if the report has no text, or nothing says what to do.
fn line(report: &str, cause: &str, fix: String) -> Option<String> {
    let (help, report) = parts(report);
    if report.is_empty() || help.is_empty() && fix.is_empty() {
        return None;
    }
    let help = help.iter().map(|line| code(line));
    let fix = help.chain((!fix.is_empty()).then_some(fix)).collect::<Vec<_>>().join("<br>");
    let report = report.iter().map(|line| code(line)).collect::<Vec<_>>().join("<br>");
    Some(format!("| {report} | {cause} | {fix} |"))
}

/// The help of a report, and its other lines without the title.
fn parts(report: &str) -> (Vec<&str>, Vec<&str>) {
    let has_title = report.lines().nth(1) == Some("");
    let lines = report.lines().skip(usize::from(has_title)).map(str::trim).filter(|line| !line.is_empty());
    let (help, rest): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("help: "));
    (help.iter().filter_map(|line| line.strip_prefix("help: ")).collect(), rest)
}

/// As a code span within a cell of a table.
pub(super) fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Replaces the parts that differ from run to run.
fn normalized(report: &str) -> String {
    let report = replaced(report, "(request ", |character| character == ')', "ID");
    let report = replaced(&report, "127.0.0.1:", |character| !character.is_ascii_digit(), "PORT");
    let report = replaced(&report, "localhost:", |character| !character.is_ascii_digit(), "PORT");
    let folders = env!("CARGO_TARGET_TMPDIR");
    let is_end = |character: char| !character.is_ascii_digit() && character != '-';
    replaced(&report, &format!("{folders}/"), is_end, "").replace(&format!("{folders}/"), "/app")
}

/// Puts a text in the place of what follows each prefix up to its end.
fn replaced(text: &str, prefix: &str, is_end: impl Fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(prefix);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(&is_end).map_or("", |end| &part[end..]);
        result.extend([prefix, by, rest]);
    }
    result
}
