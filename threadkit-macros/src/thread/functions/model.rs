//! A function whose call starts a thread: the checked facts.

use proc_macro2::Ident;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Pat, PatIdent, PatType, ReceiverKind, Signature, Type, Visibility};

use crate::diagnostics::{Problems, nearest, spelled};
use crate::item::{Body, Braces, Function, borrow_in, may_be, peel};
use crate::paths::{Root, generated_at, local};
use crate::thread::args::Args;
use crate::thread::name::{Hole, Name, Value};
use crate::thread::signature::{
    Output, names_stop_token, refuse_words, stop_token, typed_parameters,
};

/// A function whose call starts a thread.
pub(crate) struct ThreadFunction {
    pub(crate) root: Root,
    /// The user's function without its body.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<syn::Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) output: Output,
    pub(crate) has_receiver: bool,
    /// The parameters after the receiver.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: FunctionBody,
    pub(crate) name: Option<Name>,
    /// The parameters that the name uses, by the user's words.
    pub(crate) named: Vec<Ident>,
    pub(crate) daemon: Option<bool>,
    pub(crate) stack_size: Option<Expr>,
    /// Whether a mistake was reported, so that no thread can be started.
    pub(crate) broken: bool,
}

/// A parameter as the user wrote it, and the source of its value.
pub(crate) struct Parameter {
    pub(crate) arg: PatType,
    /// The local that holds the value outside of the body, which cannot see it.
    pub(crate) name: Ident,
    pub(crate) source: Source,
}

/// The source of a parameter's value.
pub(crate) enum Source {
    /// The caller.
    Caller,
    /// The stop token of the thread, which it borrows; with the type as the user spells it.
    StopToken(Box<Type>),
    /// None, because of a mistake that was reported.
    Missing,
}

/// The state of the user's body.
pub(crate) enum FunctionBody {
    /// The thread runs it.
    Kept(Braces),
    /// It cannot be compiled, because of a mistake that was reported.
    Dropped,
    /// There is none.
    Missing,
}

/// Checks the function.
pub(crate) fn check(args: &Args, input: Function, problems: &mut Problems) -> ThreadFunction {
    if let Some((returns, _)) = &args.returns {
        problems.report(
            returns,
            "`returns` belongs on a struct; a function's result is read from its signature: leave `returns` out",
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
        sig,
        body,
    } = input;
    let before_all = problems.count();
    refuse_words(&sig, "a `#[thread]` function", problems);
    if let Some(word) = &sig.constness {
        problems.report(
            word,
            "a `#[thread]` function cannot be `const`: a thread starts at run time; leave `const` out",
        );
    }
    if let Some(attr) = attrs.iter().find(|attr| may_be(attr, "synchronized")) {
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
    // Whether the compiler can still check the body without reporting the same mistakes again.
    let mut keeps_body = sig.asyncness.is_none() && sig.variadic.is_none();
    let before = problems.count();
    let output = Output::of_signature(&sig, problems);
    keeps_body &= problems.count() == before;
    let has_receiver = check_receiver(&sig, problems);
    let parameters = parameters(&sig, problems);
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
        Name::read(literal, problems, |hole| {
            named.extend(plain_parameter(hole, &parameters));
            value(hole, &parameters, has_receiver)
        })
    });
    attrs.retain(|attr| !may_be(attr, "synchronized"));
    ThreadFunction {
        root: args.root.get(),
        attrs,
        vis,
        defaultness,
        sig,
        output,
        has_receiver,
        parameters,
        body,
        name,
        named,
        daemon: args.daemon,
        stack_size: args.stack_size.clone(),
        broken,
    }
}

/// Whether there is a receiver. A borrowed one is refused.
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

/// The parameters after the receiver, each with the source of its value.
fn parameters(sig: &Signature, problems: &mut Problems) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let mut stop = false;
    let is_lent_one = typed_parameters(sig).any(|arg| stop_token(arg).is_some());
    for (number, arg) in typed_parameters(sig).enumerate() {
        if let Some(attr) = arg.attrs.iter().find(|attr| may_be(attr, "cfg")) {
            problems.report(attr, "`#[thread]` cannot follow a `cfg` on a parameter: write two functions, each with a `cfg` of its own");
        }
        let source = if let Some(ty) = stop_token(arg) {
            if stop {
                problems.report(arg, "a thread has one stop token: take one `&StopToken`");
            }
            stop = true;
            Source::StopToken(Box::new(ty.clone()))
        } else if !is_lent_one && !stop && names_stop_token(&arg.ty) {
            // The first is the token of the thread; another one is an ordinary parameter from the caller.
            problems.report(
                &arg.ty,
                "the stop token is lent to the thread: write `&StopToken`; one of the caller's own may stand beside it",
            );
            stop = true;
            Source::Missing
        } else {
            match (borrow_in(&arg.ty, &[]), peel(&arg.ty)) {
                (Some(_), Type::Reference(reference)) if names_stop_token(&reference.elem) => {
                    problems.report(
                        reference,
                        "a thread's stop token is lent to it: write `&StopToken`",
                    );
                    Source::Missing
                }
                (Some(borrow), _) => {
                    problems.report(borrow, borrowed(&arg.ty));
                    Source::Caller
                }
                (None, _) => Source::Caller,
            }
        };
        let name = match plain_name(&arg.pat) {
            Some(name) => local(name),
            None => format_ident!("argument_{number}", span = generated_at(arg.pat.span())),
        };
        parameters.push(Parameter {
            arg: arg.clone(),
            name,
            source,
        });
    }
    parameters
}

/// The name of a parameter whose pattern is a plain name.
fn plain_name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(PatIdent {
            by_ref: None,
            subpat: None,
            ident,
            ..
        }) => Some(ident),
        _ => None,
    }
}

/// Why a parameter cannot be borrowed, and what to take instead of this one.
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

/// The user's word for the parameter that a hole of the name uses.
fn plain_parameter(hole: &Hole, parameters: &[Parameter]) -> Option<Ident> {
    let Hole::Named(name) = hole else { return None };
    parameters
        .iter()
        .find_map(|parameter| match &*parameter.arg.pat {
            Pat::Ident(PatIdent { ident, .. }) if ident.unraw() == name => Some(ident.clone()),
            _ => None,
        })
}

/// What a hole of the name stands for: a parameter, or a field of a method's `self`.
fn value(hole: &Hole, parameters: &[Parameter], has_receiver: bool) -> Result<Value, String> {
    let known: Vec<(String, &Ident)> = parameters
        .iter()
        .filter(|parameter| matches!(parameter.source, Source::Caller))
        .filter_map(|parameter| {
            let name = plain_name(&parameter.arg.pat)?;
            Some((name.unraw().to_string(), &parameter.name))
        })
        .collect();
    if let Hole::Named(name) = hole
        && let Some((_, ident)) = known.iter().find(|(known, _)| known == name)
    {
        return Ok(Value::Parameter((*ident).clone()));
    }
    if has_receiver {
        return Ok(hole.of_self());
    }
    let known: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let Hole::Named(name) = hole else {
        return Err(
            "in the name of a function's thread, braces hold the name of a parameter: write `{id}`"
                .into(),
        );
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
