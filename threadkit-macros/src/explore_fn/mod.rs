//! `#[threadkit::explore]`: a test whose body runs under many schedules.

mod args;
mod expand;
mod model;

use proc_macro2::TokenStream;

use crate::diagnostics::Problems;
use crate::item::Function;
use args::Args;

/// Expands `#[threadkit::explore(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    args.root.check("explore(", &mut problems);
    let expanded = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => match model::check(args, function, &mut problems) {
            Ok(model) => expand::test(&model),
            Err(function) => function.stand_in_for_entry_point(),
        },
        Err(_) => {
            problems.report(&item, "`#[threadkit::explore]` goes on a function");
            item
        }
    };
    problems.behind(expanded)
}
