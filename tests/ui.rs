//! What the compiler says to users who use the attributes wrongly, and that it says nothing to
//! users who use them right, however unusual their code is.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
