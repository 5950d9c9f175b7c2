//! `<VARIABLE>_FILE`: values in files that variables name, and the line break at the end of a file.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use secrets_runtime::source::{Key, Source};
use secrets_runtime::{Env, Error, ErrorKind, Fallback, Files, Memory, Secret, SecretConfig};

use crate::support::folder::Folder;
use crate::support::sources::chain;
use crate::support::{kinds, places, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(env = "PORT")]
    port: Option<u16>,
}

#[derive(Debug, SecretConfig)]
struct Blob {
    token: Secret<Vec<u8>>,
}

#[derive(Debug, SecretConfig)]
struct Json {
    #[secret(json)]
    token: Secret<Vec<u8>>,
}

async fn load<C: SecretConfig>(variables: &[(&str, &str)]) -> Result<C, Error> {
    let env: Env = variables.iter().copied().collect();
    C::load_from(&production().sources([env]).build().unwrap()).await
}

/// The path of a new file with this content.
fn file(folder: &Folder, content: impl AsRef<[u8]>) -> String {
    folder.write("token", content).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_file_of_a_variable_is_its_value() {
    let folder = Folder::new();
    let path = file(&folder, "t\n");
    for variables in [vec![("TOKEN_FILE", path.as_str())], vec![("TOKEN_FILE", &path), ("TOKEN", "")]] {
        let config: Config = load(&variables).await.unwrap();
        assert_eq!((config.token.expose_secret().as_str(), config.port), ("t", None));
    }
    let config: Config = load(&[("TOKEN", "of the variable"), ("TOKEN_FILE", "")]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "of the variable");
}

#[tokio::test]
async fn text_loses_one_line_break_at_its_end_and_bytes_lose_nothing_from_both_sources() {
    let folder = Folder::new();
    for (content, text) in [
        ("t", "t"),
        ("t\n", "t"),
        ("t\r\n", "t"),
        ("t\n\n", "t\n"),
        ("\nt \n", "\nt "),
        ("t\r", "t\r"),
        ("one\ntwo\n", "one\ntwo"),
    ] {
        let path = file(&folder, content);
        let files = production().sources([Files::new(folder.path())]).build().unwrap();
        let of_files = Config::load_from(&files).await.unwrap();
        let of_variable: Config = load(&[("TOKEN_FILE", &path)]).await.unwrap();
        for config in [of_files, of_variable] {
            assert_eq!(config.token.expose_secret(), text, "{content:?}");
        }
        let of_files = Blob::load_from(&files).await.unwrap();
        let of_variable: Blob = load(&[("TOKEN_FILE", &path)]).await.unwrap();
        for config in [of_files, of_variable] {
            assert_eq!(config.token.expose_secret(), content.as_bytes(), "{content:?}");
        }
    }
    let binary = [0xff, 0x00, b'\n'];
    let path = file(&folder, binary);
    let config: Blob = load(&[("TOKEN_FILE", &path)]).await.unwrap();
    assert_eq!(config.token.expose_secret(), &binary);
    let path = file(&folder, "[1, 2]\n");
    assert_eq!(load::<Json>(&[("TOKEN_FILE", &path)]).await.unwrap().token.expose_secret(), &[1, 2]);
    let path = file(&folder, "\n");
    let error = load::<Config>(&[("TOKEN_FILE", &path)]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)], "an empty file is no value");
}

#[tokio::test]
async fn both_variables_are_a_problem_that_names_both() {
    let folder = Folder::new();
    let path = file(&folder, "hunter2");
    let error = load::<Config>(&[("TOKEN", "hunter2"), ("TOKEN_FILE", &path)]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Configuration)]);
    let expected = "env TOKEN: both variables are set, and only one of them can count (TOKEN and TOKEN_FILE)";
    assert_eq!(places(&error, "token"), [expected]);
    assert_eq!(error.fields()[0].help(), ["unset one of the two variables"]);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(&path), "{shown}");
}

#[tokio::test]
async fn each_file_that_cannot_be_read_has_a_message_of_its_own_which_names_the_variable_and_not_its_text() {
    let folder = Folder::new();
    let large = file(&folder, vec![b'a'; 1024 * 1024 + 1]);
    let secret = folder.write("secret", "t");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o0)).unwrap();
    let folder_path = folder.path().to_str().unwrap().to_owned();
    let is_root = std::fs::read(&secret).is_ok();
    let mut cases = vec![
        ("/hunter2/absent".to_owned(), "the variable names a file that does not exist (TOKEN_FILE)"),
        (folder_path, "a folder, not a file (TOKEN_FILE)"),
        (large, "larger than 1 MiB (TOKEN_FILE)"),
    ];
    // A superuser may read it.
    if !is_root {
        cases.push((secret.to_str().unwrap().to_owned(), "the file may not be read (TOKEN_FILE)"));
    }
    for (path, reason) in cases {
        let error = load::<Config>(&[("TOKEN_FILE", &path)]).await.unwrap_err();
        assert_eq!(places(&error, "token"), [format!("env TOKEN: {reason}")]);
        assert!(!format!("{error} {error:?}").contains(&path), "{error}");
    }
}

#[tokio::test]
async fn a_pipe_that_nobody_writes_ends_with_the_time_out_and_one_that_is_written_is_read() {
    let folder = Folder::new();
    let pipe = folder.path().join("token");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let env = Env::from_iter([("TOKEN_FILE", pipe.to_str().unwrap())]);
    let secrets = production().sources([env]).timeout(std::time::Duration::from_millis(20));
    let error = Config::load_from(&secrets.build().unwrap()).await.unwrap_err();
    assert_eq!(places(&error, "token"), ["env TOKEN: no answer in time"]);
    // Another pipe: the one before may still have a reader, which has been given up.
    let pipe = folder.path().join("written");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let env = Env::from_iter([("TOKEN_FILE", pipe.to_str().unwrap())]);
    let writer = std::thread::spawn(move || std::fs::write(pipe, "t\n").unwrap());
    let config = Config::load_from(&production().sources([env]).build().unwrap()).await.unwrap();
    writer.join().unwrap();
    assert_eq!(config.token.expose_secret(), "t");
}

#[tokio::test]
async fn symbolic_links_are_followed_and_their_new_content_is_read_by_the_next_load() {
    let folder = Folder::new();
    let link = folder.path().join("link");
    let variable = [("TOKEN_FILE", link.to_str().unwrap())];
    for value in ["one", "two"] {
        let _ = std::fs::remove_file(&link);
        symlink(folder.write(value, format!("{value}\n")), &link).unwrap();
        assert_eq!(load::<Config>(&variable).await.unwrap().token.expose_secret(), value);
    }
}

#[tokio::test]
async fn a_variable_that_is_a_setting_itself_is_not_the_file_of_another_setting() {
    #[derive(Debug, SecretConfig)]
    struct Tls {
        cert: Option<Secret<String>>,
        #[secret(plain, env = "CERT_FILE")]
        cert_file: String,
    }
    let config: Tls = load(&[("CERT_FILE", "/etc/tls/cert.pem")]).await.unwrap();
    assert!(config.cert.is_none());
    assert_eq!(config.cert_file, "/etc/tls/cert.pem");
}

#[tokio::test]
async fn a_variable_counts_as_a_setting_also_where_its_own_setting_is_found_elsewhere() {
    #[derive(Debug, SecretConfig)]
    struct Tokens {
        token: Option<Secret<String>>,
        token_file: Secret<String>,
    }
    let memory = Memory::from([("token-file", "t")]);
    let env = Env::from_iter([("TOKEN_FILE", "/etc/hosts")]);
    let secrets = production().sources(chain([Box::new(memory), Box::new(env)])).build().unwrap();
    let config = Tokens::load_from(&secrets).await.unwrap();
    assert!(config.token.is_none());
    assert_eq!(config.token_file.expose_secret(), "t");
}

#[tokio::test]
async fn a_whole_secret_is_in_no_file_of_a_variable() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "log")]
    struct Log {
        level: Option<Secret<String>>,
    }
    let config: Log = load(&[("LOG_FILE", "/var/log/app.log")]).await.unwrap();
    assert!(config.level.is_none());
}

#[tokio::test]
async fn a_bad_file_fails_its_own_variable_alone() {
    let folder = Folder::new();
    let pipe = folder.path().join("hung");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let env = Env::from_iter([("TOKEN_FILE", pipe.to_str().unwrap()), ("PORT", "x")]);
    let secrets = production().sources([env]).timeout(std::time::Duration::from_millis(20));
    let error = Config::load_from(&secrets.build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Unavailable), ("port", ErrorKind::Invalid)]);
}

#[tokio::test]
async fn a_file_is_read_for_an_alias_and_for_a_secret_that_is_named_at_run_time() {
    #[derive(Debug, SecretConfig)]
    struct Aliased {
        #[secret(alias = "OLD_TOKEN")]
        token: Secret<String>,
    }
    let folder = Folder::new();
    let path = file(&folder, "t\n");
    let config: Aliased = load(&[("OLD_TOKEN_FILE", &path)]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "t");
    let secrets = production().sources([Env::from_iter([("TOKEN_FILE", path.as_str())])]).build().unwrap();
    assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "t");
    assert_eq!(secrets.get_bytes("token").await.unwrap().expose_secret(), b"t\n");
}

#[tokio::test]
async fn a_broken_file_passes_on_only_where_every_failure_does() {
    let sources = || {
        let env = Env::from_iter([("TOKEN_FILE", "/absent")]);
        chain([Box::new(env), Box::new(Memory::from([("token", "of memory")]))])
    };
    let error = Config::load_from(&production().sources(sources()).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Configuration)]);
    let secrets = production().sources(sources()).fallback(Fallback::OnError).build().unwrap();
    assert_eq!(Config::load_from(&secrets).await.unwrap().token.expose_secret(), "of memory");
}

#[test]
fn files_are_read_without_a_runtime() {
    let folder = Folder::new();
    let env = Env::from_iter([("TOKEN_FILE", file(&folder, "t"))]);
    let keys = [Key::new("TOKEN")];
    let fetched = crate::support::time::at_once(env.fetch(&keys)).unwrap();
    assert!(format!("{fetched:?}").contains("Found"));
}
