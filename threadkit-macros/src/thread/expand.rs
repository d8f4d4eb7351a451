//! What a type of thread becomes.

use proc_macro2::TokenStream;
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
    // The bounds stand on `start` and not on the impl, so that what borrows can run in a scope. They
    // are located at the type: it is what has to change when one does not hold.
    let bounds = quote_spanned! {generated_at(*blame)=>
        Self: #private::core::marker::Send + 'static,
        #output: #private::core::marker::Send + 'static
    };
    let start = match &model.run {
        Run::Broken => quote_spanned!(generated()=> { let _ = #this; #private::stand_in() }),
        _ => quote_spanned!(generated()=> { #root::Thread::new(#this).start() }),
    };
    let start = quote_spanned! {generated()=>
        #(#cfgs)*
        impl #impl_generics #self_ty #where_clause {
            /// Starts this thread and returns its handle, whose `join` gives what `run` returned.
            #[track_caller]
            #vis fn start(#this) -> #root::JoinHandle<#output>
            where
                #bounds,
            #start
        }
    };
    quote!(#run #start)
}

/// The body of the trait's `run`.
fn call(model: &ThreadType) -> TokenStream {
    let ThreadType { root, blame, .. } = model;
    let private = root.private();
    let this = self_token();
    let stop = |stop: bool| {
        if stop {
            quote_spanned!(generated()=> &#root::stop_token())
        } else {
            TokenStream::new()
        }
    };
    match &model.run {
        Run::Unseen { returns } => {
            // If the type has no `run`, these traits' method of that name is found, and explains.
            let (fallback, call) = if *returns {
                (
                    quote!(MissingRunWithResult),
                    quote_spanned!(generated_at(*blame)=> this.run()),
                )
            } else {
                (
                    quote!(MissingRun),
                    quote_spanned!(generated_at(*blame)=> #private::no_result(move || this.run())),
                )
            };
            quote_spanned! {generated()=>
                use #private::#fallback as _;
                let mut this = *#this;
                #call
            }
        }
        Run::Method { stop: takes_stop } => {
            let stop = stop(*takes_stop);
            quote_spanned! {generated()=>
                let mut this = *#this;
                this.run(#stop)
            }
        }
        Run::TraitMethod {
            path,
            receiver,
            stop: takes_stop,
        } => {
            let stop = stop(*takes_stop);
            quote_spanned! {generated()=>
                let mut this = *#this;
                <Self as #path>::run(#receiver this, #stop)
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
