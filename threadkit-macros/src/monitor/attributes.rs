//! The user's attributes on generated items: which of them are copied, also out of a `cfg_attr`, and what
//! replaces `Self` in their docs.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token};

use crate::options;
use crate::paths::generated_at;

/// What happens to an attribute.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    Keep,
    Drop,
    /// Copies an `expect` as an `allow`, because the generated code may not have what it expects.
    Allow,
}

/// Decides about `attr`, or, if it is a `cfg_attr`, about each attribute in it.
pub(crate) fn choose(
    attr: &Attribute,
    decide: &mut dyn FnMut(&Path) -> Choice,
) -> Option<Attribute> {
    let meta = choose_meta(&attr.meta, decide)?;
    Some(Attribute {
        meta,
        ..attr.clone()
    })
}

fn choose_meta(meta: &Meta, decide: &mut dyn FnMut(&Path) -> Choice) -> Option<Meta> {
    if !meta.path().is_ident("cfg_attr") {
        return match decide(meta.path()) {
            Choice::Keep => Some(meta.clone()),
            Choice::Drop => None,
            Choice::Allow => allowed(meta),
        };
    }
    // The compiler reports any other form.
    let Meta::List(list) = meta else {
        return Some(meta.clone());
    };
    let Some((predicate, held)) = held(list.tokens.clone()) else {
        return Some(meta.clone());
    };
    let before = held.len();
    let kept: Vec<TokenStream> = held
        .into_iter()
        .filter_map(|held| match syn::parse2::<Meta>(held.clone()) {
            Ok(meta) => choose_meta(&meta, decide).map(Meta::into_token_stream),
            Err(_) => Some(held),
        })
        .collect();
    if kept.is_empty() && before > 0 {
        return None;
    }
    let mut list = list.clone();
    list.tokens = quote!(#predicate, #(#kept),*);
    Some(Meta::List(list))
}

/// The predicate of a `cfg_attr`, and the attributes after it.
fn held(tokens: TokenStream) -> Option<(TokenStream, Vec<TokenStream>)> {
    let elements = |input: ParseStream<'_>| {
        let mut all = Vec::new();
        while !input.is_empty() {
            all.push(options::skip_element(input));
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(all)
    };
    let mut all = elements.parse2(tokens).ok()?.into_iter();
    let predicate = all.next()?;
    Some((predicate, all.collect()))
}

/// `allow(..)` for `expect(..)`.
fn allowed(meta: &Meta) -> Option<Meta> {
    let Meta::List(list) = meta else { return None };
    let span = generated_at(list.path.span());
    let mut group = Group::new(Delimiter::Parenthesis, list.tokens.clone());
    group.set_span(span);
    syn::parse2(quote_spanned!(span=> allow #group)).ok()
}

/// The attributes that decide whether an item exists and which lints it allows.
pub(crate) fn conditions_and_lints(attrs: &[Attribute]) -> Vec<Attribute> {
    with(attrs, &["cfg"])
}

/// As [`conditions_and_lints`], with the attributes whose name is one of `words`.
pub(crate) fn with(attrs: &[Attribute], words: &[&str]) -> Vec<Attribute> {
    let is = |path: &Path, word: &&str| path.is_ident(word);
    let mut decide = |path: &Path| {
        if path.is_ident("expect") {
            Choice::Allow
        } else if path.is_ident("allow") || words.iter().any(|word| is(path, word)) {
            Choice::Keep
        } else {
            Choice::Drop
        }
    };
    let outer = |attr: &Attribute| Attribute {
        style: syn::AttrStyle::Outer,
        ..attr.clone()
    };
    attrs
        .iter()
        .filter_map(|attr| choose(&outer(attr), &mut decide))
        .collect()
}

/// All attributes except those called `word`.
pub(crate) fn without(attrs: &[Attribute], word: &str) -> Vec<Attribute> {
    let mut decide = |path: &Path| match path.is_ident(word) {
        true => Choice::Drop,
        false => Choice::Keep,
    };
    attrs
        .iter()
        .filter_map(|attr| choose(attr, &mut decide))
        .collect()
}

/// Whether the attributes include docs, directly or in a `cfg_attr`.
pub(crate) fn have_docs(attrs: &[Attribute]) -> bool {
    let mut found = false;
    for attr in attrs {
        choose(attr, &mut |path| {
            found |= path.is_ident("doc");
            Choice::Keep
        });
    }
    found
}

/// Replaces links to `Self` in the docs among `attrs` by `name` as plain text. A handle lacks some items of the
/// type, and its docs must not link to an item that is less visible than the handle.
pub(crate) fn name_self(attrs: &mut [Attribute], name: &str, is_shared: &dyn Fn(&str) -> bool) {
    let mut in_code = false;
    for attr in attrs {
        let Meta::NameValue(pair) = &mut attr.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &mut pair.value
        else {
            continue;
        };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let old = text.value();
        let new = unlink(&old, name, is_shared, &mut in_code);
        if new != old {
            *text = LitStr::new(&new, text.span());
        }
    }
}

/// `text` without the links to items of `Self` that the handle lacks.
fn unlink(text: &str, name: &str, is_shared: &dyn Fn(&str) -> bool, in_code: &mut bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if line.trim_start().starts_with("```") {
            *in_code = !*in_code;
        }
        if *in_code {
            out += line;
        } else {
            unlink_line(line, name, is_shared, &mut out);
        }
    }
    out
}

fn unlink_line(line: &str, name: &str, is_shared: &dyn Fn(&str) -> bool, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['[', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('`') {
            // Code stays as it is.
            let end = after.find('`').map_or(rest.len(), |end| end + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let Some((shown, target, end)) = link(rest) else {
            out.push('[');
            rest = &rest[1..];
            continue;
        };
        if leads_away(target, is_shared) {
            out.push_str(&shown.replace("Self", name));
        } else {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
}

/// Whether `target` is `Self`, or an item of `Self` that the handle lacks.
fn leads_away(target: &str, is_shared: &dyn Fn(&str) -> bool) -> bool {
    let target = target.trim_matches('`');
    let path = target.split_once('@').map_or(target, |(_, path)| path);
    let Some(item) = path.strip_prefix("Self") else {
        return false;
    };
    match item.strip_prefix("::") {
        Some(item) => !is_shared(item.trim_end_matches("()")),
        None => item.is_empty(),
    }
}

/// The text, the target and the length of a link at the start of `text`.
fn link(text: &str) -> Option<(&str, &str, usize)> {
    let close = text.find(']')?;
    let shown = &text[1..close];
    let after = &text[close + 1..];
    let ends = [('(', ')'), ('[', ']')];
    for (open, end) in ends {
        if let Some(target) = after.strip_prefix(open) {
            let mut depth = 1;
            let end = target.find(|c| {
                depth += i32::from(c == open) - i32::from(c == end);
                depth == 0
            })?;
            return Some((shown, &target[..end], close + 3 + end));
        }
    }
    Some((shown, shown, close + 1))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn text(attrs: &[Attribute]) -> String {
        let attrs: Vec<String> = attrs
            .iter()
            .map(|attr| attr.to_token_stream().to_string().replace(' ', ""))
            .collect();
        attrs.join("")
    }

    #[test]
    fn attributes_out_of_a_cfg_attr() {
        let attrs: Vec<Attribute> = vec![
            parse_quote!(#[cfg(unix)]),
            parse_quote!(#[inline]),
            parse_quote!(#[cfg_attr(all(unix, debug_assertions), inline, expect(dead_code), doc = "a")]),
            parse_quote!(#[cfg_attr(unix, cold)]),
            parse_quote!(#[expect(unused, reason = "r")]),
        ];
        assert_eq!(
            text(&conditions_and_lints(&attrs)),
            "#[cfg(unix)]#[cfg_attr(all(unix,debug_assertions),allow(dead_code))]\
             #[allow(unused,reason=\"r\")]"
        );
        assert!(have_docs(&attrs) && !have_docs(&attrs[3..]));
        assert_eq!(
            text(&without(&attrs[2..3], "inline")),
            "#[cfg_attr(all(unix,debug_assertions),expect(dead_code),doc=\"a\")]"
        );
    }

    fn renamed(text: &str) -> String {
        unlink(text, "Account", &|item| item == "take", &mut false)
    }

    #[test]
    fn links_to_the_type() {
        assert_eq!(renamed("up to [`Self::LIMIT`]."), "up to `Account::LIMIT`.");
        assert_eq!(renamed("the [limit](Self::LIMIT)"), "the limit");
        assert_eq!(renamed("the [limit][Self::LIMIT]"), "the limit");
        assert_eq!(renamed("[Self::of()], [Self]"), "Account::of(), Account");
        assert_eq!(renamed("[method@Self::of]"), "method@Account::of");
    }

    #[test]
    fn links_and_code_that_stay() {
        for text in [
            "see [`Self::take`], [taking](Self::take())",
            "see [`Selfish`] and [else](crate::Self_)",
            "`[Self::LIMIT]` in code, and an open [",
            "```\n[Self::LIMIT]\n```",
        ] {
            assert_eq!(renamed(text), text);
        }
    }
}
