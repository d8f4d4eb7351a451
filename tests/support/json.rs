//! A reader of JSON, strict enough to find what is not JSON.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads one value, which must be all of the text.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader { rest: text };
        let value = reader.value();
        assert_eq!(reader.rest, "", "after the value");
        value
    }

    /// A member of an object, which must be there.
    #[track_caller]
    pub(crate) fn get(&self, key: &str) -> &Self {
        match self {
            Self::Object(members) => members
                .get(key)
                .unwrap_or_else(|| panic!("no `{key}` in {self:?}")),
            _ => panic!("no object: {self:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => panic!("no array: {self:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::String(text) => text,
            _ => panic!("no string: {self:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            _ => panic!("no number: {self:?}"),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    #[track_caller]
    fn expect(&mut self, word: &str) {
        assert!(self.take(word), "no `{word}` before `{:.40}`", self.rest);
    }

    fn value(&mut self) -> Json {
        if self.take("null") {
            Json::Null
        } else if self.take("true") {
            Json::Bool(true)
        } else if self.take("false") {
            Json::Bool(false)
        } else if self.take("[") {
            Json::Array(self.list("]", Self::value))
        } else if self.take("{") {
            let members = self.list("}", |reader| {
                let key = reader.string();
                reader.expect(":");
                (key, reader.value())
            });
            let count = members.len();
            let members: BTreeMap<_, _> = members.into_iter().collect();
            assert_eq!(members.len(), count, "a key is there twice");
            Json::Object(members)
        } else if self.rest.starts_with('"') {
            Json::String(self.string())
        } else {
            let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c));
            let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = rest;
            Json::Number(number.parse().expect("a number"))
        }
    }

    fn list<T>(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        while !self.take(end) {
            if !items.is_empty() {
                self.expect(",");
            }
            items.push(item(self));
        }
        items
    }

    fn string(&mut self) -> String {
        self.expect("\"");
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().expect("the end of a string") {
                '"' => break,
                '\\' => match chars.next().expect("what is escaped") {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'u' => {
                        let code: String = chars.by_ref().take(4).collect();
                        let code = u32::from_str_radix(&code, 16).expect("four digits");
                        text.push(char::from_u32(code).expect("no half of a pair"));
                    }
                    c @ ('"' | '\\' | '/') => text.push(c),
                    c => panic!("`\\{c}` is no escape"),
                },
                c => {
                    assert!(c >= ' ', "a control character in a string");
                    text.push(c);
                }
            }
        }
        self.rest = chars.as_str();
        text
    }
}
