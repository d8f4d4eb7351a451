//! The rules for a function that the handle is to have.

use quote::ToTokens;
use syn::{
    GenericArgument, Lifetime, PathArguments, Receiver, ReceiverKind, ReturnType, Safety,
    Signature, Type,
};

use super::model::Kind;
use super::signature::{find_impl, is_self, lifetime_of, says_what_it_captures, typed};
use crate::diagnostics::Problems;
use crate::item::{Function, borrow_in, may_be, peel};

/// The advice for every method that a handle cannot have.
const ELSEWHERE: &str = "to keep it as it is, take it off the handle: make it private, or move it to an impl block without `#[monitor]`";

/// Whether the method reads or changes the value. It must not take the value by value.
pub(super) fn check_receiver(
    receiver: &Receiver,
    own: &Type,
    problems: &mut Problems,
) -> Option<Kind> {
    let kind = |is_mut: bool| if is_mut { Kind::Changes } else { Kind::Reads };
    let found = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(kind(mutability.is_some())),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) if is_self(&reference.elem, own) => {
                Some(kind(reference.mutability.is_some()))
            }
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        problems.report(
            receiver,
            format!("all handles share the value, so no method can take it: write `&mut self`, and leave something in its place with `std::mem::take`; {ELSEWHERE}"),
        );
    }
    found
}

/// Whether an associated function returns the value; others are not forwarded.
pub(super) fn makes(output: &ReturnType, own: &Type) -> Option<Kind> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    if is_self(ty, own) {
        return Some(Kind::Makes);
    }
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let word = &last.ident;
    match arguments.args.first()? {
        GenericArgument::Type(ty) if ["Result", "Option"].iter().any(|known| word == known) => {
            is_self(ty, own).then_some(Kind::MayMake)
        }
        _ => None,
    }
}

/// Refuses functions that no handle can have, by their qualifiers.
pub(super) fn check_words(sig: &Signature, kind: Kind, problems: &mut Problems) {
    if let Some(word) = &sig.asyncness {
        problems.report(
            word,
            format!("an `async fn` would keep the value locked across `.await`; write a plain `fn` for what is done under the lock; {ELSEWHERE}"),
        );
    }
    if let Some(word) = &sig.constness {
        let why = match kind {
            Kind::Makes | Kind::MayMake => "a handle is made at run time, so not by a `const fn`",
            Kind::Reads | Kind::Changes => "a `const fn` cannot lock: locks are taken at run time",
        };
        problems.report(word, format!("{why}; leave `const` out; {ELSEWHERE}"));
    }
    if let Safety::Unsafe(word) = &sig.safety {
        problems.report(
            word,
            format!("the handle cannot make the promise that an `unsafe fn` asks for: call it in `with(|value| ..)`; {ELSEWHERE}"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        problems.report(variadic.dots, "a handle cannot pass variable arguments on");
    }
}

/// Refuses functions that only some processors can run.
pub(super) fn check_attributes(function: &Function, problems: &mut Problems) {
    let attr = function
        .attrs
        .iter()
        .find(|attr| attr.path().is_ident("target_feature"));
    if let Some(attr) = attr {
        problems.report(
            attr.path(),
            format!("the handle cannot know whether the processor has this: let a method without it find out, and call this one; {ELSEWHERE}"),
        );
    }
}

/// Refuses results that would borrow from the value after the lock is released.
pub(super) fn check_result(
    sig: &Signature,
    receiver: &Receiver,
    own_ty: &Type,
    has_until: bool,
    problems: &mut Problems,
) {
    let ReturnType::Type(_, ty) = &sig.output else {
        return;
    };
    if let Some(token) = find_impl(ty.to_token_stream()) {
        if !says_what_it_captures(ty.to_token_stream()) {
            problems.report(
                token,
                format!("what a monitor gives out must not borrow from it, and an `impl Trait` without `use<..>` does: add `+ use<>`, with the type parameters if there are any, or return a type with a name, or `Box<dyn Trait>`; {ELSEWHERE}"),
            );
            return;
        }
        // The limit of such a method is an `impl Trait` itself, and `use<..>` would have to name its type.
        if has_until {
            problems.report(
                token,
                format!("a method with `until` cannot return an `impl Trait`: return a type with a name, or `Box<dyn Trait>`, or leave `until` out; {ELSEWHERE}"),
            );
            return;
        }
    }
    if let Type::Reference(reference) = peel(ty)
        && is_self(&reference.elem, own_ty)
    {
        problems.report(
            reference,
            format!("a reference to the value would outlive the lock: leave the result out, and call the methods of the handle one by one; {ELSEWHERE}"),
        );
        return;
    }
    let own: Vec<Lifetime> = lifetime_of(receiver).into_iter().collect();
    if let Some(borrow) = borrow_in(ty, &own) {
        problems.report(
            borrow,
            format!("a reference into the value would outlive the lock: return what owns its data, as `String` instead of `&str`, or use it in `with(|value| ..)`; {ELSEWHERE}"),
        );
    }
}

pub(super) fn check_parameters(sig: &Signature, problems: &mut Problems) {
    for arg in typed(sig) {
        let attr = arg.attrs.iter().find(|attr| may_be(attr, "cfg"));
        if let Some(attr) = attr {
            problems.report(attr, "`#[monitor]` cannot follow a `cfg` on a parameter: write two methods, each with a `cfg` of its own");
        }
    }
}
