//! "Did you mean": the known name that differs from a name by a typo. The derive has the same rule for its
//! attributes.

/// Returns the candidate that is nearest to `name`, if it differs by its case only, or by one letter (two if
/// `name` has at least five). A letter is added, left out, replaced or swapped with its neighbor.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = if name.len() < 5 { 1 } else { 2 };
    candidates
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= tolerance && *candidate != name)
        .map(|candidate| {
            let is_same = candidate.eq_ignore_ascii_case(name);
            (if is_same { 0 } else { strsim::osa_distance(name, candidate) }, candidate)
        })
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derive has the same test.
    #[test]
    fn suggestions_are_the_same_in_both_crates() {
        for (name, candidate, is_near) in include!("../../tests/shared/suggestions.rs") {
            let suggested = nearest(name, [candidate].into_iter());
            assert_eq!(suggested, is_near.then_some(candidate), "{name} {candidate}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        let candidates = ["DATABSE_URI", "DATABSE_URL", "PATH", "PORT", "HOME"];
        assert_eq!(nearest("DATABASE_URL", candidates.into_iter()), Some("DATABSE_URL"));
        assert_eq!(nearest("JWT", candidates.into_iter()), None);
    }
}
