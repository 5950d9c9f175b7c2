//! The commands of the runbook that an application prints.

use secrets_runtime::{Secret, SecretConfig};

use super::Account;

#[derive(SecretConfig)]
struct App {
    jwt: Secret<String>,
}

/// The code blocks of a text, each as one command.
fn blocks(markdown: &str) -> Vec<String> {
    let blocks = markdown.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_runbook_changes_a_secret_and_takes_the_change_back() {
    let Some(account) = Account::new("the_runbook_changes_a_secret") else { return };
    account.create("jwt", "first").await;
    let markdown = App::manifest().resolved_by(&account.secrets()).to_markdown();
    let blocks = blocks(&markdown);
    let [change, go_back] = &blocks[..] else { panic!("{markdown}") };
    let name = account.name("jwt");

    account.write_value("second");
    account.run(&change.replace("NAME", &name)).unwrap();
    assert_eq!(account.load::<App>().await.unwrap().jwt.expose_secret(), "second");

    let (list, promote) = go_back.split_once('\n').unwrap();
    let listed: serde_json::Value =
        serde_json::from_str(&account.run(&list.replace("NAME", &name)).unwrap()).unwrap();
    let id_of = |stage: &str| -> String {
        let versions = listed["Versions"].as_array().unwrap();
        let version = versions.iter().find(|version| version["VersionStages"][0] == stage).unwrap();
        version["VersionId"].as_str().unwrap().to_owned()
    };
    let promote = promote.replace("NAME", &name);
    let promote = promote.replace("-id CURRENT", &format!("-id {}", id_of("AWSCURRENT")));
    let promote = promote.replace("-id PREVIOUS", &format!("-id {}", id_of("AWSPREVIOUS")));
    account.run(&promote).unwrap();
    // By its label: without one, moto answers with the version that was stored last.
    let current = account.admin().read(&name).stage("AWSCURRENT").await.unwrap();
    assert_eq!(current.expose_secret(), "first");
}
