//! The expansion of an explored test.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::args::Strategy;
use super::model::Explored;
use crate::item::Function;
use crate::paths::generated;

/// The function, which passes its body to an explorer.
///
/// Unlike in the other attributes the body becomes a closure, because it is run many times. The closure captures
/// nothing, because the body of a function cannot.
pub(crate) fn test(model: &Explored) -> TokenStream {
    let private = model.args.root.get().private();
    let runs = model.args.runs.iter();
    let seed = model.args.seed.iter();
    let max_steps = model.args.max_steps.iter();
    let time_limit = model.args.time_limit.iter();
    let reset = model.args.reset.iter();
    let strategy = model.args.strategy.as_ref().map(|strategy| match strategy {
        Strategy::Random(_) => quote_spanned!(generated()=> .random()),
        Strategy::Uniform(_) => quote_spanned!(generated()=> .uniform()),
        Strategy::Pct(_, depth) => quote_spanned!(generated()=> .pct(#depth)),
        Strategy::Selective(_) => quote_spanned!(generated()=> .selective()),
        Strategy::Exhaustive(_) => quote_spanned!(generated()=> .exhaustive()),
        Strategy::Preemptions(_, bound) => quote_spanned!(generated()=> .preemptions(#bound)),
    });
    let any_lock_order =
        (model.args.any_lock_order.iter()).map(|_| quote_spanned!(generated()=> .any_lock_order()));
    let weak_memory =
        (model.args.weak_memory.iter()).map(|_| quote_spanned!(generated()=> .weak_memory()));
    let output = &model.output;
    let block = &model.body.group;
    let body = model.body.wrap(quote_spanned! {generated()=>
        <#private::Explorer>::new()
            #(.runs(#runs))*
            #(.seed(#seed))*
            #(.max_steps(#max_steps))*
            #(.time_limit(#time_limit))*
            #(.reset(#reset))*
            #(#any_lock_order)*
            #(#weak_memory)*
            #strategy
            .check(|| #output #block);
    });
    let Function {
        attrs, vis, sig, ..
    } = &model.function;
    quote_spanned!(generated()=> #(#attrs)* #vis #sig #body)
}
