//! What must not compile: secrets that would be shown, bounds that contradict each other, caches that
//! do not say whom they serve.

#[test]
fn what_would_be_unsafe_is_an_error_of_the_build() {
    let cases = trybuild::TestCases::new();
    // A program that passes makes it build the others too: bounds are compared after types.
    cases.pass("tests/input-validation/passes/*.rs");
    cases.compile_fail("tests/audit/*.rs");
    cases.compile_fail("tests/cache/*.rs");
    cases.compile_fail("tests/input-validation/*.rs");
    cases.compile_fail("tests/passwords/*.rs");
}
