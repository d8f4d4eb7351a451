//! What a function whose call starts a thread becomes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::ReturnType;

use super::model::{FunctionBody, ThreadFunction};
use crate::item::Braces;
use crate::paths::{generated, generated_at, self_token};

/// The function that starts the thread, or one of its shape if it cannot.
pub(crate) fn expand(model: &ThreadFunction) -> TokenStream {
    let ThreadFunction {
        root,
        attrs,
        vis,
        defaultness,
        ..
    } = model;
    let private = root.private();
    let output = &model.output.ty;
    let mut sig = model.sig.clone();
    sig.output = ReturnType::Default;
    // `where` comes after the output, which is why the signature is put together here.
    let where_clause = sig.generics.where_clause.take();
    // Located at the name: it is the function that must change when its thread cannot start.
    let span = generated_at(sig.ident.span());
    let root_at = root.root_at(span);
    let start = if model.broken {
        let checked = match &model.body {
            FunctionBody::Kept(body) => work(model, body),
            _ => {
                let values = &model.values;
                quote_spanned!(generated()=> (#(&#values),*))
            }
        };
        quote_spanned! {generated()=>
            let _ = #checked;
            #private::stand_in()
        }
    } else if let FunctionBody::Kept(body) = &model.body {
        let work = work(model, body);
        // The name comes first: it is made from what the closure then takes along. It is called so as
        // not to meet a parameter, of which the outer copies are as generated as it is.
        let name = model.name.iter();
        let named = model
            .name
            .iter()
            .map(|_| quote_spanned!(span=> __threadkit_name));
        let daemon = model.daemon.iter();
        let stack_size = model.stack_size.iter();
        let judge = model.output.judge(root).into_iter();
        quote_spanned! {span=>
            #(let __threadkit_name = #name;)*
            #root_at::Thread::new(#work)
                #(.__threadkit_judged_by(#judge))*
                #(.name(#named))*
                #(.daemon(#daemon))*
                #(.stack_size(#stack_size))*
                .start()
        }
    } else {
        TokenStream::new()
    };
    let body = match &model.body {
        FunctionBody::Kept(body) => body.wrap(start).into_token_stream(),
        FunctionBody::Dropped => quote_spanned!(generated()=> { #start }),
        FunctionBody::Missing => quote_spanned!(generated()=> ;),
    };
    let handle = quote_spanned!(generated()=> -> #root::JoinHandle<#output>);
    quote_spanned! {generated()=>
        #(#attrs)*
        #vis #defaultness #sig #handle #where_clause #body
    }
}

/// The closure that the thread runs.
fn work(model: &ThreadFunction, body: &Braces) -> TokenStream {
    let span = generated_at(model.sig.ident.span());
    let output = &model.output.ty;
    let ThreadFunction {
        values,
        patterns,
        named,
        ..
    } = model;
    // A parameter that only the thread's name asks for is used as far as the user can see.
    let mention =
        (!named.is_empty()).then(|| quote_spanned!(generated()=> let _ = (#(&#named),*);));
    // The arm is the user's own block: the end of its temporaries, its spans and its warnings are
    // what they would be in the function.
    let body = &body.group;
    let arm = match &mention {
        None => body.to_token_stream(),
        // In an arm here too: the block at the end of another one, if short, is one too many to rustc.
        Some(mention) => quote_spanned!(generated()=> { #mention match () { () => #body } }),
    };
    let body = match values.len() {
        0 if !model.has_receiver => body.to_token_stream(),
        _ => quote_spanned! {generated()=>
            {
                match (#(#values,)*) {
                    (#(#patterns,)*) => #arm
                }
            }
        },
    };
    let move_token = (!model.broken).then(|| quote_spanned!(span=> move));
    if !model.has_receiver {
        return quote_spanned!(span=> #move_token || -> #output #body);
    }
    // A closure takes along only what it names, which would leave behind, and drop early, a `self`
    // that the body does not use or uses in part.
    let this = self_token();
    quote_spanned! {span=>
        #move_token || -> #output {
            let _ = &#this;
            #body
        }
    }
}
