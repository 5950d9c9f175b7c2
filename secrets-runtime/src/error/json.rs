//! A failed setting or secret as JSON, the same in every report.

use super::{FieldError, Place};
use crate::text::json::Json;

impl FieldError {
    /// The failure as JSON.
    pub(crate) fn to_json(&self) -> Json<'_> {
        let place = |place: &Place| {
            Json::object([
                ("source", place.source().to_owned().into()),
                ("location", place.location().to_owned().into()),
                ("outcome", place.outcome().into()),
            ])
        };
        Json::object([
            ("kind", self.kind().as_str().into()),
            ("reason", self.reason.as_ref().map(ToString::to_string).into()),
            ("places", Json::list(self.places().iter().map(place))),
            ("help", Json::list(self.help().iter().map(String::as_str))),
        ])
    }
}
