//! `.env` files that cannot be read, or not wholly.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use secrets_runtime::{DotEnv, Environment, Error, ErrorKind, Files, Secret, SecretConfig, Secrets};

use crate::support::folder::Folder;
use crate::support::{kinds, no_variables, places, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    port: u16,
    missing: Secret<String>,
}

async fn load(dotenv: DotEnv) -> Error {
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    Config::load_from(&builder.dotenv(dotenv).build().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn every_setting_reports_the_number_of_a_bad_line() {
    let folder = Folder::new();
    let file = "# comment\nTOKEN=t\nhunter2 is no line\nPORT=http\n\nKEY WITH SPACES=hunter3\n";
    let error = load(DotEnv::at(folder.write(".env", file))).await;
    let expected = "\
2 of 3 settings of Config could not be loaded (environment: development)

  dotenv: line 3: not of the form KEY=value
    help: quote values that hold spaces, quotes or `#`: KEY='the value'

  dotenv: line 6: not of the form KEY=value
    help: quote values that hold spaces, quotes or `#`: KEY='the value'

  port      invalid: expected u16
    dotenv  PORT

  missing   missing
    env     MISSING   not set
    dotenv  MISSING   not in .env
    help: set MISSING, or add it to .env as MISSING=..
";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_bad_line_fails_the_load_even_if_every_setting_is_there() {
    let folder = Folder::new();
    let error = load(DotEnv::at(folder.write(".env", "TOKEN=t\nPORT=1\nMISSING=m\nhunter2\n"))).await;
    assert_eq!((error.kind(), kinds(&error)), (ErrorKind::Configuration, vec![]));
    assert_eq!(
        error.to_string(),
        "Config could not be loaded (environment: development)\n\n\
         \x20 dotenv: line 4: not of the form KEY=value\n\
         \x20   help: quote values that hold spaces, quotes or `#`: KEY='the value'\n"
    );
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_named_by_the_line_that_opens_it() {
    let folder = Folder::new();
    let error = load(DotEnv::at(folder.write(".env", "PORT=1\nTOKEN=\"hunter2\nMISSING=m\n"))).await;
    assert!(
        error.to_string().contains("\n  dotenv: line 2: a quote is opened and never closed\n"),
        "{error}"
    );
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing), ("missing", ErrorKind::Missing)]);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_bad_line() {
    let folder = Folder::new();
    let error = load(DotEnv::at(folder.write(".env", b"PORT=1\nTOKEN=\xff\xfe\nMISSING=m\n"))).await;
    assert!(error.to_string().contains("\n  dotenv: line 2: not UTF-8\n"), "{error}");
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)]);
}

#[tokio::test]
async fn every_setting_reports_why_the_file_cannot_be_read() {
    let folder = Folder::new();
    for (path, reason) in
        [(folder.path().join("absent"), "no such file"), (folder.path().to_owned(), "a folder, not a file")]
    {
        let error = load(DotEnv::at(path)).await;
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let expected = ["token", "port", "missing"].map(|path| (path, ErrorKind::Missing));
        assert_eq!(kinds(&error), expected);
        assert!(error.to_string().contains(&format!("\n  dotenv: {reason}\n")), "{error}");
    }
}

/// A pipe, to which somebody writes nothing in the end, so that whoever still reads from it can go.
struct Pipe {
    release: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Pipe {
    fn at(path: PathBuf) -> Self {
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (release, released) = channel();
        let writer = std::thread::spawn(move || {
            // Where the runtime itself reads, nobody else is left to end it.
            let _ = released.recv_timeout(Duration::from_secs(5));
            drop(OpenOptions::new().write(true).open(path).unwrap());
        });
        Self { release: Some(release), writer: Some(writer) }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.release.take();
        self.writer.take().map(JoinHandle::join).transpose().unwrap();
    }
}

#[tokio::test]
async fn reading_a_pipe_without_a_writer_times_out() {
    let folder = Folder::new();
    let path = folder.path().join(".env");
    let pipe = Pipe::at(path.clone());
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let secrets = builder.dotenv(DotEnv::at(path)).timeout(Duration::from_millis(20)).build().unwrap();
    let loaded = Config::load_from(&secrets).await;
    drop(pipe);
    let error = loaded.unwrap_err();
    let expected = ["token", "port", "missing"].map(|path| (path, ErrorKind::Unavailable));
    assert_eq!(kinds(&error), expected);
    assert_eq!(places(&error, "token"), ["env TOKEN: not set", "dotenv TOKEN: no answer in time"]);
}

#[tokio::test]
async fn a_file_that_is_such_a_pipe_is_ended_by_the_time_out_too() {
    let folder = Folder::new();
    let pipe = Pipe::at(folder.path().join("token"));
    let builder = production().sources([Files::new(folder.path())]);
    let secrets = builder.timeout(Duration::from_millis(20)).build().unwrap();
    let loaded = secrets.get("token").await;
    drop(pipe);
    let error = loaded.unwrap_err();
    assert_eq!(places(&error, "token"), ["files token: no answer in time"]);
}
