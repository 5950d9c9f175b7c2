//! What the derive accepts in crates that are unlike others. What is accepted anywhere is in `hard_points`.

#[test]
fn unusual_crates_compile() {
    trybuild::TestCases::new().pass("fixtures/pass/*.rs");
}
