//! Helpers for types, patterns and attributes.

use proc_macro2::{Group, Ident, Punct, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Lifetime, Meta, Pat, Token, Type};

/// The type inside invisible groups and parentheses.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// Like [`peel`], for changes.
pub(crate) fn peel_mut(ty: &mut Type) -> &mut Type {
    match ty {
        Type::Group(group) => peel_mut(&mut group.elem),
        Type::Paren(paren) => peel_mut(&mut paren.elem),
        other => other,
    }
}

/// The attributes that decide whether an item exists. Generated items beside it need them too, and no
/// others.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// Whether the attribute is called `word`, whatever its path.
pub(crate) fn ends_in(attr: &Attribute, word: &str) -> bool {
    attr.path()
        .segments
        .last()
        .is_some_and(|last| last.ident == word)
}

/// Whether the attribute is called `word`, or may become such an attribute by a `cfg_attr`.
pub(crate) fn may_be(attr: &Attribute, word: &str) -> bool {
    ends_in(attr, word) || gives(&attr.meta, word)
}

/// Whether a `cfg_attr` gives an attribute called `word`.
fn gives(meta: &Meta, word: &str) -> bool {
    let Meta::List(list) = meta else { return false };
    if !list.path.is_ident("cfg_attr") {
        return false;
    }
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated;
    let Ok(parts) = list.parse_args_with(parts) else {
        return false;
    };
    // The first part is the condition.
    parts.iter().skip(1).any(|meta| {
        let last = meta.path().segments.last();
        last.is_some_and(|last| last.ident == word) || gives(meta, word)
    })
}

/// The first place where `ty` borrows for less than `'static`: a `&` without `'static`, a `'_`, or one of
/// `scoped`.
///
/// It reads tokens, so it also finds borrows in the arguments of macros and in `dyn` types. An elided lifetime in
/// `fn(&str) -> &str` or `Fn(&str) -> &str` is any lifetime of the arguments, and no borrow.
pub(crate) fn borrow_in(ty: &Type, scoped: &[Lifetime]) -> Option<TokenStream> {
    let mut found = None;
    each_borrow(ty.to_token_stream(), scoped, false, &mut |borrow| {
        found.get_or_insert(borrow.into_token_stream());
        borrow.into_token_stream()
    });
    found
}

/// `ty` with `'static` in each borrow that [`borrow_in`] would find.
///
/// For the stand-in of a refused item.
pub(crate) fn without_borrows(ty: &Type, scoped: &[Lifetime]) -> Option<Type> {
    let tokens = each_borrow(ty.to_token_stream(), scoped, false, &mut |borrow| {
        let (and, span) = match borrow {
            Borrow::Elided(and) => (Some(and), and.span()),
            Borrow::Named(_, name) => (None, name.span()),
        };
        let lifetime = Lifetime::new("'static", span);
        let mut tokens = and.into_token_stream();
        lifetime.to_tokens(&mut tokens);
        tokens
    });
    syn::parse2(tokens).ok()
}

/// A place where a type borrows.
#[derive(Clone, Copy)]
enum Borrow<'t> {
    /// A `&` without a lifetime.
    Elided(&'t Punct),
    /// A lifetime.
    Named(&'t Punct, &'t Ident),
}

impl ToTokens for Borrow<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Elided(and) => and.to_tokens(tokens),
            Self::Named(quote, name) => {
                quote.to_tokens(tokens);
                name.to_tokens(tokens);
            }
        }
    }
}

/// Replaces each borrow in `tokens` by what `replace` returns. `any_lifetime` says whether the tokens belong to the
/// signature of a callee, in which an elided lifetime is not a borrow.
fn each_borrow(
    tokens: TokenStream,
    scoped: &[Lifetime],
    any_lifetime: bool,
    replace: &mut impl FnMut(Borrow<'_>) -> TokenStream,
) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |index: usize, mark: char| matches!(tokens.get(index), Some(TokenTree::Punct(p)) if p.as_char() == mark);
    let mut replaced = TokenStream::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        match token {
            TokenTree::Punct(and) if and.as_char() == '&' && !is(index, '\'') && !any_lifetime => {
                replaced.extend(replace(Borrow::Elided(and)));
            }
            TokenTree::Punct(quote) if quote.as_char() == '\'' => {
                let Some(TokenTree::Ident(name)) = tokens.get(index) else {
                    quote.to_tokens(&mut replaced);
                    continue;
                };
                index += 1;
                let lifetime = Borrow::Named(quote, name);
                let elided = name == "_" && !any_lifetime;
                if elided || scoped.iter().any(|known| known.ident == *name) {
                    replaced.extend(replace(lifetime));
                } else {
                    lifetime.to_tokens(&mut replaced);
                }
            }
            TokenTree::Ident(word) if is_callable(word) => {
                word.to_tokens(&mut replaced);
                let end = end_of_signature(&tokens, index);
                let signature = tokens.get(index..end).unwrap_or_default();
                replaced.extend(each_borrow(
                    signature.iter().cloned().collect(),
                    scoped,
                    true,
                    replace,
                ));
                index = end;
            }
            TokenTree::Group(group) => {
                let inside = each_borrow(group.stream(), scoped, any_lifetime, replace);
                let mut group = Group::new(group.delimiter(), inside);
                group.set_span(token.span());
                group.to_tokens(&mut replaced);
            }
            token => token.to_tokens(&mut replaced),
        }
    }
    replaced
}

/// Whether parentheses after `word` hold the parameters of a callee.
fn is_callable(word: &Ident) -> bool {
    let words = [
        "fn",
        "Fn",
        "FnMut",
        "FnOnce",
        "AsyncFn",
        "AsyncFnMut",
        "AsyncFnOnce",
    ];
    words.iter().any(|name| word == name)
}

/// The end of a callee's signature that begins at `index`: of its parameters and of its result, if it has one.
fn end_of_signature(tokens: &[TokenTree], index: usize) -> usize {
    let punct = |index: usize| match tokens.get(index) {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        _ => None,
    };
    if !matches!(tokens.get(index), Some(TokenTree::Group(_))) {
        return index;
    }
    let mut index = index + 1;
    if (punct(index), punct(index + 1)) != (Some('-'), Some('>')) {
        return index;
    }
    index += 2;
    let mut depth = 0_usize;
    while index < tokens.len() {
        match punct(index) {
            Some('-') if punct(index + 1) == Some('>') => index += 1,
            Some('<') => depth += 1,
            Some('>') if depth > 0 => depth -= 1,
            Some('>' | ',' | '+' | '=' | ';') if depth == 0 => break,
            _ => {}
        }
        index += 1;
    }
    index
}

/// Whether `lifetime` occurs among `tokens`, at any depth.
pub(crate) fn names_lifetime(tokens: TokenStream, lifetime: &Lifetime) -> bool {
    let mut after_quote = false;
    tokens.into_iter().any(|token| {
        let was_quote = std::mem::take(&mut after_quote);
        match token {
            TokenTree::Punct(punct) => {
                after_quote = punct.as_char() == '\'';
                false
            }
            TokenTree::Ident(word) => was_quote && word == lifetime.ident,
            TokenTree::Group(group) => names_lifetime(group.stream(), lifetime),
            TokenTree::Literal(_) => false,
        }
    })
}

/// The names that the pattern of a parameter binds.
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
    fn signatures_of_callees() {
        assert_eq!(found(parse_quote!(fn(&str) -> &str)), None);
        assert_eq!(
            found(parse_quote!(fn(Cow<'_, str>) -> fn(&u8) -> &u8)),
            None
        );
        assert_eq!(
            found(parse_quote!(Box<dyn Fn(&str) -> Vec<&str> + Send>)),
            None
        );
        let borrowing: [(Type, &str); 5] = [
            (parse_quote!((fn(&str) -> &str, &u8)), "&"),
            (parse_quote!(Box<dyn Fn(&str) -> Option<&str> + '_>), "'_"),
            (parse_quote!(Pair<fn() -> u8, Cow<'_, str>>), "'_"),
            (parse_quote!(fn(&'a str)), "'a"),
            (parse_quote!(Box<dyn FnOnce() -> Vec<&'a str>>), "'a"),
        ];
        for (ty, borrow) in borrowing {
            let text = ty.to_token_stream().to_string();
            assert_eq!(found(ty).as_deref(), Some(borrow), "{text}");
        }
    }

    #[test]
    fn borrows_that_become_static() {
        let owned = |ty: Type| {
            let ty = without_borrows(&ty, &[parse_quote!('a)]).expect("a type");
            ty.to_token_stream().to_string()
        };
        let expect = |ty: Type| ty.to_token_stream().to_string();
        assert_eq!(
            owned(parse_quote!((&str, Cow<'_, [&'a mut u8]>, fn(&u8) -> &u8))),
            expect(parse_quote!((
                &'static str,
                Cow<'static, [&'static mut u8]>,
                fn(&u8) -> &u8
            )))
        );
    }

    #[test]
    fn attributes_under_a_condition() {
        let attr: Attribute =
            parse_quote!(#[cfg_attr(all(unix, x), inline, cfg_attr(y, a::locked(b = c)))]);
        assert!(may_be(&attr, "inline") && may_be(&attr, "locked"));
        assert!(!may_be(&attr, "unix") && !may_be(&attr, "x") && !may_be(&attr, "c"));
        let attr: Attribute = parse_quote!(#[a::locked]);
        assert!(may_be(&attr, "locked") && !gives(&attr.meta, "locked"));
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
