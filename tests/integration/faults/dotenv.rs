//! `.env` files that cannot be read, or not wholly.

use std::fs::File;
use std::time::Duration;

use secrets_runtime::{DotEnv, Env, Environment, Secret, SecretConfig, Secrets};

use super::row::{Row, row, said};
use crate::support::folder::Folder;
use crate::support::no_variables;

#[derive(SecretConfig)]
struct App {
    token: Secret<String>,
}

/// The report of a development machine with this file.
async fn file(content: impl AsRef<[u8]>) -> String {
    with_variables(content, no_variables()).await
}

async fn with_variables(content: impl AsRef<[u8]>, variables: Env) -> String {
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", content));
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(variables);
    said(App::load_from(&builder.dotenv(dotenv).build().unwrap()).await)
}

async fn at(path: std::path::PathBuf) -> String {
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let builder = builder.dotenv(DotEnv::at(path)).timeout(Duration::from_millis(20));
    said(App::load_from(&builder.build().unwrap()).await)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = lines();
    rows.extend(files());
    rows
}

fn lines() -> Vec<Row> {
    vec![
        row("Neither the process nor the file has the variable.", "", file("PORT=1\n")),
        row("The file has a name that differs by a typo.", "", file("TOKN=a\n")),
        row("The variable is there without a value.", "", file("TOKEN=\n")),
        row(
            "A line is not an assignment, or its value needs quotes.",
            "",
            file("TOKEN=a\nthis is no line\n"),
        ),
        row("A value with spaces is not in quotes.", "", file("TOKEN=two words\n")),
        row("A quote is never closed.", "", file("TOKEN=\"a\n")),
        row("A line is not UTF-8.", "Save the file as UTF-8.", file(b"TOKEN=\xff\xfe\n")),
        row("The values that `${NAME}` inserts are too large.", "", async {
            let doubled = (1..30).map(|line| format!("V{line}=${{V{0}}}${{V{0}}}\n", line - 1));
            let file_of = |doubled: String| format!("V0={}\n{doubled}TOKEN=a\n", "x".repeat(1024));
            let report = file(file_of(doubled.collect())).await;
            report.lines().take(4).collect::<Vec<_>>().join("\n")
        }),
        row("The file is something else than a `.env` file.", "", async {
            let report = file("no line\n".repeat(2_000)).await;
            let lines: Vec<&str> = report.lines().collect();
            let end = lines.iter().rposition(|line| line.contains("dotenv: line")).unwrap();
            lines[end..=end + 1].join("\n")
        }),
    ]
}

fn files() -> Vec<Row> {
    vec![
        row(
            "There is no file at the path that the program names.",
            "Create the file, or correct the path.",
            async { at(Folder::new().path().join("absent.env")).await },
        ),
        row("The path is a folder.", "Pass the path of the file.", async {
            let folder = Folder::new();
            at(folder.path().to_owned()).await
        }),
        row("The file is too large for a `.env` file.", "Check the path.", async {
            let folder = Folder::new();
            let path = folder.path().join(".env");
            File::create(&path).unwrap().set_len(17 * 1024 * 1024).unwrap();
            let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
            said(App::load_from(&builder.dotenv(DotEnv::at(path)).build().unwrap()).await)
        }),
        row(
            "The file is a pipe, and no program writes to it.",
            "Write to the pipe, or name a file.",
            async {
                let folder = Folder::new();
                let path = folder.path().join(".env");
                assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
                let report = at(path.clone()).await;
                // Ends the thread that waits for a writer.
                drop(File::options().read(true).write(true).open(&path));
                report
            },
        ),
    ]
}
