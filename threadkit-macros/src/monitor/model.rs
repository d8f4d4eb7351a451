//! A handle: the checked facts.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{
    Attribute, GenericArgument, Generics, Lifetime, PathArguments, Receiver, ReceiverKind,
    ReturnType, Safety, Signature, Type, Visibility,
};

use super::args::{Args, Whens};
use super::signature::{find_impl, is_self, lifetime_of, typed};
use super::visible::widest;
use super::when::{When, check_when};
use crate::diagnostics::Problems;
use crate::item::{Function, ImplBlock, borrow_in, may_be, peel};
use crate::paths::Root;

/// What helps with every method that a handle cannot have.
const ELSEWHERE: &str = "to keep it as it is, take it off the handle: make it private, or move it to an impl block without `#[monitor]`";

/// Everything needed to write a handle.
pub(crate) struct Handle {
    pub(crate) root: Root,
    /// All those of the block, the inner ones too.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `None` if that is what is wrong: then there is nothing to call the handle.
    pub(crate) name: Option<Ident>,
    /// The value's type.
    pub(crate) ty: Box<Type>,
    pub(crate) generics: Generics,
    pub(crate) functions: Vec<Forwarded>,
    /// The refused, which are called all the same, and which have one message already.
    pub(crate) refused: Vec<Refused>,
    /// After a panic in one that changes the value, nobody gets in.
    pub(crate) poison: bool,
}

/// A function that the handle has as well.
pub(crate) struct Forwarded {
    /// Which one of the block's functions it is.
    pub(crate) index: usize,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) kind: Kind,
    pub(crate) when: Option<When>,
}

/// A function that the handle cannot have.
pub(crate) struct Refused {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// What its forms with a limit would be called.
    pub(crate) forms: Vec<&'static str>,
}

/// How the value comes into it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Returns the value.
    Makes,
    /// Returns a `Result` or an `Option` of the value.
    MayMake,
    /// Takes `&self`.
    Reads,
    /// Takes `&mut self`.
    Changes,
}

/// Checks the block. What is wrong is reported; what is right is made.
pub(crate) fn check(
    args: &Args,
    block: &ImplBlock,
    whens: &[Whens],
    problems: &mut Problems,
) -> Option<Handle> {
    let before = problems.count();
    let is_refused = whens.iter().any(|whens| whens.is_refused);
    let ty_name = check_block(block, problems);
    let own = &block.self_ty;
    let (mut functions, mut refused) = (Vec::new(), Vec::new());
    for (index, (function, whens)) in block.functions().zip(whens).enumerate() {
        let fate = if is_private(function) {
            check_stray_when(function, whens, problems)
        } else {
            check_function(index, function, whens, own, problems)
        };
        match fate {
            Fate::Forwarded(forwarded) => functions.push(*forwarded),
            Fate::Refused(stands_in) => refused.push(*stands_in),
            Fate::Unconcerned => {}
        }
    }
    if functions.is_empty() && problems.count() == before && !is_refused {
        (functions, refused) = check_all_private(block, problems);
    }
    check_clashes(&mut functions, args.poison.is_some(), problems);
    free_names(&functions, &mut refused, args.poison.is_some());
    let ty_name = ty_name?;
    let name = match &args.name {
        Some(name) if *name == ty_name => {
            problems.report(
                name,
                format!("the handle needs a name of its own: write `#[monitor(Shared{ty_name})]`"),
            );
            None
        }
        Some(name) => Some(name.clone()),
        None if args.incomplete => None,
        None => {
            // Without an argument there is no token of the attribute's own to blame.
            problems.report_at(
                Span::call_site(),
                format!("the handle needs a name: write `#[monitor(Shared{ty_name})]`"),
            );
            None
        }
    };
    let visible = functions.iter().map(|function| &function.vis);
    let visible = visible.chain(refused.iter().map(|function| &function.vis));
    let vis = args.vis.clone().unwrap_or_else(|| widest(visible));
    Some(Handle {
        root: args.root(),
        attrs: block
            .attrs
            .iter()
            .chain(&block.inner_attrs)
            .cloned()
            .collect(),
        vis,
        name,
        ty: block.self_ty.clone(),
        generics: block.generics.clone(),
        functions,
        refused,
        poison: args.poison.is_some(),
    })
}

/// The name of the type, if it has one.
fn check_block(block: &ImplBlock, problems: &mut Problems) -> Option<Ident> {
    if let Some((of_trait, _)) = &block.of_trait {
        problems.report(
            of_trait,
            "`#[monitor]` goes on an impl block without a trait: its `pub` methods become those of the handle",
        );
        return None;
    }
    let name = match peel(&block.self_ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    };
    if name.is_none() {
        problems.report(
            &block.self_ty,
            "a handle is made for a struct or an enum, which has a name",
        );
    } else if let Some(elided) = borrow_in(&block.self_ty, &[]) {
        problems.report(
            elided,
            "the handle is a type of its own, so each lifetime needs a name: write `impl<'a>`, and `'a` here",
        );
        return None;
    }
    name.map(|segment| segment.ident.clone())
}

/// Whether the handle has nothing to do with it.
fn is_private(function: &Function) -> bool {
    matches!(function.vis, Visibility::Inherited)
}

/// What the handle makes of a function.
enum Fate {
    Forwarded(Box<Forwarded>),
    Refused(Box<Refused>),
    /// The handle has no use for it.
    Unconcerned,
}

/// Something that the callers of a refused function can call.
fn refuse(function: &Function, whens: &Whens) -> Fate {
    let may_wait = whens.is_refused || !whens.attrs.is_empty();
    Fate::Refused(Box::new(Refused {
        attrs: function.attrs.clone(),
        vis: function.vis.clone(),
        sig: function.sig.clone(),
        forms: match may_wait {
            // Which of them were asked for may be what is wrong.
            true => vec!["", "_timeout", "_until"],
            false => vec![""],
        },
    }))
}

/// Refuses to wait where there is no handle that could.
fn check_stray_when(function: &Function, whens: &Whens, problems: &mut Problems) -> Fate {
    let has_self = function.sig.receiver().is_some();
    if let Some(attr) = whens.attrs.first() {
        if has_self {
            let name = &function.sig.ident;
            problems.report(
                attr.meta.path(),
                format!("it is the handle that waits, and it has only the `pub` methods: make `{name}` visible with `pub` or `pub(crate)`, or take `#[when]` off"),
            );
        } else {
            report_without_self(attr, function, problems);
        }
    } else if !whens.is_refused {
        return Fate::Unconcerned;
    }
    match has_self {
        true => refuse(function, whens),
        false => Fate::Unconcerned,
    }
}

fn report_without_self(when: &Attribute, function: &Function, problems: &mut Problems) {
    let name = &function.sig.ident;
    problems.report(
        when.meta.path(),
        format!(
            "`{name}` has no `self` whose state could be waited for: `#[when]` goes on a method"
        ),
    );
}

/// Refuses a block of private methods, and forwards them all the same, so that calls of them through the
/// handle are no further mistakes.
fn check_all_private(block: &ImplBlock, problems: &mut Problems) -> (Vec<Forwarded>, Vec<Refused>) {
    let none = Whens {
        attrs: Vec::new(),
        is_refused: false,
    };
    // What a handle could not have need not be visible.
    let mut unheard = Problems::new();
    let (mut functions, mut refused) = (Vec::new(), Vec::new());
    for (index, function) in block.functions().enumerate() {
        match check_function(index, function, &none, &block.self_ty, &mut unheard) {
            Fate::Forwarded(forwarded) => functions.push(*forwarded),
            Fate::Refused(stands_in) => refused.push(*stands_in),
            Fate::Unconcerned => {}
        }
    }
    if !functions.is_empty() {
        problems.report(
            &block.self_ty,
            "none of these methods is visible, so the handle would have none: write `pub fn` or `pub(crate) fn`",
        );
    }
    (functions, refused)
}

fn check_function(
    index: usize,
    function: &Function,
    whens: &Whens,
    own: &Type,
    problems: &mut Problems,
) -> Fate {
    let before = problems.count();
    let sig = &function.sig;
    let receiver = sig.receiver();
    let kind = match receiver {
        Some(receiver) => check_receiver(receiver, own, problems),
        None => makes(&sig.output, own),
    };
    for extra in whens.attrs.iter().skip(1) {
        problems.report(
            extra.meta.path(),
            "a method waits for one condition: join several by `&&`",
        );
    }
    let mut when = None;
    if let Some(attr) = whens.attrs.first() {
        match receiver {
            Some(_) => when = check_when(attr, sig, problems),
            None => report_without_self(attr, function, problems),
        }
    }
    let Some(kind) = kind else {
        // What makes no value and is no method was not asked for.
        return match receiver {
            Some(_) => refuse(function, whens),
            None => Fate::Unconcerned,
        };
    };
    check_words(sig, kind, problems);
    check_attributes(function, problems);
    if let Some(receiver) = receiver {
        check_result(sig, receiver, own, problems);
    }
    check_parameters(sig, problems);
    if problems.count() > before || whens.is_refused {
        return refuse(function, whens);
    }
    Fate::Forwarded(Box::new(Forwarded {
        index,
        attrs: function.attrs.clone(),
        vis: function.vis.clone(),
        sig: sig.clone(),
        kind,
        when,
    }))
}

/// Whether the method reads or changes; it must not take the value away.
fn check_receiver(receiver: &Receiver, own: &Type, problems: &mut Problems) -> Option<Kind> {
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

/// Whether an associated function makes the value; the handle has no use for others.
fn makes(output: &ReturnType, own: &Type) -> Option<Kind> {
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

/// Refuses what no handle can do.
fn check_words(sig: &Signature, kind: Kind, problems: &mut Problems) {
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

/// Refuses what only some processors can call.
fn check_attributes(function: &Function, problems: &mut Problems) {
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

/// Refuses results that would reach into the value after the lock is released.
fn check_result(sig: &Signature, receiver: &Receiver, own_ty: &Type, problems: &mut Problems) {
    let ReturnType::Type(_, ty) = &sig.output else {
        return;
    };
    if let Some(token) = find_impl(ty.to_token_stream()) {
        problems.report(
            token,
            format!("what a monitor gives out must not borrow from it, and an `impl Trait` does: return a type with a name, or `Box<dyn Trait>`; {ELSEWHERE}"),
        );
        return;
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

fn check_parameters(sig: &Signature, problems: &mut Problems) {
    for arg in typed(sig) {
        let attr = arg.attrs.iter().find(|attr| may_be(attr, "cfg"));
        if let Some(attr) = attr {
            problems.report(attr, "`#[monitor]` cannot follow a `cfg` on a parameter: write two methods, each with a `cfg` of its own");
        }
    }
}

/// The methods that a handle has of its own, and why.
fn own_methods(poison: bool) -> Vec<(&'static str, &'static str)> {
    let mut own = vec![("with", "runs a closure on the value")];
    if poison {
        own.extend(["is_poisoned", "repair"].map(|word| (word, "comes with `poison`")));
    }
    own
}

/// Refuses two methods of one name, and leaves one of them out.
fn check_clashes(functions: &mut Vec<Forwarded>, poison: bool, problems: &mut Problems) {
    let own = own_methods(poison);
    functions.retain(|function| {
        let name = &function.sig.ident;
        let clash = own.iter().find(|(word, _)| name.unraw() == *word);
        if let Some((word, why)) = clash {
            problems.report(
                name,
                format!(
                    "the handle has a method `{word}` of its own, which {why}: choose another name"
                ),
            );
        }
        clash.is_none()
    });
    let names = names(functions.iter().map(|function| &function.sig));
    for (function, name) in functions.iter_mut().zip(&names) {
        let Some(when) = &mut function.when else {
            continue;
        };
        for slot in [&mut when.timeout, &mut when.until] {
            if let Some(word) = slot
                && let generated = format!("{name}_{word}")
                && names.contains(&generated)
            {
                problems.report(
                    word,
                    format!(
                        "this would make a second `{generated}`: rename the method of that name"
                    ),
                );
                *slot = None;
            }
        }
    }
}

fn names<'a>(sigs: impl Iterator<Item = &'a Signature>) -> Vec<String> {
    sigs.map(|sig| sig.ident.unraw().to_string()).collect()
}

/// Takes from the refused the names that the handle has by another way.
fn free_names(functions: &[Forwarded], refused: &mut [Refused], poison: bool) {
    let own = own_methods(poison);
    let plain = names(refused.iter().map(|function| &function.sig));
    let mut taken = names(functions.iter().map(|function| &function.sig));
    for (function, name) in functions.iter().zip(taken.clone()) {
        let forms = function.when.iter();
        let forms = forms
            .flat_map(|when| [&when.timeout, &when.until])
            .flatten();
        taken.extend(forms.map(|word| format!("{name}_{word}")));
    }
    taken.extend(plain.clone());
    for (function, name) in refused.iter_mut().zip(&plain) {
        function.forms.retain(|form| match *form {
            "" => own.iter().all(|(word, _)| name != word),
            form => !taken.contains(&format!("{name}{form}")),
        });
    }
}
