//! The argument lists of all attributes: keys, values, and how to continue after a mistake.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{LitStr, MetaList, Token, parse::Result, token};

use crate::diagnostics::Problems;
use crate::paths::Root;

/// Reads a comma-separated list; `element` parses each element from its start.
///
/// An element that fails is reported and skipped; the others are still read.
pub(crate) fn each(
    tokens: TokenStream,
    problems: &mut Problems,
    element: impl FnMut(ParseStream<'_>, &mut Problems) -> Result<()>,
) {
    let list = |input: ParseStream<'_>| elements(input, problems, element);
    if let Err(error) = list.parse2(tokens) {
        problems.add(error);
    }
}

/// Like [`each`], for a helper attribute: the error for a missing end points to its parenthesis.
pub(crate) fn each_in(
    attr: &MetaList,
    problems: &mut Problems,
    element: impl FnMut(ParseStream<'_>, &mut Problems) -> Result<()>,
) {
    let list = |input: ParseStream<'_>| elements(input, problems, element);
    if let Err(error) = attr.parse_args_with(list) {
        problems.add(error);
    }
}

fn elements(
    input: ParseStream<'_>,
    problems: &mut Problems,
    mut element: impl FnMut(ParseStream<'_>, &mut Problems) -> Result<()>,
) -> Result<()> {
    while !input.is_empty() {
        let word = input.fork().call(Ident::parse_any).ok();
        match element(input, problems) {
            Ok(()) if input.is_empty() || input.peek(Token![,]) => {}
            Ok(()) => {
                let has_value = input.peek(Token![=]) || input.peek(token::Paren);
                match word.filter(|_| has_value) {
                    // The element should have ended after the word.
                    Some(word) => problems.report(
                        skip_element(input),
                        format!("`{word}` takes no value: write `{word}`"),
                    ),
                    None => problems.add(input.error("expected `,`")),
                }
                skip_element(input);
            }
            Err(error) => {
                problems.add(error);
                skip_element(input);
            }
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Takes all tokens up to the next comma.
pub(crate) fn skip_element(input: ParseStream<'_>) -> TokenStream {
    let mut skipped = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => token.to_tokens(&mut skipped),
            Err(_) => break,
        }
    }
    skipped
}

/// Reads `= value` after the option `key`; the error says what to write.
pub(crate) fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, example: &str) -> Result<T> {
    equals(key, input, example)?;
    input.parse()
}

/// Reads the `=` after the option `key`; the error says what to write.
pub(crate) fn equals(key: &Ident, input: ParseStream<'_>, example: &str) -> Result<()> {
    if input.parse::<Option<Token![=]>>()?.is_some() && !input.is_empty() && !input.peek(Token![,])
    {
        return Ok(());
    }
    // The rest of a form like `name("worker")` belongs to the same mistake.
    let given = if input.is_empty() || input.peek(Token![,]) {
        "needs a value"
    } else {
        "takes its value after `=`"
    };
    skip_element(input);
    Err(syn::Error::new_spanned(
        key,
        format!("`{key}` {given}: write `{example}`"),
    ))
}

/// Reports an option that is given a second time.
pub(crate) fn once<T>(slot: &Option<T>, key: &Ident, problems: &mut Problems) {
    if slot.is_some() {
        problems.report(key, format!("`{key}` is given twice"));
    }
}

/// The option `crate = path`.
#[derive(Default)]
pub(crate) struct RootOption(Option<Root>);

impl RootOption {
    /// The path of threadkit.
    pub(crate) fn get(&self) -> Root {
        self.0.clone().unwrap_or_default()
    }

    /// Reads the value of the option.
    pub(crate) fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        problems: &mut Problems,
    ) -> Result<()> {
        equals(key, input, "crate = path::to::threadkit")?;
        if input.peek(LitStr) {
            let quoted: LitStr = input.parse()?;
            let path = quoted.parse_with(syn::Path::parse_mod_style);
            let instead = match &path {
                Ok(_) => quoted.value(),
                Err(_) => "path::to::threadkit".into(),
            };
            problems.report(
                &quoted,
                format!("`crate` takes a path without quotes: write `crate = {instead}`"),
            );
            once(&self.0, key, problems);
            // With the path the expansion compiles, so that there is one error.
            self.0 = path.ok().as_ref().map(Root::at);
            return Ok(());
        }
        let path = input.call(syn::Path::parse_mod_style)?;
        once(&self.0, key, problems);
        self.0 = Some(Root::at(&path));
        Ok(())
    }

    /// Reports that the attribute does not find threadkit: the package has the attribute from another crate, and gives
    /// no path. `begin` is the beginning of an attribute that takes the option.
    pub(crate) fn check(&self, begin: &str, problems: &mut Problems) {
        if self.0.is_none() && !Root::is_found() {
            problems.report_at(
                Span::call_site(),
                format!("this package does not depend on threadkit: add it to `Cargo.toml`; or if another crate re-exports it, write its path there, as in `#[{begin}crate = facade::threadkit)]`"),
            );
        }
    }
}
