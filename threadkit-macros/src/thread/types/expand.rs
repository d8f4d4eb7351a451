//! What a type of thread becomes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::model::{Run, ThreadType};
use crate::paths::{generated, generated_at, self_at, self_token};

/// `impl Run` and the inherent `start`.
pub(crate) fn of_type(model: &ThreadType) -> TokenStream {
    let run = run(model);
    let start = start(model);
    quote!(#run #start)
}

/// The impl of the trait, and of the trait of what is shared.
fn run(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        cfgs,
        generics,
        self_ty,
        output,
        shared,
        ..
    } = model;
    let private = root.private();
    let this = self_token();
    let output = &output.ty;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    // Located at the type, which may be too private for this.
    let span = generated_at(output.span());
    let type_output = quote_spanned!(span=> type Output = #output;);
    let judge = judge(model);
    let setup = setup(model);
    let call = call(model);
    // What is shared runs by reference, wherever it is.
    let (body, by_reference) = match shared {
        false => (call, None),
        true => (
            quote_spanned!(generated()=> #private::RunShared::__run_shared(&*#this)),
            Some(quote_spanned! {generated()=>
                #(#cfgs)*
                impl #impl_generics #private::RunShared for #self_ty #where_clause {
                    fn __run_shared(&#this) -> #output {
                        #call
                    }
                }
            }),
        ),
    };
    quote_spanned! {generated()=>
        #by_reference

        #(#cfgs)*
        impl #impl_generics #root::Run for #self_ty #where_clause {
            #type_output

            fn run(#this: #private::std::boxed::Box<Self>) -> #output {
                #body
            }

            #setup

            #judge
        }
    }
}

/// The method that starts the thread.
fn start(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        cfgs,
        generics,
        self_ty,
        blame,
        vis,
        output,
        shared,
        ..
    } = model;
    let this = self_token();
    let output = &output.ty;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let bounds = bounds(model);
    let handle = match shared {
        true => quote_spanned!(generated()=> #root::SharedHandle<Self, #output>),
        false => quote_spanned!(generated()=> #root::JoinHandle<#output>),
    };
    // Located at the type: it is what has to change when it cannot be sent.
    let span = generated_at(*blame);
    let private = root.private_at(span);
    let root_at = root.root_at(span);
    let moved = self_at(*blame);
    let start = match (&model.run, shared) {
        (Run::Broken, _) => quote_spanned!(generated()=> let _ = #this; #private::stand_in()),
        (_, true) => quote_spanned!(span=> #private::start_shared(#moved)),
        (_, false) => quote_spanned!(span=> #root_at::Thread::new(#moved).start()),
    };
    quote_spanned! {generated()=>
        #(#cfgs)*
        impl #impl_generics #self_ty #where_clause {
            /// Starts this thread and returns its handle, whose `join` gives what `run` returned.
            #[track_caller]
            #vis fn start(#this) -> #handle #bounds {
                #start
            }
        }
    }
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
        shared,
        ..
    } = model;
    let has_lifetime = |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    if generics.params.is_empty() && !flatten(self_ty.clone()).into_iter().any(has_lifetime) {
        return TokenStream::new();
    }
    let span = generated_at(*blame);
    let private = root.private_at(span);
    let send = quote_spanned!(span=> #private::core::marker::Send);
    let sync = shared.then(|| quote_spanned!(span=> #private::core::marker::Sync +));
    let output = match output.ty.to_string().as_str() {
        "Self" => None,
        _ => Some(&output.ty),
    }
    .into_iter();
    quote_spanned! {span=>
        where
            Self: #send + #sync 'static,
            #(#output: #send + 'static,)*
    }
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

/// The statements that run `run` on `self`, a box of the struct or a reference to one.
fn call(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        blame,
        shared,
        ..
    } = model;
    let private = root.private();
    let this = self_token();
    match &model.run {
        Run::Unseen { returns } => {
            let span = generated_at(*blame);
            let private_at = root.private_at(span);
            // If the type has no `run`, the trait's method of that name is found, and explains.
            let fallback = match (shared, returns) {
                (false, false) => "missing_run",
                (false, true) => "missing_run_with_result",
                (true, false) => "missing_shared_run",
                (true, true) => "missing_shared_run_with_result",
            };
            let fallback = Ident::new(fallback, generated());
            let bind = match shared {
                true => quote_spanned!(generated()=> let this = #this;),
                false => quote_spanned!(generated()=> let mut this = *#this;),
            };
            let call = match returns {
                true => quote_spanned!(span=> this.run()),
                false => quote_spanned!(span=> #private_at::no_result(move || this.run())),
            };
            quote_spanned! {generated()=>
                use #private::#fallback::IfRunIsATraitsPutThreadOnThatImpl as _;
                #bind
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
            let stop = stop.then(|| quote_spanned!(generated()=> , &#root::stop_token()));
            if *shared {
                return quote_spanned!(generated()=> #path::run(#this #stop));
            }
            let by_mut = receiver.mutable();
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

/// How a failure is told among what the thread returns, if there can be one.
fn judge(model: &ThreadType) -> Option<TokenStream> {
    if let Run::Broken = model.run {
        return None;
    }
    let judge = model.output.judge(&model.root)?;
    let private = model.root.private();
    let this = self_token();
    Some(quote_spanned! {generated()=>
        fn __threadkit_judge(&#this) -> #private::Judge<Self::Output> {
            #private::core::option::Option::Some(#judge)
        }
    })
}
