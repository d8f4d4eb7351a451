//! The expansion of a function under locks.
//!
//! It is a `match` on the guard, whose one arm is the user's block. A second `match` around the block is on a note: by
//! it, a lock of another library is known to be held. The note is left out if the body may release the guard before its
//! end. In every edition the temporaries of the body's last expression are dropped before the guard, and those of the
//! lock expression live as long as the guard. Nothing follows the body, so its type may be anything, `!` included.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, FnArg, ReturnType, Type};

use super::args::{Args, LockArg, Side};
use super::model::Synchronized;
use crate::diagnostics::spelled;
use crate::item::{Body, Function, names_bound, peel};
use crate::paths::{Root, generated, generated_at};

/// The function, with its body under its locks.
pub(crate) fn function(model: &Synchronized<'_>) -> TokenStream {
    let Function {
        attrs,
        vis,
        defaultness,
        sig,
        ..
    } = &*model.function;
    let Some(body) = model.body() else {
        return model.function.to_token_stream();
    };
    let guards = guards(model);
    let acquired = acquired(model);
    let block = &body.group;
    let arm = if model.holds_to_the_end() {
        let private = model.root.private();
        quote_spanned!(generated()=> match #private::note() { _note => #block })
    } else {
        block.to_token_stream()
    };
    let body = body.wrap(quote_spanned! {generated()=>
        match #acquired {
            #guards => #arm
        }
    });
    quote_spanned!(generated()=> #(#attrs)* #vis #defaultness #sig #body)
}

/// The pattern of the guards.
fn guards(model: &Synchronized<'_>) -> TokenStream {
    // Never `_`, which would release the lock at once. `mut` is generated, so that no lint reports one that is
    // not needed, nor a guard that only some methods of an impl block use.
    let guard = |(index, lock): (usize, &LockArg)| match &lock.guard {
        Some(name) => quote_spanned!(generated()=> mut #name),
        None => {
            let name = Ident::new(&format!("_guard_{index}"), generated());
            quote_spanned!(generated()=> #name)
        }
    };
    match model.locks {
        [] => quote_spanned!(generated()=> _guard),
        [lock] => guard((0, lock)),
        several => {
            let guards = several.iter().enumerate().map(guard);
            quote_spanned!(generated()=> (#(#guards),*))
        }
    }
}

/// The expression of the guards.
fn acquired(model: &Synchronized<'_>) -> TokenStream {
    let root = &model.root;
    let private = root.private();
    let own_lock = model
        .locks
        .is_empty()
        .then(|| own_lock(root, &model.function.sig.ident));
    let names = model.locks.iter().map(|lock| spelled(&lock.lock));
    let function = model.function.sig.ident.unraw().to_string();
    let timed = model.limit.is_some();
    // All tokens for one lock have its span, so that the compiler reports an argument that is no lock in one place.
    let locks = model
        .locks
        .iter()
        .map(|lock| request(root, lock, timed, model.locks.len() == 1));
    let single = match model.locks {
        [lock] => Some(generated_at(blame(&lock.lock))),
        _ => None,
    };
    let Some((timeout, otherwise)) = model.limit else {
        return match (own_lock, single) {
            (Some(own), _) => quote_spanned!(generated()=> #private::lock(#own, &#function)),
            (None, Some(span)) => {
                let private = root.private_at(span);
                quote_spanned!(span=> #private::lock(#(#locks)*, &#function))
            }
            (None, None) => {
                quote_spanned!(generated()=> #private::lock_all((#(#locks),*), &[#(#names),*], &#function))
            }
        };
    };
    let attempt = match (own_lock, single) {
        (Some(own), _) => {
            quote_spanned!(generated()=> #private::lock_timeout(#own, #timeout, &#function))
        }
        (None, Some(span)) => {
            let private = root.private_at(span);
            quote_spanned!(span=> #private::lock_timeout(#(#locks)*, #timeout, &#function))
        }
        (None, None) => quote_spanned! {generated()=>
            #private::lock_all_timeout((#(#locks),*), &[#(#names),*], #timeout, &#function)
        },
    };
    let late = late(root, otherwise, &model.function.sig.output);
    quote_spanned! {generated()=>
        match #attempt {
            #private::Some(guards) => guards,
            #private::None => #late,
        }
    }
}

/// The code that leaves the function when the wait has timed out.
///
/// It is a `return`, and not a second arm beside the body, so that the compiler compares a wrong `else` with the
/// result of the function and not with the body.
fn late(root: &Root, otherwise: &Expr, output: &ReturnType) -> TokenStream {
    // Clippy reports `return ()`.
    if is_unit(otherwise) {
        return quote_spanned!(generated()=> return);
    }
    let never = matches!(output, ReturnType::Type(_, ty) if matches!(peel(ty), Type::Never(_)));
    if never || leaves(otherwise) {
        return otherwise.to_token_stream();
    }
    // The macro cannot see whether an `else` like `bail!("busy")` has a value or leaves the function. If it leaves,
    // the compiler would report the `return` as unreachable, but not if the `else` is one of two branches. The
    // other branch costs nothing, because the compiler removes it.
    let private = root.private();
    quote_spanned! {generated()=>
        return match true {
            true => #otherwise,
            false => #private::stand_in(),
        }
    }
}

/// Whether `expr` obviously leaves the function.
fn leaves(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) => true,
        Expr::Group(group) => leaves(&group.expr),
        Expr::Paren(paren) => leaves(&paren.expr),
        _ => false,
    }
}

/// Whether `expr` is `()` or `{}`.
fn is_unit(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => is_unit(&group.expr),
        Expr::Paren(paren) => is_unit(&paren.expr),
        Expr::Tuple(tuple) => tuple.elems.is_empty(),
        Expr::Block(block) => {
            block.attrs.is_empty() && block.label.is_none() && block.block.stmts.is_empty()
        }
        _ => false,
    }
}

/// The lock of a function without arguments: a static in a block, where the body cannot see it.
fn own_lock(root: &Root, function: &Ident) -> TokenStream {
    let name = function.unraw().to_string();
    let private = root.private();
    quote_spanned! {generated()=>
        {
            static __THREADKIT_LOCK: #private::RLock<()> = <#private::RLock<()>>::named(#name, ());
            &__THREADKIT_LOCK
        }
    }
}

/// A reference to the lock, or to its side for reading or for writing.
fn request(root: &Root, lock: &LockArg, timed: bool, single: bool) -> TokenStream {
    let span = generated_at(blame(&lock.lock));
    let private = root.private_at(span);
    let lock_expr = &lock.lock;
    let borrowed = match lock_expr {
        Expr::Binary(_) | Expr::Cast(_) | Expr::Range(_) | Expr::Closure(_) => {
            quote_spanned!(span=> &(#lock_expr))
        }
        _ => quote_spanned!(span=> &#lock_expr),
    };
    let checked = match (lock.side, timed) {
        // The errors of `lock` and `lock_timeout` say what they take.
        (Side::Only, _) if single => return borrowed,
        (Side::Only, false) => "locking",
        (Side::Only, true) => "locking_timed",
        (Side::Read, false) => "reading",
        (Side::Read, true) => "reading_timed",
        (Side::Write, false) => "writing",
        (Side::Write, true) => "writing_timed",
    };
    let checked = Ident::new(checked, span);
    let side = quote_spanned!(span=> #private::#checked(#borrowed));
    match lock.side {
        Side::Only => side,
        Side::Read | Side::Write => quote_spanned!(span=> &#side),
    }
}

/// The word of a lock expression to which errors point if it is no lock: the last of a path or of a chain of
/// fields.
fn blame(lock: &Expr) -> Span {
    match lock {
        Expr::Field(field) => field.member.span(),
        Expr::MethodCall(call) => call.method.span(),
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(|| path.span(), |last| last.ident.span()),
        Expr::Reference(reference) => blame(&reference.expr),
        Expr::Unary(unary) => blame(&unary.expr),
        Expr::Paren(paren) => blame(&paren.expr),
        Expr::Group(group) => blame(&group.expr),
        Expr::Call(call) => blame(&call.func),
        Expr::Index(index) => blame(&index.expr),
        other => other.span(),
    }
}

/// The function after a mistake. It keeps its signature, so that its callers are still checked.
///
/// It keeps its body as well, unless that may use a missing guard, or has an `.await`.
pub(crate) fn stand_in(args: &Args, function: &Function) -> TokenStream {
    let loses_guard = args.incomplete || args.locks.iter().any(|lock| lock.guard.is_some());
    let Body::Braces(braces) = &function.body else {
        return function.to_token_stream();
    };
    if !loses_guard || function.sig.asyncness.is_some() || function.sig.constness.is_some() {
        return function.to_token_stream();
    }
    let private = args.root.get().private();
    // The parameters are used, so that no lint reports them.
    let parameters = function.sig.inputs.iter().flat_map(|arg| match arg {
        FnArg::Typed(arg) => names_bound(&arg.pat),
        FnArg::Receiver(_) => Vec::new(),
    });
    let body = braces.wrap(quote_spanned! {generated()=>
        let _ = (#(&#parameters),*);
        #private::stand_in()
    });
    let Function {
        attrs,
        vis,
        defaultness,
        sig,
        ..
    } = function;
    quote_spanned!(generated()=> #(#attrs)* #vis #defaultness #sig #body)
}
