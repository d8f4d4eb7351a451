//! What a monitor's handle is made of: a type around `__private::Monitor`, and for every method one
//! that goes in, calls the user's, and leaves.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Lifetime, LifetimeParam, ReturnType, Visibility};

use super::model::{Forwarded, Handle, Kind, When};
use super::rewrite::{name_self, of_value};
use crate::item::cfgs;
use crate::paths::{self, generated, generated_at, self_at, self_token};

/// The handle and all it has.
pub(crate) fn handle(model: &Handle) -> TokenStream {
    let Handle {
        cfgs,
        name,
        ty,
        ty_name,
        ..
    } = model;
    let generics = &unlinted(&model.generics);
    let private = model.root.private();
    let this = self_token();
    let vis = visibility(&model.vis);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let handle_name = name.unraw().to_string();
    let mut doc = format!(
        "A handle to an object of type `{ty_name}`, to be cloned and shared: every method runs under one lock."
    );
    if model.poison {
        doc += "\n\nAfter a panic in one that changes the object, all of them panic, until [`repair`](Self::repair) has put it right.";
    }
    let doc_with = format!(
        "Runs `f` on the `{ty_name}`, under the lock; whoever waits for what it changes is woken."
    );
    let whens: Vec<&Forwarded> = model
        .functions
        .iter()
        .filter(|function| function.when.is_some())
        .collect();
    let entries = whens.iter().map(|function| entry(model, function));
    let count = whens.len() + 1;
    let mut queue = 0;
    let functions: Vec<TokenStream> = model
        .functions
        .iter()
        .map(|function| {
            queue += usize::from(function.when.is_some());
            forwarded(model, function, queue)
        })
        .collect();
    let make = Ident::new(if model.poison { "poisonable" } else { "new" }, generated());
    let poison = model.poison.then(|| poison(model));
    let output = free_name(model);
    let value = local("value");
    let f = local("f");
    let parameters = &generics;
    quote_spanned! {generated()=>
        #(#cfgs)*
        #[doc = #doc]
        #vis struct #name #parameters #where_clause {
            __threadkit: #private::Monitor<#ty, #count>,
        }

        #(#cfgs)*
        impl #impl_generics #private::core::convert::From<#ty> for #name #ty_generics #where_clause {
            #[track_caller]
            fn from(#value: #ty) -> Self {
                Self {
                    __threadkit: #private::Monitor::#make(
                        #handle_name,
                        #value,
                        [#private::Entry::door(#handle_name), #(#entries),*],
                    ),
                }
            }
        }

        #(#cfgs)*
        impl #impl_generics #private::core::clone::Clone for #name #ty_generics #where_clause {
            fn clone(&#this) -> Self {
                Self {
                    __threadkit: #private::core::clone::Clone::clone(&#this.__threadkit),
                }
            }
        }

        #(#cfgs)*
        impl #impl_generics #private::core::fmt::Debug for #name #ty_generics #where_clause {
            fn fmt(
                &#this,
                #f: &mut #private::core::fmt::Formatter<'_>,
            ) -> #private::core::fmt::Result {
                #private::core::fmt::Debug::fmt(&#this.__threadkit, #f)
            }
        }

        #(#cfgs)*
        impl #impl_generics #name #ty_generics #where_clause {
            #(#functions)*

            #[doc = #doc_with]
            #[track_caller]
            #vis fn with<#output>(
                &#this,
                #f: impl #private::core::ops::FnOnce(&mut #ty) -> #output,
            ) -> #output {
                match #this.__threadkit.enter() {
                    mut inside => #f(&mut *inside),
                }
            }

            #poison
        }
    }
}

/// The two methods that work on a poisoned value.
fn poison(model: &Handle) -> TokenStream {
    let Handle { ty, ty_name, .. } = model;
    let private = model.root.private();
    let this = self_token();
    let vis = visibility(&model.vis);
    let output = free_name(model);
    let f = local("f");
    let doc_is_poisoned = format!(
        "Whether a panic may have left the `{ty_name}` half changed, so that all but [`repair`](Self::repair) panics."
    );
    let doc_repair = format!(
        "Runs `f` on the `{ty_name}`, under the lock, also if it is poisoned; it counts as whole again when `f` returns."
    );
    quote_spanned! {generated()=>
        #[doc = #doc_is_poisoned]
        #[must_use]
        #[track_caller]
        #vis fn is_poisoned(&#this) -> bool {
            #this.__threadkit.is_poisoned()
        }

        #[doc = #doc_repair]
        #[track_caller]
        #vis fn repair<#output>(
            &#this,
            #f: impl #private::core::ops::FnOnce(&mut #ty) -> #output,
        ) -> #output {
            match #this.__threadkit.repair() {
                mut inside => #f(&mut *inside),
            }
        }
    }
}

/// The generics with lifetimes that lints take for another crate's: what the user's block uses twice
/// some of the generated ones use once.
fn unlinted(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in generics.lifetimes_mut() {
        let span = generated_at(param.lifetime.span());
        param.lifetime.set_span(span);
    }
    generics
}

/// A visibility in generated code. One with a path keeps the user's span, by which it is found.
fn visibility(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Public(word) => quote_spanned!(generated_at(word.span())=> pub),
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => {
            quote_spanned!(generated_at(restricted.span())=> pub(crate))
        }
        other => other.to_token_stream(),
    }
}

fn local(name: &str) -> Ident {
    Ident::new(name, generated())
}

/// A name for a type parameter that the user's own parameters leave free; they have no hygiene.
fn free_name(model: &Handle) -> Ident {
    let is_free = |name: &str| {
        !model.generics.params.iter().any(|param| match param {
            GenericParam::Type(param) => param.ident == name,
            GenericParam::Const(param) => param.ident == name,
            GenericParam::Lifetime(_) => false,
        })
    };
    let name = ["R", "Output", "Returned"]
        .into_iter()
        .find(|name| is_free(name))
        .unwrap_or("ThreadkitOutput");
    local(name)
}

/// How others find out whether somebody in the queue of `function` may go on.
fn entry(model: &Handle, function: &Forwarded) -> TokenStream {
    let private = model.root.private();
    let text = format!("{}::{}", model.name.unraw(), function.sig.ident.unraw());
    // Under a `cfg` the condition may name what is not there; then it is left to its owners, too.
    match &function.when {
        Some(when) if !when.has_arguments && cfgs(&function.attrs).is_empty() => {
            let condition = condition(model, when);
            quote_spanned!(generated()=> #private::Entry::alone(#text, #condition))
        }
        _ => quote_spanned!(generated()=> #private::Entry::with_arguments(#text)),
    }
}

/// The user's condition, as a closure over the value.
fn condition(model: &Handle, when: &When) -> TokenStream {
    let ty = &model.ty;
    let this = local("value");
    let span = generated_at(when.condition.span());
    let condition = of_value(when.condition.to_token_stream(), ty, &this);
    quote_spanned!(span=> |#this: &#ty| #condition)
}

/// One function of the handle, with its forms that end.
fn forwarded(model: &Handle, function: &Forwarded, queue: usize) -> TokenStream {
    let private = model.root.private();
    let root = &model.root;
    let span = generated_at(function.sig.ident.span());
    let this = self_at(function.sig.ident.span());
    let plain = Form {
        suffix: "",
        limit: None,
        ended: None,
    };
    let Some(when) = &function.when else {
        let inside = match function.kind {
            Kind::Makes | Kind::MayMake => None,
            Kind::Reads => Some(quote_spanned!(span=> #this.__threadkit.peek())),
            Kind::Changes => Some(quote_spanned!(span=> #this.__threadkit.enter())),
        };
        return method(model, function, &plain, inside);
    };
    let condition = condition(model, when);
    let (enter, enter_until) = match function.kind {
        Kind::Changes => ("enter_when", "enter_when_until"),
        _ => ("peek_when", "peek_when_until"),
    };
    let enter = Ident::new(enter, span);
    let enter_until = Ident::new(enter_until, span);
    let inside = quote_spanned!(span=> #this.__threadkit.#enter(#queue, #condition));
    let mut all = method(model, function, &plain, Some(inside));
    if when.timeout.is_some() {
        let timeout = local("timeout");
        let inside = quote_spanned! {span=>
            #this.__threadkit.#enter_until(#queue, #condition, #timeout)
        };
        let form = Form {
            suffix: "_timeout",
            limit: Some(quote_spanned!(span=> #timeout: #private::core::time::Duration)),
            ended: Some(quote_spanned!(span=> #root::TimedOut)),
        };
        all.extend(method(model, function, &form, Some(inside)));
    }
    if when.until.is_some() {
        let until = local("until");
        let inside = quote_spanned! {span=>
            #this.__threadkit.#enter_until(#queue, #condition, #until)
        };
        let form = Form {
            suffix: "_until",
            limit: Some(quote_spanned!(span=> #until: impl #root::IntoUntil<'until>)),
            ended: Some(quote_spanned!(span=> #root::WaitError)),
        };
        all.extend(method(model, function, &form, Some(inside)));
    }
    all
}

/// What tells the forms of one method apart.
struct Form {
    suffix: &'static str,
    /// The parameter that limits the wait.
    limit: Option<TokenStream>,
    /// The error if that ends it.
    ended: Option<TokenStream>,
}

/// A function that calls the user's, on the value that `inside` gives.
fn method(
    model: &Handle,
    function: &Forwarded,
    form: &Form,
    inside: Option<TokenStream>,
) -> TokenStream {
    let private = model.root.private();
    let ty = &model.ty;
    let Forwarded {
        attrs,
        sig,
        kind,
        parameters,
        ..
    } = function;
    let span = generated_at(sig.ident.span());
    let attrs = attrs
        .iter()
        .filter(|attr| form.ended.is_none() || !attr.path().is_ident("must_use"));
    let doc = doc(model, function, form);
    let vis = visibility(&function.vis);
    let abi = &sig.abi;
    let name = match form.suffix {
        // Generated, so that a method that nobody calls is reported once, by the user's own.
        "" => paths::local(&sig.ident),
        suffix => format_ident!("{}{suffix}", sig.ident.unraw(), span = span),
    };
    let parameter_list = parameters.iter().map(|(name, parameter)| {
        let parameter = name_self(parameter.to_token_stream(), ty);
        quote_spanned!(span=> #name: #parameter)
    });
    let this = inside.as_ref().map(|_| {
        let this = self_at(sig.ident.span());
        // A lifetime with a name is the receiver's own to keep.
        quote_spanned!(span=> &#this,)
    });
    let limit = form.limit.iter();
    let mut generics = unlinted(&sig.generics);
    if form.suffix == "_until" {
        // What a stop token is borrowed for.
        let lifetime = Lifetime::new("'until", span);
        let param = GenericParam::Lifetime(LifetimeParam::new(lifetime));
        generics.params.insert(0, param);
    }
    let (generics, _, _) = generics.split_for_impl();
    let generics = name_self(generics.to_token_stream(), ty);
    let where_clause = name_self(sig.generics.where_clause.to_token_stream(), ty);
    let output = match (&sig.output, &form.ended) {
        (ReturnType::Default, None) => TokenStream::new(),
        (ReturnType::Default, Some(ended)) => {
            quote_spanned!(span=> -> #private::core::result::Result<(), #ended>)
        }
        (ReturnType::Type(arrow, output), None) if inside.is_none() => {
            quote_spanned!(span=> #arrow #output)
        }
        (ReturnType::Type(arrow, output), None) => {
            let output = name_self(output.to_token_stream(), ty);
            quote_spanned!(span=> #arrow #output)
        }
        (ReturnType::Type(arrow, output), Some(ended)) => {
            let output = name_self(output.to_token_stream(), ty);
            quote_spanned!(span=> #arrow #private::core::result::Result<#output, #ended>)
        }
    };
    let call = call(model, function);
    let body = match (inside, &form.ended) {
        (None, _) if *kind == Kind::Makes => {
            quote_spanned!(span=> #private::core::convert::From::from(#call))
        }
        (None, _) => quote_spanned!(span=> #call.map(#private::core::convert::From::from)),
        (Some(inside), None) => {
            let pattern = pattern(*kind);
            quote_spanned!(span=> match #inside { #pattern => #call, })
        }
        (Some(inside), Some(ended)) => {
            let pattern = pattern(*kind);
            quote_spanned! {span=>
                match #inside {
                    #private::core::result::Result::Ok(#pattern) => {
                        #private::core::result::Result::Ok(#call)
                    }
                    #private::core::result::Result::Err(ended) => {
                        #private::core::result::Result::Err(<#ended as #private::Ended>::ended(ended))
                    }
                }
            }
        }
    };
    quote_spanned! {span=>
        #(#attrs)*
        #doc
        #[track_caller]
        #vis #abi fn #name #generics (#this #(#parameter_list,)* #(#limit)*) #output #where_clause {
            #body
        }
    }
}

/// What is said of the handle's method beside the user's docs.
fn doc(model: &Handle, function: &Forwarded, form: &Form) -> Option<TokenStream> {
    let name = function.sig.ident.unraw();
    let text = match form.suffix {
        "" if function
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("doc")) =>
        {
            return None;
        }
        "" => format!("`{}::{name}`, through the handle.", model.ty_name),
        "_timeout" => format!(
            "\n\nAs [`{name}`](Self::{name}), but gives up when it has waited for `timeout`. What was passed by value is dropped then.\n\n# Errors\n\n`TimedOut` if the time was up first."
        ),
        _ => format!(
            "\n\nAs [`{name}`](Self::{name}), but gives up at the limit: a deadline, a stop, or both. What was passed by value is dropped then.\n\n# Errors\n\n`WaitError` if the limit came first."
        ),
    };
    Some(quote_spanned!(generated()=> #[doc = #text]))
}

/// `mut` where it is needed; generated, so that nobody is told where it is not.
fn pattern(kind: Kind) -> TokenStream {
    match kind {
        Kind::Changes => quote_spanned!(generated()=> mut inside),
        _ => quote_spanned!(generated()=> inside),
    }
}

/// The call of the user's own function.
fn call(model: &Handle, function: &Forwarded) -> TokenStream {
    let ty = &model.ty;
    let sig = &function.sig;
    let span = generated_at(sig.ident.span());
    let name = &sig.ident;
    let value = match function.kind {
        Kind::Makes | Kind::MayMake => None,
        Kind::Reads => Some(quote_spanned!(span=> &*inside,)),
        Kind::Changes => Some(quote_spanned!(span=> &mut *inside,)),
    };
    let arguments = function.parameters.iter().map(|(name, _)| name);
    // Parameters that nothing else tells, for instance one of the result alone.
    let generics: Vec<&Ident> = sig
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    let turbofish = (!generics.is_empty()).then(|| quote_spanned!(span=> ::<#(#generics),*>));
    quote_spanned!(span=> <#ty>::#name #turbofish (#value #(#arguments),*))
}
