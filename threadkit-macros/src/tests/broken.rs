//! Token streams as an editor passes them while a user types: no attribute may panic, and each emits the item.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

use crate::{explore_fn, main_fn, monitor, synchronized, thread};

/// Expands `item` under every attribute, with correct and with wrong arguments.
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

/// Unfinished code, for the bodies of the samples.
const BODY: &str = "{ self . half_typed . ; let = ! }";

/// An attribute, its arguments and an item. All are correct except for the unfinished body.
struct Sample {
    expand: fn(TokenStream, TokenStream) -> TokenStream,
    args: &'static str,
    item: &'static str,
}

const fn sample(
    expand: fn(TokenStream, TokenStream) -> TokenStream,
    args: &'static str,
    item: &'static str,
) -> Sample {
    Sample { expand, args, item }
}

/// The derive, with its item.
fn derive(_: TokenStream, item: TokenStream) -> TokenStream {
    let derived = thread::derive(item.clone());
    quote!(#item #derived)
}

fn stray(_: TokenStream, item: TokenStream) -> TokenStream {
    monitor::stray(item)
}

/// Each form of each attribute; the place of a body is `BODY`.
const SAMPLES: &[Sample] = &[
    sample(
        thread::attribute,
        "name = \"worker-{id}\", daemon, stack_size = 4 * K, shared, crate = a::b",
        "impl<'a, T: Clone, const N: usize> Job<T> for Worker<'a, T, N> where T: Ord { const A: u8 = 1; fn run(&self, stop: &StopToken) -> Result<T, E> BODY }",
    ),
    sample(
        thread::attribute,
        "name = \"{0:03}\", returns = Vec<Self>",
        "pub(crate) struct Worker<T: Clone = u8>(pub T, #[cfg(unix)] [u8; 2]) where T: Ord;",
    ),
    sample(
        thread::attribute,
        "name = \"crawl-{url}\", daemon = false",
        "#[inline] pub fn crawl<T: Send + 'static>(mut url: String, (a, b): (u8, T), stop: &StopToken) -> Option<T> BODY",
    ),
    sample(
        thread::attribute,
        "",
        "fn flush(self: Arc<Self>, n: u8) -> usize BODY",
    ),
    sample(
        derive,
        "",
        "#[thread(name = \"worker-{id}\", daemon)] #[derive(Debug)] struct Worker<'a> { id: &'a u8 }",
    ),
    sample(
        synchronized::attribute,
        "from = self.from, to = other.locks[0], timeout = Duration::ZERO, else = return None",
        "pub unsafe extern \"C\" fn add<T>(&self, other: &'a T) -> Option<impl Fn(T)> where T: A BODY",
    ),
    sample(
        synchronized::attribute,
        "",
        "fn log(mut depth: u32) -> ! BODY",
    ),
    sample(
        synchronized::attribute,
        "read(table = self.table), write(LOG), crate = ::a",
        "impl<T> Counter<T> { fn new() -> Self BODY fn get(&self) -> T BODY #[unsynchronized] fn peek(&self) BODY #[synchronized(A)] fn b(&self) BODY }",
    ),
    sample(
        monitor::attribute,
        "pub(crate) SharedBuffer, poison, crate = a::b",
        "impl<T: Clone> Buffer<T> where T: Ord { pub fn new(n: usize) -> Result<Self, E> BODY #[doc = \"x\"] #[when(self.items.len() >= n && Self::OK, timeout, until)] pub fn take(&mut self, n: usize, (a, _): (u8, T)) -> Vec<T> BODY pub fn len(&self) -> usize BODY fn hidden(self) BODY }",
    ),
    sample(
        stray,
        "self.ready",
        "pub fn take(&mut self, n: usize) -> Vec<T> BODY",
    ),
    sample(
        main_fn::attribute,
        "ctrl_c = stop, crate = a::b",
        "fn main() -> Result<(), E> BODY",
    ),
    sample(
        explore_fn::attribute,
        "runs = 100, seed = 7, pct = 3",
        "#[test] #[should_panic] fn race() -> Result<(), E> BODY",
    ),
];

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(&text.replace("BODY", BODY)).expect("tokens")
}

/// A typing mistake at one token.
#[derive(Clone)]
enum Slip {
    Delete,
    Double,
    /// Swaps it with the next one.
    Swap,
    Replace(TokenTree),
    /// Removes the braces of a group, but not its tokens.
    Open,
    /// Removes the tokens of a group, but not its braces.
    Empty,
    /// Puts it into an invisible group, as `macro_rules` does with its arguments.
    Wrap,
}

fn slips() -> Vec<Slip> {
    let mut slips = vec![
        Slip::Delete,
        Slip::Double,
        Slip::Swap,
        Slip::Open,
        Slip::Empty,
        Slip::Wrap,
    ];
    let strangers = [
        "fn", "self", "crate", "=", "<", ",", ";", "&", "\"{\"", "1u8", "()", "{}",
    ];
    for stranger in strangers {
        slips.extend(tokens(stranger).into_iter().map(Slip::Replace));
    }
    slips
}

/// All tokens, including those in groups.
fn count(tokens: &TokenStream) -> usize {
    tokens
        .clone()
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + count(&group.stream()),
            _ => 1,
        })
        .sum()
}

/// `tokens` with a mistake at one token; `left` counts down to its number.
fn slipped(tokens: TokenStream, left: &mut Option<usize>, slip: &Slip) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut rest = tokens.into_iter();
    while let Some(token) = rest.next() {
        let here = *left == Some(0);
        *left = left.and_then(|left| left.checked_sub(1));
        if !here {
            out.push(match token {
                TokenTree::Group(group) => {
                    let inside = slipped(group.stream(), left, slip);
                    Group::new(group.delimiter(), inside).into()
                }
                other => other,
            });
            continue;
        }
        match (slip, token) {
            (Slip::Delete, _) => {}
            (Slip::Double, token) => out.extend([token.clone(), token]),
            (Slip::Swap, token) => {
                out.extend(rest.next());
                out.push(token);
            }
            (Slip::Replace(stranger), _) => out.push(stranger.clone()),
            (Slip::Open, TokenTree::Group(group)) => out.extend(group.stream()),
            (Slip::Empty, TokenTree::Group(group)) => {
                out.push(Group::new(group.delimiter(), TokenStream::new()).into());
            }
            (Slip::Open | Slip::Empty, token) => out.push(token),
            (Slip::Wrap, token) => out.push(Group::new(Delimiter::None, token.into()).into()),
        }
    }
    out.into_iter().collect()
}

/// Expands the sample, and checks that the output has every unfinished body of the input. A body may be missing
/// only if a mistake was reported and a stand-in took its place.
fn keeps_bodies(sample: &Sample, args: TokenStream, item: TokenStream) {
    let bodies = |tokens: &str| tokens.matches("half_typed").count();
    let (before, text) = (bodies(&item.to_string()), format!("[{args}] {item}"));
    let expanded = (sample.expand)(args, item).to_string();
    let replaced = expanded.contains("stand_in") && expanded.contains("compile_error");
    assert!(
        bodies(&expanded) >= before || replaced,
        "{text}\nbecame\n{expanded}"
    );
}

#[test]
fn samples_fit() {
    for sample in SAMPLES {
        let item = tokens(sample.item);
        let expanded = (sample.expand)(tokens(sample.args), item).to_string();
        let is_stray = sample.args == "self.ready";
        let refused = expanded.contains("compile_error");
        assert_eq!(refused, is_stray, "{} became\n{expanded}", sample.item);
    }
}

#[test]
fn every_slip_keeps_unfinished_bodies() {
    for sample in SAMPLES {
        let (args, item) = (tokens(sample.args), tokens(sample.item));
        for slip in slips() {
            for place in 0..count(&item) {
                let item = slipped(item.clone(), &mut Some(place), &slip);
                keeps_bodies(sample, args.clone(), item);
            }
            for place in 0..count(&args) {
                let args = slipped(args.clone(), &mut Some(place), &slip);
                keeps_bodies(sample, args, item.clone());
            }
        }
    }
}

#[test]
fn several_slips_at_once_cause_no_panic() {
    // Any generator that yields the same numbers everywhere.
    let mut state = 1_u64;
    let mut any = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).expect("31 bits") % below.max(1)
    };
    let slips = slips();
    for sample in SAMPLES {
        for _ in 0..500 {
            let (mut args, mut item) = (tokens(sample.args), tokens(sample.item));
            for _ in 0..2 + any(3) {
                item = slipped(
                    item.clone(),
                    &mut Some(any(count(&item))),
                    &slips[any(slips.len())],
                );
            }
            if any(2) == 0 {
                args = slipped(
                    args.clone(),
                    &mut Some(any(count(&args))),
                    &slips[any(slips.len())],
                );
            }
            keeps_bodies(sample, args, item);
        }
    }
}
