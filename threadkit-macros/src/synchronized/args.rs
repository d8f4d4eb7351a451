//! The arguments of `#[synchronized]`, as written.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprMethodCall, Result, Token, Type, parenthesized, token};

use crate::diagnostics::{Problems, distance, spelled, unknown_option};
use crate::options::{self, RootOption};

/// All options, in the order in which messages list them.
const OPTIONS: &[&str] = &["timeout", "else", "read", "write", "crate"];

/// The arguments of `#[synchronized(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) locks: Vec<LockArg>,
    /// Options keep their word, to which errors point where the option cannot stand alone.
    pub(crate) timeout: Option<(Ident, Expr)>,
    pub(crate) otherwise: Option<(Ident, Expr)>,
    pub(crate) root: RootOption,
    /// A lock was refused and reported, so a guard that the body may use is missing.
    pub(crate) incomplete: bool,
}

/// One lock.
pub(crate) struct LockArg {
    pub(crate) side: Side,
    /// The name under which the body sees the guard.
    pub(crate) guard: Option<Ident>,
    pub(crate) lock: Expr,
}

/// How a lock is acquired.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Only,
    Read,
    Write,
}

impl Args {
    /// Reads the arguments of the attribute.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        let before = problems.count();
        options::each(tokens, problems, |input, problems| {
            args.element(input, problems)
        });
        args.incomplete |= problems.count() > before;
        args
    }

    fn element(&mut self, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        if input.peek(Token![else]) || (input.peek(Token![crate]) && !input.peek2(Token![::])) {
            let key = input.call(Ident::parse_any)?;
            return self.option(key, input, problems);
        }
        if input.peek(syn::Ident) {
            let ahead = input.fork();
            let key: Ident = ahead.parse()?;
            let side = match key.to_string().as_str() {
                "timeout" if at_end(&ahead) || ahead.peek(Token![=]) => {
                    input.parse::<Ident>()?;
                    return self.option(key, input, problems);
                }
                "read" => Some(Side::Read),
                "write" => Some(Side::Write),
                _ => None,
            };
            if let Some(side) = side {
                if ahead.peek(token::Paren) {
                    input.parse::<Ident>()?;
                    return self.side(side, input, problems);
                }
                if at_end(&ahead) || ahead.peek(Token![=]) {
                    options::skip_element(input);
                    return Err(syn::Error::new_spanned(
                        &key,
                        format!(
                            "`{key}` takes one side of an `RwLock`: write `{key}(LOCK)`, or `{key}(name = LOCK)` to bind its guard"
                        ),
                    ));
                }
            }
        }
        self.lock(Side::Only, input, problems)
    }

    fn option(
        &mut self,
        key: Ident,
        input: ParseStream<'_>,
        problems: &mut Problems,
    ) -> Result<()> {
        match key.to_string().as_str() {
            "timeout" => {
                let value = options::value(&key, input, "timeout = Duration::from_secs(1)")?;
                options::once(&self.timeout, &key, problems);
                if let Expr::Lit(number) = &value {
                    problems.report(
                        number,
                        "`timeout` is a `Duration`: write `timeout = Duration::from_secs(5)`",
                    );
                }
                self.timeout = Some((key, value));
            }
            "else" => {
                let value = options::value(&key, input, "else = value")?;
                options::once(&self.otherwise, &key, problems);
                self.otherwise = Some((key, value));
            }
            _ => self.root.read(&key, input, problems)?,
        }
        Ok(())
    }

    /// `(LOCK)`, `(name = LOCK)`, or several of them, after `read` or `write`.
    fn side(&mut self, side: Side, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        let inside;
        let parens = parenthesized!(inside in input);
        if inside.is_empty() {
            let word = if side == Side::Read { "read" } else { "write" };
            problems.report_at(
                parens.span.join(),
                format!("expected an `RwLock`: write `{word}(LOCK)`, or `{word}(name = LOCK)`"),
            );
        }
        while !inside.is_empty() {
            self.lock(side, &inside, problems)?;
            if !inside.is_empty() {
                inside.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    /// `LOCK` or `name = LOCK`.
    fn lock(&mut self, side: Side, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        if input.peek(Token![mut]) && input.peek2(syn::Ident) && input.peek3(Token![=]) {
            let word: Token![mut] = input.parse()?;
            problems.report(word, "a guard's name takes no `mut`: the value can be changed through the guard if the lock allows it");
        }
        if input.peek(Token![let]) {
            let word: Token![let] = input.parse()?;
            // `mut` is optional: every guard is mutable.
            input.parse::<Option<Token![mut]>>()?;
            let message = format!(
                "a guard is bound without `let`: write `{}`",
                spelled(options::skip_element(input))
            );
            return Err(syn::Error::new_spanned(word, message));
        }
        if input.peek(syn::Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let name: Ident = input.parse()?;
            let colon: Token![:] = input.parse()?;
            let message = format!(
                "the name of a guard and its lock stand on the two sides of `=`: write `{name} = {}`",
                spelled(options::skip_element(input))
            );
            return Err(syn::Error::new_spanned(colon, message));
        }
        if input.peek(Token![_]) && input.peek2(Token![=]) {
            let name: Token![_] = input.parse()?;
            options::skip_element(input);
            return Err(syn::Error::new_spanned(
                name,
                "a guard that is not used needs no name: write the lock alone",
            ));
        }
        let guard =
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = input.call(Ident::parse_any)?;
                options::equals(&name, input, "name = LOCK")?;
                Some(name)
            } else {
                None
            };
        let lock: Expr = input.parse()?;
        if let Some(name) = &guard {
            check_name(name, &lock)?;
        }
        check_lock(side, guard.as_ref(), &lock)?;
        self.locks.push(LockArg { side, guard, lock });
        Ok(())
    }
}

/// Refuses names that cannot be bound, and those that look like misspelled options. Otherwise `timout = limit`
/// would silently be a guard.
fn check_name(name: &Ident, lock: &Expr) -> Result<()> {
    let word = name.to_string();
    let near = |option: &str, slips: usize| distance(&word, option) <= slips;
    let misspelt =
        near("timeout", 2) || near("else", 1) || (near("crate", 1) && !looks_like_lock(lock));
    if misspelt {
        let mut message = unknown_option(&word, "#[synchronized]", OPTIONS);
        message += "; to bind a guard write `name = LOCK`, with a name less like an option";
        return Err(syn::Error::new_spanned(name, message));
    }
    if syn::parse2::<syn::Ident>(name.to_token_stream()).is_err() {
        return Err(syn::Error::new_spanned(
            name,
            format!("`{name}` is a keyword; choose another name for the guard"),
        ));
    }
    Ok(())
}

/// Whether the expression may be a lock: a static, or anything but a plain variable.
fn looks_like_lock(lock: &Expr) -> bool {
    match lock {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().chars().any(char::is_uppercase)),
        _ => true,
    }
}

/// Refuses expressions that cannot be a lock, and locks in another spelling than the expected one.
fn check_lock(side: Side, guard: Option<&Ident>, lock: &Expr) -> Result<()> {
    let message = match lock {
        Expr::Group(group) => return check_lock(side, guard, &group.expr),
        Expr::Paren(paren) => return check_lock(side, guard, &paren.expr),
        Expr::Lit(_) => {
            "a literal is not a lock: name a static, like `LOCK`, or a field, like `self.lock`"
                .into()
        }
        Expr::Assign(_) => "expected one lock: write `name = LOCK`".into(),
        Expr::Cast(cast) => match name_after_as(&cast.ty) {
            Some(name) => format!(
                "the guard's name stands first: write `{name} = {}`",
                spelled(&cast.expr)
            ),
            None => return Ok(()),
        },
        Expr::MethodCall(call) => return check_call(side, guard, call),
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(lock, message))
}

/// The `a` of `A as a`, unless it may be the name of a type.
fn name_after_as(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    let name = path.path.get_ident()?;
    name.unraw()
        .to_string()
        .starts_with(|letter: char| letter.is_lowercase() || letter == '_')
        .then_some(name)
}

/// Refuses a call that acquires the lock, because the attribute acquires it.
fn check_call(side: Side, guard: Option<&Ident>, call: &ExprMethodCall) -> Result<()> {
    let Some((acquiring, found)) = acquisition(call) else {
        return Ok(());
    };
    let lock = &acquiring.receiver;
    let named = match guard {
        Some(name) => format!("{name} = {}", spelled(lock)),
        None => spelled(lock),
    };
    let side = if side == Side::Only { found } else { side };
    let instead = match side {
        Side::Only => named,
        Side::Read => format!("read({named})"),
        Side::Write => format!("write({named})"),
    };
    let before = lock.to_token_stream().into_iter().count();
    let blame: TokenStream = call.to_token_stream().into_iter().skip(before).collect();
    Err(syn::Error::new_spanned(
        blame,
        format!("name the lock itself: `{instead}`; the attribute acquires it"),
    ))
}

/// The part of `call` that acquires a lock, and which side of it.
///
/// A method that returns a lock may have one of these names, too. So a call on a plain variable or on `self` counts
/// only where it certainly returns a guard. Elsewhere such a lock is written `*shelf.own.lock()`.
fn acquisition(call: &ExprMethodCall) -> Option<(&ExprMethodCall, Side)> {
    let side_of = |call: &ExprMethodCall| {
        let side = match call.method.to_string().as_str() {
            "acquire" | "lock" => Side::Only,
            "read" => Side::Read,
            "write" => Side::Write,
            _ => return None,
        };
        call.args.is_empty().then_some(side)
    };
    if let Some(side) = side_of(call) {
        let is_sure = call.method == "acquire" || looks_like_lock(&call.receiver);
        return is_sure.then_some((call, side));
    }
    match &*call.receiver {
        Expr::MethodCall(inner) if call.method == "unwrap" || call.method == "expect" => {
            side_of(inner).map(|side| (inner, side))
        }
        _ => None,
    }
}

/// Whether an element of the arguments ends here.
fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}
