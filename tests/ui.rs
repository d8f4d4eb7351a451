//! The messages of the compiler for wrong uses of the attributes. For right uses it prints none, however unusual the
//! code is.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
