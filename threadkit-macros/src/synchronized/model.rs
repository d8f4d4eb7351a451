//! A function under locks: the checked facts.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, ReceiverKind};

use super::args::{Args, LockArg};
use crate::diagnostics::{Problems, spelled};
use crate::item::{Body, Braces, Function, ImplBlock, may_be, names_bound, peel};
use crate::paths::Root;

/// The most locks that one attribute takes; the library implements its traits for tuples up to this size.
const MOST_LOCKS: usize = 8;

/// The advice for a method that does not say what it locks.
const TEACH: &str = "a method needs to say what it locks: write `#[synchronized(state = self.state)]` with a field `state: Lock<State>`, whose guard is then called `state`; or put `#[monitor(SharedCounter)]` on the impl block, whose methods may take `&mut self`";

/// Where the attribute stands.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// On the function itself.
    Function,
    /// On the impl block around it.
    Impl,
}

/// A function whose body runs under locks.
pub(crate) struct Synchronized<'a> {
    pub(crate) root: Root,
    pub(crate) function: Box<Function>,
    pub(crate) locks: &'a [LockArg],
    /// How long to wait, and what to return then.
    pub(crate) limit: Option<(&'a Expr, &'a Expr)>,
}

impl Synchronized<'_> {
    /// Whether the body certainly holds its locks to its end: it only borrows the guards that have names.
    pub(crate) fn holds_to_the_end(&self) -> bool {
        let guards = self.locks.iter().filter_map(|lock| lock.guard.as_ref());
        let body = self.body().map(|body| body.group.stream());
        let body: Vec<_> = body.into_iter().flatten().collect();
        guards
            .into_iter()
            .all(|guard| is_borrowed(&guard.to_string(), &body))
    }

    /// The body of the function; [`check`] has refused functions without one.
    pub(crate) fn body(&self) -> Option<&Braces> {
        match &self.function.body {
            Body::Braces(braces) => Some(braces),
            Body::Missing(_) => None,
        }
    }
}

/// Whether `tokens` only borrow that variable, as far as their form shows: `*name`, `&name`, `&mut name`, `name.` and
/// `name[..]`. A closure with `move` may take any variable.
fn is_borrowed(name: &str, tokens: &[TokenTree]) -> bool {
    let is_punct = |at: Option<usize>, marks: &str| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Punct(punct)) => marks.contains(punct.as_char()),
        _ => false,
    };
    let is_word = |at: Option<usize>, word: &str| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Ident(ident)) => ident == word,
        _ => false,
    };
    tokens.iter().enumerate().all(|(at, token)| match token {
        TokenTree::Group(group) => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            is_borrowed(name, &inner)
        }
        TokenTree::Ident(word) if word == "move" => false,
        TokenTree::Ident(word) if word == name => {
            let (before, after) = (at.checked_sub(1), Some(at + 1));
            let lends = is_punct(before, "*&")
                || is_word(before, "mut") && is_punct(at.checked_sub(2), "&");
            let is_range = is_punct(after, ".") && is_punct(Some(at + 2), ".");
            let is_indexed = matches!(
                tokens.get(at + 1),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket
            );
            // A field or a method of something else.
            let is_member = is_punct(before, ".") && !is_punct(at.checked_sub(2), ".");
            lends || is_punct(after, ".") && !is_range || is_indexed || is_member
        }
        _ => true,
    })
}

/// Checks a function and reports mistakes. If it cannot run under locks, it is returned as it was.
pub(crate) fn check<'a>(
    args: &'a Args,
    function: Box<Function>,
    place: Place,
    problems: &mut Problems,
) -> Result<Synchronized<'a>, Box<Function>> {
    let before = problems.count();
    check_words(&function, place, problems);
    if args.locks.is_empty() && !args.incomplete {
        // Without an argument the attribute has no token to point to.
        check_private(&function, Span::call_site(), problems);
    } else if place == Place::Function
        && let Some(this) = own_object(args)
    {
        check_private(&function, this.span(), problems);
    }
    if place == Place::Function {
        check_list(args, problems);
    }
    check_self(args, &function, problems);
    check_guards(args, &function, problems);
    if problems.count() > before || args.incomplete {
        return Err(function);
    }
    let limit = match (&args.timeout, &args.otherwise) {
        (Some((_, timeout)), Some((_, otherwise))) => Some((timeout, otherwise)),
        _ => None,
    };
    Ok(Synchronized {
        root: args.root.get(),
        function,
        locks: &args.locks,
        limit,
    })
}

/// Checks what does not depend on the methods of an impl block. Returns whether the methods can be checked.
pub(crate) fn check_impl(args: &Args, block: &ImplBlock, problems: &mut Problems) -> bool {
    let before = problems.count();
    if args.locks.is_empty() && !args.incomplete {
        problems.report(block.impl_token, TEACH);
    } else if let Some(this) = own_object(args) {
        problems.report(this, TEACH);
    }
    check_list(args, problems);
    problems.count() == before && !args.incomplete
}

/// Refuses and removes a `cfg_attr` that adds `#[synchronized]` or `#[unsynchronized]` to a method of an impl block.
/// Returns whether there was one.
///
/// The block is expanded before the condition is known. If the `cfg_attr` stayed, the method would acquire the lock
/// twice, or not at all.
pub(crate) fn check_conditional(function: &mut Function, problems: &mut Problems) -> bool {
    let decides = |attr: &Attribute| {
        ["synchronized", "unsynchronized"]
            .into_iter()
            .find(|word| attr.path().is_ident("cfg_attr") && may_be(attr, word))
    };
    let before = problems.count();
    function.attrs.retain(|attr| {
        if let Some(word) = decides(attr) {
            problems.report(
                attr,
                format!("an impl block under `#[synchronized]` cannot see through `cfg_attr`: write the method twice, under `#[cfg(..)]` with `#[{word}]`, and under `#[cfg(not(..))]` without"),
            );
        }
        decides(attr).is_none()
    });
    problems.count() > before
}

/// Refuses functions whose bodies cannot run under a lock.
fn check_words(function: &Function, place: Place, problems: &mut Problems) {
    let opt_out = match place {
        Place::Function => "",
        Place::Impl => "; `#[unsynchronized]` on this method leaves it alone",
    };
    if let Some(word) = &function.sig.asyncness {
        problems.report(
            word,
            format!("an `async fn` would keep the lock across `.await`; lock inside a block without `.await`, or use an async lock{opt_out}"),
        );
    }
    if let Some(word) = &function.sig.constness {
        problems.report(
            word,
            format!("a `const fn` cannot lock: locks are acquired at run time; leave `const` out{opt_out}"),
        );
    }
    if let Body::Missing(_) = function.body {
        problems.report(
            &function.sig.ident,
            "only a body can run under a lock: put `#[synchronized]` on the method where it is implemented",
        );
    }
    if place == Place::Impl
        && let Some(receiver) = function.sig.receiver()
        && owns(&receiver.kind)
    {
        problems.report(
            receiver,
            "a method that takes `self` by value cannot run under a lock that is part of it: mark it `#[unsynchronized]`, and reach the data by the lock's `into_inner`",
        );
    }
}

/// Whether the method takes the struct by value. A pointer to it, such as an `Arc` or a `Box`, gives access to the
/// lock.
fn owns(receiver: &ReceiverKind) -> bool {
    match receiver {
        ReceiverKind::Value => true,
        ReceiverKind::Typed(_, ty) => {
            matches!(peel(ty), syn::Type::Path(path) if path.path.is_ident("Self"))
        }
        _ => false,
    }
}

/// The argument `self`, as it would be in Java, where every object is a lock.
///
/// In an impl for a type that is a lock, the lock is written `*self`.
fn own_object(args: &Args) -> Option<&Expr> {
    let is_self = |lock: &&Expr| matches!(lock, Expr::Path(path) if path.path.is_ident("self"));
    args.locks.iter().map(|lock| &lock.lock).find(is_self)
}

/// Refuses a method without an argument: only a function without `self` gets a lock of its own.
fn check_private(function: &Function, blame: Span, problems: &mut Problems) {
    let Some(receiver) = function.sig.receiver() else {
        return;
    };
    let exclusive = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => {
            matches!(peel(ty), syn::Type::Reference(reference) if reference.mutability.is_some())
        }
        _ => false,
    };
    if exclusive {
        problems.report(
            receiver,
            "`&mut self` already excludes all other callers, so there is nothing to lock; to lock a field write `#[synchronized(self.field)]`",
        );
    } else {
        problems.report_at(blame, TEACH);
    }
}

/// Checks that the arguments fit together.
fn check_list(args: &Args, problems: &mut Problems) {
    match (&args.timeout, &args.otherwise) {
        // The missing one may have been reported already.
        _ if args.incomplete => {}
        (Some((key, _)), None) => problems.report(
            key,
            "`timeout = ..` also needs `else = ..`: what to return when the lock is not acquired in time",
        ),
        (None, Some((key, _))) => problems.report(
            key,
            "`else = ..` is what to return when the time is up, so it also needs `timeout = ..`",
        ),
        _ => {}
    }
    if let Some(lock) = args.locks.get(MOST_LOCKS) {
        problems.report(
            &lock.lock,
            format!("one attribute takes at most {MOST_LOCKS} locks; protect what belongs together by one lock"),
        );
    }
    for (index, lock) in args.locks.iter().enumerate() {
        let text = spelled(&lock.lock);
        if args.locks[..index]
            .iter()
            .any(|other| spelled(&other.lock) == text)
        {
            problems.report(
                &lock.lock,
                format!("`{text}` is locked twice: name each lock once"),
            );
        }
        if let Some(guard) = &lock.guard
            && args.locks[..index]
                .iter()
                .any(|other| other.guard.as_ref() == Some(guard))
        {
            problems.report(
                guard,
                format!("two guards are called `{guard}`; choose another name"),
            );
        }
    }
}

/// Refuses `self` in the lock of a function without `self`.
fn check_self(args: &Args, function: &Function, problems: &mut Problems) {
    if function.sig.receiver().is_some() {
        return;
    }
    for lock in &args.locks {
        if let Some(this) = find_self(lock.lock.to_token_stream()) {
            problems.report(
                this,
                format!(
                    "`{}` has no `self` to find the lock in: lock a static, or give it a `&self`",
                    function.sig.ident
                ),
            );
        }
    }
}

/// The first `self` in `tokens` that is a value and not the module of `self::`.
fn find_self(tokens: TokenStream) -> Option<TokenTree> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word == "self" => {
                let path = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                if !path {
                    return Some(token);
                }
            }
            TokenTree::Group(group) => {
                if let Some(found) = find_self(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// Refuses guards that would hide a parameter.
fn check_guards(args: &Args, function: &Function, problems: &mut Problems) {
    let parameters: Vec<String> = function
        .sig
        .inputs
        .iter()
        .filter_map(|arg| match arg {
            FnArg::Typed(arg) => Some(names_bound(&arg.pat)),
            FnArg::Receiver(_) => None,
        })
        .flatten()
        .map(|name| name.unraw().to_string())
        .collect();
    for guard in args.locks.iter().filter_map(|lock| lock.guard.as_ref()) {
        if parameters.contains(&guard.unraw().to_string()) {
            problems.report(
                guard,
                format!(
                    "the guard `{guard}` would hide the parameter `{guard}`; choose another name"
                ),
            );
        }
    }
}
