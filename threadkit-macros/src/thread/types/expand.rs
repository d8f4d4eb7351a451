//! The expansion of a type of thread.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Path, Token, WherePredicate, parse_quote_spanned};

use super::model::{OfTrait, Receiver, Run, SelfType, ThreadType};
use crate::paths::{generated, generated_at, self_at, self_token};
use crate::thread::emit;

/// `impl Run`, unless there is one, the inherent `start`, and the explanation of `join`.
pub(crate) fn of_type(model: &ThreadType) -> TokenStream {
    let run = (!matches!(model.run, Run::Given)).then(|| run(model));
    let start = start(model);
    let without_join = without_join(model);
    quote!(#run #start #without_join)
}

/// The impl of `Run`, and of `RunShared` for a shared struct.
fn run(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root, cfgs, shared, ..
    } = model;
    let private = root.private();
    let this = self_token();
    let output = output(model);
    let self_ty = self_ty(model);
    let mut generics = generics(model);
    if !model.needs.is_empty() {
        let needs = model.needs.iter().map(|need| project(need, model));
        let needs = needs.filter_map(|need| syn::parse2(need).ok()).map(ended);
        let all = &mut generics.make_where_clause().predicates;
        all.extend(needs);
    }
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    // It has the span of the type, because the compiler reports a type that is too private for this.
    let span = generated_at(output.span());
    let type_output = quote_spanned!(span=> type Output = #output;);
    let judge = judged(model);
    let setup = setup(model);
    let call = call(model);
    // A shared struct runs by reference.
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

            fn run(#this: #private::Box<Self>) -> #output {
                #body
            }

            #setup

            #judge
        }
    }
}

/// The predicate, with a generated `+` after its bounds.
///
/// The `+` has no effect except on lints: they take the predicate for generated code, and do not report that it
/// occurs twice.
fn ended(mut predicate: WherePredicate) -> WherePredicate {
    let plus = Token![+](generated());
    if let WherePredicate::Type(of) = &mut predicate
        && !of.bounds.is_empty()
        && !of.bounds.trailing_punct()
    {
        of.bounds.push_punct(plus);
    }
    predicate
}

/// The method that starts the thread.
fn start(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        cfgs,
        blame,
        vis,
        shared,
        ..
    } = model;
    let this = self_token();
    let output = output(model);
    let self_ty = self_ty(model);
    let generics = generics(model);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let bounds = bounds(model);
    let handle = match shared {
        true => quote_spanned!(generated()=> #root::SharedHandle<Self, #output>),
        false => quote_spanned!(generated()=> #root::JoinHandle<#output>),
    };
    // The span of the type, because errors about a type that is not `Send` should point to it.
    let span = generated_at(*blame);
    let private = root.private_at(span);
    let moved = self_at(*blame);
    let start = match (&model.run, shared) {
        (Run::Broken | Run::Given, _) => {
            quote_spanned!(generated()=> let _ = #this; #private::stand_in())
        }
        (_, true) => quote_spanned!(span=> #private::start_shared(#moved)),
        (_, false) => quote_spanned!(span=> <#private::Thread<_>>::new(#moved).start()),
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

/// A `join` that cannot be called, whose error says that the handle has it.
///
/// The bound on the block keeps it from being a candidate: the user may write another `join`, as a method or in a trait.
/// The lifetime keeps the compiler from checking the bound here.
fn without_join(model: &ThreadType) -> TokenStream {
    let ThreadType { root, cfgs, .. } = model;
    let private = root.private();
    let this = self_token();
    let self_ty = self_ty(model);
    let mut generics = generics(model);
    let lifetime: GenericParam = parse_quote_spanned!(generated()=> '__threadkit);
    generics.params.insert(0, lifetime);
    let predicates = generics.where_clause.iter().flat_map(|all| &all.predicates);
    let predicates: Vec<_> = predicates.cloned().map(ended).collect();
    let (impl_generics, _, _) = generics.split_for_impl();
    quote_spanned! {generated()=>
        #(#cfgs)*
        #[doc(hidden)]
        impl #impl_generics #self_ty
        where
            #(#predicates,)*
            Self: #private::IsJoinedThroughItsHandle<'__threadkit>,
        {
            pub fn join(&#this) {}
        }
    }
}

/// The bounds of `start`.
///
/// They are on `start` and not on the impl, so that a type that borrows can run in a scope. Whether a type without
/// parameters is `Send` is checked once, where it is defined. For a type with parameters it is checked where the
/// thread is started.
fn bounds(model: &ThreadType) -> TokenStream {
    let ThreadType {
        root,
        blame,
        shared,
        ..
    } = model;
    let has_lifetime = |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    let borrows = flatten(self_ty(model)).into_iter().any(has_lifetime);
    let needs = model.needs.iter().map(|need| project(need, model));
    if model.generics.params.is_empty() && !borrows {
        return match needs.len() {
            0 => TokenStream::new(),
            _ => quote_spanned!(generated()=> where #(#needs,)*),
        };
    }
    let span = generated_at(*blame);
    let private = root.private_at(span);
    let send = quote_spanned!(span=> #private::Send);
    let sync = shared.then(|| quote_spanned!(span=> #private::Sync +));
    let output = (!model.output.is_self()).then(|| output(model)).into_iter();
    quote_spanned! {span=>
        where
            #(#needs,)*
            Self: #send + #sync 'static,
            #(#output: #send + 'static,)*
    }
}

/// The generic parameters of the type, for a generated impl.
///
/// Its lifetimes have generated spans, because lints count the uses of a lifetime, and the generated impl may have
/// fewer than the user's block.
fn generics(model: &ThreadType) -> Generics {
    let mut generics = model.generics.clone();
    for param in &mut generics.params {
        if let GenericParam::Lifetime(param) = param {
            let span = generated_at(param.lifetime.span());
            param.lifetime.set_span(span);
        }
    }
    generics
}

/// The type as the generated impls spell it.
fn self_ty(model: &ThreadType) -> TokenStream {
    match &model.self_ty {
        SelfType::Named(name) => {
            let (_, type_generics, _) = model.generics.split_for_impl();
            quote!(#name #type_generics)
        }
        SelfType::Written(ty) => ty.to_token_stream(),
    }
}

/// The type of the result.
fn output(model: &ThreadType) -> TokenStream {
    project(emit::output(&model.output, &model.root), model)
}

/// `tokens`, in which `Self::Out` names its trait: `<Self as Trait>::Out`.
///
/// In the generated impls, `Self::Out` alone would be a type of another trait, or of none.
fn project(tokens: impl ToTokens, model: &ThreadType) -> TokenStream {
    let tokens = tokens.into_token_stream();
    match &model.of_trait {
        Some(OfTrait { path, types }) if !types.is_empty() => project_in(tokens, path, types),
        _ => tokens,
    }
}

fn project_in(tokens: TokenStream, of_trait: &Path, types: &[Ident]) -> TokenStream {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut projected = TokenStream::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inside = project_in(group.stream(), of_trait, types);
                let mut group = proc_macro2::Group::new(group.delimiter(), inside);
                group.set_span(token.span());
                group.to_tokens(&mut projected);
            }
            TokenTree::Ident(word)
                if word == "Self"
                    && is_colon(tokens.get(index + 1))
                    && is_colon(tokens.get(index + 2))
                    && matches!(tokens.get(index + 3), Some(TokenTree::Ident(name)) if types.contains(name)) =>
            {
                let span = generated_at(word.span());
                projected.extend(quote_spanned!(span=> <#word as #of_trait>));
            }
            token => token.to_tokens(&mut projected),
        }
    }
    projected
}

/// All tokens, including those in groups.
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
            // If the type has no `run`, the method of this trait is found, whose error says what is missing.
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
        // A path and not `this.run()`, because a path finds the `run` of the block before that of a trait.
        Run::Seen { receiver, stop } => {
            let path = match &model.of_trait {
                Some(OfTrait { path, .. }) => quote_spanned!(generated()=> <Self as #path>),
                None => quote_spanned!(generated()=> Self),
            };
            let stop = stop.then(|| quote_spanned!(generated()=> , &#private::stop_token()));
            if *shared {
                return quote_spanned!(generated()=> #path::run(#this #stop));
            }
            match receiver {
                Receiver::Value => quote_spanned! {generated()=>
                    let this = *#this;
                    #path::run(this #stop)
                },
                Receiver::Shared => quote_spanned! {generated()=>
                    let this = *#this;
                    #path::run(&this #stop)
                },
                Receiver::Mut => quote_spanned! {generated()=>
                    let mut this = *#this;
                    #path::run(&mut this #stop)
                },
            }
        }
        Run::Broken | Run::Given => quote_spanned!(generated()=> #private::stand_in()),
    }
}

/// The code that applies the options of the attribute, if there are any.
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
    let name = name.iter().map(|name| emit::name(name, root));
    let daemon = daemon.iter();
    let stack_size = stack_size.iter();
    quote_spanned! {generated()=>
        fn __threadkit_setup(&#this, setup: &mut #private::Setup) {
            setup.target(#private::type_name::<Self>());
            #(setup.name(#name);)*
            #(setup.daemon(#daemon);)*
            #(setup.stack_size(#stack_size);)*
        }
    }
}

/// The code that recognizes a failure among the results of the thread, if there can be one.
fn judged(model: &ThreadType) -> Option<TokenStream> {
    if let Run::Broken = model.run {
        return None;
    }
    let judge = emit::judge(&model.output, &model.root)?;
    let private = model.root.private();
    let this = self_token();
    Some(quote_spanned! {generated()=>
        fn __threadkit_error_text(&#this) -> #private::ErrorText<Self::Output> {
            #private::Some(#judge)
        }
    })
}
