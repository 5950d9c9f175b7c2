//! "Did you mean": the known name that differs from a name by a typo. The derive has the same rule for its
//! attributes.

/// Returns the candidate that is nearest to `name`, if it differs by one letter at most, or by two if `name`
/// has at least five. A letter is added, left out, replaced or swapped with its neighbor. Case does not
/// count.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = if name.chars().count() < 5 { 1 } else { 2 };
    let lower = name.to_ascii_lowercase();
    candidates
        .filter(|candidate| *candidate != name)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()), candidate))
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
