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
        "i128" => {
            "a number outside of -170141183460469231731687303715884105728 to 170141183460469231731687303715884105727"
        }
        "u128" => "a number outside of 0 to 340282366920938463463374607431768211455",
        "isize" if isize::BITS == 64 => "a number outside of -9223372036854775808 to 9223372036854775807",
        "usize" if usize::BITS == 64 => "a number outside of 0 to 18446744073709551615",
        "isize" if isize::BITS == 32 => "a number outside of -2147483648 to 2147483647",
        "usize" if usize::BITS == 32 => "a number outside of 0 to 4294967295",
        _ => "a number out of range",
    }
}
