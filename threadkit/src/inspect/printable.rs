//! Texts for a terminal.

use core::fmt::Write;
use std::borrow::Cow;

/// The text, with control characters escaped but for line ends.
///
/// Reports name threads and pools, and such a name may come from outside of the program. A terminal must not take a
/// part of it for a command.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_command = |c: char| c.is_control() && c != '\n';
    if !text.contains(is_command) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_command(c) {
            // A `String` takes all that is written.
            true => drop(write!(escaped, "{}", c.escape_default())),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The texts with `between` between them; `join` of std is much more code.
pub(crate) fn joined(texts: &[impl AsRef<str>], between: &str) -> String {
    let Some((first, others)) = texts.split_first() else {
        return String::new();
    };
    let mut all = String::from(first.as_ref());
    for text in others {
        all += between;
        all += text.as_ref();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_left() {
        assert!(matches!(printable("`main` holds\n  `ä`"), Cow::Borrowed(_)));
        assert_eq!(
            printable("\u{1b}[2J\r\tred\u{9b}31m\u{7f}\n"),
            "\\u{1b}[2J\\r\\tred\\u{9b}31m\\u{7f}\n"
        );
    }
}
