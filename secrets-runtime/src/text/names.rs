//! The texts of enums.

/// Implements `as_str` for an enum, and `Display`, which pads the text.
macro_rules! texts {
    ($type:ty, $(#[$attribute:meta])* { $($variant:pat => $text:expr),* $(,)? }) => {
        impl $type {
            $(#[$attribute])*
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($variant => $text),*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use texts;
