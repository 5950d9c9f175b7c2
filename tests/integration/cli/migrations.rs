//! `migrate`, against a server that nobody here wrote.

use std::io::Write;
use std::process::{Command, Stdio};

use secrets_runtime::admin::Admin;

use super::{account, example_env, run, run_in};
use crate::support::aws::retrying;
use crate::support::child::folder;
use crate::support::example::program;

/// An environment of a test's own: one server serves the whole process.
fn environment(test: &str) -> String {
    format!("{}-{}", test.replace('_', "-"), std::process::id())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_plans_unless_it_is_to_apply_and_a_second_run_changes_nothing() {
    let test = "it_plans_unless_it_is_to_apply_and_a_second_run_changes_nothing";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let environment = environment("migrate");
    let (variables, folder) = (account(moto.url()), folder(example_env()));
    let admin = Admin::from_secrets_manager(retrying(moto.url()));
    let name = format!("shop/{environment}/database-url");
    let migrate = |more: &[&str]| {
        let arguments = [&["migrate", "--environment", environment.as_str()], more].concat();
        run_in(&folder, &arguments, &variables)
    };
    // The bad line is a finding, each time.
    let planned = migrate(&[]);
    assert_eq!(
        (planned.code, planned.stderr.as_str()),
        (Some(1), "nothing has been written: --apply does it\n")
    );
    assert!(planned.stdout.contains("\n  line 6: not of the form KEY=value\n"), "{}", planned.stdout);
    admin.describe(&name).await.unwrap_err();
    let applied = migrate(&["--apply", "--tag", "team=shop", "--kms-key-id", "alias/shop"]);
    assert_eq!((applied.code, applied.stderr.as_str()), (Some(1), "3 created, 0 written, 0 unchanged\n"));
    assert_eq!(applied.stdout, planned.stdout);
    let description = admin.describe(&name).await.unwrap();
    assert_eq!(description.tags().collect::<Vec<_>>(), [("team", "shop")]);
    assert_eq!(description.kms_key_id(), Some("alias/shop"));
    assert_eq!(admin.read(&name).await.unwrap().expose_secret(), "postgres://shop@localhost/shop");
    let again = migrate(&["--apply", "--format", "json"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(1), "0 created, 0 written, 3 unchanged\n"));
    let json: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&json["has_writes"], &json["has_findings"]), (&false.into(), &true.into()));
    assert_eq!(json["applied"]["is_complete"], true);
    assert_eq!(json["applied"]["secrets"][0]["outcome"], "unchanged");
    let check = run_in(&folder, &["check", "--environment", &environment], &variables);
    assert_eq!(check.code, Some(0), "{}", check.stdout);
}

#[test]
fn it_reads_the_standard_input_and_ends_with_0_if_all_is_well() {
    let test = "it_reads_the_standard_input_and_ends_with_0_if_all_is_well";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let environment = environment("stdin");
    let folder = folder("");
    let mut process = Command::new(program("command_line"))
        .args(["secrets", "migrate", "--environment", &environment, "--from", "-", "--apply"])
        .current_dir(folder.path())
        .env_clear()
        .envs(account(moto.url()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let file = "DATABASE_URL=a\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=c\n";
    process.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), "3 created, 0 written, 0 unchanged\n"));
}

#[test]
fn without_a_store_or_a_file_it_ends_with_3_and_says_what_to_do() {
    let ended = run(&["migrate"], &[]);
    let expected = "\
error: AWS Secrets Manager is not one of the sources (environment: development, since ENVIRONMENT is not set)
help: name the environment that the secrets are for: --environment staging
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(3), expected));
    let arguments = ["migrate", "--environment", "staging", "--from", "no-such.env"];
    let ended = run(&arguments, &account("http://127.0.0.1:1"));
    let expected = "\
error: the .env file could not be read

  the file: no such file (no-such.env)
    help: pass the path of the file with the variables, such as .env
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(3), expected));
}
