//! The rules that `run` and thread functions share: what they may return, and how they take a stop token.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    FnArg, Lifetime, PatType, ReturnType, Safety, Signature, Token, Type, TypeParamBound,
    TypeReference,
};

use crate::diagnostics::Problems;
use crate::item::{borrow_in, peel, without_borrows};

/// The result of a thread, for the code that joins it.
#[derive(Clone)]
pub(crate) enum Output {
    /// No result was declared; with the place for errors.
    Unit(Span),
    /// `!`: it never ends.
    Never(Span),
    /// A type that the user has written.
    Type(Box<Type>),
    /// In place of an `impl Trait` that was refused, a box of it.
    Boxed(Punctuated<TypeParamBound, Token![+]>),
    /// The output of the user's `impl Run`.
    OfRun,
}

impl Output {
    /// From a type that the user has written.
    fn of(ty: &Type) -> Self {
        match peel(ty) {
            Type::Never(never) => Self::Never(never.span()),
            _ => Self::Type(Box::new(ty.clone())),
        }
    }

    /// Whether this is `Self`.
    pub(crate) fn is_self(&self) -> bool {
        matches!(self, Self::Type(ty) if ty.to_token_stream().to_string() == "Self")
    }

    /// Whether this is `()`, `Self` or a primitive type like `u32`, and so no `Result`.
    pub(crate) fn is_plain(&self) -> bool {
        let Self::Type(ty) = self else {
            return matches!(self, Self::Unit(_));
        };
        let mut tokens = ty.to_token_stream().into_iter();
        match (tokens.next(), tokens.next()) {
            (Some(TokenTree::Ident(word)), None) => {
                word == "Self"
                    || word
                        .to_string()
                        .starts_with(|c: char| c.is_ascii_lowercase())
            }
            (Some(TokenTree::Group(unit)), None) => unit.stream().is_empty(),
            _ => false,
        }
    }

    /// Checks what `sig` returns: the result of a thread must have a nameable type and own its data.
    pub(crate) fn of_signature(sig: &Signature, problems: &mut Problems) -> Self {
        let ReturnType::Type(_, ty) = &sig.output else {
            return Self::Unit(sig.ident.span());
        };
        let scoped: Vec<Lifetime> = sig
            .generics
            .lifetimes()
            .map(|param| param.lifetime.clone())
            .collect();
        Self::checked(ty, &scoped, problems)
    }

    /// Checks the type. The lifetimes in `scoped` may end before the thread.
    pub(crate) fn checked(ty: &Type, scoped: &[Lifetime], problems: &mut Problems) -> Self {
        if let Some(token) = find_impl(ty) {
            problems.report(
                token,
                "a thread's result needs a type with a name: write the type itself, or `Box<dyn Trait + Send>`",
            );
            // A stand-in for the type keeps the uses of the result free of further errors.
            return match peel(ty) {
                Type::ImplTrait(of) if of.bounds.iter().all(can_be_boxed) => {
                    Self::Boxed(of.bounds.clone())
                }
                _ => Self::Unit(ty.span()),
            };
        }
        if let Some(borrow) = borrow_in(ty, scoped) {
            problems.report(
                borrow,
                "what a thread returns must own its data, because it outlives the thread: return `String` instead of `&str`, `Vec<T>` instead of `&[T]`",
            );
            return match without_borrows(ty, scoped) {
                Some(ty) => Self::of(&ty),
                None => Self::Unit(ty.span()),
            };
        }
        Self::of(ty)
    }
}

/// Whether the bound is allowed after `dyn`, as far as the macro can see.
fn can_be_boxed(bound: &TypeParamBound) -> bool {
    let never = [
        "Clone",
        "Copy",
        "Default",
        "Eq",
        "Hash",
        "Ord",
        "PartialEq",
        "PartialOrd",
        "Sized",
    ];
    match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.is_some_and(|last| !never.iter().any(|name| last.ident == name))
        }
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    }
}

/// The `impl` of an `impl Trait` in `ty`, at any depth.
fn find_impl(ty: &Type) -> Option<TokenStream> {
    fn find(tokens: TokenStream) -> Option<TokenStream> {
        tokens.into_iter().find_map(|token| match token {
            proc_macro2::TokenTree::Ident(word) if word == "impl" => Some(word.into_token_stream()),
            proc_macro2::TokenTree::Group(group) => find(group.stream()),
            _ => None,
        })
    }
    find(ty.to_token_stream())
}

/// Refuses the qualifiers of `fn` that no function of a thread can have.
pub(crate) fn refuse_words(sig: &Signature, what: &str, problems: &mut Problems) {
    if let Some(word) = &sig.asyncness {
        problems.report(
            word,
            format!("{what} is a plain `fn`: a thread runs to its end without `.await`; to run a future in it, call an executor's `block_on`"),
        );
    }
    if let Safety::Unsafe(word) = &sig.safety {
        problems.report(
            word,
            format!("{what} cannot be `unsafe`: nobody could check its promise when the thread starts; put the `unsafe` block inside"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        problems.report(
            variadic.dots,
            format!("{what} cannot take variable arguments: take a `Vec`"),
        );
    }
}

/// The `StopToken` of `name: &StopToken`, whatever its path.
pub(crate) fn stop_token(arg: &PatType) -> Option<&Type> {
    match peel(&arg.ty) {
        Type::Reference(reference) if reference.mutability.is_none() && is_lent(reference) => {
            Some(&*reference.elem).filter(|ty| names_stop_token(ty))
        }
        _ => None,
    }
}

/// Whether the reference has no named lifetime. With one it is an ordinary parameter.
fn is_lent(reference: &TypeReference) -> bool {
    reference
        .lifetime
        .as_ref()
        .is_none_or(|lifetime| lifetime.ident == "_")
}

/// Whether `ty` is `StopToken` by its last word.
pub(crate) fn names_stop_token(ty: &Type) -> bool {
    match peel(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "StopToken"),
        _ => false,
    }
}

/// The parameters after the receiver.
pub(crate) fn typed_parameters(sig: &Signature) -> impl Iterator<Item = &PatType> {
    sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(arg) => Some(arg),
        FnArg::Receiver(_) => None,
    })
}
