//! The results, which must be the same with and without the feature `parallel`.

use threadkit_example_library::longest_words;

#[test]
fn results_are_in_the_order_of_the_texts() {
    let texts: Vec<_> = (0..1000)
        .map(|n| format!("a {n} {}", "x".repeat(n % 7 + 4)))
        .collect();
    let expected: Vec<_> = (0..1000).map(|n| "x".repeat(n % 7 + 4)).collect();
    assert_eq!(longest_words(texts), expected);
}

#[test]
fn no_text_and_no_word_are_no_error() {
    assert_eq!(longest_words(vec![]), [""; 0]);
    assert_eq!(longest_words(vec!["  ".to_owned()]), [""]);
}
