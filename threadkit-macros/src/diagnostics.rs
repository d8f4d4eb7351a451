//! Reports of mistakes: an attribute reports all of them together, each at the smallest wrong token.

use std::fmt::Display;

use proc_macro2::{Group, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The mistakes found so far in one use of one attribute.
///
/// Parsing and checking go on after a mistake, so that independent mistakes are reported together.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Option<syn::Error>,
}

impl Problems {
    /// No mistakes.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reports a mistake at `tokens`.
    pub(crate) fn report(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Reports a mistake that has a place but no token of its own.
    pub(crate) fn report_at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Adds a mistake found by the parser.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.found {
            Some(found) => found.combine(error),
            None => self.found = Some(error),
        }
    }

    /// How many mistakes were found.
    pub(crate) fn count(&self) -> usize {
        self.found.iter().flatten().count()
    }

    /// The expansion, and behind it one `compile_error!` per mistake.
    ///
    /// The user's item comes first, because tools that look up a name use its first occurrence.
    pub(crate) fn behind(self, mut expanded: TokenStream) -> TokenStream {
        expanded.extend(self.found.map(syn::Error::into_compile_error));
        expanded
    }
}

/// Tokens with the usual spaces, for messages and comparisons.
pub(crate) fn spelled(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    spell(tokens.into_token_stream(), &mut text);
    text
}

fn spell(tokens: TokenStream, text: &mut String) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let all = Group::new(group.delimiter(), TokenStream::new()).to_string();
                let (open, close) = all.split_at(all.len() / 2);
                text.push_str(open.trim());
                spell(group.stream(), text);
                text.push_str(close.trim());
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                text.push(',');
                if tokens.peek().is_some() {
                    text.push(' ');
                }
            }
            // Of the other punctuation only a single `=` needs spaces.
            TokenTree::Punct(punct)
                if punct.as_char() == '=' && punct.spacing() == Spacing::Alone =>
            {
                let two = text.ends_with(|last: char| last.is_ascii_punctuation() && last != ')');
                text.push_str(if two { "=" } else { " = " });
            }
            token => {
                let word = token.to_string();
                let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
                if text.ends_with(is_word) && word.starts_with(is_word) {
                    text.push(' ');
                }
                text.push_str(&word);
            }
        }
    }
}

/// The word of `known` of which `word` is probably a misspelling.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        // A word that differs in more than a third of its letters is another word.
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The edit distance from `a` to `b`: how many letters must be added, dropped, replaced or swapped with
/// their neighbour.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(from != to);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// ``unknown option `daemn`; did you mean `daemon`? ``, followed by the options of `attribute`.
pub(crate) fn unknown_option(word: &str, attribute: &str, known: &[&str]) -> String {
    let hint = match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    };
    format!(
        "unknown option `{word}`; {hint}the options of `{attribute}` are {}",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("timeout", "timeout"), 0);
        assert_eq!(distance("timout", "timeout"), 1);
        assert_eq!(distance("esle", "else"), 1);
        assert_eq!(distance("", "else"), 4);
        assert_eq!(distance("state", "crate"), 2);
    }

    #[test]
    fn nearest_word() {
        let known = ["name", "daemon", "stack_size"];
        assert_eq!(nearest("deamon", &known), Some("daemon"));
        assert_eq!(nearest("stacksize", &known), Some("stack_size"));
        assert_eq!(nearest("colour", &known), None);
    }

    #[test]
    fn unknown_options_in_words() {
        assert_eq!(
            unknown_option("nam", "#[thread]", &["name", "daemon"]),
            "unknown option `nam`; did you mean `name`? the options of `#[thread]` are name, daemon"
        );
        assert_eq!(
            unknown_option("x", "#[threadkit::main]", &["ctrl_c", "crate"]),
            "unknown option `x`; the options of `#[threadkit::main]` are ctrl_c, crate"
        );
    }

    #[test]
    fn tokens_as_one_would_write_them() {
        for text in [
            "self.locks[a as usize]",
            "f(a, b)",
            "Vec<Option<&'a str>>",
            "a::B<u8, [u8; 3]>",
            "g = self.a",
            "a[0] = b",
            "x <= y",
        ] {
            let tokens: TokenStream = text.parse().expect("tokens");
            assert_eq!(spelled(tokens).replace(' ', ""), text.replace(' ', ""));
        }
        let exactly = |text: &str| {
            let tokens: TokenStream = text.parse().expect("tokens");
            assert_eq!(spelled(tokens), text);
        };
        exactly("self.locks[a as usize]");
        exactly("g = self.a");
        exactly("HashMap<String, u8>");
    }

    #[test]
    fn mistakes_are_reported_together() {
        let mut problems = Problems::new();
        assert_eq!(problems.count(), 0);
        problems.report_at(Span::call_site(), "one");
        problems.report_at(Span::call_site(), "two");
        let tokens = problems.behind(TokenStream::new()).to_string();
        assert_eq!(tokens.matches("compile_error").count(), 2, "{tokens}");
    }
}
