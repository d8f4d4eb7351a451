//! The expansion of a function whose call starts a thread.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatIdent, ReturnType, Safety, Signature};

use super::model::{FunctionBody, Parameter, Source, ThreadFunction};
use crate::item::{Braces, may_be};
use crate::paths::{Root, generated, generated_at, self_token};
use crate::thread::emit;

/// The function that starts the thread, or a stand-in with the same signature after a mistake.
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
    // The signature is assembled here, because `where` comes after the output.
    let where_clause = sig.generics.where_clause.take();
    // The span of the name, because errors about a thread that cannot start should point to the function.
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
        // The name comes first, because it is made from values that move into the closure. The local must differ
        // from the locals of the parameters, which have generated spans as well.
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

/// The signature that the caller sees, without the output.
///
/// Its parameters have plain names that the body cannot see; the user's patterns are on the side of the body. The
/// caller does not pass the stop token.
fn outer(model: &ThreadFunction) -> Signature {
    let mut sig = model.sig.clone();
    let receiver = sig.receiver().cloned().map(FnArg::Receiver);
    let passed = model.parameters.iter().filter_map(|parameter| {
        let Source::Caller = parameter.source else {
            return None;
        };
        let mut arg = parameter.arg.clone();
        // Attributes for lints go to the side of the body.
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

/// The value of a parameter, as the thread gets it.
fn value(parameter: &Parameter, root: &Root) -> TokenStream {
    match &parameter.source {
        Source::Caller => parameter.name.to_token_stream(),
        Source::StopToken(ty) => {
            // It names the type in the user's words; otherwise an import of the type would be unused.
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
    // Attributes are allowed on a `let` but not in a pattern. If one parameter has attributes, all get a `let`, so
    // that they are dropped in the same order as before.
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
            // `let _` would not move the value.
            Pat::Wild(_) => quote_spanned!(generated()=> _argument),
            pattern => pattern.to_token_stream(),
        };
        quote_spanned!(generated()=> #(#attrs)* let #pattern = #name;)
    });
    // A parameter that only the name of the thread uses must not be reported as unused.
    let mention =
        (!named.is_empty()).then(|| quote_spanned!(generated()=> let _ = (#(&#named),*);));
    // The arm is the user's block, so its temporaries, its spans and its warnings are as they would be in the
    // function.
    let body = &body.group;
    let arm = match by_let || mention.is_some() {
        false => body.to_token_stream(),
        // Also an arm, because rustc reports a short block at the end of another block as unused braces.
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
    // A closure captures only what it uses. A `self` that the body does not use, or uses in part, would be dropped
    // too early.
    let this = self_token();
    quote_spanned! {span=>
        #move_token || -> #output {
            let _ = &#this;
            #body
        }
    }
}
