//! A handle: the checked facts.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, FnArg, GenericArgument, Generics, Lifetime, Pat, PatType, PathArguments,
    Receiver, ReceiverKind, ReturnType, Safety, Signature, Type, Visibility, parse_quote_spanned,
};

use super::args::{Args, WhenArgs};
use super::rewrite::mentions;
use crate::diagnostics::Problems;
use crate::item::{Body, Function, ImplBlock, Member, borrow_in, cfgs, ends_in, peel, peel_mut};
use crate::paths::{Root, generated, generated_at, local};

/// What helps with every method that a handle cannot have.
const ELSEWHERE: &str = "to keep it as it is, take it off the handle: make it private, or move it to an impl block without `#[monitor]`";

/// Everything needed to write a handle.
pub(crate) struct Handle {
    pub(crate) root: Root,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The value's type, and the last word of its path.
    pub(crate) ty: Box<Type>,
    pub(crate) ty_name: Ident,
    pub(crate) generics: Generics,
    pub(crate) functions: Vec<Forwarded>,
    /// After a panic in one that changes the value, nobody gets in.
    pub(crate) poison: bool,
}

/// A function that the handle has as well.
pub(crate) struct Forwarded {
    /// Docs, `cfg`, `must_use` and `deprecated`, and nothing else.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) kind: Kind,
    /// The names of the handle's parameters, and their types.
    pub(crate) parameters: Vec<(Ident, Type)>,
    pub(crate) when: Option<When>,
}

/// How the value comes into it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Returns `Self`.
    Makes,
    /// Returns a `Result` or an `Option` of `Self`.
    MayMake,
    /// Takes `&self`.
    Reads,
    /// Takes `&mut self`.
    Changes,
}

/// What a method waits for.
pub(crate) struct When {
    pub(crate) condition: Expr,
    /// The condition is about the method's arguments too, so that only the caller can look at it.
    pub(crate) has_arguments: bool,
    /// The forms with a limit that were asked for, by the words that did.
    pub(crate) timeout: Option<Ident>,
    pub(crate) until: Option<Ident>,
}

/// Checks the block, and takes the helpers off it. What is wrong is reported; what is right is made,
/// unless there is nothing to call it.
pub(crate) fn check(args: &Args, block: &mut ImplBlock, problems: &mut Problems) -> Option<Handle> {
    let before = problems.count();
    let ty_name = check_block(block, problems);
    let own = block.self_ty.clone();
    let mut functions = Vec::new();
    for member in &mut block.members {
        if let Member::Function(function) = member {
            let whens = take_whens(function);
            if is_private(function) {
                check_stray_when(function, whens.first(), problems);
            } else if let Some(forwarded) = check_function(function, &whens, &own, problems) {
                use_in_body(function, forwarded.when.as_ref());
                // It goes over to the handle, whose call of the method would be told off otherwise.
                function
                    .attrs
                    .retain(|attr| !attr.path().is_ident("deprecated"));
                functions.push(forwarded);
            }
        }
    }
    if functions.is_empty() && problems.count() == before {
        functions = check_all_private(block, problems);
    }
    check_clashes(&mut functions, args.poison.is_some(), problems);
    let ty_name = ty_name?;
    let name = match &args.name {
        Some(name) if *name == ty_name => {
            problems.report(
                name,
                format!("the handle needs a name of its own: write `#[monitor(Shared{ty_name})]`"),
            );
            return None;
        }
        Some(name) => name.clone(),
        None if args.incomplete => return None,
        None => {
            // Without an argument there is no token of the attribute's own to blame.
            problems.report_at(
                Span::call_site(),
                format!("the handle needs a name: write `#[monitor(Shared{ty_name})]`"),
            );
            return None;
        }
    };
    let vis = args.vis.clone().unwrap_or_else(|| widest(&functions));
    Some(Handle {
        root: args.root(),
        cfgs: cfgs(&block.attrs),
        vis,
        name,
        ty: block.self_ty.clone(),
        ty_name,
        generics: block.generics.clone(),
        functions,
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

/// Takes `#[when]` off the function.
fn take_whens(function: &mut Function) -> Vec<Attribute> {
    let (whens, others) = std::mem::take(&mut function.attrs)
        .into_iter()
        .partition(|attr| ends_in(attr, "when"));
    function.attrs = others;
    whens
}

/// Whether the handle has nothing to do with it.
fn is_private(function: &Function) -> bool {
    matches!(function.vis, Visibility::Inherited)
}

/// Refuses to wait where there is no handle that could.
fn check_stray_when(function: &Function, when: Option<&Attribute>, problems: &mut Problems) {
    let Some(attr) = when else { return };
    if function.sig.receiver().is_none() {
        report_without_self(attr, function, problems);
    } else {
        let name = &function.sig.ident;
        problems.report(
            attr.meta.path(),
            format!("it is the handle that waits, and it has only the `pub` methods: make `{name}` visible with `pub` or `pub(crate)`, or take `#[when]` off"),
        );
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

/// Refuses a block of private methods, and hands them over all the same: who calls them by the handle
/// need not hear that it has none.
fn check_all_private(block: &ImplBlock, problems: &mut Problems) -> Vec<Forwarded> {
    // What a handle could not have need not be visible.
    let mut unheard = Problems::new();
    let functions: Vec<Forwarded> = block
        .functions()
        .filter(|function| is_private(function))
        .filter_map(|function| check_function(function, &[], &block.self_ty, &mut unheard))
        .collect();
    if !functions.is_empty() {
        problems.report(
            &block.self_ty,
            "none of these methods is visible, so the handle would have none: write `pub fn` or `pub(crate) fn`",
        );
    }
    functions
}

fn check_function(
    function: &Function,
    whens: &[Attribute],
    own: &Type,
    problems: &mut Problems,
) -> Option<Forwarded> {
    let before = problems.count();
    let mut sig = function.sig.clone();
    for extra in whens.iter().skip(1) {
        problems.report(
            extra.meta.path(),
            "a method waits for one condition: join several by `&&`",
        );
    }
    let receiver = function.sig.receiver();
    if let Some(attr) = whens.first()
        && receiver.is_none()
    {
        report_without_self(attr, function, problems);
        return None;
    }
    let kind = match receiver {
        Some(receiver) => check_receiver(receiver, problems)?,
        None => makes(&mut sig.output, own)?,
    };
    check_words(&sig, kind, problems);
    if let Some(receiver) = receiver {
        check_result(&sig, receiver, problems);
    }
    let when = match whens.first() {
        Some(attr) => check_when(attr, &sig, problems),
        None => None,
    };
    let parameters = check_parameters(&sig, when.as_ref(), problems);
    if problems.count() > before {
        return None;
    }
    let copied = ["doc", "cfg", "must_use", "deprecated"];
    Some(Forwarded {
        attrs: function
            .attrs
            .iter()
            .filter(|attr| copied.iter().any(|word| attr.path().is_ident(word)))
            .cloned()
            .collect(),
        vis: function.vis.clone(),
        sig,
        kind,
        parameters,
        when,
    })
}

/// Whether the method reads or changes; it must not take the value away.
fn check_receiver(receiver: &Receiver, problems: &mut Problems) -> Option<Kind> {
    let kind = |is_mut: bool| if is_mut { Kind::Changes } else { Kind::Reads };
    let found = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(kind(mutability.is_some())),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) if is_self(&reference.elem) => {
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
///
/// Where the output names the `own` type it says `Self` afterwards, which in the handle is the handle.
fn makes(output: &mut ReturnType, own: &Type) -> Option<Kind> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    if name_self_in(ty, own) {
        return Some(Kind::Makes);
    }
    let Type::Path(path) = peel_mut(ty) else {
        return None;
    };
    let last = path.path.segments.last_mut()?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else {
        return None;
    };
    let word = &last.ident;
    match arguments.args.first_mut()? {
        GenericArgument::Type(ty) if ["Result", "Option"].iter().any(|known| word == known) => {
            name_self_in(ty, own).then_some(Kind::MayMake)
        }
        _ => None,
    }
}

/// Whether `ty` is `Self`; if it is the `own` type as the block spells it, it becomes `Self`.
fn name_self_in(ty: &mut Type, own: &Type) -> bool {
    let spelled = |ty: &Type| peel(ty).to_token_stream().to_string();
    if !is_self(ty) && spelled(ty) == spelled(own) {
        let span = generated_at(ty.span());
        *ty = Type::Path(parse_quote_spanned!(span=> Self));
    }
    is_self(ty)
}

/// Whether `ty` is `Self`.
fn is_self(ty: &Type) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.is_ident("Self"))
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

/// Refuses results that would reach into the value after the lock is released.
fn check_result(sig: &Signature, receiver: &Receiver, problems: &mut Problems) {
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
    let own: Vec<Lifetime> = lifetime_of(receiver).into_iter().collect();
    if let Some(borrow) = borrow_in(ty, &own) {
        problems.report(
            borrow,
            format!("a reference into the value would outlive the lock: return what owns its data, as `String` instead of `&str`, or use it in `with(|value| ..)`; {ELSEWHERE}"),
        );
    }
}

/// The lifetime by which the method borrows the value, if it has a name.
fn lifetime_of(receiver: &Receiver) -> Option<Lifetime> {
    match &receiver.kind {
        ReceiverKind::Reference(_, lifetime, _) => lifetime.clone(),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            Type::Reference(reference) => reference.lifetime.clone(),
            _ => None,
        },
        _ => None,
    }
}

/// The `impl` of an `impl Trait` anywhere among `tokens`.
fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "impl" => Some(word),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}

fn check_when(attr: &Attribute, sig: &Signature, problems: &mut Problems) -> Option<When> {
    let WhenArgs {
        condition,
        timeout,
        until,
    } = WhenArgs::parse(attr, problems)?;
    let tokens = condition.to_token_stream();
    let mut has_arguments = false;
    for arg in typed(sig) {
        let names = crate::item::names_bound(&arg.pat);
        let Some(used) = names.iter().find(|name| mentions(tokens.clone(), name)) else {
            continue;
        };
        has_arguments = true;
        if plain(&arg.pat).is_none() {
            problems.report(
                &arg.pat,
                format!("the condition of `#[when]` looks at `{used}` before the arguments are taken apart: give the parameter a plain name, and take it apart in the body"),
            );
        }
    }
    Some(When {
        condition,
        has_arguments,
        timeout,
        until,
    })
}

fn check_parameters(
    sig: &Signature,
    when: Option<&When>,
    problems: &mut Problems,
) -> Vec<(Ident, Type)> {
    let condition = when.map(|when| when.condition.to_token_stream());
    let mut parameters = Vec::new();
    for (index, arg) in typed(sig).enumerate() {
        if let Some(attr) = arg
            .attrs
            .iter()
            .find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
        {
            problems.report(attr, "`#[monitor]` cannot follow a `cfg` on a parameter: write two methods, each with a `cfg` of its own");
        }
        let name = match plain(&arg.pat) {
            // The condition is the user's, and finds the user's own word only.
            Some(name)
                if condition
                    .as_ref()
                    .is_some_and(|tokens| mentions(tokens.clone(), name)) =>
            {
                name.clone()
            }
            Some(name) => local(name),
            None => format_ident!("argument_{index}", span = generated_at(arg.pat.span())),
        };
        parameters.push((name, (*arg.ty).clone()));
    }
    parameters
}

fn typed(sig: &Signature) -> impl Iterator<Item = &PatType> {
    sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(arg) => Some(arg),
        FnArg::Receiver(_) => None,
    })
}

/// The name of a parameter that is not taken apart.
fn plain(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        Pat::Paren(pat) => plain(&pat.pat),
        _ => None,
    }
}

/// Has the method use the parameters that only its condition is about, so that nobody calls them
/// unused. The user's block becomes the arm of a `match`, in which nothing else changes.
fn use_in_body(function: &mut Function, when: Option<&When>) {
    let (Some(when), Body::Braces(braces)) = (when, &mut function.body) else {
        return;
    };
    let condition = when.condition.to_token_stream();
    let unused: Vec<&Ident> = typed(&function.sig)
        .filter_map(|arg| plain(&arg.pat))
        .filter(|name| mentions(condition.clone(), name))
        .filter(|name| !mentions(braces.group.stream(), name))
        .collect();
    if !unused.is_empty() {
        let body = &braces.group;
        let mut group = Group::new(
            Delimiter::Brace,
            quote_spanned!(generated()=> match (#(&#unused,)*) { _ => #body }),
        );
        group.set_span(body.span());
        braces.group = group;
    }
}

/// Refuses two methods of one name, and leaves one of them out.
fn check_clashes(functions: &mut Vec<Forwarded>, poison: bool, problems: &mut Problems) {
    let own = [
        ("with", true, "runs a closure on the value"),
        ("is_poisoned", poison, "comes with `poison`"),
        ("repair", poison, "comes with `poison`"),
    ];
    functions.retain(|function| {
        let name = &function.sig.ident;
        let clash = own
            .iter()
            .find(|(word, is_there, _)| *is_there && name.unraw() == *word);
        if let Some((word, _, why)) = clash {
            problems.report(
                name,
                format!(
                    "the handle has a method `{word}` of its own, which {why}: choose another name"
                ),
            );
        }
        clash.is_none()
    });
    let names: Vec<String> = functions
        .iter()
        .map(|function| function.sig.ident.unraw().to_string())
        .collect();
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

/// As visible as the most visible function.
fn widest(functions: &[Forwarded]) -> Visibility {
    let rank = |vis: &Visibility| match vis {
        Visibility::Public(_) => 3,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => 2,
        Visibility::Restricted(_) => 1,
        Visibility::Inherited => 0,
    };
    functions
        .iter()
        .map(|function| &function.vis)
        .max_by_key(|vis| rank(vis))
        .cloned()
        .unwrap_or(Visibility::Inherited)
}
