//! What an example must print.

use std::fmt::Debug;

/// What an example must print, as far as that is known in advance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    text: &'static str,
    in_any_order: bool,
    with_any_numbers: bool,
}

/// This text and no other.
pub(crate) fn exactly(text: &'static str) -> Expected {
    Expected {
        text,
        in_any_order: false,
        with_any_numbers: false,
    }
}

/// These lines, in whatever order the threads came to print them.
pub(crate) fn in_any_order(text: &'static str) -> Expected {
    Expected {
        in_any_order: true,
        ..exactly(text)
    }
}

impl Expected {
    /// With other numbers in the place of its numbers, and as many spaces as they need.
    pub(crate) fn with_any_numbers(self) -> Self {
        Self {
            with_any_numbers: true,
            ..self
        }
    }

    #[track_caller]
    pub(crate) fn check(self, printed: &str) {
        if self.in_any_order || self.with_any_numbers {
            same(self.what_counts(printed), self.what_counts(self.text));
        } else {
            same(printed, self.text);
        }
    }

    /// The lines of a text, reduced to the parts that must be the same.
    fn what_counts(self, text: &str) -> Vec<String> {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        if self.with_any_numbers {
            lines = lines.iter().map(|line| without_numbers(line)).collect();
        }
        if self.in_any_order {
            lines.sort_unstable();
        }
        lines
    }
}

#[track_caller]
fn same<T: PartialEq + Debug>(printed: T, expected: T) {
    assert_eq!(printed, expected, "printed (left) and expected (right)");
}

/// The words of a line, with `#` for each that is a number.
fn without_numbers(line: &str) -> String {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let words: Vec<_> = line
        .split_whitespace()
        .map(|word| if is_number(word) { "#" } else { word })
        .collect();
    words.join(" ")
}

#[test]
fn numbers_count_for_nothing_and_words_for_all() {
    let expected = exactly("took 12 ms\ndone\n").with_any_numbers();
    expected.check("took  7.5 ms\ndone\n");
    let other = expected.what_counts("took ages\ndone\n");
    assert_ne!(other, expected.what_counts(expected.text));
}

#[test]
fn lines_in_another_order_are_the_same_lines() {
    in_any_order("a\nb\nb\n").check("b\na\nb\n");
    let expected = in_any_order("a\nb\n");
    assert_ne!(
        expected.what_counts("a\nb\nb\n"),
        expected.what_counts("a\nb\n")
    );
}
