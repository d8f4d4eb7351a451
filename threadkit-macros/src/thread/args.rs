//! The arguments of `#[thread]`, as written.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Lit, LitBool, LitStr, Meta, Result, Token, Type, token};

use crate::diagnostics::{Problems, unknown_option};
use crate::options::{self, RootOption};

/// All options, in the order in which messages list them.
const OPTIONS: &[&str] = &["name", "daemon", "stack_size", "shared", "returns", "crate"];

/// The arguments of `#[thread(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    pub(crate) daemon: Option<bool>,
    pub(crate) stack_size: Option<Expr>,
    /// These two options keep their word, to which errors point where the option is not allowed.
    pub(crate) shared: Option<Ident>,
    pub(crate) returns: Option<(Ident, Type)>,
    pub(crate) root: RootOption,
}

impl Args {
    /// Reads the arguments of the attribute.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        args.extend(tokens, problems);
        args
    }

    /// Reads the arguments of all `#[thread(..)]` helpers of a derive.
    pub(crate) fn of_derive(attrs: &[Attribute], problems: &mut Problems) -> Self {
        let mut args = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("thread")) {
            match &attr.meta {
                Meta::Path(_) => {}
                Meta::List(list) => args.extend(list.tokens.clone(), problems),
                Meta::NameValue(pair) => problems.report(
                    pair.eq_token,
                    "options of `#[thread]` go in parentheses: write `#[thread(name = \"..\")]`",
                ),
            }
        }
        args
    }

    fn extend(&mut self, tokens: TokenStream, problems: &mut Problems) {
        options::each(tokens, problems, |input, problems| {
            self.option(input, problems)
        });
    }

    fn option(&mut self, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        if !input.peek(Ident::peek_any) {
            let message = match input.peek(LitStr) {
                true => "a thread's name stands behind `name`: write `name = \"worker\"`".into(),
                false => format!("expected an option: {}", OPTIONS.join(", ")),
            };
            return Err(syn::Error::new_spanned(
                options::skip_element(input),
                message,
            ));
        }
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "name" => {
                let example = "name = \"worker-{id}\"";
                options::equals(&key, input, example)?;
                let value: Expr = input.parse()?;
                options::once(&self.name, &key, problems);
                match string(&value) {
                    Some(literal) => self.name = Some(literal),
                    None => problems.report(
                        value,
                        format!("a thread's name is a string in quotes, in which `{{field}}` stands for a field: write `{example}`"),
                    ),
                }
            }
            "daemon" => {
                options::once(&self.daemon, &key, problems);
                self.daemon = Some(true);
                if input.peek(token::Paren) {
                    problems.report(
                        options::skip_element(input),
                        "`daemon` takes no value but `true` or `false`: write `daemon`",
                    );
                } else if input.parse::<Option<Token![=]>>()?.is_some() {
                    if input.peek(LitBool) {
                        self.daemon = Some(input.parse::<LitBool>()?.value);
                    } else {
                        let value = options::skip_element(input);
                        let blame = if value.is_empty() {
                            key.into_token_stream()
                        } else {
                            value
                        };
                        problems.report(
                            blame,
                            "`daemon` takes no value but `true` or `false`: write `daemon`",
                        );
                    }
                }
            }
            "stack_size" => {
                let value = options::value(&key, input, "stack_size = 1024 * 1024")?;
                options::once(&self.stack_size, &key, problems);
                if string(&value).is_some() {
                    problems.report(
                        value,
                        "`stack_size` is a number of bytes: write `stack_size = 1024 * 1024`",
                    );
                    return Ok(());
                }
                self.stack_size = Some(value);
            }
            "returns" => {
                let value: Type = options::value(&key, input, "returns = u32")?;
                options::once(&self.returns, &key, problems);
                self.returns = Some((key, value));
            }
            "shared" => {
                options::once(&self.shared, &key, problems);
                if input.peek(Token![=]) {
                    problems.report(
                        options::skip_element(input),
                        "`shared` takes no value: write `shared`",
                    );
                }
                self.shared = Some(key);
            }
            "crate" => self.root.read(&key, input, problems)?,
            word => {
                problems.report(&key, unknown_option(word, "#[thread]", OPTIONS));
                options::skip_element(input);
            }
        }
        Ok(())
    }
}

/// The string literal in `value`, if it is one; the user's macros may have put it into groups.
fn string(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(expr) => match &expr.lit {
            Lit::Str(literal) => Some(literal.clone()),
            _ => None,
        },
        Expr::Group(group) => string(&group.expr),
        Expr::Paren(paren) => string(&paren.expr),
        _ => None,
    }
}
