//! What is hard for a derive and has to compile and to behave: one test a point.
#![allow(dead_code, clippy::panic, reason = "fields that only have to be there; helpers outside of a test")]

use std::time::Duration;

use secrets_runtime::{
    Env, Error, ErrorKind, FromSecret, Memory, SafeToPrint, Secret, SecretConfig, Secrets,
};

fn secrets(memory: Memory) -> Secrets {
    let secrets = Secrets::builder().variables(Env::default()).sources([memory]).build();
    secrets.unwrap_or_else(|error| panic!("{error}"))
}

async fn load<C: SecretConfig, const N: usize>(values: [(&str, &str); N]) -> Result<C, Error> {
    C::load_from(&secrets(Memory::from(values))).await
}

/// The paths of the fields that could not be loaded.
fn failed(error: &Error) -> Vec<&str> {
    error.fields().iter().map(secrets_runtime::FieldError::path).collect()
}

#[tokio::test]
async fn optionality_is_the_type_s_not_its_spelling() {
    type Maybe<T> = Option<T>;
    #[derive(Debug, SecretConfig)]
    #[expect(clippy::option_option, reason = "a type that somebody may come to have")]
    struct Config {
        alias: Maybe<Secret<String>>,
        path: core::option::Option<u16>,
        twice: Option<Option<u16>>,
        #[secret(plain, parse)]
        parsed: Maybe<String>,
        #[secret(plain, json)]
        decoded: Maybe<Vec<u8>>,
    }
    let config: Config = load([]).await.unwrap();
    let Config { alias, path, twice, parsed, decoded } = config;
    assert!(alias.is_none() && path.is_none() && parsed.is_none() && decoded.is_none());
    assert_eq!(twice, None);
    let config: Config = load([("twice", "5"), ("parsed", "text"), ("decoded", "[1]")]).await.unwrap();
    assert_eq!((config.twice, config.parsed.as_deref()), (Some(Some(5)), Some("text")));
    assert_eq!(config.decoded, Some(vec![1]));
}

#[tokio::test]
async fn fields_that_are_configured_away_are_not_there() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[cfg(any())]
        absent: NoSuchType,
        #[cfg_attr(all(), secret(default = 1))]
        present: u16,
        #[cfg_attr(any(), secret(no_such_key))]
        plain: bool,
    }
    let config: Config = load([("plain", "true")]).await.unwrap();
    assert_eq!((config.present, config.plain), (1, true));
}

#[tokio::test]
async fn raw_identifiers_are_known_by_their_name() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        r#type: u16,
        #[secret(nested)]
        r#match: Inner,
    }
    #[derive(Debug, SecretConfig)]
    struct Inner {
        r#fn: Secret<String>,
    }
    let config: Config = load([("TYPE", "7"), ("match/fn", "secret")]).await.unwrap();
    assert_eq!((config.r#type, config.r#match.r#fn.expose_secret().as_str()), (7, "secret"));
    assert_eq!(failed(&load::<Config, 0>([]).await.unwrap_err()), ["type", "match.fn"]);
}

#[tokio::test]
async fn structs_of_macros_are_as_any_other() {
    macro_rules! config {
        ($(#[$meta:meta])* $name:ident { $($field:ident: $ty:ty = $default:expr, $text:literal;)* }) => {
            #[derive(Debug, SecretConfig)]
            $(#[$meta])*
            struct $name {
                $(#[doc = $text] #[secret(default = $default, env = $text)] $field: $ty,)*
                #[secret(default = LOCAL)]
                local: u16,
            }
        };
    }
    const LOCAL: u16 = 4;
    config! {
        #[secret(env_prefix = "APP_")]
        Config { port: u16 = 8000 + 80, "LISTEN"; limit: Option<u64> = Some(5), "LIMIT"; }
    }
    let config: Config = load([]).await.unwrap();
    assert_eq!((config.port, config.limit, config.local), (8080, Some(5), 4));
    let config: Config = load([("APP_LISTEN", "1")]).await.unwrap();
    assert_eq!(config.port, 1);
}

#[tokio::test]
async fn a_macro_names_its_own_crate() {
    mod reexport {
        macro_rules! config {
            ($name:ident { $($field:ident: $ty:ty),* }) => {
                #[derive($crate::reexported::SecretConfig)]
                #[secret(crate = $crate::reexported)]
                struct $name { $($field: $ty),* }
            };
        }
        pub(crate) use config;
    }
    reexport::config!(Config { token: Secret<String> });
    let config: Config = load([("token", "text")]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "text");
}

/// Where `$crate::reexported` leads.
mod reexported {
    pub(crate) use secrets_runtime::{__private, SecretConfig};
}

#[tokio::test]
async fn generics_are_kept() {
    #[derive(Debug, SecretConfig)]
    struct Config<T: Copy = u16, const N: usize = 2>
    where
        T: std::fmt::Debug,
    {
        one: T,
        #[secret(separator = ",")]
        many: Vec<T>,
        maybe: Option<T>,
        #[secret(default = Vec::with_capacity(1))]
        spare: Vec<T>,
        #[secret(default = N)]
        size: usize,
        #[secret(nested)]
        inner: Inner<T>,
        #[secret(skip)]
        skipped: Option<T>,
        #[secret(default)]
        defaulted: Option<T>,
    }
    #[derive(Debug, SecretConfig)]
    struct Inner<T> {
        value: T,
    }
    let values = [("one", "1"), ("many", "1,2"), ("inner.value", "3")];
    let config: Config = load(values).await.unwrap();
    assert_eq!(
        (config.one, config.many.as_slice(), config.maybe, config.size),
        (1, [1, 2].as_slice(), None, 2)
    );
    assert_eq!((config.inner.value, config.skipped, config.defaulted), (3, None, None));
    assert_eq!(config.spare, [0; 0]);
    let config: Config<i64, 9> = load([("one", "-1"), ("many", "1"), ("inner.value", "3")]).await.unwrap();
    assert_eq!((config.one, config.size), (-1, 9));
}

#[tokio::test]
async fn a_generic_secret_is_one() {
    #[derive(Debug, SecretConfig)]
    #[secret(sources(memory))]
    struct Config<T: SafeToPrint + FromSecret> {
        value: T,
    }
    let config: Config<Secret<String>> = load([("value", "text")]).await.unwrap();
    assert_eq!(format!("{config:?}"), "Config { value: [REDACTED] }");
    assert_eq!(load::<Config<Option<Secret<String>>>, 0>([]).await.unwrap().value.map(|_| ()), None);
}

#[tokio::test]
async fn defaults_see_what_the_struct_sees_and_nothing_of_the_generated_code() {
    mod limits {
        pub(super) const LIMIT: usize = 3;
    }
    // The names that the generated code uses for itself.
    const fn values() -> usize {
        7
    }
    const fn field_0() -> usize {
        8
    }
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(default = limits::LIMIT)]
        limit: usize,
        #[secret(default = values())]
        values: usize,
        #[secret(default = field_0() + field_0())]
        field: usize,
        #[secret(default = std::collections::BTreeMap::<u16, Vec<u16>>::new().len())]
        commas: usize,
        #[secret(default = match limits::LIMIT { 3 => Duration::from_secs(1), _ => Duration::ZERO })]
        complex: Duration,
        #[secret(default = "90s")]
        text: Duration,
        #[secret(default)]
        of_type: u64,
    }
    let config: Config = load([]).await.unwrap();
    assert_eq!((config.limit, config.values, config.field, config.commas), (3, 7, 16, 0));
    assert_eq!(
        (config.complex, config.text, config.of_type),
        (Duration::from_secs(1), Duration::from_secs(90), 0)
    );
}

#[tokio::test]
async fn attributes_of_other_derives_are_left_alone() {
    #[derive(Debug, serde::Deserialize, SecretConfig)]
    #[serde(rename_all = "camelCase")]
    #[secret(rename_all = "snake_case")]
    struct Config {
        #[serde(default)]
        #[secret(default = 1)]
        max_size: u16,
    }
    assert_eq!(load::<Config, 0>([]).await.unwrap().max_size, 1);
}

#[tokio::test]
async fn a_literal_is_a_default_of_the_type_inside_an_option_too() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(default = -1)]
        limit: Option<i64>,
        #[secret(default = 2.5)]
        ratio: f32,
        #[secret(default = 'x')]
        letter: char,
    }
    let config: Config = load([]).await.unwrap();
    assert_eq!((config.limit, config.letter), (Some(-1), 'x'));
    assert!((config.ratio - 2.5).abs() < f32::EPSILON);
}

#[tokio::test]
async fn structs_without_fields_and_with_one() {
    #[derive(Debug, SecretConfig)]
    struct Unit;
    #[derive(Debug, SecretConfig)]
    struct Empty {}
    #[derive(Debug, SecretConfig)]
    struct One {
        #[secret(nested)]
        empty: Empty,
    }
    #[derive(Debug, SecretConfig)]
    struct Skipped {
        #[secret(skip)]
        count: u64,
    }
    load::<Unit, 0>([]).await.unwrap();
    let One { empty: Empty {} } = load([]).await.unwrap();
    assert_eq!(load::<Skipped, 0>([]).await.unwrap().count, 0);
}

#[tokio::test]
async fn every_way_to_decode_is_checked_and_validated() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(json, validate = not_empty)]
        list: Secret<Vec<u16>>,
        #[secret(parse, plain)]
        parsed: String,
        #[secret(parse, separator = ";")]
        numbers: Vec<u32>,
        #[secret(with = hexadecimal)]
        with: Secret<u16>,
        #[secret(with = Config::reversed, plain)]
        reversed: Option<String>,
        #[secret(validate = even)]
        even: Option<u16>,
    }
    impl Config {
        #[expect(clippy::unnecessary_wraps, reason = "the form that `with` asks for")]
        fn reversed(text: &str) -> Result<String, std::convert::Infallible> {
            Ok(text.chars().rev().collect())
        }
    }
    fn hexadecimal(text: &str) -> Result<u16, std::num::ParseIntError> {
        u16::from_str_radix(text, 16)
    }
    fn not_empty(list: &[u16]) -> Result<(), &'static str> {
        if list.is_empty() { Err("empty") } else { Ok(()) }
    }
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that `validate` asks for")]
    fn even(number: &u16) -> Result<(), &'static str> {
        if number.is_multiple_of(2) { Ok(()) } else { Err("odd") }
    }
    let good = [
        ("list", "[1, 2]"),
        ("parsed", "text"),
        ("numbers", "1;2"),
        ("with", "ff"),
        ("reversed", "abc"),
        ("even", "4"),
    ];
    let config: Config = load(good).await.unwrap();
    assert_eq!((config.list.expose_secret().as_slice(), config.parsed.as_str()), ([1, 2].as_slice(), "text"));
    assert_eq!((config.numbers.as_slice(), *config.with.expose_secret()), ([1, 2].as_slice(), 255));
    assert_eq!((config.reversed.as_deref(), config.even), (Some("cba"), Some(4)));
    let bad = [("list", "[]"), ("parsed", "text"), ("numbers", "1;x"), ("with", "gg"), ("even", "3")];
    let error = load::<Config, 5>(bad).await.unwrap_err();
    assert_eq!(failed(&error), ["list", "numbers", "with", "even"]);
    assert!(error.fields().iter().all(|field| field.kind() == ErrorKind::Invalid));
}

#[tokio::test]
async fn names_follow_the_attributes() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}", env_prefix = "APP_")]
    struct Config {
        database_url: Secret<String>,
        #[secret(name = "auth/jwt")]
        token: Secret<String>,
        #[secret(id = "shared/key")]
        shared: Secret<String>,
        #[secret(name = "account", key = "user.name")]
        user: Secret<String>,
        #[secret(alias = "OLD")]
        renamed: u16,
        #[secret(nested(prefix = "mail", env_prefix = "MAIL_"))]
        smtp: Document,
    }
    #[derive(Debug, SecretConfig)]
    #[secret(name = "all", rename_all = "camelCase")]
    struct Document {
        pass_word: Secret<String>,
    }
    let secrets = [
        ("app/development/database-url", "a"),
        ("app/development/auth/jwt", "b"),
        ("shared/key", "c"),
        ("app/development/account", r#"{"user": {"name": "d"}}"#),
        ("APP_OLD", "5"),
        ("app/development/mail/all", r#"{"passWord": "e"}"#),
    ];
    let config: Config = load(secrets).await.unwrap();
    let texts = [&config.database_url, &config.token, &config.shared, &config.user, &config.smtp.pass_word];
    assert_eq!(texts.map(|text| text.expose_secret().as_str()), ["a", "b", "c", "d", "e"]);
    let variables = [
        ("APP_DATABASE_URL", "a"),
        ("APP_AUTH_JWT", "b"),
        ("APP_SHARED", "c"),
        ("APP_USER", "d"),
        ("APP_RENAMED", "5"),
        ("APP_MAIL_PASS_WORD", "e"),
    ];
    let config: Config = load(variables).await.unwrap();
    let texts = [&config.database_url, &config.token, &config.shared, &config.user, &config.smtp.pass_word];
    assert_eq!(texts.map(|text| text.expose_secret().as_str()), ["a", "b", "c", "d", "e"]);
    assert_eq!(config.renamed, 5);
}

#[tokio::test]
async fn an_optional_nested_config_is_there_or_not_as_a_whole() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(nested)]
        smtp: Option<Smtp>,
        after: u16,
    }
    #[derive(Debug, SecretConfig)]
    struct Smtp {
        host: Secret<String>,
        password: Secret<String>,
    }
    let config: Config = load([("after", "1")]).await.unwrap();
    assert!(config.smtp.is_none());
    assert_eq!(config.after, 1);
    let config: Config = load([("after", "1"), ("smtp.host", "a"), ("smtp.password", "b")]).await.unwrap();
    assert!(
        config
            .smtp
            .is_some_and(|smtp| smtp.host.expose_secret() == "a" && smtp.password.expose_secret() == "b")
    );
    assert_eq!(
        failed(&load::<Config, 1>([("smtp.host", "a")]).await.unwrap_err()),
        ["smtp.password", "after"]
    );
}

/// A struct with the given fields, all of them secrets.
macro_rules! of_secrets {
    ($name:ident: $($field:ident)*) => {
        #[derive(Debug, SecretConfig)]
        struct $name {
            $($field: Secret<String>,)*
        }

        impl $name {
            const FIELDS: &[&str] = &[$(stringify!($field)),*];

            fn texts(&self) -> Vec<&str> {
                vec![$(self.$field.expose_secret().as_str()),*]
            }
        }
    };
}

of_secrets! {
    Wide:
        f000 f001 f002 f003 f004 f005 f006 f007 f008 f009 f010 f011 f012 f013 f014 f015 f016 f017 f018 f019
        f020 f021 f022 f023 f024 f025 f026 f027 f028 f029 f030 f031 f032 f033 f034 f035 f036 f037 f038 f039
        f040 f041 f042 f043 f044 f045 f046 f047 f048 f049 f050 f051 f052 f053 f054 f055 f056 f057 f058 f059
        f060 f061 f062 f063 f064 f065 f066 f067 f068 f069 f070 f071 f072 f073 f074 f075 f076 f077 f078 f079
        f080 f081 f082 f083 f084 f085 f086 f087 f088 f089 f090 f091 f092 f093 f094 f095 f096 f097 f098 f099
        f100 f101 f102 f103 f104 f105 f106 f107 f108 f109 f110 f111 f112 f113 f114 f115 f116 f117 f118 f119
        f120 f121 f122 f123 f124 f125 f126 f127 f128 f129 f130 f131 f132 f133 f134 f135 f136 f137 f138 f139
        f140 f141 f142 f143 f144 f145 f146 f147 f148 f149 f150 f151 f152 f153 f154 f155 f156 f157 f158 f159
        f160 f161 f162 f163 f164 f165 f166 f167 f168 f169 f170 f171 f172 f173 f174 f175 f176 f177 f178 f179
        f180 f181 f182 f183 f184 f185 f186 f187 f188 f189 f190 f191 f192 f193 f194 f195 f196 f197 f198 f199
}

of_secrets!(Narrow: only);

#[tokio::test]
async fn two_hundred_fields_are_all_loaded_and_all_reported() {
    let values = |name: &&'static str| (*name, format!("value of {name}"));
    let memory = Wide::FIELDS.iter().map(values).collect::<Memory>();
    let wide = Wide::load_from(&secrets(memory)).await.unwrap();
    let expected: Vec<String> = Wide::FIELDS.iter().map(|name| values(name).1).collect();
    assert_eq!(wide.texts(), expected);

    let error = load::<Wide, 1>([("f100", "there")]).await.unwrap_err();
    let expected: Vec<&str> = Wide::FIELDS.iter().copied().filter(|name| *name != "f100").collect();
    assert_eq!(failed(&error), expected);
}

#[test]
fn the_future_of_load_is_send_and_as_small_for_many_fields_as_for_one() {
    fn size<F: Future + Send>(future: &F) -> usize {
        size_of_val(future)
    }
    let _ = (Narrow::FIELDS, Narrow::texts);
    assert_eq!(size(&Wide::load()), size(&Narrow::load()));
}

#[tokio::test]
async fn documentation_of_a_field_is_its_first_paragraph() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        /// Postgres connection
        /// string.
        ///
        /// Not shown.
        #[doc(alias = "database")]
        url: Secret<String>,
        /** In a block. */
        block: u16,
        #[doc = concat!("not", " seen")]
        none: u16,
    }
    let error = load::<Config, 0>([]).await.unwrap_err();
    let docs: Vec<&str> = error.fields().iter().map(secrets_runtime::FieldError::doc).collect();
    assert_eq!(docs, ["Postgres connection string.", "In a block.", ""]);
}
