//! Variables of the process, mounted files, values in memory, and how settings are named.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::ffi::OsStringExt;

use secrets_runtime::source::{Answer, Fetched};
use secrets_runtime::{Env, Files, Memory, Secret, SecretConfig, Secrets};

use super::row::{Row, row, said};
use super::setup::with;
use crate::support::child::{folder, run};
use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::sources::{Odd, Store, chain};
use crate::support::{load_env, load_memory, no_variables, production};

#[derive(SecretConfig)]
struct App {
    token: Secret<String>,
}

#[derive(SecretConfig)]
struct Clashing {
    #[secret(nested(prefix = "primary", env_prefix = ""))]
    primary: Part,
    #[secret(nested(prefix = "backup", env_prefix = ""))]
    backup: Part,
}

#[derive(SecretConfig)]
struct SameSecret {
    #[secret(nested(prefix = "", env_prefix = "PRIMARY_"))]
    primary: Part,
    #[secret(nested(prefix = "", env_prefix = "BACKUP_"))]
    backup: Part,
}

#[derive(SecretConfig)]
struct Part {
    token: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(sources(aws))]
struct StoreOnly {
    token: Secret<String>,
}

#[derive(SecretConfig)]
struct Skips {
    #[secret(skip)]
    handle: Handle,
}

struct Handle;

impl Default for Handle {
    fn default() -> Self {
        panic!("a fault of the application")
    }
}

fn built(variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().copied().collect::<Env>();
    said(Secrets::builder().variables(variables).build().map(drop))
}

async fn mounted(folder: &Folder) -> String {
    said(App::load_from(&production().sources([Files::new(folder.path())]).build().unwrap()).await)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = variables();
    rows.extend(other_sources());
    rows.extend(names());
    rows
}

fn variables() -> Vec<Row> {
    vec![
        row("The variable is not set.", "", async { said(load_env::<App>(&[]).await) }),
        row("A variable is set whose name differs by a typo.", "", async {
            said(load_env::<App>(&[("TOKN", "a")]).await)
        }),
        row("The variable is set without a value.", "", async {
            said(load_env::<App>(&[("TOKEN", "")]).await)
        }),
        row("The variable holds bytes that are not Unicode.", "Set it again, as UTF-8.", async {
            let variables = [("TOKEN", OsString::from_vec(vec![0xff])), ("PORT", OsString::from("80"))];
            let ended = run("waiting", &folder(""), &variables);
            assert_eq!(ended.code, Some(1), "{}", ended.stdout);
            ended.stderr
        }),
        row("`ENVIRONMENT` is not the name of an environment.", "", async {
            built(&[("ENVIRONMENT", "Production")])
        }),
        row(
            "`ENVIRONMENT` is a short name that is not `development` (a log event).",
            "Set `ENVIRONMENT=development` on a developer's machine.",
            async {
                let events = Events::capture();
                let variables = Env::from_iter([("ENVIRONMENT", "dev"), ("AWS_REGION", "eu-west-1")]);
                drop(Secrets::builder().variables(variables).build());
                events.warnings().join("\n")
            },
        ),
        row("`SECRET_CACHE_TTL` is not a number of seconds.", "", async {
            built(&[("ENVIRONMENT", "staging"), ("SECRET_CACHE_TTL", "5m")])
        }),
        row("The program sets a cache that holds nothing.", "", async {
            said(production().capacity(0).build().map(drop))
        }),
        row(
            "A service in production has no variable for its secret, and AWS is not reachable.",
            "Check `AWS_ENDPOINT_URL`.",
            async { with(&[]) },
        ),
    ]
}

fn other_sources() -> Vec<Row> {
    vec![
        row("The folder of mounted secrets has no such file.", "", async { mounted(&Folder::new()).await }),
        row("A folder is mounted where a file is expected.", "Mount the file itself.", async {
            let folder = Folder::new();
            std::fs::create_dir(folder.path().join("token")).unwrap();
            mounted(&folder).await
        }),
        row("The mounted file is too large.", "Mount the secret alone.", async {
            let folder = Folder::new();
            File::create(folder.path().join("token")).unwrap().set_len(2 * 1024 * 1024).unwrap();
            mounted(&folder).await
        }),
        row("A test does not put the value into `Memory`.", "", async {
            said(load_memory::<App>(&[]).await)
        }),
        row("A source of the application panics.", "", async {
            let panics = Odd(|_| panic!("a fault of the application"));
            said(App::load_from(&production().sources([panics]).build().unwrap()).await)
        }),
        row(
            "A source of the application gives fewer answers than it has keys.",
            "Answer each key, in the order of the keys.",
            async {
                let silent = Odd(|_| Box::pin(async { std::iter::empty::<Answer>().collect::<Fetched>() }));
                said(App::load_from(&production().sources([silent]).build().unwrap()).await)
            },
        ),
        row("A source does not answer.", "Check the source, or raise `timeout`.", async {
            let hangs = Odd(|_| Box::pin(std::future::pending()));
            let secrets = production().sources([hangs]).timeout(std::time::Duration::from_millis(20));
            said(App::load_from(&secrets.build().unwrap()).await)
        }),
        row(
            "The secret was loaded from a variable, since the store does not have it (a log event).",
            "Create the secret, or set `Fallback::Never`.",
            async {
                let events = Events::capture();
                let env = Env::from_iter([("TOKEN", "a")]);
                let secrets = production().sources(chain([Box::new(Store::new("aws")), Box::new(env)]));
                assert!(App::load_from(&secrets.build().unwrap()).await.is_ok());
                events.warnings().join("\n")
            },
        ),
        row(
            "The value ends in a line break, and a text takes it (a log event).",
            "Store the value without the line break, or add `trim` to the field.",
            async {
                let events = Events::capture();
                let secrets = production().sources([Memory::from([("token", "a\n")])]).build().unwrap();
                assert!(App::load_from(&secrets).await.is_ok());
                events.warnings().join("\n")
            },
        ),
    ]
}

fn names() -> Vec<Row> {
    vec![
        row("Two nested configs have the same prefix of variables.", "", async {
            said(load_env::<Clashing>(&[("TOKEN", "a")]).await)
        }),
        row("Two nested configs have the same prefix of secrets.", "", async {
            let store = Store::new("aws").with("token", "a");
            said(SameSecret::load_from(&production().sources([store]).build().unwrap()).await)
        }),
        row(
            "The attribute `sources(..)` allows none of the sources that are asked.",
            "Add one of them to the attribute, or to the chain.",
            async { said(load_env::<StoreOnly>(&[("TOKEN", "a")]).await) },
        ),
        row("A `Default` of the application's own type panics.", "", async {
            said(load_env::<Skips>(&[]).await)
        }),
        row(
            "The prefix of the program holds a character that no secret's name has.",
            "Correct the prefix.",
            async {
                let secrets = production()
                    .prefix("shop production")
                    .sources([Store::new("aws")])
                    .variables(no_variables());
                said(App::load_from(&secrets.build().unwrap()).await)
            },
        ),
    ]
}
