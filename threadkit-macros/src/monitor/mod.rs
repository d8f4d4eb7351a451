//! `#[monitor]`: a handle to a value, each of whose methods runs under one lock.

mod args;
mod attributes;
mod check;
mod clashes;
mod conditions;
mod expand;
mod methods;
mod model;
mod parts;
mod rewrite;
mod rules;
mod signature;
mod visible;
mod when;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Result};

use crate::diagnostics::Problems;
use crate::item::{ImplBlock, starts_impl};
use args::{Args, Whens};

/// The only kind of item on which `#[monitor]` may stand.
struct Item(ImplBlock);

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if !starts_impl(&ahead) {
            return Err(ahead.error(
                "`#[monitor]` goes on an impl block: the handle gets the methods that are written there",
            ));
        }
        input.parse().map(Self)
    }
}

/// Expands `#[monitor(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item(mut block)) => {
            args::take_unsynchronized(&mut block, &mut problems);
            let whens: Vec<Whens> = block
                .functions_mut()
                .map(|function| Whens::take(function, &mut problems))
                .collect();
            match check::check(&args, &block, &whens, &mut problems) {
                Some(model) => expand::all(&mut block, &model),
                None => quote!(#block),
            }
        }
        Err(error) => {
            problems.add(error);
            item
        }
    };
    args.root.check("monitor(SharedCounter, ", &mut problems);
    problems.behind(expanded)
}

/// Expands a `#[when(..)]` that no `#[monitor]` has read.
pub(crate) fn stray(item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    problems.report_at(
        proc_macro2::Span::call_site(),
        "`#[when(..)]` goes on a `pub` method of an impl block under `#[monitor(Name)]`: it is the block's handle that waits",
    );
    problems.behind(item)
}
