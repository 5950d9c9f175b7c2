//! Configs of several sizes.

use harness::stub::Stub;
use secrets_runtime::{Secret, SecretConfig};

macro_rules! config {
    ($name:ident: $($field:ident)*) => {
        #[derive(Debug, SecretConfig)]
        pub(super) struct $name {
            $(pub(super) $field: Secret<String>),*
        }

        impl $name {
            /// The names of its secrets under a prefix.
            pub(super) fn names(prefix: &str) -> Vec<String> {
                [$(stringify!($field)),*].iter().map(|field| format!("{prefix}{field}")).collect()
            }
        }
    };
}

config!(One: a);
config!(Two: a b);
config!(Five: a b c d e);
config!(Twenty: a b c d e f g h i j k l m n o p q r s t);
config!(TwentyOne: a b c d e f g h i j k l m n o p q r s t u);

/// Three batches.
#[derive(Debug, SecretConfig)]
pub(super) struct FortyFive {
    #[secret(nested)]
    pub(super) first: Twenty,
    #[secret(nested)]
    pub(super) second: Twenty,
    #[secret(nested)]
    pub(super) third: Five,
}

impl FortyFive {
    pub(super) fn names() -> Vec<String> {
        [Twenty::names("first/"), Twenty::names("second/"), Five::names("third/")].concat()
    }
}

/// A stub that holds each name with itself for a value.
pub(super) async fn stub_with(names: &[String]) -> Stub {
    let stub = Stub::start().await;
    for name in names {
        stub.put(name, name);
    }
    stub
}
