//! The arguments of `#[monitor]` and of its helper `#[when]`, as written.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{AngleBracketedGenericArguments, Attribute, Expr, Meta, Path, Result, Token, Visibility};

use super::attributes::{self, Choice};
use crate::diagnostics::{Problems, nearest, unknown_option};
use crate::item::{Function, ImplBlock, ends_in};
use crate::options::{self, RootOption};

/// The options of `#[monitor]`, apart from the name.
const OPTIONS: &[&str] = &["poison", "crate"];

/// The words that may follow the condition of `#[when]`.
const FORMS: &[&str] = &["timeout", "until"];

/// The arguments of `#[monitor(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<Ident>,
    /// The visibility in front of the name; without one it follows from the methods.
    pub(crate) vis: Option<Visibility>,
    pub(crate) poison: Option<Ident>,
    pub(crate) root: RootOption,
    /// A mistake was reported, so the name may be missing because of it.
    pub(crate) incomplete: bool,
}

impl Args {
    /// Reads the arguments of the attribute.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        let before = problems.count();
        options::each(tokens, problems, |input, problems| {
            args.element(input, problems)
        });
        args.incomplete = problems.count() > before;
        args
    }

    fn element(&mut self, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        let vis: Visibility = input.parse()?;
        if !input.peek(Ident::peek_any) {
            let given = options::skip_element(input);
            return Err(syn::Error::new_spanned(
                given,
                "expected a name for the handle: write `#[monitor(SharedCounter)]`",
            ));
        }
        let word = input.call(Ident::parse_any)?;
        if word == "crate" {
            return self.root.read(&word, input, problems);
        }
        if word == "poison" {
            options::once(&self.poison, &word, problems);
            if input.peek(Token![=]) {
                problems.report(
                    options::skip_element(input),
                    "`poison` stands alone: write `#[monitor(SharedCounter, poison)]`",
                );
            }
            self.poison = Some(word);
            return Ok(());
        }
        let text = word.to_string();
        let is_slip = text.starts_with(char::is_lowercase) && nearest(&text, OPTIONS).is_some();
        if !is_slip && input.peek(Token![<]) {
            let given = match input.parse::<AngleBracketedGenericArguments>() {
                Ok(given) => quote::ToTokens::into_token_stream(given),
                Err(_) => options::skip_element(input),
            };
            problems.report(
                given,
                format!("the handle has the parameters of the impl block, and they are written only there: write `#[monitor({word})]`"),
            );
        }
        let is_form = FORMS.contains(&text.as_str());
        if is_slip || is_form || (!input.is_empty() && !input.peek(Token![,])) {
            let message = match is_form {
                true => format!(
                    "`{text}` is for a method that waits: write `#[when(condition, {text})]` on it"
                ),
                false => {
                    unknown_option(&text, "#[monitor]", OPTIONS)
                        + "; the handle's name stands alone: `#[monitor(SharedCounter)]`"
                }
            };
            options::skip_element(input);
            return Err(syn::Error::new_spanned(word, message));
        }
        if let Some(first) = &self.name {
            return Err(syn::Error::new_spanned(
                &word,
                format!("the handle has a name already: `{first}`"),
            ));
        }
        if syn::parse2::<syn::Ident>(quote::ToTokens::to_token_stream(&word)).is_err() {
            return Err(syn::Error::new_spanned(
                &word,
                format!("`{word}` is a keyword; choose another name for the handle"),
            ));
        }
        if !matches!(vis, Visibility::Inherited) {
            self.vis = Some(vis);
        }
        self.name = Some(word);
        Ok(())
    }
}

/// The `#[when]`s of one function.
pub(crate) struct Whens {
    pub(crate) attrs: Vec<Attribute>,
    /// There was one that was refused and removed.
    pub(crate) is_refused: bool,
}

impl Whens {
    /// Removes the helper from the function and reports one under a `cfg_attr`.
    pub(crate) fn take(function: &mut Function, problems: &mut Problems) -> Self {
        let mut whens = Self {
            attrs: Vec::new(),
            is_refused: false,
        };
        for attr in std::mem::take(&mut function.attrs) {
            if ends_in(&attr, "when") {
                whens.attrs.push(attr);
                continue;
            }
            let left = attributes::choose(&attr, &mut |path| {
                let Some(last) = path.segments.last().filter(|last| last.ident == "when") else {
                    return Choice::Keep;
                };
                problems.report(
                    &last.ident,
                    "the handle is made before a `cfg_attr` is read: write the method twice, each with a `#[cfg(..)]` of its own, and put `#[when(..)]` on one of them",
                );
                whens.is_refused = true;
                Choice::Drop
            });
            function.attrs.extend(left);
        }
        whens
    }
}

/// Refuses and removes `#[unsynchronized]`, unless a `#[synchronized]` below this attribute will read it.
pub(crate) fn take_unsynchronized(block: &mut ImplBlock, problems: &mut Problems) {
    let comes_after =
        |attr: &Attribute| ends_in(attr, "synchronized") || attr.path().is_ident("cfg_attr");
    if block.attrs.iter().any(comes_after) {
        return;
    }
    for function in block.functions_mut() {
        let mut decide = |path: &Path| {
            let Some(last) = path
                .segments
                .last()
                .filter(|last| last.ident == "unsynchronized")
            else {
                return Choice::Keep;
            };
            problems.report(
                &last.ident,
                "every method of a handle runs under its lock: take `#[unsynchronized]` off, or move the method to an impl block without `#[monitor]`",
            );
            Choice::Drop
        };
        let attrs = std::mem::take(&mut function.attrs);
        let left = attrs
            .iter()
            .filter_map(|attr| attributes::choose(attr, &mut decide));
        function.attrs = left.collect();
    }
}

/// The arguments of `#[when(..)]`.
pub(crate) struct WhenArgs {
    pub(crate) condition: Expr,
    /// The words that were written, to which errors about the generated forms point.
    pub(crate) timeout: Option<Ident>,
    pub(crate) until: Option<Ident>,
}

impl WhenArgs {
    /// Parses the helper and reports mistakes.
    pub(crate) fn parse(attr: &Attribute, problems: &mut Problems) -> Option<Self> {
        const EXAMPLE: &str = "`#[when]` needs a condition: write `#[when(self.ready)]`";
        let list = match &attr.meta {
            Meta::List(list) if !list.tokens.is_empty() => list,
            _ => {
                problems.report(attr.meta.path(), EXAMPLE);
                return None;
            }
        };
        let mut condition = None;
        let (mut timeout, mut until) = (None, None);
        options::each_in(list, problems, |input, problems| {
            if condition.is_none() {
                condition = Some(input.parse::<Expr>()?);
                return Ok(());
            }
            let ahead = input.fork();
            let alone = Parser::parse2(
                |input: ParseStream<'_>| input.call(Ident::parse_any),
                options::skip_element(&ahead),
            );
            let Ok(word) = alone else {
                if let Ok(word) = input.fork().call(Ident::parse_any)
                    && FORMS.iter().any(|form| word == form)
                {
                    let given = options::skip_element(input);
                    // The form exists in spite of the mistake, because the program calls it.
                    let slot = if word == "timeout" {
                        &mut timeout
                    } else {
                        &mut until
                    };
                    *slot = Some(word.clone());
                    return Err(syn::Error::new_spanned(
                        given,
                        format!(
                            "`{word}` stands alone, and callers of the method that it adds give the limit: write `#[when(condition, {word})]`"
                        ),
                    ));
                }
                return Err(syn::Error::new_spanned(
                    options::skip_element(input),
                    format!(
                        "after the condition, `#[when]` takes {}; several conditions are joined by `&&`",
                        FORMS.join(", ")
                    ),
                ));
            };
            options::skip_element(input);
            match word.to_string().as_str() {
                "timeout" => {
                    options::once(&timeout, &word, problems);
                    timeout = Some(word);
                }
                "until" => {
                    options::once(&until, &word, problems);
                    until = Some(word);
                }
                other => problems.report(&word, unknown_option(other, "#[when]", FORMS)),
            }
            Ok(())
        });
        condition.map(|condition| Self {
            condition,
            timeout,
            until,
        })
    }
}
