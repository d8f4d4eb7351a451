//! A `#[when]`: the checked facts.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, BinOp, Expr, ExprLit, GenericParam, Generics, Lit, Signature, Token};

use super::args::WhenArgs;
use super::rewrite::{is_formatted, mentions};
use super::signature::{name_of, plain, typed};
use crate::diagnostics::Problems;

/// The condition for which a method waits.
pub(crate) struct When {
    pub(crate) condition: Expr,
    pub(crate) about: About,
    /// The forms with a limit, each by the word that adds it.
    pub(crate) timeout: Option<Ident>,
    pub(crate) until: Option<Ident>,
}

/// What a condition depends on.
pub(crate) enum About {
    /// Only the value, so that every thread can evaluate it.
    Value,
    /// The value, and these generic parameters and bounds of the method, which its caller chooses.
    Generics(Generics),
    /// The value and the arguments, which only the caller of the method has.
    Arguments,
}

/// Checks the `#[when]` of a method with this signature.
pub(crate) fn check_when(
    attr: &Attribute,
    sig: &Signature,
    problems: &mut Problems,
) -> Option<When> {
    let WhenArgs {
        condition,
        timeout,
        until,
    } = WhenArgs::parse(attr, problems)?;
    if let Expr::Closure(closure) = &condition {
        problems.report(
            closure,
            "the condition is no closure, but an expression about `self`: write `self.n > 3` for `|value| value.n > 3`",
        );
        return None;
    }
    if let Expr::Lit(ExprLit {
        lit: Lit::Str(quoted),
        ..
    }) = &condition
    {
        let instead = match quoted.parse::<Expr>() {
            Ok(_) => quoted.value(),
            Err(_) => "self.ready".into(),
        };
        problems.report(
            quoted,
            format!("the condition stands without quotes: write `#[when({instead})]`"),
        );
        return None;
    }
    if let Some(word) = stray_let(&condition, true) {
        problems.report(
            word,
            "a `let` can only be joined with `&&` in the condition of `#[when]`: write `matches!(value, pattern)`",
        );
        return None;
    }
    let mut about = match needed(&sig.generics, &condition) {
        Some(generics) => About::Generics(generics),
        None => About::Value,
    };
    for arg in typed(sig) {
        let names = crate::item::names_bound(&arg.pat);
        let Some(used) = names.iter().find(|name| mentions(&condition, name)) else {
            continue;
        };
        about = About::Arguments;
        if plain(&arg.pat).is_none() {
            problems.report(
                &arg.pat,
                format!("the condition of `#[when]` looks at `{used}` before the arguments are taken apart: give the parameter a plain name, and take it apart in the body"),
            );
        }
    }
    if let About::Arguments = about
        && let Some(literal) = formatted_self(condition.to_token_stream())
    {
        problems.report(
            literal,
            "beside arguments, the condition of `#[when]` cannot find `self` in a string: write `{}`, and `self` behind the string",
        );
    }
    Some(When {
        condition,
        about,
        timeout,
        until,
    })
}

/// A `let` outside of a chain of `&&`. `is_chain` says whether `condition` itself is part of a chain.
fn stray_let(condition: &Expr, is_chain: bool) -> Option<&Token![let]> {
    match condition {
        Expr::Let(expr) => (!is_chain).then_some(&expr.let_token),
        Expr::Binary(both) => {
            let is_chain = is_chain && matches!(both.op, BinOp::And(_));
            stray_let(&both.left, is_chain).or_else(|| stray_let(&both.right, is_chain))
        }
        Expr::Group(group) => stray_let(&group.expr, is_chain),
        Expr::Paren(paren) => stray_let(&paren.expr, false),
        Expr::Unary(unary) => stray_let(&unary.expr, false),
        _ => None,
    }
}

/// The generic parameters and bounds of a method that its condition needs, if there are any.
fn needed(generics: &Generics, condition: &Expr) -> Option<Generics> {
    let params = generics.params.iter();
    let all: Vec<(&GenericParam, &Ident)> = params.map(|param| (param, name_of(param))).collect();
    let mut is_needed: Vec<bool> = all
        .iter()
        .map(|(_, name)| mentions(condition, name))
        .collect();
    let bounds = generics.where_clause.iter();
    let bounds: Vec<TokenStream> = bounds
        .flat_map(|clause| clause.predicates.iter().map(ToTokens::to_token_stream))
        .collect();
    // A bound of a needed parameter may use other parameters.
    let own: Vec<TokenStream> = all
        .iter()
        .map(|(param, _)| param.to_token_stream())
        .collect();
    loop {
        let mut is_settled = true;
        for bound in bounds.iter().chain(&own) {
            let named: Vec<usize> = (0..all.len())
                .filter(|index| mentions(bound, all[*index].1))
                .collect();
            if named.iter().any(|index| is_needed[*index]) {
                for index in named {
                    is_settled &= std::mem::replace(&mut is_needed[index], true);
                }
            }
        }
        if is_settled {
            break;
        }
    }
    let is_unneeded = |bound: &dyn ToTokens| {
        all.iter()
            .zip(&is_needed)
            .any(|((_, name), needed)| !needed && mentions(bound, name))
    };
    let mut left = Generics::default();
    left.params.extend(
        all.iter()
            .zip(&is_needed)
            .filter(|(_, needed)| **needed)
            .map(|((param, _), _)| (*param).clone()),
    );
    if let Some(clause) = &generics.where_clause {
        let predicates = clause.predicates.iter();
        let predicates = predicates.filter(|predicate| !is_unneeded(predicate));
        left.make_where_clause()
            .predicates
            .extend(predicates.cloned());
    }
    let has_bounds = left
        .where_clause
        .as_ref()
        .is_some_and(|clause| !clause.predicates.is_empty());
    (has_bounds || !left.params.is_empty()).then_some(left)
}

/// The string of a `format!`-like macro that prints `self`.
fn formatted_self(tokens: TokenStream) -> Option<TokenTree> {
    tokens.into_iter().find_map(|token| match &token {
        TokenTree::Literal(literal) => is_formatted(&literal.to_string(), "self").then_some(token),
        TokenTree::Group(group) => formatted_self(group.stream()),
        _ => None,
    })
}
