//! Loaders of a config: what they say of a value that they cannot take, and what the loaded config says.

use std::error::Error;
use std::fmt::Debug;
use std::path::PathBuf;

use config::{File, FileFormat};
use confique::Config as _;
use figment::Figment;
use figment::providers::{Format as _, Json};
use harness::canary::Canary;
use secrets_runtime::source::Source;
use secrets_runtime::{DotEnv, Environment, Memory, Secret, SecretConfig, Secrets};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use super::cell::{Cell, Cells, said_by, said_by_failure};
use crate::cargo::target_folder;

#[derive(Debug, SecretConfig)]
#[allow(dead_code, reason = "it is printed")]
struct Ours {
    password: Secret<String>,
    port: u16,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "it is printed")]
struct Plain {
    password: String,
    port: u16,
}

#[derive(Debug, confique::Config)]
#[allow(dead_code, reason = "it is printed")]
struct Confique {
    password: String,
    port: u16,
}

/// What a user does wrong, or right.
#[derive(Clone, Copy)]
enum Input {
    /// Both settings as they have to be.
    Good,
    /// The value in the place of a number.
    WrongType,
    /// The value is good; the other setting is no number.
    OtherIsWrong,
    /// The document ends within the value.
    Broken,
}

struct Texts {
    json: String,
    dotenv: String,
    pairs: [(String, String); 2],
}

impl Input {
    fn texts(self, canary: &Canary) -> Result<Texts, serde_json::Error> {
        let value = canary.as_str();
        let quoted = serde_json::to_string(value)?;
        let (password, port, json) = match self {
            Self::Good => (value, "80", format!("{{\"password\": {quoted}, \"port\": 80}}")),
            Self::WrongType => ("x", value, format!("{{\"password\": \"x\", \"port\": {quoted}}}")),
            Self::OtherIsWrong => (value, "x", format!("{{\"password\": {quoted}, \"port\": \"x\"}}")),
            Self::Broken => {
                (value, "80", format!("{{\"port\": 80, \"password\": {}", &quoted[..quoted.len() - 1]))
            }
        };
        let dotenv = match self {
            // A quote that is opened and never closed, on the line before.
            Self::OtherIsWrong => format!("PORT='x\nPASSWORD={quoted}\n"),
            Self::Broken => format!("PORT=80\nPASSWORD={quoted} and more\n"),
            Self::Good | Self::WrongType => format!("PORT=80\nPASSWORD={quoted}\n"),
        };
        Ok(Texts {
            json,
            dotenv,
            pairs: [("password", password), ("port", port)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        })
    }
}

pub(super) fn table(canary: &Canary) -> Result<Cells, Box<dyn Error>> {
    let loaders =
        Loaders { canary, runtime: Builder::new_current_thread().enable_all().build()?, file: scratch()? };
    let rows = vec![
        ("a value of the wrong type is in the error", loaders.failures(Input::WrongType)?),
        ("an error about one setting shows another", loaders.failures(Input::OtherIsWrong)?),
        ("a document that is cut short, or a bad line, is in the error", loaders.failures(Input::Broken)?),
        ("`{:?}` of the loaded config shows it", loaders.loaded()?),
        ("`{:?}` of the loader shows it", loaders.loaders()?),
    ];
    let crates = vec!["secrets-runtime", "figment", "config", "confique", "envy", "dotenvy", "serde_json"];
    Ok(Cells { crates, ours: 1, rows })
}

fn scratch() -> Result<PathBuf, Box<dyn Error>> {
    let folder = target_folder()?.join("peers/leaks");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join("config"))
}

struct Loaders<'a> {
    canary: &'a Canary,
    runtime: Runtime,
    /// For those that read files alone; with an ending of each's own.
    file: PathBuf,
}

impl Loaders<'_> {
    fn ours(&self, source: impl Source) -> Result<Ours, secrets_runtime::Error> {
        let builder = Secrets::builder().environment(Environment::PRODUCTION).sources([source]);
        let secrets = builder.build()?;
        self.runtime.block_on(Ours::load_from(&secrets))
    }

    fn written(&self, ending: &str, text: &str) -> std::io::Result<PathBuf> {
        let path = self.file.with_extension(ending);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    fn cell(&self, said: &str) -> Cell {
        Cell::of(self.canary, Some(said))
    }

    /// What each says of an input that it cannot take.
    fn failures(&self, input: Input) -> Result<Vec<Cell>, Box<dyn Error>> {
        let Texts { json, dotenv, pairs } = input.texts(self.canary)?;
        let file = self.written("env", &dotenv)?;
        let mut ours = String::new();
        if !matches!(input, Input::WrongType) {
            ours += &said_by_failure("ours", self.ours(DotEnv::at(&file)))?;
        }
        if !matches!(input, Input::Broken) {
            ours += &said_by_failure("ours", self.ours(pairs.iter().cloned().collect::<Memory>()))?;
        }
        let secrets = Memory::from([("db", json.as_str())]);
        ours += &said_by_failure("ours", self.runtime.block_on(as_document(secrets)))?;

        let figment = Figment::from(Json::string(&json)).extract::<Plain>();
        let config = of_config(&json).and_then(config::Config::try_deserialize::<Plain>);
        let confique = Confique::builder().file(self.written("json5", &json)?).load();
        let envy = match input {
            Input::Broken => Cell::Absent,
            _ => self.cell(&said_by_failure("envy", envy::from_iter::<_, Plain>(pairs))?),
        };
        let dotenvy = match input {
            Input::WrongType | Input::Good => Cell::Absent,
            _ => {
                let errors = dotenvy::from_read_iter(dotenv.as_bytes()).filter_map(Result::err);
                self.cell(&errors.map(|error| said_by(&error)).collect::<String>())
            }
        };
        Ok(vec![
            self.cell(&ours),
            self.cell(&said_by_failure("figment", figment)?),
            self.cell(&said_by_failure("config", config)?),
            self.cell(&said_by_failure("confique", confique)?),
            envy,
            dotenvy,
            self.cell(&said_by_failure("serde_json", serde_json::from_str::<Plain>(&json))?),
        ])
    }

    /// What each loaded config says.
    fn loaded(&self) -> Result<Vec<Cell>, Box<dyn Error>> {
        let Texts { json, dotenv, pairs } = Input::Good.texts(self.canary)?;
        let file = self.written("json5", &json)?;
        let printed: [&dyn Debug; 7] = [
            &self.ours(pairs.iter().cloned().collect::<Memory>())?,
            &Figment::from(Json::string(&json)).extract::<Plain>()?,
            &of_config(&json)?.try_deserialize::<Plain>()?,
            &Confique::builder().file(file).load()?,
            &envy::from_iter::<_, Plain>(pairs)?,
            &dotenvy::from_read_iter(dotenv.as_bytes()).collect::<Result<Vec<_>, _>>()?,
            &serde_json::from_str::<Plain>(&json)?,
        ];
        Ok(printed.map(|printed| self.cell(&format!("{printed:?}{printed:#?}"))).to_vec())
    }

    /// What each loader says, while it holds what it has read.
    fn loaders(&self) -> Result<Vec<Cell>, Box<dyn Error>> {
        let Texts { json, pairs, .. } = Input::Good.texts(self.canary)?;
        let memory = pairs.into_iter().collect::<Memory>();
        let secrets = Secrets::builder().environment(Environment::PRODUCTION).sources([memory.clone()]);
        let ours = format!("{memory:?}{secrets:?}") + &format!("{:?}", secrets.build()?);
        Ok(vec![
            self.cell(&ours),
            self.cell(&format!("{:?}", Figment::from(Json::string(&json)))),
            self.cell(&format!("{:?}", of_config(&json)?)),
            // Its builders print nothing, and it has nothing to hold for one that does not.
            Cell::Absent,
            Cell::Absent,
            Cell::Absent,
            self.cell(&format!("{:?}", serde_json::from_str::<serde_json::Value>(&json)?)),
        ])
    }
}

/// The same settings as keys of one JSON secret.
async fn as_document(memory: Memory) -> Result<(), secrets_runtime::Error> {
    #[derive(SecretConfig)]
    #[secret(name = "db")]
    #[allow(dead_code, reason = "it must fail to load")]
    struct Document {
        password: Secret<String>,
        port: u16,
    }
    let builder = Secrets::builder().environment(Environment::PRODUCTION);
    Document::load_from(&builder.sources([memory]).build()?).await.map(drop)
}

fn of_config(json: &str) -> Result<config::Config, config::ConfigError> {
    config::Config::builder().add_source(File::from_str(json, FileFormat::Json)).build()
}
