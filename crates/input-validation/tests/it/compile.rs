//! What must not compile.

#[test]
fn contradictions_and_unsafe_texts_are_errors_of_the_build() {
    let cases = trybuild::TestCases::new();
    // A program that passes makes it build the others too: bounds are compared after types.
    cases.pass("tests/ui/passes/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}
