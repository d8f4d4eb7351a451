//! A function whose call starts a thread: the checked facts.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, PatIdent, ReceiverKind, Safety, Signature, Type, Visibility};

use crate::diagnostics::{Problems, nearest};
use crate::item::{Body, Braces, Function, borrow_in, ends_in, peel};
use crate::paths::{Root, generated, generated_at, local};
use crate::thread::args::Args;
use crate::thread::name::{Hole, Template};
use crate::thread::signature::{
    Output, names_stop_token, refuse_words, stop_token, typed_parameters,
};

/// A function whose call starts a thread.
pub(crate) struct ThreadFunction {
    pub(crate) root: Root,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<syn::Token![default]>,
    /// What the caller sees, but for the output.
    pub(crate) sig: Signature,
    pub(crate) output: Output,
    /// What the thread takes along, and the user's pattern for each.
    pub(crate) values: Vec<TokenStream>,
    pub(crate) patterns: Vec<Pat>,
    pub(crate) has_receiver: bool,
    pub(crate) body: FunctionBody,
    pub(crate) name: Option<TokenStream>,
    /// The parameters that the name asks for, by the user's own words.
    pub(crate) named: Vec<Ident>,
    pub(crate) daemon: Option<bool>,
    pub(crate) stack_size: Option<TokenStream>,
    /// A mistake was reported, so that nothing may be started.
    pub(crate) broken: bool,
}

/// What became of the user's body.
pub(crate) enum FunctionBody {
    /// The thread runs it.
    Kept(Braces),
    /// It cannot be compiled, because of what was reported.
    Dropped,
    /// There is none.
    Missing,
}

/// Checks the function.
pub(crate) fn check(args: &Args, input: Function, problems: &mut Problems) -> ThreadFunction {
    let root = args.root();
    if let Some((returns, _)) = &args.returns {
        problems.report(
            returns,
            "`returns` belongs on a struct; a function's result is read from its signature",
        );
    }
    if let Some(shared) = &args.shared {
        problems.report(
            shared,
            "`shared` belongs on a struct or an impl block; a method shares its struct by taking `self: Arc<Self>`",
        );
    }
    let Function {
        mut attrs,
        vis,
        defaultness,
        mut sig,
        body,
    } = input;
    let before_all = problems.count();
    refuse_words(&sig, "a `#[thread]` function", problems);
    if let Some(word) = &sig.constness {
        problems.report(
            word,
            "a `#[thread]` function cannot be `const`: a thread starts at run time",
        );
    }
    if let Some(attr) = attrs.iter().find(|attr| ends_in(attr, "synchronized")) {
        problems.report(
            attr,
            "put `#[synchronized]` above `#[thread]`: below it, the lock would be held while the thread is started, and not while it runs",
        );
    }
    if let Some(lifetime) = sig.generics.lifetimes().next() {
        problems.report(
            lifetime,
            "a thread may outlive its caller, so nothing it takes can have a lifetime of the caller's: take owned data, or borrow in `threadkit::scope`",
        );
    }
    // Whether the body can still be checked by the compiler, next to what was reported here.
    let mut keeps_body = sig.asyncness.is_none() && sig.variadic.is_none();
    let before = problems.count();
    let output = Output::of_signature(&sig, &root, problems);
    keeps_body &= problems.count() == before;
    let has_receiver = check_receiver(&sig, problems);
    let Parameters {
        outer,
        values,
        patterns,
        names,
    } = parameters(&sig, &root, problems);
    let body = match body {
        Body::Braces(braces) if keeps_body => FunctionBody::Kept(braces),
        Body::Braces(_) => FunctionBody::Dropped,
        Body::Missing(semicolon) => {
            let blame = semicolon.map_or(sig.ident.to_token_stream(), ToTokens::into_token_stream);
            problems.report(
                blame,
                "a `#[thread]` function needs a body: it is what the thread does",
            );
            FunctionBody::Missing
        }
    };
    let broken = problems.count() > before_all;
    let mut named = Vec::new();
    let name = args.name.as_ref().and_then(|literal| {
        let template = Template::parse(literal, problems)?;
        let mut values = Vec::new();
        for hole in template.holes() {
            named.extend(plain_parameter(hole, &patterns));
            match parameter(hole, &names, has_receiver, literal.span()) {
                Ok(value) => values.push(value),
                Err(message) => problems.report(literal, message),
            }
        }
        (values.len() == template.holes().len()).then(|| template.expand(&root, &values))
    });
    attrs.retain(|attr| !ends_in(attr, "synchronized"));
    sig.inputs = outer;
    sig.constness = None;
    sig.asyncness = None;
    sig.safety = Safety::Default;
    sig.variadic = None;
    ThreadFunction {
        root,
        attrs,
        vis,
        defaultness,
        sig,
        output,
        values,
        patterns,
        has_receiver,
        body,
        name,
        named,
        daemon: args.daemon,
        stack_size: args.stack_size.clone(),
        broken,
    }
}

/// Whether there is a receiver; one that is borrowed is refused.
fn check_receiver(sig: &Signature, problems: &mut Problems) -> bool {
    let Some(receiver) = sig.receiver() else {
        return false;
    };
    let borrow = match &receiver.kind {
        ReceiverKind::Reference(and, ..) => Some(and.to_token_stream()),
        ReceiverKind::Typed(_, ty) => borrow_in(ty, &[]),
        _ => None,
    };
    if let Some(borrow) = borrow {
        problems.report(
            borrow,
            "a thread may outlive its caller, so its method must own what it works on: take `self: Arc<Self>`, or `self`",
        );
    }
    true
}

struct Parameters {
    outer: syn::punctuated::Punctuated<FnArg, syn::Token![,]>,
    values: Vec<TokenStream>,
    patterns: Vec<Pat>,
    /// The parameters that have a plain name, and the local that holds each.
    names: Vec<(String, Ident)>,
}

/// Splits the parameters into what the caller passes and what the body sees.
///
/// The caller's side gets plain names, out of sight of the body; the body's side keeps the user's
/// patterns, token for token. A stop token is supplied here and not asked of the caller.
fn parameters(sig: &Signature, root: &Root, problems: &mut Problems) -> Parameters {
    let mut split = Parameters {
        outer: Default::default(),
        values: vec![],
        patterns: vec![],
        names: vec![],
    };
    let mut stop = false;
    let is_lent_one = typed_parameters(sig).any(|arg| stop_token(arg).is_some());
    for (number, arg) in sig.inputs.iter().enumerate() {
        let arg = match arg {
            FnArg::Receiver(_) => {
                split.outer.push(arg.clone());
                continue;
            }
            FnArg::Typed(arg) => arg,
        };
        if let Some(attr) = arg
            .attrs
            .iter()
            .find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
        {
            problems.report(attr, "`#[thread]` cannot follow a `cfg` on a parameter: write two functions, each with a `cfg` of its own");
        }
        if let Some(ty) = stop_token(arg) {
            if stop {
                problems.report(arg, "a thread has one stop token");
            }
            stop = true;
            // By the user's word for the type, which is not named anywhere else any more.
            let span = generated_at(arg.ty.span());
            let private = root.private_at(span);
            split
                .values
                .push(quote_spanned!(span=> &<#ty as #private::Supplied>::__supply()));
            split.patterns.push((*arg.pat).clone());
            continue;
        }
        // Beside the thread's own, one that is taken like any parameter comes from the caller.
        if !is_lent_one && !stop && names_stop_token(&arg.ty) {
            problems.report(
                &arg.ty,
                "the stop token is lent to the thread: write `&StopToken`; one of the caller's own may stand beside it",
            );
            stop = true;
            let (ty, private) = (&arg.ty, root.private());
            split
                .values
                .push(quote_spanned!(generated()=> #private::stand_in::<#ty>()));
            split.patterns.push((*arg.pat).clone());
            continue;
        }
        if let Some(borrow) = borrow_in(&arg.ty, &[]) {
            match peel(&arg.ty) {
                Type::Reference(reference) if names_stop_token(&reference.elem) => problems.report(
                    reference,
                    "a thread's stop token is lent to it: write `&StopToken`",
                ),
                _ => problems.report(borrow, borrowed(&arg.ty)),
            }
        }
        let ident = match &*arg.pat {
            Pat::Ident(PatIdent {
                by_ref: None,
                subpat: None,
                ident,
                ..
            }) => {
                let copy = local(ident);
                split.names.push((ident.unraw().to_string(), copy.clone()));
                copy
            }
            pat => format_ident!("argument_{number}", span = generated_at(pat.span())),
        };
        split.values.push(ident.to_token_stream());
        split.patterns.push((*arg.pat).clone());
        let mut outer = arg.clone();
        *outer.pat = Pat::Ident(PatIdent {
            attrs: vec![],
            by_ref: None,
            mutability: None,
            ident,
            subpat: None,
        });
        split.outer.push(FnArg::Typed(outer));
    }
    split
}

/// Why a borrowed parameter cannot be, and what to take instead of this one.
fn borrowed(ty: &Type) -> String {
    let instead = match peel(ty) {
        Type::Reference(reference) => match peel(&reference.elem) {
            Type::Path(path) if path.path.is_ident("str") => "take `String`".into(),
            Type::Slice(slice) => format!("take `Vec<{}>`", spelled(&slice.elem)),
            Type::Path(path) if path.path.is_ident("Path") => "take `PathBuf`".into(),
            elem @ Type::Path(_) => {
                let elem = spelled(elem);
                format!("take `{elem}`, or `Arc<{elem}>` to share it")
            }
            _ => "take owned data".into(),
        },
        _ => "take owned data".into(),
    };
    format!(
        "a thread may outlive its caller, so its parameters must own their data: {instead}, or borrow in `threadkit::scope`"
    )
}

/// `ty` as one would write it, for messages.
fn spelled(ty: &Type) -> String {
    ty.to_token_stream()
        .to_string()
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" :: ", "::")
        .replace(" ,", ",")
}

/// The user's word for the parameter that a hole of the name asks for.
fn plain_parameter(hole: &Hole, patterns: &[Pat]) -> Option<Ident> {
    let Hole::Named(name) = hole else { return None };
    patterns.iter().find_map(|pattern| match pattern {
        Pat::Ident(PatIdent { ident, .. }) if ident.unraw() == name => Some(ident.clone()),
        _ => None,
    })
}

/// The expression for a hole of the name: a parameter, or a field of a method's `self`.
fn parameter(
    hole: &Hole,
    names: &[(String, Ident)],
    has_receiver: bool,
    at: Span,
) -> Result<TokenStream, String> {
    if let Hole::Named(name) = hole
        && let Some((_, ident)) = names.iter().find(|(known, _)| known == name)
    {
        let mut ident = ident.clone();
        ident.set_span(ident.span().located_at(at));
        return Ok(ident.into_token_stream());
    }
    if has_receiver {
        return Ok(hole.of_self(at));
    }
    let known: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let Hole::Named(name) = hole else {
        return Err("in a function's thread name parameters stand by name, like `{id}`".into());
    };
    Err(match nearest(name, &known) {
        Some(near) => format!("there is no parameter `{name}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("there is no parameter `{name}`"),
        None => format!(
            "there is no parameter `{name}`; the parameters are {}",
            known.join(", ")
        ),
    })
}
