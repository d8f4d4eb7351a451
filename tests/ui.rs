//! What the compiler says to those who use the attributes wrong, and that it says nothing to those
//! who use them right, however unusual their code is.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
