//! Rust source as tokens with their lines, comments included, for the tests that read the library.
//!
//! A reader of our own: `syn` drops comments, which the page on soundness is made of, and takes the
//! bodies of macros for one opaque token each, in which paths would go unseen.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword, without the `r#` of a raw one.
    Word,
    /// One character of punctuation; `::` alone is a token of two.
    Mark,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// A number, a string or a character.
    Literal,
    Lifetime,
    /// A comment of any kind, without its marks.
    Comment,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// Counted from one.
    pub(crate) line: usize,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && !matches!(self.kind, Kind::Literal | Kind::Comment)
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// Where a crate's root is in this repository.
pub(crate) fn root_of(krate: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(krate)
        .join("src")
}

/// Every `.rs` file under `folder`, by its path from there, in order.
pub(crate) fn files_under(folder: &Path) -> Vec<(String, String)> {
    fn walk(at: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
        let entries = fs::read_dir(at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
        for entry in entries {
            let path = entry.expect("an entry of the folder").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                walk(&path, &format!("{name}/"), files);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                files.push((name, text));
            }
        }
    }
    let mut files = Vec::new();
    walk(folder, "", &mut files);
    files.sort();
    files
}

/// The tokens of a source text.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
        tokens: Vec::new(),
    };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    /// Reads a token or a piece of white space; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else {
            return false;
        };
        let second = rest[first.len_utf8()..].chars().next();
        let length = first.len_utf8();
        match first {
            _ if first.is_whitespace() => self.skip(length),
            '/' if second == Some('/') => {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.push(Kind::Comment, end);
            }
            '/' if second == Some('*') => self.push(Kind::Comment, block_comment(rest)),
            '"' => self.push(Kind::Literal, quoted(rest, 0)),
            'b' | 'c' | 'r' if prefixed_string(rest).is_some() => {
                let end = prefixed_string(rest).expect("checked by the guard");
                self.push(Kind::Literal, end);
            }
            'r' if rest.starts_with("r#") && starts_word(&rest[2..]) => {
                self.skip(2);
                self.push(Kind::Word, word(self.rest));
            }
            _ if starts_word(rest) => self.push(Kind::Word, word(rest)),
            '0'..='9' => self.push(Kind::Literal, word(rest)),
            '\'' => match character(rest) {
                Some(end) => self.push(Kind::Literal, end),
                None => self.push(Kind::Lifetime, 1 + word(&rest[1..])),
            },
            '(' | '[' | '{' => self.push(Kind::Open, length),
            ')' | ']' | '}' => self.push(Kind::Close, length),
            ':' if second == Some(':') => self.push(Kind::Mark, 2),
            _ => self.push(Kind::Mark, length),
        }
        true
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let text = &self.rest[..length];
        let text = match kind {
            Kind::Comment => text
                .trim_start_matches(['/', '!', '*'])
                .trim_end_matches("*/"),
            _ => text,
        };
        self.tokens.push(Token {
            kind,
            text: text.to_owned(),
            line: self.line,
        });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

fn starts_word(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

fn word(text: &str) -> usize {
    text.find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(text.len())
}

/// The length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match rest.chars().next() {
                Some(c) => at += c.len_utf8(),
                None => return at,
            }
        }
    }
}

/// The length of a string whose opening quote is at `start`.
fn quoted(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at <= start) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `b".."`, `c".."`, `r".."`, `br#".."#` and their kind, or of `b'.'`.
fn prefixed_string(text: &str) -> Option<usize> {
    let prefix = word(text);
    if !matches!(&text[..prefix], "b" | "c" | "r" | "br" | "cr") {
        return None;
    }
    let rest = &text[prefix..];
    if &text[..prefix] == "b" && rest.starts_with('\'') {
        return character(rest).map(|end| prefix + end);
    }
    if !text[..prefix].ends_with('r') {
        return rest.starts_with('"').then(|| quoted(text, prefix));
    }
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if !rest[hashes..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = prefix + hashes + 1;
    let length = text[body..].find(&end).unwrap_or(text.len() - body);
    Some((body + length + end.len()).min(text.len()))
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    match chars.next()? {
        (at, '\'') => Some(at + 1),
        _ => None,
    }
}

/// The index just behind the group that opens at `open`.
pub(crate) fn behind_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The index just behind the item, statement or field that begins at `start`, attributes of its own
/// included.
pub(crate) fn behind_item(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    loop {
        match attribute(tokens, at) {
            Some(open) => at = behind_group(tokens, open),
            None if tokens.get(at).is_some_and(|t| t.kind == Kind::Comment) => at += 1,
            None => break,
        }
    }
    let keyword = keyword(tokens, at);
    let ends_with_braces = keyword.is_some_and(|at| {
        !["use", "static", "const", "type", "let"]
            .iter()
            .any(|ends_with_semicolon| tokens[at].is(ends_with_semicolon))
    });
    while at < tokens.len() {
        let token = &tokens[at];
        if token.is(";") || (token.is(",") && keyword.is_none()) {
            return at + 1;
        }
        match token.kind {
            Kind::Close => return at,
            Kind::Open => {
                at = behind_group(tokens, at);
                if token.is("{") && ends_with_braces {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// The index of the word that says what kind of item begins at `start`, behind `pub` and the like.
pub(crate) fn keyword(tokens: &[Token], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let token = tokens.get(at)?;
        let next_is = |text: &str| tokens.get(at + 1).is_some_and(|next| next.is(text));
        if token.is("pub") && next_is("(") {
            at = behind_group(tokens, at + 1);
        } else if token.is("extern") && tokens.get(at + 1)?.kind == Kind::Literal {
            at += 2;
        } else if token.is("const") && !(next_is("fn") || next_is("unsafe")) {
            return Some(at);
        } else if ["pub", "unsafe", "async", "extern", "const", "default"]
            .iter()
            .any(|word| token.is(word))
            && tokens.get(at + 1).is_some_and(Token::is_word)
        {
            at += 1;
        } else {
            return [
                "enum",
                "fn",
                "impl",
                "let",
                "macro_rules",
                "mod",
                "static",
                "struct",
                "trait",
                "type",
                "union",
                "use",
            ]
            .iter()
            .any(|word| token.is(word))
            .then_some(at);
        }
    }
}

/// The index of the bracket of an attribute that begins at `at`.
pub(crate) fn attribute(tokens: &[Token], at: usize) -> Option<usize> {
    if tokens.get(at)?.kind == Kind::Comment {
        return None;
    }
    if !tokens[at].is("#") {
        return None;
    }
    let next = at + 1;
    let open = next + usize::from(tokens.get(next)?.is("!"));
    tokens.get(open)?.is("[").then_some(open)
}

/// The tokens without what is compiled for tests alone.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(open) = attribute(tokens, at) {
            let end = behind_group(tokens, open);
            if is_for_tests(&tokens[open..end]) {
                at = behind_item(tokens, end);
                continue;
            }
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}

/// Whether an attribute is `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, ..))]`.
fn is_for_tests(attribute: &[Token]) -> bool {
    let text: String = attribute.iter().map(|token| token.text.as_str()).collect();
    text == "[test]" || text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}
