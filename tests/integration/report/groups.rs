//! The doc comment of a nested field describes its group, wherever settings are described.

use secrets_runtime::{Secret, SecretConfig};

use crate::support::load_env;

#[derive(Debug, SecretConfig)]
struct Login {
    /// Signs in there.
    password: Secret<String>,
    user: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
struct Relay {
    /// The account.
    #[secret(nested)]
    login: Login,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop")]
struct Config {
    /// Listens here.
    port: u16,
    /// The first relay.
    ///
    /// More about it.
    #[secret(nested(name = "smtp"))]
    primary: Login,
    /// The relay that is used if the first is down.
    #[secret(nested)]
    backup: Option<Relay>,
    #[secret(nested)]
    silent: Login,
}

#[tokio::test]
async fn a_report_describes_the_group_and_the_setting() {
    let error = load_env::<Config>(&[("BACKUP_LOGIN_USER", "u")]).await.unwrap_err();
    let described: Vec<String> = error
        .to_string()
        .lines()
        .filter(|line| line.contains("missing"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        described,
        [
            "port missing Listens here.",
            "primary.password missing The first relay: Signs in there.",
            "backup.login.password missing The relay that is used if the first is down: The account: Signs in there.",
            "silent.password missing Signs in there.",
        ]
    );
    assert_eq!(error.fields()[1].doc(), "Signs in there.");
}

#[test]
fn the_documents_describe_the_group() {
    let manifest = Config::manifest();
    let group = |path: &str| {
        let setting = manifest.settings().iter().find(|setting| setting.path() == path).unwrap();
        (setting.group_doc().to_owned(), setting.description().into_owned())
    };
    let first = "The first relay.".to_owned();
    assert_eq!(group("primary.user"), (first.clone(), first));
    assert_eq!(group("silent.user"), (String::new(), String::new()));
    assert_eq!(group("port"), (String::new(), "Listens here.".to_owned()));
    let markdown = manifest.to_markdown();
    assert!(markdown.contains("| `primary.password` | The first relay: Signs in there. |"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&manifest.to_json()).unwrap();
    assert_eq!(json["settings"][1]["group_doc"], "The first relay.");
    let template = manifest.to_cloudformation().unwrap();
    assert!(
        template.contains("The first relay. JSON with the keys password (Signs in there), user."),
        "{template}"
    );
}

#[test]
fn the_env_example_heads_each_group_once() {
    let example = Config::manifest().to_env_example();
    let headings: Vec<&str> = example.lines().filter(|line| line.starts_with("# ---")).collect();
    assert_eq!(
        headings,
        [
            "# --- primary: The first relay.",
            "# --- backup.login: The relay that is used if the first is down: The account.",
        ]
    );
}
