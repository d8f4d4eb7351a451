//! `#[threadkit::explore]`: a test whose body runs under many schedules.

mod args;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::diagnostics::Problems;
use crate::item::Function;
use args::Args;

/// Expands `#[threadkit::explore(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    args.check_root(&mut problems);
    let expanded = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => match model::check(args, function, &mut problems) {
            Ok(model) => expand::test(&model),
            Err(function) => expand::stand_in(&function),
        },
        Err(_) => {
            problems.report(item.clone(), "`#[threadkit::explore]` goes on a function");
            item.into_token_stream()
        }
    };
    let problems = problems.into_tokens();
    quote!(#expanded #problems)
}
