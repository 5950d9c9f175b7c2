//! Variables of the process that name a file or an endpoint.

use std::env;
use std::ffi::OsString;

/// The text of a variable. One that is set but empty counts as not set.
pub(super) fn set(variable: &str) -> Option<OsString> {
    env::var_os(variable).filter(|text| !text.is_empty())
}
