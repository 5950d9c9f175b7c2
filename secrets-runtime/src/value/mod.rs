//! From the bytes that a source holds to the value of a field. It does not know where a value comes from;
//! `client` asks it for each setting, and generated code for each field.

mod detected;
#[cfg(feature = "admin")]
pub(crate) mod edit;
mod extract;
mod from_secret;
mod inspect;
pub(crate) mod json;
mod list;
mod number_range;
mod options;
mod payload;
mod printable;
mod raw;
mod scalar;

pub use detected::SecretValue;
pub(crate) use extract::{Absence, Extracted, ExtractedValue, extract, extract_if_object, extract_own};
pub use from_secret::FromSecret;
pub use list::List;
pub(crate) use options::Options;
pub use payload::Payload;
pub(crate) use printable::HoldsSecret;
pub use printable::SafeToPrint;
pub use raw::RawSecret;
