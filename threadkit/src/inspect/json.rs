//! A writer of JSON.
//!
//! A value is written where it belongs, so the text is valid whatever the callers do. Keys are names in the source.

use core::fmt::{Display, Write};

/// The text of an object, whose members `fill` writes.
pub(crate) fn object(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::new();
    append_object(&mut out, fill);
    out
}

/// Writes an object to the end of `out`.
pub(crate) fn append_object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object {
        out,
        is_empty: true,
    });
    out.push('}');
}

/// A number that JSON can represent: all but infinities and what is not a number.
pub(crate) trait Number: Display {}

impl Number for u32 {}
impl Number for u64 {}
impl Number for usize {}

/// An object that is being written.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) -> &mut String {
        if !core::mem::take(&mut self.is_empty) {
            self.out.push(',');
        }
        append_string(self.out, key);
        self.out.push(':');
        self.out
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) {
        append_string(self.key(key), value);
    }

    pub(crate) fn number(&mut self, key: &str, value: impl Number) {
        append_number(self.key(key), value);
    }

    /// Nanoseconds, written as microseconds with a fraction.
    pub(crate) fn micros(&mut self, key: &str, nanos: u64) {
        let (whole, fraction) = (nanos / 1000, nanos % 1000);
        // A `String` takes all that is written.
        let _ = write!(self.key(key), "{whole}.{fraction:03}");
    }

    pub(crate) fn boolean(&mut self, key: &str, value: bool) {
        self.key(key).push_str(if value { "true" } else { "false" });
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.key(key).push_str("null");
    }

    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        append_object(self.key(key), fill);
    }

    pub(crate) fn array(&mut self, key: &str, fill: impl FnOnce(&mut Array<'_>)) {
        let out = self.key(key);
        out.push('[');
        fill(&mut Array {
            out,
            is_empty: true,
        });
        out.push(']');
    }
}

/// An array that is being written.
pub(crate) struct Array<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl Array<'_> {
    fn next(&mut self) -> &mut String {
        if !core::mem::take(&mut self.is_empty) {
            self.out.push(',');
        }
        self.out
    }

    pub(crate) fn string(&mut self, value: &str) {
        append_string(self.next(), value);
    }

    pub(crate) fn number(&mut self, value: impl Number) {
        append_number(self.next(), value);
    }

    pub(crate) fn object(&mut self, fill: impl FnOnce(&mut Object<'_>)) {
        append_object(self.next(), fill);
    }
}

fn append_number(out: &mut String, value: impl Number) {
    let _ = write!(out, "{value}");
}

/// Writes a string, with all that JSON or a script in a page would take for something else escaped.
fn append_string(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // `<` could end the script of a page, and the two separators are line ends for some readers.
            // A terminal could take control characters for commands.
            '<' | '\u{2028}' | '\u{2029}' => escape(out, c),
            _ if c.is_control() => escape(out, c),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, c: char) {
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_belong() {
        let text = object(|it| {
            it.string("name", "a");
            it.number("count", 3_u64);
            it.micros("at", 1_002_003);
            it.boolean("daemon", true);
            it.null("place");
            it.object("empty", |_| ());
            it.array("none", |_| ());
            it.array("some", |some| {
                some.number(1_u32);
                some.string("b");
                some.object(|it| it.boolean("last", false));
            });
        });
        let expected = r#"{"name":"a","count":3,"at":1002.003,"daemon":true,"place":null,"empty":{},"none":[],"some":[1,"b",{"last":false}]}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn strings_are_escaped() {
        let text = object(|it| it.string("a\"b", "\\ \"\n\t\r\0\x1b\u{2028}</script> äöü 🦀"));
        let expected = r#"{"a\"b":"\\ \"\n\t\u000d\u0000\u001b\u2028\u003c/script> äöü 🦀"}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn an_object_is_appended() {
        let mut text = "[".to_owned();
        append_object(&mut text, |it| it.number("n", 0_usize));
        assert_eq!(text, r#"[{"n":0}"#);
    }
}
