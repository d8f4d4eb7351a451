//! The expansion of a main function.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::model::Main;
use crate::item::Function;
use crate::paths::{generated, generated_at};

/// The function. Its body runs before a guard is dropped, which waits for the threads.
///
/// The body does not become a closure, so `?`, exit codes and everything else that `main` can return work as
/// before. The value of the body is made before the guard is dropped, in every edition.
pub(crate) fn main(model: &Main) -> TokenStream {
    let root = &model.root;
    let block = &model.body.group;
    // It has the span of the option, because the function exists only with a feature: without it, the error points to
    // the option.
    let ctrl_c = model.ctrl_c.iter().map(|key| {
        let span = generated_at(key.span());
        let root = root.root_at(span);
        quote_spanned!(span=> #root::stop_on_ctrl_c())
    });
    let guard = match ctrl_c.len() {
        0 => quote_spanned!(generated()=> #root::exit_guard()),
        _ => quote_spanned!(generated()=> (#root::exit_guard(), #(#ctrl_c),*)),
    };
    let body = model.body.wrap(quote_spanned! {generated()=>
        match #guard {
            _guard => #block
        }
    });
    let Function {
        attrs, vis, sig, ..
    } = &model.function;
    quote_spanned!(generated()=> #(#attrs)* #vis #sig #body)
}
