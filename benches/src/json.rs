//! Writes the part of JSON that the figures need.

use std::fmt::{self, Display, Write};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    /// A value that is not known or not measured.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number. JSON has none that is not finite, so those are written as `null`.
    Number(f64),
    /// Text, not yet escaped.
    Text(String),
    /// Values in order.
    List(Vec<Json>),
    /// Named values, in the order in which they are to be read.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// Text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The number, or `null` if there is none.
    pub(crate) fn number(number: impl Into<Option<f64>>) -> Self {
        number.into().map_or(Self::Null, Self::Number)
    }

    /// Writes the value; lists and objects that hold such things get a line for each.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) if value.is_finite() => write!(f, "{value}"),
            Self::Number(_) => f.write_str("null"),
            Self::Text(text) => write_text(f, text),
            Self::List(items) => {
                let parts = items.iter().map(|item| (None, item));
                write_group(f, ['[', ']'], parts, depth)
            }
            Self::Object(fields) => {
                let parts = fields.iter().map(|(name, value)| (Some(*name), value));
                write_group(f, ['{', '}'], parts, depth)
            }
        }
    }

    fn is_group(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)?;
        f.write_char('\n')
    }
}

/// Writes a list or an object: in one line if it holds only plain values.
fn write_group<'a>(
    f: &mut fmt::Formatter<'_>,
    [open, close]: [char; 2],
    parts: impl Iterator<Item = (Option<&'a str>, &'a Json)> + Clone,
    depth: usize,
) -> fmt::Result {
    let tall = parts.clone().any(|(_, value)| value.is_group());
    f.write_char(open)?;
    for (index, (name, value)) in parts.enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        if tall {
            write!(f, "\n{:1$}", "", 2 * (depth + 1))?;
        } else if index > 0 {
            f.write_char(' ')?;
        }
        if let Some(name) = name {
            write_text(f, name)?;
            f.write_str(": ")?;
        }
        value.write(f, depth + 1)?;
    }
    if tall {
        write!(f, "\n{:1$}", "", 2 * depth)?;
    }
    f.write_char(close)
}

/// Writes text in quotes, with the escapes that JSON requires.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            // All control characters are below U+0020, so four digits always do.
            c if c < ' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: Json) -> String {
        value.to_string().trim_end().to_owned()
    }

    #[test]
    fn text_is_escaped() {
        let text = "a \"b\" \\ c\nd\te\r\u{1}\u{1f} \u{7f} µs ✓";
        assert_eq!(
            line(Json::text(text)),
            "\"a \\\"b\\\" \\\\ c\\nd\\te\\r\\u0001\\u001f \u{7f} µs ✓\""
        );
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null() {
        assert_eq!(line(Json::number(1.5)), "1.5");
        assert_eq!(line(Json::number(1e21)), "1000000000000000000000");
        assert_eq!(line(Json::number(f64::NAN)), "null");
        assert_eq!(line(Json::number(f64::NEG_INFINITY)), "null");
        assert_eq!(line(Json::number(None)), "null");
    }

    #[test]
    fn plain_groups_take_a_line_and_others_several() {
        let list = Json::List(vec![Json::Bool(true), Json::Null]);
        assert_eq!(line(list.clone()), "[true, null]");
        assert_eq!(line(Json::List(vec![])), "[]");
        let object = Json::Object(vec![("a\"", Json::number(1.0)), ("list", list)]);
        assert_eq!(
            line(object),
            "{\n  \"a\\\"\": 1,\n  \"list\": [true, null]\n}"
        );
    }
}
