//! What a function under locks becomes.
//!
//! A `match` on the guard, whose one arm is the user's own block: the temporaries of the body's
//! last expression die before the guard does, in every edition; those of the lock expression live
//! as long as the guard; and nothing follows the body that its type or its `!` could disagree with.

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

/// The function, its body under its locks.
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
    let body = body.wrap(quote_spanned! {generated()=>
        match #acquired {
            #guards => #block
        }
    });
    quote_spanned!(generated()=> #(#attrs)* #vis #defaultness #sig #body)
}

/// The pattern of the guards.
fn guards(model: &Synchronized<'_>) -> TokenStream {
    // Never `_`, which would let the lock go at once. `mut` is generated, so that no lint speaks
    // about one that is not needed, nor about a guard that only some methods of an impl block use.
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
    let timed = model.limit.is_some();
    // Everything about one lock is located at it, so that the compiler has one place to point to
    // when it is none.
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
            (Some(own), _) => quote_spanned!(generated()=> #private::lock(#own)),
            (None, Some(span)) => {
                let private = root.private_at(span);
                quote_spanned!(span=> #private::lock(#(#locks)*))
            }
            (None, None) => {
                quote_spanned!(generated()=> #private::lock_all((#(#locks),*), &[#(#names),*]))
            }
        };
    };
    let attempt = match (own_lock, single) {
        (Some(own), _) => quote_spanned!(generated()=> #private::lock_timeout(#own, #timeout)),
        (None, Some(span)) => {
            let private = root.private_at(span);
            quote_spanned!(span=> #private::lock_timeout(#(#locks)*, #timeout))
        }
        (None, None) => quote_spanned! {generated()=>
            #private::lock_all_timeout((#(#locks),*), &[#(#names),*], #timeout)
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

/// How the function is left when time is up.
///
/// By `return`, and not as a second arm beside the body: a wrong `else` is then compared with the
/// function's result and not with the body.
fn late(root: &Root, otherwise: &Expr, output: &ReturnType) -> TokenStream {
    // `return ()` would be one word too many.
    if is_unit(otherwise) {
        return quote_spanned!(generated()=> return);
    }
    let never = matches!(output, ReturnType::Type(_, ty) if matches!(peel(ty), Type::Never(_)));
    if never || leaves(otherwise) {
        return otherwise.to_token_stream();
    }
    // Whether an `else` like `bail!("busy")` has a value or leaves by itself cannot be seen here. In the
    // latter case the compiler would call the `return` unreachable; it does not if the `else` is one of two
    // ways to a value. The second costs nothing, because the compiler takes it out.
    let private = root.private();
    quote_spanned! {generated()=>
        return match true {
            true => #otherwise,
            false => #private::stand_in(),
        }
    }
}

/// Whether it is plain to see that `expr` has no value.
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

/// The lock that belongs to one function: a static in a block that the body cannot see into.
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

/// A reference to the lock, or to the side of it that is asked for.
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
        // `lock` and `lock_timeout` say themselves what they take.
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

/// The word of a lock expression that is wrong when it is no lock: the last of a path or of a chain
/// of fields.
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

/// The function after a mistake: with its signature, so that its callers are still checked.
///
/// The body stays as well, unless it may use a guard that is not there, or `.await`s.
pub(crate) fn stand_in(args: &Args, function: &Function) -> TokenStream {
    let loses_guard = args.incomplete || args.locks.iter().any(|lock| lock.guard.is_some());
    let Body::Braces(braces) = &function.body else {
        return function.to_token_stream();
    };
    if !loses_guard || function.sig.asyncness.is_some() || function.sig.constness.is_some() {
        return function.to_token_stream();
    }
    let private = args.root().private();
    // Naming the parameters keeps the compiler from calling them unused.
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
