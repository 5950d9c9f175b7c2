//! Types that only `serde_json` can decode: `RawValue`, and numbers under its feature `arbitrary_precision`.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde_json::de::StrRead;

use super::node::Node;
use super::visit_error::{DOES_NOT_FIT, VisitError};

/// Whether this is the name of a type that only `serde_json` can decode.
pub(super) fn is_private(name: &str) -> bool {
    name.starts_with("$serde_json::")
}

impl<'a> Node<'a, '_> {
    /// Lets `serde_json` read the value. Its error is dropped.
    pub(super) fn through_serde_json<T>(
        self,
        read: impl FnOnce(&mut serde_json::Deserializer<StrRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, VisitError> {
        let mut json = serde_json::Deserializer::from_str(self.token.as_str());
        read(&mut json).map_err(|_| self.locate(VisitError::WrongType, None))
    }
}

/// A visitor whose errors are dropped: `serde_json` would write the number into them.
pub(super) struct ErrorlessVisitor<V>(pub(super) V);

macro_rules! visit_numbers {
    ($($visit:ident($number:ty)),* $(,)?) => {$(
        fn $visit<E: de::Error>(self, number: $number) -> Result<V::Value, E> {
            self.0.$visit(number).map_err(|_: VisitError| E::custom(DOES_NOT_FIT))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ErrorlessVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something else")
    }

    visit_numbers! { visit_u64(u64), visit_i64(i64), visit_f64(f64) }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}
