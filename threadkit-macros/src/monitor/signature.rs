//! Helpers for signatures.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericParam, Lifetime, Pat, PatType, Receiver, ReceiverKind, Signature, Type};

use crate::item::peel;

/// The parameters other than `self`.
pub(crate) fn typed(sig: &Signature) -> impl Iterator<Item = &PatType> {
    sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(arg) => Some(arg),
        FnArg::Receiver(_) => None,
    })
}

/// The name of a parameter whose pattern is a plain name.
pub(crate) fn plain(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        Pat::Paren(pat) => plain(&pat.pat),
        _ => None,
    }
}

/// The name of a generic parameter; of a lifetime without its tick.
pub(crate) fn name_of(param: &GenericParam) -> &Ident {
    match param {
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
        GenericParam::Lifetime(param) => &param.lifetime.ident,
    }
}

/// Whether `ty` is `Self`, or the `own` type as the block spells it.
pub(crate) fn is_self(ty: &Type, own: &Type) -> bool {
    let spelled = |ty: &Type| peel(ty).to_token_stream().to_string();
    matches!(peel(ty), Type::Path(path) if path.path.is_ident("Self"))
        || spelled(ty) == spelled(own)
}

/// The lifetime by which the method borrows the value, if it has a name.
pub(crate) fn lifetime_of(receiver: &Receiver) -> Option<Lifetime> {
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.clone(),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) => reference.lifetime.clone(),
            _ => None,
        },
        _ => None,
    }
}

/// The `impl` of an `impl Trait` among `tokens`, at any depth.
pub(crate) fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "impl" => Some(word),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}

/// Whether each `impl Trait` among `tokens` says by `use<..>` what it captures, so that it borrows nothing else.
pub(crate) fn says_what_it_captures(tokens: TokenStream) -> bool {
    fn count(tokens: TokenStream, keyword: &str) -> usize {
        let each = tokens.into_iter().map(|token| match token {
            TokenTree::Ident(word) => usize::from(word == keyword),
            TokenTree::Group(group) => count(group.stream(), keyword),
            _ => 0,
        });
        each.sum()
    }
    count(tokens.clone(), "impl") == count(tokens, "use")
}
