//! `#[thread]` and `#[derive(Thread)]`.
//!
//! The arguments are parsed once (`args`). There are two forms, each with its model and its expansion: a type of
//! thread (`types`), and a function whose call starts one (`functions`).

mod args;
mod emit;
mod functions;
mod name;
mod signature;
mod types;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, DeriveInput, Result};

use crate::diagnostics::Problems;
use crate::item::{Function, ImplBlock, starts_impl, starts_other_than_fn, starts_type};
use args::Args;

/// The items on which `#[thread]` may stand.
enum Item {
    Impl(ImplBlock),
    Type(DeriveInput),
    Function(Function),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if starts_type(&ahead)? {
            return input.parse().map(Self::Type);
        }
        if starts_impl(&ahead) {
            return input.parse().map(Self::Impl);
        }
        if starts_other_than_fn(&ahead)? {
            return Err(ahead.error(
                "`#[thread]` goes on an impl block that has `run`, on a struct, on a function or on a method",
            ));
        }
        input.parse().map(Self::Function)
    }
}

/// Expands `#[thread(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Impl(block)) => {
            let generated = types::of_impl(&args, &block, &mut problems)
                .iter()
                .map(types::of_type)
                .collect::<TokenStream>();
            quote!(#item #generated)
        }
        Ok(Item::Type(input)) => {
            let generated = types::of_type(&types::of_struct(&args, &input, &mut problems));
            quote!(#item #generated)
        }
        Ok(Item::Function(input)) => {
            functions::expand(&functions::check(&args, input, &mut problems))
        }
        Err(error) => {
            problems.add(error);
            item
        }
    };
    args.root.check("thread(", &mut problems);
    problems.behind(expanded)
}

/// Expands `#[derive(Thread)]`.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let mut generated = TokenStream::new();
    match syn::parse2::<DeriveInput>(item) {
        Ok(input) => {
            let args = Args::of_derive(&input.attrs, &mut problems);
            generated = types::of_type(&types::of_struct(&args, &input, &mut problems));
            args.root.check("thread(", &mut problems);
        }
        Err(error) => problems.add(error),
    }
    problems.behind(generated)
}
