//! What must not compile.

#[test]
fn secrets_cannot_be_shown_or_hashed_unchecked() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
