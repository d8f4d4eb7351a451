//! `#[synchronized]`: a body that runs under locks.

mod args;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Result};

use crate::diagnostics::Problems;
use crate::item::{Function, ImplBlock, Member, ends_in, starts_impl, starts_other_than_fn};
use args::Args;
use model::Place;

/// The items on which `#[synchronized]` may stand.
enum Item {
    Impl(Box<ImplBlock>),
    Function(Box<Function>),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        if starts_impl(&ahead) {
            return input.parse().map(|block| Self::Impl(Box::new(block)));
        }
        if starts_other_than_fn(&ahead)? {
            return Err(ahead.error(
                "`#[synchronized]` goes on a function, on a method, or on an impl block whose methods all lock the same",
            ));
        }
        input
            .parse()
            .map(|function| Self::Function(Box::new(function)))
    }
}

/// Expands `#[synchronized(args)] item`.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::new();
    let args = Args::parse(args, &mut problems);
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Function(function)) => one(&args, function, Place::Function, &mut problems),
        Ok(Item::Impl(block)) => all(&args, *block, &mut problems),
        Err(error) => {
            problems.add(error);
            item
        }
    };
    args.root.check("synchronized(", &mut problems);
    problems.behind(expanded)
}

fn one(args: &Args, function: Box<Function>, place: Place, problems: &mut Problems) -> TokenStream {
    match model::check(args, function, place, problems) {
        Ok(model) => expand::function(&model),
        Err(function) => expand::stand_in(args, &function),
    }
}

/// Expands every method of an impl block that borrows `self`, except those that opt out.
fn all(args: &Args, mut block: ImplBlock, problems: &mut Problems) -> TokenStream {
    let usable = model::check_impl(args, &block, problems);
    let members = std::mem::take(&mut block.members);
    block.members = members
        .into_iter()
        .map(|member| match member {
            Member::Function(mut function) => {
                let unclear = model::check_conditional(&mut function, problems);
                let opted_out = take_opt_out(&mut function);
                if unclear || opted_out || function.sig.receiver().is_none() || has_own(&function) {
                    Member::Function(function)
                } else if usable {
                    Member::Other(one(args, function, Place::Impl, problems))
                } else {
                    Member::Other(expand::stand_in(args, &function))
                }
            }
            other => other,
        })
        .collect();
    block.into_token_stream()
}

/// Removes `#[unsynchronized]` from the method, and returns whether it was there.
fn take_opt_out(function: &mut Function) -> bool {
    let before = function.attrs.len();
    function
        .attrs
        .retain(|attr| !ends_in(attr, "unsynchronized"));
    function.attrs.len() < before
}

/// Whether the method has a `#[synchronized]` of its own.
fn has_own(function: &Function) -> bool {
    function
        .attrs
        .iter()
        .any(|attr| ends_in(attr, "synchronized"))
}
