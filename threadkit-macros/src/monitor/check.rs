//! Checks an impl block and makes the model of its handle.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Type, Visibility};

use super::args::{Args, Whens};
use super::clashes::{check_clashes, free_names};
use super::model::{Forwarded, Handle, Refused};
use super::rules::{
    check_attributes, check_parameters, check_receiver, check_result, check_words, makes,
};
use super::visible::widest;
use super::when::check_when;
use crate::diagnostics::Problems;
use crate::item::{Function, ImplBlock, borrow_in, peel};

/// Checks the block and reports mistakes. The model has everything that is correct.
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
            // Without an argument the attribute has no token to point to.
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
        root: args.root.get(),
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

/// Whether the function is private, so that the handle does not have it.
fn is_private(function: &Function) -> bool {
    matches!(function.vis, Visibility::Inherited)
}

/// What happens to a function.
enum Fate {
    Forwarded(Box<Forwarded>),
    Refused(Box<Refused>),
    /// The handle does not have it. That is not a mistake.
    Unconcerned,
}

/// Gives a refused function a stand-in for its callers.
fn refuse(function: &Function, whens: &Whens) -> Fate {
    let may_wait = whens.is_refused || !whens.attrs.is_empty();
    Fate::Refused(Box::new(Refused {
        attrs: function.attrs.clone(),
        vis: function.vis.clone(),
        sig: function.sig.clone(),
        forms: match may_wait {
            // The mistake may be in the words for the forms, so all of them are assumed.
            true => vec!["", "_timeout", "_until"],
            false => vec![""],
        },
    }))
}

/// Refuses a `#[when]` on a function that the handle does not have.
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

/// Refuses a block without a visible method. Its methods are forwarded nevertheless, so that calls through the
/// handle are not reported as well.
fn check_all_private(block: &ImplBlock, problems: &mut Problems) -> (Vec<Forwarded>, Vec<Refused>) {
    let none = Whens {
        attrs: Vec::new(),
        is_refused: false,
    };
    // Mistakes of private methods are not reported.
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
        // An associated function that returns no value of the type is left alone.
        return match receiver {
            Some(_) => refuse(function, whens),
            None => Fate::Unconcerned,
        };
    };
    check_words(sig, kind, problems);
    check_attributes(function, problems);
    if let Some(receiver) = receiver {
        let has_until = when.as_ref().is_some_and(|when| when.until.is_some());
        check_result(sig, receiver, own, has_until, problems);
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
