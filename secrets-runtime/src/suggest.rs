//! "Did you mean": the known name that a typo was meant to be.

/// The candidate nearest to `wanted` by edit distance, if it is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if wanted.len() < 5 { 1 } else { 2 };
    candidates
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= allowed)
        .map(|candidate| (strsim::osa_distance(wanted, candidate), candidate))
        .filter(|(distance, _)| (1..=allowed).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_fingers_are_recognised_and_strangers_are_not() {
        let candidates = ["DATABSE_URL", "PATH", "PORT", "HOME"];
        assert_eq!(nearest("DATABASE_URL", candidates.into_iter()), Some("DATABSE_URL"));
        assert_eq!(nearest("PROT", candidates.into_iter()), Some("PORT"));
        assert_eq!(nearest("PORT", ["PORT"].into_iter()), None);
        assert_eq!(nearest("JWT", candidates.into_iter()), None);
    }
}
