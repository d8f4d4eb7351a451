//! Names like `"worker-{id}"`.
//!
//! The string has the syntax of `format!`. It is rewritten to positions (`"worker-{0}"`), and the caller looks up
//! the value for each position. Errors in the format itself come from the compiler and point to the user's
//! literal.

use proc_macro2::{Ident, Span};
use syn::LitStr;

use crate::diagnostics::Problems;

/// A name whose holes have been looked up.
#[derive(Clone)]
pub(crate) struct Name {
    /// The format string, with positions.
    pub(crate) format: String,
    /// The value for each position.
    pub(crate) values: Vec<Value>,
    /// The span of the user's literal.
    pub(crate) span: Span,
}

/// The value for a hole of a name.
#[derive(Clone)]
pub(crate) enum Value {
    /// A field of `self`.
    Field(Ident),
    /// A field of `self`, by its number.
    Index(u32),
    /// A parameter, by the local that holds it.
    Parameter(Ident),
}

/// A name, split into a format string and its holes.
struct Template {
    format: String,
    holes: Vec<Hole>,
}

/// The content of one pair of braces, without the format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hole {
    /// `{id}` or `{r#id}`.
    Named(String),
    /// `{0}`.
    Numbered(u32),
}

impl Name {
    /// Parses `literal`, and looks up each of its holes. Errors point to the literal.
    pub(crate) fn read(
        literal: &LitStr,
        problems: &mut Problems,
        mut look_up: impl FnMut(&Hole) -> Result<Value, String>,
    ) -> Option<Self> {
        let before = problems.count();
        let template = parse(&literal.value())
            .map_err(|message| problems.report(literal, message))
            .ok()?;
        let values: Vec<Value> = template
            .holes
            .iter()
            .filter_map(|hole| {
                look_up(hole)
                    .map_err(|message| problems.report(literal, message))
                    .ok()
            })
            .collect();
        (problems.count() == before).then(|| Self {
            format: template.format,
            values,
            span: literal.span(),
        })
    }
}

impl Hole {
    /// The field of `self` for this hole, if the fields of the type are not known here.
    pub(crate) fn of_self(&self) -> Value {
        match self {
            // Raw, because it may be a keyword in the edition of this crate, but not in the user's.
            Self::Named(name) => Value::Field(Ident::new_raw(name, Span::call_site())),
            Self::Numbered(index) => Value::Index(*index),
        }
    }
}

fn parse(text: &str) -> Result<Template, String> {
    let mut format = String::new();
    let mut holes: Vec<Hole> = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '{' | '}' if rest.next_if_eq(&letter).is_some() => format.extend([letter, letter]),
            '}' => {
                return Err(
                    "this name has a `}` without its `{`; a brace itself is written `}}`".into(),
                );
            }
            '{' => {
                let mut inside = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some(letter) if letter != '{' => inside.push(letter),
                        _ => {
                            return Err("this name has a `{` without its `}`; a brace itself is written `{{`".into());
                        }
                    }
                }
                let (hole, spec) = match inside.split_once(':') {
                    Some((hole, spec)) => (hole, Some(spec)),
                    None => (inside.as_str(), None),
                };
                let hole = parse_hole(hole.trim())?;
                let position = holes
                    .iter()
                    .position(|known| *known == hole)
                    .unwrap_or_else(|| {
                        holes.push(hole);
                        holes.len() - 1
                    });
                format.push_str(&format!("{{{position}"));
                if let Some(spec) = spec {
                    if spec.contains('$') || spec.contains(".*") {
                        return Err(
                            "a width or precision in a thread's name must be a plain number: write `{id:03}`".into()
                        );
                    }
                    format.push(':');
                    format.push_str(spec);
                }
                format.push('}');
            }
            letter => format.push(letter),
        }
    }
    Ok(Template { format, holes })
}

fn parse_hole(text: &str) -> Result<Hole, String> {
    if text.is_empty() {
        return Err("`{}` does not say what to show: write `{id}` for a field or parameter `id`, `{0}` for the first field of a tuple struct".into());
    }
    if text.chars().all(|letter| letter.is_ascii_digit()) {
        return text
            .parse()
            .map(Hole::Numbered)
            .map_err(|_| format!("there is no field `{text}`"));
    }
    let name = text.strip_prefix("r#").unwrap_or(text);
    let is_name = syn::parse_str::<syn::Ident>(&format!("r#{name}")).is_ok();
    if is_name {
        return Ok(Hole::Named(name.into()));
    }
    Err(format!(
        "`{{{text}}}` is not a field: only fields or parameters stand in the braces of a thread's name, like `{{id}}` or `{{id:03}}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> (String, Vec<Hole>) {
        let template = parse(text).expect("a name");
        (template.format, template.holes)
    }

    fn named(name: &str) -> Hole {
        Hole::Named(name.into())
    }

    #[test]
    fn plain() {
        assert_eq!(ok("worker"), ("worker".into(), vec![]));
        assert_eq!(ok(""), (String::new(), vec![]));
        assert_eq!(ok("a{{b}}c"), ("a{{b}}c".into(), vec![]));
    }

    #[test]
    fn holes() {
        assert_eq!(ok("worker-{id}"), ("worker-{0}".into(), vec![named("id")]));
        assert_eq!(
            ok("{ id }-{id:03}-{r#type:?}"),
            ("{0}-{0:03}-{1:?}".into(), vec![named("id"), named("type")])
        );
        assert_eq!(
            ok("{1}/{0}"),
            ("{0}/{1}".into(), vec![Hole::Numbered(1), Hole::Numbered(0)])
        );
        assert_eq!(ok("{größe}"), ("{0}".into(), vec![named("größe")]));
    }

    #[test]
    fn mistakes() {
        for text in [
            "{",
            "}",
            "{id",
            "id}",
            "{}",
            "{:?}",
            "{a.b}",
            "{a + b}",
            "{id:w$}",
            "{id:.*}",
            "{self}",
            "{99999999999}",
            "{a{b}}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
