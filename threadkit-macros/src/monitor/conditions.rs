//! The conditions of `#[when]` as code that evaluates them.
//!
//! A condition on the value alone becomes a function of the user's type, in which `self`, `Self` and the generics
//! of the block mean what they mean in the block. A condition on arguments becomes a closure in the handle's
//! method, because it uses the arguments as variables and is evaluated more than once.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, GenericParam, Generics};

use super::attributes;
use super::model::Forwarded;
use super::parts::{Block, bounds, unlinted};
use super::rewrite::of_value;
use super::signature::name_of;
use super::when::{About, When};
use crate::paths::{generated, generated_at};

/// The functions that evaluate conditions, in an impl block of the user's type.
pub(crate) fn functions(block: &Block<'_>) -> Option<TokenStream> {
    let model = block.model;
    let functions: Vec<TokenStream> = model
        .functions
        .iter()
        .filter_map(|function| condition_function(block, function, function.when.as_ref()?))
        .collect();
    if functions.is_empty() {
        return None;
    }
    let ty = &model.ty;
    let attrs = &block.attrs;
    // `Self` needs no replacement here.
    let generics = unlinted(&model.generics);
    let (impl_generics, _, _) = generics.split_for_impl();
    let where_clause = bounds(&model.generics, &|tokens| tokens);
    Some(quote_spanned! {generated()=>
        #(#attrs)*
        impl #impl_generics #ty #where_clause {
            #(#functions)*
        }
    })
}

fn condition_function(block: &Block<'_>, function: &Forwarded, when: &When) -> Option<TokenStream> {
    let none = Generics::default();
    let generics = match &when.about {
        About::Arguments => return None,
        About::Value => &none,
        About::Generics(generics) => generics,
    };
    let span = generated_at(when.condition.span());
    let name = function_name(function);
    let attrs = attributes::conditions_and_lints(&function.attrs);
    // The user's token, because the condition can only see a `self` with the user's span.
    let this = &function.sig.receiver()?.self_token;
    let where_clause = bounds(generics, &|tokens| tokens);
    let generics = unlinted(generics);
    let (generics, _, _) = generics.split_for_impl();
    let condition = holds(&when.condition, &|part| part.to_token_stream());
    // With this span the compiler points to the condition if it is not a `bool`.
    let private = block.model.root.private_at(span);
    Some(quote_spanned! {span=>
        #(#attrs)*
        #[doc(hidden)]
        fn #name #generics (&#this) -> #private::bool #where_clause {
            #condition
        }
    })
}

fn function_name(function: &Forwarded) -> Ident {
    let name = &function.sig.ident;
    format_ident!(
        "__threadkit_when_{}",
        name.unraw(),
        span = generated_at(name.span())
    )
}

/// A function or closure that takes the value by reference and returns whether the condition holds. The name
/// `this` must be free.
pub(crate) fn look(
    block: &Block<'_>,
    function: &Forwarded,
    when: &When,
    this: &Ident,
) -> TokenStream {
    let ty = &block.model.ty;
    let span = generated_at(when.condition.span());
    let generics = match &when.about {
        About::Arguments => {
            let condition = holds(&when.condition, &|part| of_value(part, ty, this));
            return quote_spanned!(span=> |#this: &#ty| #condition);
        }
        About::Value => None,
        About::Generics(generics) => turbofish(generics),
    };
    let name = function_name(function);
    quote_spanned!(span=> <#ty>::#name #generics)
}

/// The `WaitAt` of a method that waits in `queue` for `condition`, which comes from [`look`].
pub(crate) fn wait_at(
    block: &Block<'_>,
    function: &Forwarded,
    when: &When,
    queue: usize,
    condition: &TokenStream,
) -> TokenStream {
    let private = &block.private;
    match when.about {
        // Only its owner can evaluate it.
        About::Arguments => queue.to_token_stream(),
        About::Value if is_unconditional(function) => queue.to_token_stream(),
        _ => quote_spanned!(generated()=> #private::OwnCondition(#queue, #condition)),
    }
}

/// The entry by which other threads find out whether a waiter in the queue of `function` may continue.
pub(crate) fn entry(
    block: &Block<'_>,
    handle: &str,
    function: &Forwarded,
    when: &When,
) -> TokenStream {
    let private = &block.private;
    let text = format!("{handle}::{}", function.sig.ident.unraw());
    match when.about {
        About::Value if is_unconditional(function) => {
            let name = function_name(function);
            let ty = &block.model.ty;
            quote_spanned!(generated()=> <#private::Entry<_>>::alone(#text, <#ty>::#name))
        }
        _ => quote_spanned!(generated()=> <#private::Entry<_>>::of_owners(#text)),
    }
}

/// Whether the function exists under every `cfg`; the list of entries cannot have a `cfg`.
fn is_unconditional(function: &Forwarded) -> bool {
    attributes::conditions_and_lints(&function.attrs)
        .iter()
        .all(|attr| attr.path().is_ident("allow"))
}

/// The type and const parameters as arguments, `::<T, N>`.
pub(crate) fn turbofish(generics: &Generics) -> Option<TokenStream> {
    let names: Vec<&Ident> = generics
        .params
        .iter()
        .filter(|param| !matches!(param, GenericParam::Lifetime(_)))
        .map(name_of)
        .collect();
    (!names.is_empty()).then(|| quote_spanned!(generated()=> ::<#(#names),*>))
}

/// The body of a function that returns whether `condition` holds, with each part of the condition rewritten.
fn holds(condition: &Expr, rewrite: &dyn Fn(&Expr) -> TokenStream) -> TokenStream {
    let span = generated_at(condition.span());
    if !binds(condition) {
        let condition = rewrite(condition);
        // In parentheses, because an expression that ends in braces would be a statement here.
        return quote_spanned!(span=> (#condition));
    }
    let mut parts = Vec::new();
    split(condition, &mut parts);
    let last = quote_spanned!(span=> true);
    // Nested, because older editions have no `let` chains.
    parts.into_iter().rfold(last, |inner, part| {
        let tokens = rewrite(part);
        match part {
            Expr::Let(_) => quote_spanned!(span=> if #tokens { #inner } else { false }),
            _ => quote_spanned!(span=> if (#tokens) { #inner } else { false }),
        }
    })
}

/// Whether the condition has a `let`, so that it can stand only after `if`.
fn binds(condition: &Expr) -> bool {
    let mut parts = Vec::new();
    split(condition, &mut parts);
    parts.iter().any(|part| matches!(part, Expr::Let(_)))
}

/// The parts of a condition that are joined with `&&`, in order.
fn split<'a>(condition: &'a Expr, parts: &mut Vec<&'a Expr>) {
    match condition {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
            split(&both.left, parts);
            split(&both.right, parts);
        }
        Expr::Group(group) => split(&group.expr, parts),
        other => parts.push(other),
    }
}
