//! Small questions about types, patterns and attributes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Lifetime, Pat, Type};

/// The type inside invisible groups and parentheses.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// As [`peel`], to change it.
pub(crate) fn peel_mut(ty: &mut Type) -> &mut Type {
    match ty {
        Type::Group(group) => peel_mut(&mut group.elem),
        Type::Paren(paren) => peel_mut(&mut paren.elem),
        other => other,
    }
}

/// The attributes that decide whether an item is there at all; what is generated beside the item
/// must carry them too, and no others.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// Whether the attribute is called `word`, by whatever path.
pub(crate) fn ends_in(attr: &Attribute, word: &str) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|last| last.ident == word)
}

/// Where `ty` borrows for less than `'static`: a `&` without `'static`, a `'_`, or one of `scoped`.
///
/// Looks at tokens, so that it also sees into macros' and `dyn` types; what is inside the
/// parentheses of `fn(&str)` and `Fn(&str)` borrows nothing by itself.
pub(crate) fn borrow_in(ty: &Type, scoped: &[Lifetime]) -> Option<TokenStream> {
    borrow_in_tokens(ty.to_token_stream(), scoped)
}

fn borrow_in_tokens(tokens: TokenStream, scoped: &[Lifetime]) -> Option<TokenStream> {
    let mut tokens = tokens.into_iter().peekable();
    let mut callable = false;
    while let Some(token) = tokens.next() {
        let was_callable = std::mem::take(&mut callable);
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let lifetime =
                    matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '\'');
                if !lifetime {
                    return Some(punct.into_token_stream());
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.next()
                    && (name == "_" || scoped.iter().any(|lifetime| lifetime.ident == name))
                {
                    let mut lifetime = TokenStream::new();
                    punct.to_tokens(&mut lifetime);
                    name.to_tokens(&mut lifetime);
                    return Some(lifetime);
                }
            }
            TokenTree::Group(_) if was_callable => {}
            TokenTree::Group(group) => {
                if let Some(found) = borrow_in_tokens(group.stream(), scoped) {
                    return Some(found);
                }
            }
            TokenTree::Ident(word) => {
                callable = ["fn", "Fn", "FnMut", "FnOnce"]
                    .iter()
                    .any(|name| word == name);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    None
}

/// The names that a parameter's pattern binds.
pub(crate) fn names_bound(pat: &Pat) -> Vec<Ident> {
    let mut names = Vec::new();
    collect(pat, &mut names);
    names
}

fn collect(pat: &Pat, names: &mut Vec<Ident>) {
    match pat {
        Pat::Ident(pat) => {
            names.push(pat.ident.clone());
            if let Some((_, inner)) = &pat.subpat {
                collect(inner, names);
            }
        }
        Pat::Paren(pat) => collect(&pat.pat, names),
        Pat::Reference(pat) => collect(&pat.pat, names),
        Pat::Slice(pat) => pat.elems.iter().for_each(|pat| collect(pat, names)),
        Pat::Struct(pat) => pat
            .fields
            .iter()
            .for_each(|field| collect(&field.pat, names)),
        Pat::Tuple(pat) => pat.elems.iter().for_each(|pat| collect(pat, names)),
        Pat::TupleStruct(pat) => pat.elems.iter().for_each(|pat| collect(pat, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn found(ty: Type) -> Option<String> {
        borrow_in(&ty, &[parse_quote!('a)]).map(|tokens| tokens.to_string())
    }

    #[test]
    fn borrows() {
        assert_eq!(found(parse_quote!(&str)).as_deref(), Some("&"));
        assert_eq!(found(parse_quote!(Vec<&mut [u8]>)).as_deref(), Some("&"));
        assert_eq!(found(parse_quote!(Cow<'_, str>)).as_deref(), Some("'_"));
        assert_eq!(found(parse_quote!(&'a str)).as_deref(), Some("'a"));
        assert_eq!(
            found(parse_quote!((u8, Option<Cow<'a, str>>))).as_deref(),
            Some("'a")
        );
    }

    #[test]
    fn owned_types() {
        assert_eq!(found(parse_quote!(&'static str)), None);
        assert_eq!(found(parse_quote!(Vec<Option<u8>>)), None);
        assert_eq!(found(parse_quote!(Box<dyn Fn(&str) -> bool + Send>)), None);
        assert_eq!(found(parse_quote!(fn(&str) -> u8)), None);
        assert_eq!(found(parse_quote!(&'b str)), None);
    }

    #[test]
    fn names_of_patterns() {
        let names = |pat: Pat| -> Vec<String> {
            names_bound(&pat).iter().map(ToString::to_string).collect()
        };
        let typed = |function: syn::Signature| match &function.inputs[0] {
            syn::FnArg::Typed(arg) => names((*arg.pat).clone()),
            syn::FnArg::Receiver(_) => Vec::new(),
        };
        assert_eq!(typed(parse_quote!(fn f((a, mut b): (u8, u8)))), ["a", "b"]);
        assert_eq!(
            typed(parse_quote!(fn f(Point { x, y: [z, ..] }: Point))),
            ["x", "z"]
        );
        assert_eq!(typed(parse_quote!(fn f(_: u8))), [""; 0]);
    }
}
