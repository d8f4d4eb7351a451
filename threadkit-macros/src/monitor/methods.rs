//! The methods of the handle: each acquires the lock, calls the user's method, and releases the lock.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    GenericArgument, GenericParam, Lifetime, LifetimeParam, Pat, PathArguments, ReturnType, Safety,
    Signature, Type, parse_quote_spanned,
};

use super::attributes;
use super::conditions::{look, turbofish, wait_at};
use super::model::{Forwarded, Kind, Refused};
use super::parts::{Block, bounds, unlinted, visibility};
use super::rewrite::{mentions, name_self};
use super::signature::{find_impl, is_self, lifetime_of, plain, typed};
use super::when::{About, When};
use crate::item::{peel, peel_mut};
use crate::paths::{self, generated, generated_at, self_at};

/// One of the forms of a method: without a limit, with a timeout, or with any limit.
struct Form {
    suffix: &'static str,
    /// The parameter that limits the wait.
    limit: Option<TokenStream>,
    /// The error if the limit ends the wait.
    ended: Option<TokenStream>,
}

/// One function of the handle, with its forms that have a limit.
pub(crate) fn forwarded(block: &Block<'_>, function: &Forwarded, queue: usize) -> TokenStream {
    let Block { model, private, .. } = block;
    let root = &model.root;
    let span = generated_at(function.sig.ident.span());
    let this = self_at(function.sig.ident.span());
    let names = Names::of(function);
    let own = function.sig.ident.unraw().to_string();
    let plain = Form {
        suffix: "",
        limit: None,
        ended: None,
    };
    let Some(when) = &function.when else {
        let inside = match function.kind {
            Kind::Makes | Kind::MayMake => None,
            Kind::Reads => Some(quote_spanned!(span=> #this.__threadkit.peek(&#own))),
            Kind::Changes => Some(quote_spanned!(span=> #this.__threadkit.enter(&#own))),
        };
        return method(block, function, &names, &plain, inside);
    };
    let condition = look(block, function, when, &names.free("value"));
    let at = wait_at(block, function, when, queue, &condition);
    let (enter, enter_until) = match function.kind {
        Kind::Changes => ("enter_when", "enter_when_until"),
        _ => ("peek_when", "peek_when_until"),
    };
    let enter = Ident::new(enter, span);
    let enter_until = Ident::new(enter_until, span);
    let inside = quote_spanned!(span=> #this.__threadkit.#enter(&#own, #at, #condition));
    let mut all = method(block, function, &names, &plain, Some(inside));
    if when.timeout.is_some() {
        let timeout = names.free("timeout");
        let own = format!("{own}_timeout");
        let inside = quote_spanned! {span=>
            #this.__threadkit.#enter_until(&#own, #at, #condition, #timeout)
        };
        let form = Form {
            suffix: "_timeout",
            limit: Some(quote_spanned!(span=> #timeout: #private::Duration)),
            ended: Some(quote_spanned!(span=> #root::TimedOut)),
        };
        all.extend(method(block, function, &names, &form, Some(inside)));
    }
    if when.until.is_some() {
        let until = names.free("until");
        let lifetime = limiting(block, &function.sig);
        let own = format!("{own}_until");
        let inside = quote_spanned! {span=>
            #this.__threadkit.#enter_until(&#own, #at, #condition, #until)
        };
        let form = Form {
            suffix: "_until",
            limit: Some(quote_spanned!(span=> #until: impl #root::IntoUntil<#lifetime>)),
            ended: Some(quote_spanned!(span=> #root::WaitError)),
        };
        all.extend(method(block, function, &names, &form, Some(inside)));
    }
    all
}

/// The names of the variables in a method of the handle.
struct Names {
    parameters: Vec<Ident>,
    taken: Vec<String>,
}

impl Names {
    fn of(function: &Forwarded) -> Self {
        Self::new(&function.sig, function.when.as_ref())
    }

    fn new(sig: &Signature, when: Option<&When>) -> Self {
        let plain_names = typed(sig).filter_map(|arg| plain(&arg.pat));
        let mut names = Self {
            parameters: Vec::new(),
            taken: plain_names.map(|name| name.unraw().to_string()).collect(),
        };
        for (index, arg) in typed(sig).enumerate() {
            let name = match plain(&arg.pat) {
                // The user's condition can only see a parameter that has the user's span.
                Some(name) if is_seen(when, name) => name.clone(),
                Some(name) => paths::local(name),
                None => {
                    let mut name = names.free(&format!("argument_{index}"));
                    name.set_span(generated_at(arg.pat.span()));
                    name
                }
            };
            names.parameters.push(name);
        }
        names
    }

    /// `name`, with underscores appended until no parameter has that name.
    fn free(&self, name: &str) -> Ident {
        let mut free = name.to_owned();
        while self.taken.contains(&free) {
            free += "_";
        }
        Ident::new(&free, generated())
    }
}

/// Whether the condition is evaluated in the method and uses the parameter.
fn is_seen(when: Option<&When>, name: &Ident) -> bool {
    when.is_some_and(|when| {
        matches!(when.about, About::Arguments) && mentions(&when.condition, name)
    })
}

/// A function that calls the user's function on the value to which `inside` gives access.
fn method(
    block: &Block<'_>,
    function: &Forwarded,
    names: &Names,
    form: &Form,
    inside: Option<TokenStream>,
) -> TokenStream {
    let Block { model, private, .. } = block;
    let ty = &model.ty;
    let Forwarded { sig, kind, .. } = function;
    let span = generated_at(sig.ident.span());
    let attrs = attrs(block, function, form);
    let doc = doc(block, function, form);
    let vis = visibility(&function.vis);
    let abi = sig.abi.as_ref().map(|abi| {
        let name = &abi.name;
        quote_spanned!(span=> extern #name)
    });
    let name = match form.suffix {
        // Generated, so that a method that is never called is reported once, for the user's method.
        "" => paths::local(&sig.ident),
        suffix => format_ident!("{}{suffix}", sig.ident.unraw(), span = span),
    };
    let parameters = typed(sig).zip(&names.parameters).map(|(arg, name)| {
        let parameter = name_self(&arg.ty, ty);
        // The condition may need `mut`. It is generated, so that no lint reports it as unused.
        let is_mut = matches!(&*arg.pat, Pat::Ident(pat) if pat.mutability.is_some());
        let mutability = (is_mut && is_seen(function.when.as_ref(), name))
            .then(|| quote_spanned!(generated()=> mut));
        quote_spanned!(span=> #mutability #name: #parameter)
    });
    // `#[track_caller]` is allowed with the Rust ABI only.
    let tracked = abi
        .is_none()
        .then(|| quote_spanned!(span=> #[track_caller]));
    let this = inside.as_ref().map(|_| {
        let this = self_at(sig.ident.span());
        let lifetime = sig.receiver().and_then(lifetime_of);
        // With the type written out, clippy does not ask for an `is_empty` beside a `len`.
        quote_spanned!(span=> #this: &#lifetime Self,)
    });
    let limit = form.limit.iter();
    let generics = generics(block, sig, form.suffix);
    let where_clause = bounds(&sig.generics, &|tokens| name_self(tokens, ty));
    let output = match (&sig.output, &form.ended) {
        (ReturnType::Default, None) => TokenStream::new(),
        (ReturnType::Default, Some(ended)) => {
            quote_spanned!(span=> -> #private::Result<(), #ended>)
        }
        (ReturnType::Type(_, output), None) if inside.is_none() => {
            returned(span, &handle_in(output, ty).to_token_stream())
        }
        // `!` is allowed only as the whole result.
        (ReturnType::Type(_, output), None) if is_never(output) => quote_spanned!(span=> -> !),
        (ReturnType::Type(_, output), None) => returned(span, &name_self(output, ty)),
        (ReturnType::Type(_, output), Some(ended)) if is_never(output) => quote_spanned! {span=>
            -> #private::Result<#private::Infallible, #ended>
        },
        (ReturnType::Type(_, output), Some(ended)) => {
            let output = name_self(output, ty);
            quote_spanned!(span=> -> #private::Result<#output, #ended>)
        }
    };
    let variable = names.free("inside");
    let call = call(block, function, names, &variable);
    // `mut` is generated, so that no lint reports it where it is not needed.
    let pattern = match kind {
        Kind::Changes => quote_spanned!(generated()=> mut #variable),
        _ => variable.to_token_stream(),
    };
    let body = match (inside, &form.ended) {
        (None, _) if *kind == Kind::Makes => {
            quote_spanned!(span=> <Self as #private::From<#ty>>::from(#call))
        }
        (None, _) => quote_spanned!(span=> #call.map(<Self as #private::From<#ty>>::from)),
        (Some(inside), None) => quote_spanned!(span=> match #inside { #pattern => #call, }),
        (Some(inside), Some(ended)) => {
            let end = names.free("ended");
            let call = match &sig.output {
                ReturnType::Type(_, output) if is_never(output) => call,
                _ => quote_spanned!(span=> #private::Ok(#call)),
            };
            quote_spanned! {span=>
                match #inside {
                    #private::Ok(#pattern) => #call,
                    #private::Err(#end) => {
                        #private::Err(<#ended as #private::Ended>::ended(#end))
                    }
                }
            }
        }
    };
    quote_spanned! {span=>
        #(#attrs)*
        #doc
        #tracked
        #vis #abi fn #name #generics (#this #(#parameters,)* #(#limit)*) #output #where_clause {
            #body
        }
    }
}

/// The generic parameters of a form of the function.
fn generics(block: &Block<'_>, sig: &Signature, suffix: &str) -> TokenStream {
    let mut generics = unlinted(&sig.generics);
    if suffix == "_until" {
        let lifetime = LifetimeParam::new(limiting(block, sig));
        generics.params.insert(0, GenericParam::Lifetime(lifetime));
    }
    let (generics, _, _) = generics.split_for_impl();
    name_self(generics, &block.model.ty)
}

/// The lifetime for which a stop token is borrowed, with a name that no other lifetime has.
fn limiting(block: &Block<'_>, sig: &Signature) -> Lifetime {
    let of_both = [&block.model.generics, &sig.generics];
    let taken: Vec<String> = of_both
        .into_iter()
        .flat_map(|generics| generics.lifetimes())
        .map(|param| param.lifetime.to_string())
        .collect();
    let mut name = "'until".to_owned();
    while taken.contains(&name) {
        name += "_";
    }
    Lifetime::new(&name, generated_at(sig.ident.span()))
}

/// `-> output`, with a generated last token, because lints skip a signature if its first and last token are
/// generated.
fn returned(span: Span, output: &TokenStream) -> TokenStream {
    quote_spanned!(span=> -> (#output))
}

fn is_never(output: &Type) -> bool {
    matches!(peel(output), Type::Never(_))
}

/// The result of a constructor, with the handle in place of the value.
fn handle_in(output: &Type, own: &Type) -> Type {
    let mut output = output.clone();
    let own_self: Type = parse_quote_spanned!(generated_at(output.span())=> Self);
    if is_self(&output, own) {
        return own_self;
    }
    if let Type::Path(path) = peel_mut(&mut output)
        && let Some(last) = path.path.segments.last_mut()
        && let PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        let mut arguments = arguments.args.iter_mut();
        if let Some(first) = arguments.next() {
            *first = GenericArgument::Type(own_self);
        }
        for other in arguments {
            *other = GenericArgument::Type(Type::Verbatim(name_self(&*other, own)));
        }
    }
    output
}

/// The attributes that the handle's method gets from the user's method.
fn attrs(block: &Block<'_>, function: &Forwarded, form: &Form) -> Vec<syn::Attribute> {
    // A form with a limit returns a `Result`, which is `must_use` itself.
    let words: &[&str] = match form.ended {
        None => &["doc", "cfg", "deprecated", "must_use"],
        Some(_) => &["doc", "cfg", "deprecated"],
    };
    let mut attrs = attributes::with(&function.attrs, words);
    let is_shared = |item: &str| {
        let mut functions = block.model.functions.iter();
        functions.any(|function| function.sig.ident.unraw() == item)
    };
    attributes::name_self(&mut attrs, &block.ty_name, &is_shared);
    attrs
}

/// The docs of the handle's method that are generated, in addition to the user's.
fn doc(block: &Block<'_>, function: &Forwarded, form: &Form) -> Option<TokenStream> {
    let name = function.sig.ident.unraw();
    let text = match form.suffix {
        "" if attributes::have_docs(&function.attrs) => return None,
        "" => format!("`{}::{name}`, through the handle.", block.ty_name),
        "_timeout" => format!(
            "\n\nLike [`{name}`](Self::{name}), but waits for at most `timeout`. If the wait times out, arguments that were passed by value are dropped.\n\n# Errors\n\n`TimedOut` if the wait has timed out."
        ),
        _ => format!(
            "\n\nLike [`{name}`](Self::{name}), but waits up to a limit: a deadline, a stop, or both. If the limit ends the wait, arguments that were passed by value are dropped.\n\n# Errors\n\n`WaitError` if the limit has ended the wait."
        ),
    };
    Some(quote_spanned!(generated()=> #[doc = #text]))
}

/// The call of the user's own function.
fn call(block: &Block<'_>, function: &Forwarded, names: &Names, inside: &Ident) -> TokenStream {
    let ty = &block.model.ty;
    let sig = &function.sig;
    let span = generated_at(sig.ident.span());
    let name = &sig.ident;
    let value = match function.kind {
        Kind::Makes | Kind::MayMake => None,
        Kind::Reads => Some(quote_spanned!(span=> &*#inside,)),
        Kind::Changes => Some(quote_spanned!(span=> &mut *#inside,)),
    };
    let arguments = &names.parameters;
    // Some parameters cannot be inferred, for instance one that only the result uses.
    let generics = turbofish(&sig.generics);
    quote_spanned!(span=> <#ty>::#name #generics (#value #(#arguments),*))
}

/// A stand-in for a refused function, so that calls of it are not reported as well.
pub(crate) fn stand_in(block: &Block<'_>, function: &Refused) -> TokenStream {
    let is_opaque = find_impl(function.sig.output.to_token_stream()).is_some();
    let forms = function.forms.iter();
    forms
        // `use<..>` would have to name the type of the limit, which is an `impl Trait` itself.
        .filter(|suffix| !(is_opaque && **suffix == "_until"))
        .map(|suffix| stand_in_form(block, function, suffix))
        .collect()
}

fn stand_in_form(block: &Block<'_>, function: &Refused, suffix: &str) -> TokenStream {
    let Block { model, private, .. } = block;
    let root = &model.root;
    let ty = &model.ty;
    let sig = &function.sig;
    let span = generated_at(sig.ident.span());
    let attrs = attributes::with(&function.attrs, &["cfg", "doc"]);
    let vis = visibility(&function.vis);
    let name = format_ident!("{}{suffix}", sig.ident.unraw(), span = span);
    let name = match suffix {
        "" => paths::local(&sig.ident),
        _ => name,
    };
    let names = Names::new(sig, None);
    let parameters = typed(sig).zip(&names.parameters).map(|(arg, name)| {
        let attrs = attributes::conditions_and_lints(&arg.attrs);
        let parameter = name_self(&arg.ty, ty);
        quote_spanned!(span=> #(#attrs)* #name: #parameter)
    });
    let this = sig.receiver().map(|receiver| {
        let this = self_at(sig.ident.span());
        let lifetime = lifetime_of(receiver);
        quote_spanned!(span=> &#lifetime #this,)
    });
    let output = match &sig.output {
        ReturnType::Default => quote_spanned!(span=> ()),
        ReturnType::Type(_, output) if this.is_none() => handle_in(output, ty).to_token_stream(),
        ReturnType::Type(_, output) => name_self(output, ty),
    };
    let lifetime = limiting(block, sig);
    let limit = match suffix {
        "_timeout" => Some((
            quote_spanned!(span=> _: #private::Duration),
            quote_spanned!(span=> #root::TimedOut),
        )),
        "_until" => Some((
            quote_spanned!(span=> _: impl #root::IntoUntil<#lifetime>),
            quote_spanned!(span=> #root::WaitError),
        )),
        _ => None,
    };
    let (limit, output) = match limit {
        None => (None, quote_spanned!(span=> -> #output)),
        Some((limit, ended)) => (
            Some(limit),
            quote_spanned!(span=> -> #private::Result<#output, #ended>),
        ),
    };
    let (constness, asyncness) = (&sig.constness, &sig.asyncness);
    let safety = match &sig.safety {
        Safety::Unsafe(word) => Some(word),
        _ => None,
    };
    let body = match find_impl(sig.output.to_token_stream()) {
        None => quote_spanned!(span=> #private::stand_in()),
        // The result is an `impl Trait`, whose type only the user's function determines.
        Some(_) => {
            let own = &sig.ident;
            let generics = turbofish(&sig.generics);
            let value = this
                .as_ref()
                .map(|_| quote_spanned!(span=> #private::stand_in(),));
            let arguments = &names.parameters;
            let wait = asyncness.map(|_| quote_spanned!(span=> .await));
            let result =
                quote_spanned!(span=> <#ty>::#own #generics (#value #(#arguments),*) #wait);
            match limit {
                None => result,
                Some(_) => quote_spanned!(span=> #private::Ok(#result)),
            }
        }
    };
    let generics = generics(block, sig, suffix);
    let where_clause = bounds(&sig.generics, &|tokens| name_self(tokens, ty));
    quote_spanned! {span=>
        #(#attrs)*
        #vis #constness #asyncness #safety fn #name #generics (
            #this #(#parameters,)* #limit
        ) #output #where_clause {
            #body
        }
    }
}
