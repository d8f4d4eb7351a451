//! Token streams as an editor sends them while somebody types: nothing may panic, and the item comes
//! out again.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

use crate::{explore_fn, main_fn, monitor, synchronized, thread};

/// Expands `item` under every attribute, with arguments that fit and that do not.
fn expand_all(item: &TokenStream) {
    let args = [
        "",
        "name = \"worker-{id}\", daemon",
        "LOCK",
        "pub(crate) Shared",
        "Shared, Other, pub",
        "state = self.state",
        "timeout = 1, else = 2, A, b = B, read(c = C)",
        "crate = a::b",
        ",",
        "= =",
        "<",
        "name",
        "name =",
        "shared, shared = 1",
        "name = {",
        "else",
        "read(",
        "read(,)",
        "r#crate = 1",
        "'a 'b",
        "\"",
        "{id}",
        "name = \"{\"",
        "stack_size = , daemon = ,",
        "returns = impl",
        "-> !",
    ];
    for args in args
        .iter()
        .filter_map(|args| TokenStream::from_str(args).ok())
    {
        expand(&args, item);
    }
}

fn expand(args: &TokenStream, item: &TokenStream) {
    for expansion in [
        thread::attribute,
        synchronized::attribute,
        monitor::attribute,
        main_fn::attribute,
        explore_fn::attribute,
    ] {
        let expanded = expansion(args.clone(), item.clone());
        assert!(item.is_empty() || !expanded.is_empty(), "{item} is gone");
    }
    thread::derive(item.clone());
    monitor::stray(item.clone());
}

const ITEMS: &[&str] = &[
    "#[inline] pub(crate) fn work<T: Clone>(mut a: u8, (b, c): (T, T), stop: &StopToken) -> Result<T, E> where T: Send { let x = ; a. }",
    "impl<'a, T> Job<T> for Worker<'a, T> where T: Send { const A: u8 = 1; type B = u8; fn run(mut self, stop: &StopToken) -> Self { self } m!{} }",
    "impl<T> Buffer<T> { pub fn new() -> Result<Self, E> { x } #[when(self.len < n && Self::OK, timeout, until)] pub fn put(&mut self, n: T, (a, b): (u8, u8)) -> Self { self. } }",
    "#[derive(Debug)] pub struct Worker<T = u8, const N: usize = 2>(T, [u8; N]) where T: Clone;",
    "pub(in a::b) struct Worker { id: u8, #[cfg(unix)] r#type: &'static str }",
    "enum Kind { A, B(u8), C { d: u8 } }",
    "fn main() -> ! { loop {} }",
    "unsafe extern \"C\" fn f(_: *const u8, ...);",
    "trait T { fn f(&self); }",
    "static S: u8 = 1;",
    "union U { a: u8 }",
    "async fn f(self: Arc<Self>) {}",
    "macro_rules! m { () => {} }",
];

#[test]
fn items_that_end_too_early() {
    for item in ITEMS {
        let tokens: Vec<TokenTree> = TokenStream::from_str(item)
            .expect("tokens")
            .into_iter()
            .collect();
        for length in 0..=tokens.len() {
            expand_all(&tokens[..length].iter().cloned().collect());
        }
    }
}

#[test]
fn items_with_a_token_missing() {
    for item in ITEMS {
        let tokens: Vec<TokenTree> = TokenStream::from_str(item)
            .expect("tokens")
            .into_iter()
            .collect();
        for missing in 0..tokens.len() {
            let rest = tokens
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != missing);
            expand_all(&rest.map(|(_, token)| token.clone()).collect());
        }
    }
}

#[test]
fn items_with_a_token_too_many() {
    let strangers = [
        TokenTree::Ident(Ident::new("fn", Span::call_site())),
        TokenTree::Ident(Ident::new("crate", Span::call_site())),
        TokenTree::Punct(Punct::new('\'', Spacing::Joint)),
        TokenTree::Punct(Punct::new('<', Spacing::Alone)),
        TokenTree::Group(Group::new(Delimiter::None, TokenStream::new())),
        TokenTree::Group(Group::new(
            Delimiter::None,
            quote!(
                fn f() {}
            ),
        )),
        TokenTree::Group(Group::new(Delimiter::Brace, quote!(#))),
    ];
    for item in ITEMS {
        let tokens: Vec<TokenTree> = TokenStream::from_str(item)
            .expect("tokens")
            .into_iter()
            .collect();
        for place in 0..=tokens.len() {
            for stranger in &strangers {
                let mut tokens = tokens.clone();
                tokens.insert(place, stranger.clone());
                expand(&TokenStream::new(), &tokens.into_iter().collect());
            }
        }
    }
}

#[test]
fn items_inside_invisible_groups() {
    for item in ITEMS {
        let tokens = TokenStream::from_str(item).expect("tokens");
        let mut group = Group::new(Delimiter::None, tokens);
        group.set_span(Span::call_site());
        expand_all(&TokenStream::from(TokenTree::Group(group)));
    }
}

#[test]
fn what_is_half_typed_in_a_body_stays() {
    let item = quote!(fn add(&self) { self. ; let = total });
    let expanded = synchronized::attribute(quote!(total = self.total), item).to_string();
    assert!(expanded.contains("{ self . ; let = total }"), "{expanded}");
    let item = quote!(fn work() { x. });
    let expanded = thread::attribute(quote!(), item).to_string();
    assert!(expanded.contains("{ x . }"), "{expanded}");
}
