//! The table of `.env` dialects in the documentation tells the truth: each row is read by this crate, by
//! dotenvy and by python-dotenv.

use harness::python::python;
use secrets_runtime::{DotEnv, Memory, Secret, SecretConfig, Secrets};

use crate::support::example::root;
use crate::support::folder::Folder;
use crate::support::{no_variables, production};

/// One row: the line, and the value of `V` by dialect.
struct Row {
    line: String,
    cells: [String; 3],
}

fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(root().join("secrets-runtime/docs/dotenv.md")).unwrap();
    let table = page.lines().skip_while(|line| !line.starts_with("| line |")).skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [line, ours, dotenvy, python, _compose] = cells.try_into().unwrap();
        Row { line: code(line).unwrap(), cells: [ours, dotenvy, python].map(str::to_owned) }
    };
    table.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// The text of a code span.
fn code(cell: &str) -> Option<String> {
    let text = cell.strip_prefix('`')?.strip_suffix('`')?;
    Some(text.replace('↵', "\n").replace('⇥', "\t"))
}

fn cell(value: Result<Option<String>, ()>) -> String {
    match value {
        Err(()) => "error".to_owned(),
        Ok(None) => "not set".to_owned(),
        Ok(Some(value)) if value.is_empty() => "empty".to_owned(),
        Ok(Some(value)) => format!("`{}`", value.replace('\n', "↵").replace('\t', "⇥")),
    }
}

fn file(line: &str) -> String {
    format!("BASE=1\n{line}\n")
}

#[derive(SecretConfig)]
struct Config {
    #[secret(allow_empty)]
    v: Option<Secret<String>>,
}

async fn ours(folder: &Folder, line: &str) -> String {
    let dotenv = DotEnv::at(folder.write(".env", file(line)));
    let secrets = production().variables(no_variables()).sources([dotenv]).build().unwrap();
    let config = Config::load_from(&secrets).await;
    cell(config.map(|config| config.v.map(|value| value.expose_secret().clone())).map_err(|error| {
        assert_eq!(error.problems().len(), 1, "{line}: {error}");
    }))
}

fn dotenvys(line: &str) -> String {
    let mut found = None;
    for item in dotenvy::from_read_iter(file(line).as_bytes()) {
        match item {
            Ok((key, value)) if key == "V" => found = Some(value),
            Ok(_) => {}
            Err(_) => return cell(Err(())),
        }
    }
    cell(Ok(found))
}

/// What python-dotenv reads of each file: the value, `null` where it is not set, and `false` where it warns.
const PYTHON: &str = r#"
import io, json, logging, os, sys
from dotenv import dotenv_values

os.environ.clear()
warnings = []
handler = logging.Handler()
handler.emit = warnings.append
logging.getLogger("dotenv.main").addHandler(handler)
logging.getLogger("dotenv.main").propagate = False
found = []
for text in json.load(sys.stdin):
    warnings.clear()
    values = dotenv_values(stream=io.StringIO(text))
    found.append(False if warnings else values.get("V"))
print(json.dumps(found))
"#;

fn pythons(python: harness::python::Python, rows: &[Row]) -> Vec<String> {
    let files: Vec<String> = rows.iter().map(|row| file(&row.line)).collect();
    let printed = python.run(PYTHON, &[], &serde_json::to_string(&files).unwrap()).unwrap();
    let found: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    let cells = found.into_iter().map(|found| match found {
        serde_json::Value::Bool(_) => cell(Err(())),
        found => cell(Ok(found.as_str().map(str::to_owned))),
    });
    cells.collect()
}

#[tokio::test]
async fn each_row_of_the_documented_table_is_true() {
    let rows = rows();
    assert!(rows.len() >= 40, "{}", rows.len());
    let pythons = python("the documented .env dialect of python-dotenv").map(|python| pythons(python, &rows));
    let folder = Folder::new();
    let mut untrue = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut found = [ours(&folder, &row.line).await, dotenvys(&row.line), row.cells[2].clone()];
        if let Some(pythons) = &pythons {
            found[2].clone_from(&pythons[index]);
        }
        if found != row.cells {
            untrue.push(format!("| `{}` | {} |", row.line.replace('\n', "↵"), found.join(" | ")));
        }
    }
    assert!(untrue.is_empty(), "these rows are true:\n{}", untrue.join("\n"));
}

/// The table names the versions that are tested.
#[test]
fn the_documented_versions_are_those_of_the_test() {
    let page = std::fs::read_to_string(root().join("secrets-runtime/docs/dotenv.md")).unwrap();
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let version =
        lock.split("name = \"dotenvy\"\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(page.contains(&format!("(https://docs.rs/dotenvy) {}", version.unwrap())));
    if let Some(python) = python("the documented version of python-dotenv") {
        let program = "import importlib.metadata; print(importlib.metadata.version('python-dotenv'), end='')";
        let version = python.run(program, &[], "").unwrap();
        assert!(page.contains(&format!("(https://pypi.org/project/python-dotenv/) {version}")), "{version}");
    }
}

/// A row that does not tell the truth is found.
#[tokio::test]
async fn an_untrue_cell_differs_from_what_is_read() {
    let folder = Folder::new();
    assert_eq!(ours(&folder, "V=pa$$word").await, "`pa$$word`");
    assert_ne!(dotenvys("V=pa$$word"), "`pa$$word`");
    assert_eq!((ours(&folder, "V=$BASE").await.as_str(), dotenvys("V=$BASE").as_str()), ("error", "`1`"));
    let secrets: Secrets = production().sources([Memory::new()]).build().unwrap();
    assert!(Config::load_from(&secrets).await.unwrap().v.is_none());
}
