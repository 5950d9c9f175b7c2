//! The ranges of the integer types, in words for errors.

/// Says that a number outside of the range of an integer type was found.
pub(super) fn out_of_range(type_name: &str) -> &'static str {
    match type_name {
        "i8" => "a number outside of -128 to 127",
        "i16" => "a number outside of -32768 to 32767",
        "i32" => "a number outside of -2147483648 to 2147483647",
        "i64" => "a number outside of -9223372036854775808 to 9223372036854775807",
        "u8" => "a number outside of 0 to 255",
        "u16" => "a number outside of 0 to 65535",
        "u32" => "a number outside of 0 to 4294967295",
        "u64" => "a number outside of 0 to 18446744073709551615",
        _ => "a number out of range",
    }
}
