//! Arguments of `secrets ..` that are invalid, and migrations that find something.

use harness::stub::Stub;

use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{EnvFile, Migration};
use secrets_runtime::{Secret, SecretConfig};

use super::row::{Row, row};
use crate::support::aws::of;
use crate::support::child::{folder, run_program};
use crate::support::example::program;
use crate::support::production;
use crate::support::sources::Store;

#[derive(SecretConfig)]
struct Shop {
    jwt: Secret<String>,
}

#[derive(SecretConfig)]
struct WholeAndKey {
    #[secret(name = "smtp")]
    smtp: Secret<String>,
    #[secret(name = "smtp", key = "host", env = "SMTP_HOST")]
    host: Secret<String>,
}

#[derive(SecretConfig)]
struct KeyInKey {
    #[secret(name = "smtp", key = "login", env = "LOGIN")]
    login: Secret<String>,
    #[secret(name = "smtp", key = "login.password", env = "LOGIN_PASSWORD")]
    password: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(sources(env))]
struct Local {
    port: u16,
}

fn account(url: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

/// What the example `command_line` says on its standard error.
fn said(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let arguments = [&["secrets"], arguments].concat();
    let ended = run_program(&program("command_line"), &arguments, &folder(""), variables);
    assert!(matches!(ended.code, Some(2 | 3)), "{arguments:?}: {}", ended.stdout);
    let report = ended.stderr.strip_prefix("error: ").unwrap_or(&ended.stderr);
    if !report.contains("--help lists") {
        return report.to_owned();
    }
    // Without the usage, and without the empty line that would make a title of the message.
    let wanted = |line: &&str| !line.is_empty() && !line.starts_with("Usage: ");
    report.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

/// The lines of a plan of a migration that are about this.
fn planned(file: &str, about: &str) -> String {
    let stub = Stub::start_on_thread();
    stub.put("shop/staging/smtp", "plain text");
    let arguments = ["secrets", "migrate", "--environment", "staging"];
    let ended = run_program(&program("command_line"), &arguments, &folder(file), &account(&stub.url()));
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(about)).collect();
    assert!(!lines.is_empty(), "{}{}", ended.stdout, ended.stderr);
    lines.join("\n")
}

/// The lines of the plan of this config's migration that are refused.
async fn refused_plan<C: SecretConfig>(file: &str) -> String {
    let stub = Stub::start().await;
    let secrets = of(&stub);
    let file = EnvFile::from_reader(file.as_bytes()).unwrap();
    let migration = Migration::new(C::manifest().resolved_by(&secrets));
    let plan = migration.plan(&Admin::new(&secrets).unwrap(), &file).await.unwrap().to_string();
    plan.lines().filter(|line| line.contains("refused")).collect::<Vec<_>>().join("\n")
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = arguments();
    rows.extend(migrations());
    rows
}

fn arguments() -> Vec<Row> {
    vec![
        row("The subcommand does not exist.", "", async { said(&["unheard-of"], &[]) }),
        row("The subcommand has a typo.", "", async { said(&["chekc"], &[]) }),
        row("The option does not exist, or has a typo.", "", async {
            said(&["check", "--fromat", "json"], &[])
        }),
        row("There is one argument more than the subcommand takes.", "", async {
            said(&["check", "now"], &[])
        }),
        row("The option does not take this value.", "", async { said(&["check", "--format", "xml"], &[]) }),
        row("The option has no value.", "", async { said(&["check", "--format"], &[]) }),
        row("The option is given twice.", "", async {
            said(&["check", "--format", "json", "--format", "table"], &[])
        }),
        row("The environment's name has upper case.", "", async {
            said(&["check", "--environment", "Production"], &[])
        }),
        row("The tag has no key.", "", async { said(&["migrate", "--tag", "=a"], &[]) }),
        row("An alarm is a template of CloudFormation only.", "Pass `--format cloudformation`.", async {
            said(&["template", "--kind", "alarms", "--format", "terraform"], &[])
        }),
        row("The account is not a number of twelve digits.", "Pass the number.", async {
            said(&["policy", "--account", "123"], &[])
        }),
        row("The region is not the name of a region.", "Pass a name such as `eu-west-1`.", async {
            said(&["policy", "--region", "eu west"], &[])
        }),
        row("The partition does not exist.", "Leave `--partition` out.", async {
            said(&["policy", "--partition", "azure"], &[])
        }),
        row(
            "The KMS key is not given by its ARN.",
            "Pass the ARN of the key: `aws kms list-keys` prints it.",
            async { said(&["policy", "--kms-key", "alias/shop"], &[]) },
        ),
        row(
            "The prefix holds a character that no secret's name has.",
            "Correct `SECRET_PREFIX`, or the prefix in the program.",
            async {
                let secrets =
                    production().prefix("shop production").sources([Store::new("aws")]).build().unwrap();
                super::row::said(Shop::manifest().resolved_by(&secrets).iam_policy().to_json())
            },
        ),
        row("The config reads no secrets.", "No policy is needed.", async {
            super::row::said(Local::manifest().iam_policy().to_json())
        }),
        row("The config reads no secrets.", "No template is needed.", async {
            super::row::said(Local::manifest().to_cloudformation())
        }),
        row("`ENVIRONMENT` is not the name of an environment.", "", async {
            said(&["policy"], &[("ENVIRONMENT", "Prod!")])
        }),
    ]
}

fn migrations() -> Vec<Row> {
    vec![
        row("The environment is `development`, which reads no secret store.", "", async {
            said(&["migrate"], &[])
        }),
        row("The file of the migration does not exist.", "", async {
            said(
                &["migrate", "--environment", "staging", "--from", "no-such.env"],
                &account("http://127.0.0.1:1"),
            )
        }),
        row("The file holds a value that a program printed.", "Put the real value into the file.", async {
            planned("JWT=[REDACTED]\n", "jwt")
        }),
        row(
            "The store's secret is not a JSON object, and the file has a key of it.",
            "Store a JSON object.",
            async { planned("SMTP_HOST=mail\n", "smtp") },
        ),
        row("The file does not have a setting that the program requires.", "Add it to the file.", async {
            planned("JWT=a\n", "database_url")
        }),
        row("`${NAME}` names a variable that is not defined above it.", "Move that line up.", async {
            planned("JWT=key-${KEY}\nKEY=a\n", "line 1")
        }),
        row("The file has a line that is not an assignment.", "Correct the line.", async {
            planned("JWT=a\nno line\n", "line 2")
        }),
        row(
            "Two settings of the program read one secret in ways that exclude each other.",
            "Remove one of the variables from the file.",
            async { refused_plan::<WholeAndKey>("SMTP=a\nSMTP_HOST=b\n").await },
        ),
        row(
            "Two settings of the program read one secret in ways that exclude each other.",
            "Remove one of the variables from the file.",
            async { refused_plan::<KeyInKey>("LOGIN=a\nLOGIN_PASSWORD=b\n").await },
        ),
        row("The manifest of the migration has other names than the `Secrets` of `Admin`.", "", async {
            let stub = Stub::start().await;
            let admin = Admin::new(&of(&stub)).unwrap();
            let other = production().prefix("other").sources([Store::new("aws")]).build().unwrap();
            let file = EnvFile::from_reader("JWT=a\n".as_bytes()).unwrap();
            super::row::said(
                Migration::new(Shop::manifest().resolved_by(&other)).plan(&admin, &file).await.map(drop),
            )
        }),
    ]
}
