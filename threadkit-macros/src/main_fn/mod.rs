//! `#[threadkit::main]`: the process waits for its threads.

mod args;
mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::diagnostics::Problems;
use crate::item::Function;
use args::Args;

/// Expands `#[threadkit::main(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    args.root.check("main(", &mut problems);
    let expanded = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => match model::check(&args, function, &mut problems) {
            Ok(model) => expand::main(&model),
            Err(function) => function.stand_in_for_entry_point(),
        },
        Err(_) => {
            problems.report(&item, "`#[threadkit::main]` goes on a function");
            item
        }
    };
    problems.behind(expanded)
}
