//! The expansion of a monitor: a handle around `__private::Monitor`, and for every method of the block a method of
//! the handle.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericParam, parse_quote_spanned};

use super::attributes;
use super::conditions;
use super::methods;
use super::model::Handle;
use super::parts::{Block, bounds, local, unlinted, visibility};
use super::rewrite::{mentions, name_self};
use super::signature::{plain, typed};
use super::when::When;
use crate::item::{Body, Function, ImplBlock};
use crate::paths::{generated, self_token};

/// The user's block, and all items that are generated from it.
pub(crate) fn all(block: &mut ImplBlock, model: &Handle) -> TokenStream {
    for (index, function) in block.functions_mut().enumerate() {
        if let Some(forwarded) = model.functions.iter().find(|made| made.index == index) {
            use_in_body(function, forwarded.when.as_ref());
            // It is moved to the handle, because a lint would report the call in the handle otherwise.
            function.attrs = attributes::without(&function.attrs, "deprecated");
        }
    }
    let Some(name) = &model.name else {
        return quote!(#block);
    };
    let shared = Block::of(model);
    let conditions = conditions::functions(&shared);
    let handle = handle(&shared, name);
    quote!(#block #conditions #handle)
}

/// Adds a use of the parameters that only the condition uses, so that no lint reports them. The user's block
/// becomes the arm of a `match`, which changes nothing else.
fn use_in_body(function: &mut Function, when: Option<&When>) {
    let (Some(when), Body::Braces(braces)) = (when, &mut function.body) else {
        return;
    };
    let unused: Vec<&Ident> = typed(&function.sig)
        .filter_map(|arg| plain(&arg.pat))
        .filter(|name| !name.to_string().starts_with('_'))
        .filter(|name| mentions(&when.condition, name))
        .filter(|name| !mentions(braces.group.stream(), name))
        .collect();
    if !unused.is_empty() {
        let body = &braces.group;
        let mut group = Group::new(
            Delimiter::Brace,
            quote_spanned!(generated()=> match (#(&#unused,)*) { _ => #body }),
        );
        group.set_span(body.span());
        braces.group = group;
    }
}

/// The handle and its impls.
fn handle(block: &Block<'_>, name: &Ident) -> TokenStream {
    let Block {
        model,
        private,
        attrs,
        ty_name,
        queues,
    } = block;
    let ty = &model.ty;
    let this = self_token();
    let vis = visibility(&model.vis);
    let rename = |tokens| name_self(tokens, ty);
    let generics = unlinted(&model.generics);
    let (impl_generics, ty_generics, _) = generics.split_for_impl();
    let impl_generics = rename(impl_generics.to_token_stream());
    let parameters = rename(generics.to_token_stream());
    let where_clause = bounds(&generics, &rename);
    let handle_name = name.unraw().to_string();
    let mut doc = format!(
        "A handle to a value of type `{ty_name}`, which can be cloned and shared: every method runs under one lock."
    );
    if model.poison {
        doc += "\n\nA panic in a method that changes the value poisons it: all methods panic until [`repair`](Self::repair) has returned.";
    }
    let doc_with = format!(
        "Runs `f` on the `{ty_name}`, under the lock, and then wakes threads that wait for the change."
    );
    let doc_monitor = format!(
        "The lock of the `{ty_name}` and the threads that wait for it: to lock several objects together, and to count the waiters."
    );
    let entries = model.functions.iter().filter_map(|function| {
        Some(conditions::entry(
            block,
            &handle_name,
            function,
            function.when.as_ref()?,
        ))
    });
    let mut queue = 0;
    let functions: Vec<TokenStream> = model
        .functions
        .iter()
        .map(|function| {
            queue += usize::from(function.when.is_some());
            methods::forwarded(block, function, queue)
        })
        .collect();
    let stand_ins = model
        .refused
        .iter()
        .map(|function| methods::stand_in(block, function));
    let without_new = without_new(block, name);
    let make = Ident::new(if model.poison { "poisonable" } else { "new" }, generated());
    let poison = model.poison.then(|| poison(block));
    let output = free_name(model);
    let value = local("value");
    let f = local("f");
    quote_spanned! {generated()=>
        #(#attrs)*
        #[doc = #doc]
        #vis struct #name #parameters #where_clause {
            __threadkit: #private::Monitor<#ty, #queues>,
        }

        #(#attrs)*
        impl #impl_generics #private::From<#ty> for #name #ty_generics #where_clause {
            #[track_caller]
            fn from(#value: #ty) -> Self {
                Self {
                    __threadkit: <#private::Monitor<_, _>>::#make(
                        #handle_name,
                        #value,
                        [<#private::Entry<_>>::door(#handle_name), #(#entries),*],
                    ),
                }
            }
        }

        #(#attrs)*
        impl #impl_generics #private::Clone for #name #ty_generics #where_clause {
            fn clone(&#this) -> Self {
                Self {
                    __threadkit: <_ as #private::Clone>::clone(&#this.__threadkit),
                }
            }
        }

        #(#attrs)*
        impl #impl_generics #private::Debug for #name #ty_generics #where_clause {
            fn fmt(
                &#this,
                #f: &mut #private::Formatter<'_>,
            ) -> #private::FmtResult {
                <_ as #private::Debug>::fmt(&#this.__threadkit, #f)
            }
        }

        #without_new

        #(#attrs)*
        impl #impl_generics #name #ty_generics #where_clause {
            #(#functions)*

            #[doc = #doc_with]
            #[track_caller]
            #vis fn with<#output>(
                &#this,
                #f: impl #private::FnOnce(&mut #ty) -> #output,
            ) -> #output {
                match #this.__threadkit.enter(&"with") {
                    mut inside => #f(&mut *inside),
                }
            }

            #[doc = #doc_monitor]
            #vis fn monitor(&#this) -> &#private::Monitor<#ty, #queues> {
                &#this.__threadkit
            }

            #poison
            #(#stand_ins)*
        }
    }
}

/// A `new` that never applies, for a handle without a constructor: the compiler's error for a call says what to write
/// instead. The user may write another `new` for the handle, in a block of their own.
///
/// The lifetime keeps the compiler from checking the bound here.
fn without_new(block: &Block<'_>, name: &Ident) -> Option<TokenStream> {
    let Block {
        model,
        private,
        attrs,
        ..
    } = block;
    let functions = model.functions.iter().map(|function| &function.sig);
    let mut all = functions.chain(model.refused.iter().map(|function| &function.sig));
    if all.any(|sig| sig.ident == "new") {
        return None;
    }
    let rename = |tokens| name_self(tokens, &model.ty);
    let lifetime: GenericParam = parse_quote_spanned!(generated()=> '__threadkit);
    let mut generics = unlinted(&model.generics);
    let (_, ty_generics, _) = generics.split_for_impl();
    let ty_generics = ty_generics.to_token_stream();
    generics.params.insert(0, lifetime);
    let bounds = bounds(&generics, &rename);
    let where_clause = bounds.unwrap_or_else(|| quote_spanned!(generated()=> where));
    let (impl_generics, _, _) = generics.split_for_impl();
    let impl_generics = rename(impl_generics.to_token_stream());
    Some(quote_spanned! {generated()=>
        #(#attrs)*
        #[doc(hidden)]
        impl #impl_generics #name #ty_generics
        #where_clause
            Self: #private::AHandleIsMadeByFrom<'__threadkit>
        {
            pub fn new() {}
        }
    })
}

/// The two methods that do not panic on a poisoned value.
fn poison(block: &Block<'_>) -> TokenStream {
    let Block {
        model,
        private,
        ty_name,
        ..
    } = block;
    let ty = &model.ty;
    let this = self_token();
    let vis = visibility(&model.vis);
    let output = free_name(model);
    let f = local("f");
    let doc_is_poisoned = format!(
        "Whether a panic may have left the `{ty_name}` half changed, so that all methods but [`repair`](Self::repair) panic."
    );
    let doc_repair = format!(
        "Runs `f` on the `{ty_name}`, under the lock, even if it is poisoned; it is no longer poisoned when `f` has returned."
    );
    quote_spanned! {generated()=>
        #[doc = #doc_is_poisoned]
        #[must_use]
        #[track_caller]
        #vis fn is_poisoned(&#this) -> #private::bool {
            #this.__threadkit.is_poisoned()
        }

        #[doc = #doc_repair]
        #[track_caller]
        #vis fn repair<#output>(
            &#this,
            #f: impl #private::FnOnce(&mut #ty) -> #output,
        ) -> #output {
            match #this.__threadkit.repair(&"repair") {
                mut inside => #f(&mut *inside),
            }
        }
    }
}

/// A name for a type parameter that the head of the block does not use; type parameters have no hygiene.
fn free_name(model: &Handle) -> Ident {
    let is_free = |name: &&str| {
        let name = Ident::new(name, Span::call_site());
        !mentions(&model.generics, &name)
            && !mentions(&model.generics.where_clause, &name)
            && !mentions(&model.ty, &name)
    };
    let name = ["R", "Output", "Returned"].into_iter().find(is_free);
    local(name.unwrap_or("ThreadkitOutput"))
}
