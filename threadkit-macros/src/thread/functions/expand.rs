//! What a function whose call starts a thread becomes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatIdent, ReturnType, Safety, Signature};

use super::model::{FunctionBody, Parameter, Source, ThreadFunction};
use crate::item::{Braces, may_be};
use crate::paths::{Root, generated, generated_at, self_token};
use crate::thread::emit;

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
    let output = emit::output(&model.output, root);
    let mut sig = outer(model);
    // `where` comes after the output, which is why the signature is put together here.
    let where_clause = sig.generics.where_clause.take();
    // Located at the name: it is the function that must change when its thread cannot start.
    let span = generated_at(sig.ident.span());
    let private_at = root.private_at(span);
    let start = if model.broken {
        let checked = match &model.body {
            FunctionBody::Kept(body) => work(model, body),
            _ => {
                let values = model.parameters.iter().map(|each| value(each, root));
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
        let name = model.name.iter().map(|name| emit::name(name, root));
        let named = model
            .name
            .iter()
            .map(|_| quote_spanned!(span=> __threadkit_name));
        let daemon = model.daemon.iter();
        let stack_size = model.stack_size.iter();
        let judge = emit::judge(&model.output, root).into_iter();
        quote_spanned! {span=>
            #(let __threadkit_name = #name;)*
            <#private_at::Thread<_>>::new(#work)
                #(.__threadkit_with_error_text(#judge))*
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

/// What the caller sees, but for the output.
///
/// Its parameters have plain names, out of sight of the body, whose side keeps the user's patterns. A
/// stop token is supplied and not asked of the caller.
fn outer(model: &ThreadFunction) -> Signature {
    let mut sig = model.sig.clone();
    let receiver = sig.receiver().cloned().map(FnArg::Receiver);
    let passed = model.parameters.iter().filter_map(|parameter| {
        let Source::Caller = parameter.source else {
            return None;
        };
        let mut arg = parameter.arg.clone();
        // What lints are to do concerns the body's side.
        arg.attrs.retain(|attr| may_be(attr, "cfg"));
        *arg.pat = Pat::Ident(PatIdent {
            attrs: vec![],
            by_ref: None,
            mutability: None,
            ident: parameter.name.clone(),
            subpat: None,
        });
        Some(FnArg::Typed(arg))
    });
    sig.inputs = receiver
        .into_iter()
        .chain(passed)
        .collect::<Punctuated<_, _>>();
    sig.output = ReturnType::Default;
    sig.constness = None;
    sig.asyncness = None;
    sig.safety = Safety::Default;
    sig.variadic = None;
    sig
}

/// What the thread takes along for a parameter.
fn value(parameter: &Parameter, root: &Root) -> TokenStream {
    match &parameter.source {
        Source::Caller => parameter.name.to_token_stream(),
        Source::StopToken(ty) => {
            // By the user's word for the type, which is not named anywhere else any more.
            let span = generated_at(parameter.arg.ty.span());
            let private = root.private_at(span);
            quote_spanned!(span=> &<#ty as #private::Supplied>::__supply())
        }
        Source::Missing => {
            let (ty, private) = (&parameter.arg.ty, root.private());
            quote_spanned!(generated()=> #private::stand_in::<#ty>())
        }
    }
}

/// The closure that the thread runs.
fn work(model: &ThreadFunction, body: &Braces) -> TokenStream {
    let span = generated_at(model.sig.ident.span());
    let output = emit::output(&model.output, &model.root);
    let ThreadFunction {
        parameters, named, ..
    } = model;
    let values = parameters.iter().map(|each| value(each, &model.root));
    // Attributes may stand on a `let` and not in a pattern. If one parameter has some, all get a `let`, so
    // that they are still dropped in their order.
    let by_let = parameters
        .iter()
        .any(|each| each.arg.attrs.iter().any(|attr| !may_be(attr, "cfg")));
    let patterns = parameters.iter().map(|each| match by_let {
        true => each.name.to_token_stream(),
        false => each.arg.pat.to_token_stream(),
    });
    let lets = parameters.iter().filter(|_| by_let).map(|each| {
        let Parameter { arg, name, .. } = each;
        let attrs = &arg.attrs;
        let pattern = match &*arg.pat {
            // `let _` would leave the value where it is.
            Pat::Wild(_) => quote_spanned!(generated()=> _argument),
            pattern => pattern.to_token_stream(),
        };
        quote_spanned!(generated()=> #(#attrs)* let #pattern = #name;)
    });
    // A parameter that only the thread's name asks for is used as far as the user can see.
    let mention =
        (!named.is_empty()).then(|| quote_spanned!(generated()=> let _ = (#(&#named),*);));
    // The arm is the user's own block: the end of its temporaries, its spans and its warnings are
    // what they would be in the function.
    let body = &body.group;
    let arm = match by_let || mention.is_some() {
        false => body.to_token_stream(),
        // In an arm here too: the block at the end of another one, if short, is one too many to rustc.
        true => quote_spanned!(generated()=> { #(#lets)* #mention match () { () => #body } }),
    };
    let body = match parameters.len() {
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
