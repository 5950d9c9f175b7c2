//! A fuzz test of the environment: each variable and each key of a profile that the SDK reads, with
//! malformed values, for a load, a check and `Admin`. No run panics, and each ends with success or an error
//! without a value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::run::{Account, Outcomes};

/// A part of most malformed values. No report may hold it.
const NEEDLE: &str = "kzqvxwj";

/// Enough for a server on this machine. Many runs end with it: nothing gives them credentials.
const TIMEOUT: Duration = Duration::from_millis(150);

/// Where the SDK gets its credentials from. It reads most variables in every case, and some in one.
#[derive(Clone, Copy)]
enum Credentials {
    Variables,
    Profile,
    WebIdentity,
    Container,
    MetadataService,
    SignOn,
}

use Credentials::{Container, MetadataService, Profile, SignOn, Variables, WebIdentity};

/// The variables that `aws-config`, `aws-runtime`, `aws-types` and the SDK's HTTP client read on Unix.
const VARIABLES: &[(&str, Credentials)] = &[
    ("AWS_REGION", Variables),
    ("AWS_DEFAULT_REGION", Variables),
    ("AWS_ENDPOINT_URL", Variables),
    ("AWS_ENDPOINT_URL", WebIdentity),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", Variables),
    ("AWS_ENDPOINT_URL_STS", WebIdentity),
    ("AWS_ENDPOINT_URL_SSO", SignOn),
    ("AWS_ENDPOINT_URL_SSO_OIDC", SignOn),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", Variables),
    ("AWS_ACCESS_KEY_ID", Variables),
    ("AWS_SECRET_ACCESS_KEY", Variables),
    ("SECRET_ACCESS_KEY", Variables),
    ("AWS_SESSION_TOKEN", Variables),
    ("AWS_ACCOUNT_ID", Variables),
    ("AWS_ACCOUNT_ID_ENDPOINT_MODE", Variables),
    ("AWS_AUTH_SCHEME_PREFERENCE", Variables),
    ("AWS_DISABLE_CLOCK_SKEW_CORRECTION", Variables),
    ("AWS_DISABLE_REQUEST_COMPRESSION", Variables),
    ("AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", Variables),
    ("AWS_REQUEST_CHECKSUM_CALCULATION", Variables),
    ("AWS_RESPONSE_CHECKSUM_VALIDATION", Variables),
    ("AWS_SIGV4A_SIGNING_REGION_SET", Variables),
    ("AWS_SDK_UA_APP_ID", Variables),
    ("AWS_EXECUTION_ENV", Variables),
    ("AWS_LAMBDA_FUNCTION_NAME", Variables),
    ("_X_AMZN_TRACE_ID", Variables),
    ("AWS_MAX_ATTEMPTS", Variables),
    ("AWS_RETRY_MODE", Variables),
    ("AWS_NEW_RETRIES_2026", Variables),
    ("AWS_USE_FIPS_ENDPOINT", Variables),
    ("AWS_USE_DUALSTACK_ENDPOINT", Variables),
    ("HTTP_PROXY", Variables),
    ("http_proxy", Variables),
    ("HTTPS_PROXY", Variables),
    ("ALL_PROXY", Variables),
    ("NO_PROXY", Variables),
    ("SSL_CERT_FILE", Variables),
    ("SSL_CERT_DIR", Variables),
    ("HOME", Profile),
    ("AWS_PROFILE", Profile),
    ("AWS_CONFIG_FILE", Profile),
    ("AWS_SHARED_CREDENTIALS_FILE", Profile),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", WebIdentity),
    ("AWS_ROLE_ARN", WebIdentity),
    ("AWS_ROLE_SESSION_NAME", WebIdentity),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", Container),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", Container),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", Container),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Container),
    ("AWS_EC2_METADATA_DISABLED", Variables),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", MetadataService),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", MetadataService),
    ("AWS_LOGIN_CACHE_DIRECTORY", Profile),
];

const KEYS: &str = "aws_access_key_id = id\naws_secret_access_key = key";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/app";
const ROLE_OF_KEYS: &str = "role_arn = arn:aws:iam::123456789012:role/app\nsource_profile = base";
const SSO: &str = "sso_account_id = 123456789012\nsso_region = us-east-1\nsso_role_name = app\nsso_start_url = https://app.awsapps.com/start";

/// The keys of a profile that these crates read, each with the lines without which it would not be read.
const PROFILE_KEYS: &[(&str, &str)] = &[
    ("region", KEYS),
    ("endpoint_url", KEYS),
    ("endpoint_url", ROLE_OF_KEYS),
    ("endpoint_url", SSO),
    ("services", KEYS),
    ("ignore_configured_endpoint_urls", KEYS),
    ("max_attempts", KEYS),
    ("retry_mode", KEYS),
    ("use_fips_endpoint", KEYS),
    ("use_dualstack_endpoint", KEYS),
    ("account_id_endpoint_mode", KEYS),
    ("auth_scheme_preference", KEYS),
    ("disable_clock_skew_correction", KEYS),
    ("disable_request_compression", KEYS),
    ("request_min_compression_size_bytes", KEYS),
    ("request_checksum_calculation", KEYS),
    ("response_checksum_validation", KEYS),
    ("sigv4a_signing_region_set", KEYS),
    ("sdk_ua_app_id", KEYS),
    ("sdk-ua-app-id", KEYS),
    ("ec2_metadata_service_endpoint", ""),
    ("ec2_metadata_service_endpoint_mode", ""),
    ("aws_access_key_id", "aws_secret_access_key = key"),
    ("aws_secret_access_key", "aws_access_key_id = id"),
    ("aws_session_token", KEYS),
    ("aws_account_id", KEYS),
    ("role_arn", "source_profile = base"),
    ("external_id", ROLE_OF_KEYS),
    ("role_session_name", ROLE_OF_KEYS),
    ("source_profile", ROLE),
    ("credential_source", ROLE),
    ("web_identity_token_file", ROLE),
    ("credential_process", ""),
    ("login_session", ""),
    ("sso_session", "sso_account_id = 123456789012\nsso_role_name = app"),
    ("sso_account_id", SSO),
    ("sso_region", SSO),
    ("sso_role_name", SSO),
    ("sso_start_url", SSO),
];

/// Values that no setting, or few of them, can have.
fn malformed() -> Vec<OsString> {
    let texts = [
        String::new(),
        " ".to_owned(),
        "0".to_owned(),
        format!("3{NEEDLE}"),
        format!("{NEEDLE}\n"),
        format!("{NEEDLE}\r\nX-Injected: 1"),
        format!("{NEEDLE}\u{e9}\u{7f}"),
        format!("http://{NEEDLE}:99999/?#"),
        format!("{{{NEEDLE}}}%00%zz"),
        NEEDLE.repeat(1000),
    ];
    let not_unicode = OsString::from_vec([NEEDLE.as_bytes(), b"\xff\xfe"].concat());
    texts.into_iter().map(OsString::from).chain([not_unicode]).collect()
}

/// The values as a line of a profile can hold them: further lines are indented.
fn malformed_in_files() -> Vec<String> {
    let texts = malformed().into_iter().filter_map(|value| value.into_string().ok());
    texts.map(|text| text.replace("\r\n", "\n").replace('\n', "\n  ")).collect()
}

impl Account {
    fn with(&self, credentials: Credentials) -> BTreeMap<String, String> {
        let url = self.stub.url();
        let file = |name: &str, content: &str| self.folder.write(name, content).to_str().unwrap().to_owned();
        let more: Vec<(&str, String)> = match credentials {
            Variables => return self.signed(),
            Profile => vec![("AWS_CONFIG_FILE", file("config", &format!("[default]\n{KEYS}\n")))],
            SignOn => vec![("AWS_CONFIG_FILE", file("config", &format!("[default]\n{SSO}\n")))],
            WebIdentity => vec![
                ("AWS_WEB_IDENTITY_TOKEN_FILE", file("token", "token")),
                ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/app".to_owned()),
            ],
            Container => vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{url}/credentials")),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token".to_owned()),
            ],
            MetadataService => vec![
                ("AWS_EC2_METADATA_DISABLED", "false".to_owned()),
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url),
            ],
        };
        let mut variables = self.variables();
        variables.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        variables
    }
}

/// How many of these runs there were. Each is a success or an error that says what is wrong.
fn checked(of: &str, outcomes: &Outcomes) -> usize {
    for ((way, profile), outcome) in outcomes {
        assert!(!outcome.contains("panicked") && outcome != "late", "{of}, {way} {profile}: {outcome}");
        assert!(!outcome.contains(NEEDLE), "{of}, {way} {profile}: {outcome}");
    }
    outcomes.len()
}

/// Runs these side by side.
fn all<T: Sync>(of: &[T], run: impl Fn(&Account, &T) -> usize + Sync) -> usize {
    let (next, runs) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // More than the cores: many runs wait.
    let processes = std::thread::available_parallelism().map_or(1, usize::from).saturating_mul(4);
    std::thread::scope(|scope| {
        for _ in 0..processes {
            scope.spawn(|| {
                let account = Account::new();
                while let Some(one) = of.get(next.fetch_add(1, Ordering::Relaxed)) {
                    runs.fetch_add(run(&account, one), Ordering::Relaxed);
                }
            });
        }
    });
    runs.into_inner()
}

#[test]
fn no_malformed_variable_ends_in_a_panic() {
    let values = malformed();
    let cases: Vec<_> =
        VARIABLES.iter().flat_map(|variable| values.iter().map(move |value| (variable, value))).collect();
    let runs = all(&cases, |account, ((name, credentials), value)| {
        let variables = account.with(*credentials);
        let shown = String::from_utf8_lossy(&value.as_bytes()[..value.len().min(40)]);
        checked(
            &format!("{name}={shown}"),
            &account.ask_within(TIMEOUT, &variables, (name, value.as_os_str()), &["-"]),
        )
    });
    assert!(runs >= 1500, "{runs} runs");
}

#[test]
fn no_malformed_key_of_a_profile_ends_in_a_panic() {
    let values = malformed_in_files();
    assert!(values.len() >= 10);
    let names: Vec<String> = (0..values.len()).map(|number| format!("p{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let runs = all(PROFILE_KEYS, |account, (key, lines)| {
        let profiles = names.iter().zip(&values).map(|(name, value)| {
            // The last line with a key counts.
            format!("[profile {name}]\n{lines}\n{key} = {value}\n")
        });
        let config = format!("[profile base]\n{KEYS}\n{}", profiles.collect::<String>());
        let config = account.folder.write("config", &config);
        let variables = account.variables();
        checked(
            key,
            &account.ask_within(TIMEOUT, &variables, ("AWS_CONFIG_FILE", config.as_os_str()), &names),
        )
    });
    assert!(runs >= 1000, "{runs} runs");
}

#[test]
fn no_malformed_file_of_profiles_ends_in_a_panic() {
    let account = Account::new();
    for content in [
        &b""[..],
        b"[",
        b"[]",
        b"[profile ]\nregion = eu-west-1",
        b"region = eu-west-1",
        b"[default]\n = kzqvxwj",
        b"[default]\nkzqvxwj",
        b"[default]\n  kzqvxwj",
        b"[default]\nregion = kzqvxwj\xff",
        b"\xff\xfe[\x00d\x00",
        b"\xef\xbb\xbf[default]\nregion = eu-west-1",
        b"[default]\nsource_profile = default\nrole_arn = kzqvxwj",
    ] {
        let file = account.folder.write("file", content);
        for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            for variables in [account.variables(), account.signed()] {
                let of = format!("{variable} of {}", String::from_utf8_lossy(content));
                checked(&of, &account.ask_within(TIMEOUT, &variables, (variable, OsStr::new(&file)), &["-"]));
            }
        }
    }
}
