//! The source of the crates that are compiled: one struct, as each derive wants it.

use std::fmt::Write as _;

/// Who derives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Nobody: what the struct itself costs.
    Plain,
    Serde,
    Ours,
}

/// How many settings the struct has.
pub(super) const FIELDS: usize = GROUPS * (GROUP.len() + 1);

/// The struct is this many groups of settings, each with one of [`LAST`] at its end.
const GROUPS: usize = 20;

/// One setting: its type and what is said of it to each derive. Where ours has a default, serde's has it too.
struct Setting {
    name: &'static str,
    ty: &'static str,
    ours: &'static str,
    serde: &'static str,
}

/// What services are configured with, in about the proportions in which they are.
const GROUP: [Setting; 9] = [
    Setting { name: "database_url", ty: "Secret<String>", ours: "", serde: "" },
    Setting { name: "signing_key", ty: "Secret<String>", ours: r#"name = "keys/{n}/signing""#, serde: "" },
    Setting { name: "sentry_dsn", ty: "Option<Secret<String>>", ours: "", serde: "" },
    Setting { name: "port", ty: "u16", ours: "default = 8080", serde: r#"default = "port""# },
    Setting { name: "verbose", ty: "bool", ours: "default", serde: "default" },
    Setting {
        name: "log_level",
        ty: "String",
        ours: r#"default = "info", plain"#,
        serde: r#"default = "log_level""#,
    },
    Setting {
        name: "timeout",
        ty: "Duration",
        ours: "default = Duration::from_secs(30)",
        serde: r#"default = "timeout""#,
    },
    Setting { name: "origins", ty: "Vec<String>", ours: r#"separator = ",", plain"#, serde: "" },
    Setting { name: "workers", ty: "Option<u32>", ours: "", serde: "" },
];

/// What there is less of: these take turns.
const LAST: [Setting; 4] = [
    Setting { name: "listen", ty: "IpAddr", ours: "", serde: "" },
    Setting { name: "stripe", ty: "Secret<Keys>", ours: "json", serde: "" },
    Setting { name: "upstream", ty: "IpAddr", ours: "", serde: "" },
    Setting {
        name: "smtp",
        ty: "Smtp",
        ours: r#"nested(prefix = "smtp-{n}", env_prefix = "SMTP_{n}_")"#,
        serde: "",
    },
];

/// A whole crate: the struct and, if it `loads`, a function that fills it.
pub(super) fn library(side: Side, loads: bool) -> String {
    let (derive, load) = match side {
        Side::Plain => ("", ""),
        Side::Serde => ("#[derive(serde::Deserialize)]\n", SERDE_LOAD),
        Side::Ours => ("#[derive(secrets_runtime::SecretConfig)]\n", OURS_LOAD),
    };
    let mut source = PRELUDE.to_owned();
    if side == Side::Serde {
        source.push_str(SERDE_DEFAULTS);
    }
    source.push_str(&smtp(side, derive));
    source.push_str(derive);
    if side == Side::Ours {
        source.push_str("#[secret(prefix = \"shop/{environment}\")]\n");
    }
    source.push_str("pub struct AppConfig {\n");
    for group in 0..GROUPS {
        for setting in GROUP.iter().chain(LAST.get(group % LAST.len())) {
            setting.write(&mut source, side, group);
        }
    }
    source.push_str("}\n");
    if loads {
        source.push_str(load);
    }
    source
}

impl Setting {
    fn write(&self, source: &mut String, side: Side, group: usize) {
        let (name, ty) = (self.name, self.ty);
        let (key, said) = match side {
            Side::Plain => ("", ""),
            Side::Serde => ("serde", self.serde),
            Side::Ours => ("secret", self.ours),
        };
        let attribute = if said.is_empty() { String::new() } else { format!("    #[{key}({said})]\n") };
        let attribute = attribute.replace("{n}", &group.to_string());
        // Writing to a string cannot fail.
        let _ = write!(
            source,
            "    /// The {name} of group {group}.\n{attribute}    pub {name}_{group}: {ty},\n"
        );
    }
}

/// The config that others nest.
fn smtp(side: Side, derive: &str) -> String {
    let default = match side {
        Side::Plain => "",
        Side::Serde => "#[serde(default = \"port\")]",
        Side::Ours => "#[secret(default = 8080)]",
    };
    format!(
        "{derive}pub struct Smtp {{\n    pub user: Secret<String>,\n    pub password: Secret<String>,\n    {default}\n    \
         pub port: u16,\n}}\n\n"
    )
}

const PRELUDE: &str = "\
//! Made for a measurement.
use std::net::IpAddr;
use std::time::Duration;

use secrets_runtime::Secret;

/// What one JSON secret holds.
#[derive(serde::Deserialize)]
pub struct Keys {
    pub public: String,
    pub secret: String,
}

impl secrets_runtime::Zeroize for Keys {
    fn zeroize(&mut self) {
        self.public.zeroize();
        self.secret.zeroize();
    }
}

";

const SERDE_DEFAULTS: &str = "\
fn port() -> u16 {
    8080
}

fn log_level() -> String {
    \"info\".to_owned()
}

fn timeout() -> Duration {
    Duration::from_secs(30)
}

";

const SERDE_LOAD: &str = "
pub fn load(text: &str) -> Result<AppConfig, serde_json::Error> {
    serde_json::from_str(text)
}
";

/// Boxed: the future's code is generated where its type is known whole.
const OURS_LOAD: &str = "
pub fn load(
    secrets: &secrets_runtime::Secrets,
) -> std::pin::Pin<Box<dyn Future<Output = Result<AppConfig, secrets_runtime::Error>> + Send + '_>> {
    Box::pin(<AppConfig as secrets_runtime::SecretConfig>::load_from(secrets))
}
";
