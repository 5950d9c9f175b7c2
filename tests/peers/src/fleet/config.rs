//! What each instance needs to start.

use secrets_runtime::{Secret, SecretConfig};

/// The struct, as a program would write it, and the names of its fields in the store.
macro_rules! config {
    ($($field:ident)*) => {
        #[derive(SecretConfig)]
        #[secret(prefix = "shop")]
        pub(super) struct Shop {
            $($field: Secret<String>,)*
        }

        impl Shop {
            /// Every secret of the config, by its field.
            pub(super) fn secrets(&self) -> impl Iterator<Item = (&'static str, &Secret<String>)> {
                [$((stringify!($field), &self.$field)),*].into_iter()
            }
        }

        /// The names of the secrets.
        pub(super) const NAMES: [&str; SECRETS as usize] = [$(concat!("shop/", stringify!($field))),*];
    };
}

/// How many they are.
pub(super) const SECRETS: u32 = 20;

config! { a b c d e f g h i j k l m n o p q r s t }

/// What the secret of this name holds.
pub(super) fn value(name: &str) -> String {
    format!("the value of {name}, as long as a password")
}

/// Whether a secret of this name may hold this. Who is fast with the wrong values is not fast.
pub(super) fn is_value(name: &str, found: &str) -> bool {
    found.strip_prefix("the value of ").and_then(|rest| rest.strip_suffix(", as long as a password"))
        == Some(name)
}
