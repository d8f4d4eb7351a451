//! What a type of thread becomes.

use proc_macro2::{TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use super::model::{Run, ThreadType};
use crate::paths::{generated, generated_at, self_token};

/// `impl Run` and the inherent `start`.
pub(crate) fn of_type(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        cfgs,
        generics,
        self_ty,
        blame,
        vis,
        output,
        ..
    } = model;
    let private = root.private();
    let this = self_token();
    let output = &output.ty;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let call = call(model);
    let setup = setup(model);
    let run = quote_spanned! {generated()=>
        #(#cfgs)*
        impl #impl_generics #root::Run for #self_ty #where_clause {
            type Output = #output;

            fn run(#this: #private::std::boxed::Box<Self>) -> #output {
                #call
            }

            #setup
        }
    };
    let bounds = bounds(model);
    let start = match &model.run {
        Run::Broken => quote_spanned!(generated()=> { let _ = #this; #private::stand_in() }),
        // Located at the type: it is what has to change when it cannot be sent.
        _ => quote_spanned!(generated_at(*blame)=> { #root::Thread::new(#this).start() }),
    };
    let start = quote_spanned! {generated()=>
        #(#cfgs)*
        impl #impl_generics #self_ty #where_clause {
            /// Starts this thread and returns its handle, whose `join` gives what `run` returned.
            #[track_caller]
            #vis fn start(#this) -> #root::JoinHandle<#output> #bounds
            #start
        }
    };
    quote!(#run #start)
}

/// What `start` asks of the type.
///
/// It stands there and not on the impl, so that what borrows can run in a scope. A type without
/// parameters can be sent or not, and that is said once, where it is defined; of one with parameters
/// whoever starts it must know.
fn bounds(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        generics,
        self_ty,
        blame,
        output,
        ..
    } = model;
    let has_lifetime = |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    if generics.params.is_empty() && !flatten(self_ty.clone()).into_iter().any(has_lifetime) {
        return TokenStream::new();
    }
    let span = generated_at(*blame);
    let private = root.private_at(span);
    let bound =
        |ty: &TokenStream| quote_spanned!(span=> #ty: #private::core::marker::Send + 'static,);
    let this = quote_spanned!(span=> Self);
    let mut bounds = bound(&this);
    if output.ty.to_string() != "Self" {
        bounds.extend(bound(&output.ty));
    }
    quote_spanned!(span=> where #bounds)
}

/// All tokens, those in groups too.
fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flatten(group.stream()),
            token => vec![token],
        })
        .collect()
}

/// The body of the trait's `run`.
fn call(model: &ThreadType) -> TokenStream {
    let ThreadType { root, blame, .. } = model;
    let private = root.private();
    let this = self_token();
    match &model.run {
        Run::Unseen { returns } => {
            let span = generated_at(*blame);
            let private_at = root.private_at(span);
            // If the type has no `run`, these traits' method of that name is found, and explains.
            let (fallback, call) = if *returns {
                (
                    quote!(MissingRunWithResult),
                    quote_spanned!(span=> this.run()),
                )
            } else {
                (
                    quote!(MissingRun),
                    quote_spanned!(span=> #private_at::no_result(move || this.run())),
                )
            };
            quote_spanned! {generated()=>
                use #private::#fallback as _;
                let mut this = *#this;
                #call
            }
        }
        // By path and not by `this.run()`: a path finds the block's own `run` before any trait's.
        Run::Seen {
            of_trait,
            receiver,
            stop,
        } => {
            let path = match of_trait {
                Some(of_trait) => quote_spanned!(generated()=> <Self as #of_trait>),
                None => quote_spanned!(generated()=> Self),
            };
            let by_mut = receiver.mutable();
            let stop = stop.then(|| quote_spanned!(generated()=> , &#root::stop_token()));
            quote_spanned! {generated()=>
                let #by_mut this = *#this;
                #path::run(#receiver this #stop)
            }
        }
        Run::Broken => quote_spanned!(generated()=> #private::stand_in()),
    }
}

/// What the attribute says about the thread, if it says anything.
fn setup(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        name,
        daemon,
        stack_size,
        ..
    } = model;
    if name.is_none() && daemon.is_none() && stack_size.is_none() {
        return TokenStream::new();
    }
    let private = root.private();
    let this = self_token();
    let name = name.iter();
    let daemon = daemon.iter();
    let stack_size = stack_size.iter();
    quote_spanned! {generated()=>
        fn __threadkit_setup(&#this, setup: &mut #private::Setup) {
            setup.target(#private::core::any::type_name::<Self>());
            #(setup.name(#name);)*
            #(setup.daemon(#daemon);)*
            #(setup.stack_size(#stack_size);)*
        }
    }
}
