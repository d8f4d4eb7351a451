//! A function or method with its body as one token group.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Result, Signature, Token, Visibility};

/// A function, split where the attributes change it.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

/// The end of a function, after its signature.
pub(crate) enum Body {
    /// A body in braces.
    Braces(Braces),
    /// A declaration without a body, as in a trait.
    Missing(Option<Token![;]>),
}

/// A body in braces, never parsed.
pub(crate) struct Braces {
    /// The `#![..]` at its top, which must stay in front of everything else.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// The user's brace group without those attributes. It keeps the user's span, which determines the edition
    /// for its temporaries and the place that lints report.
    pub(crate) group: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        Self::parse_after_attrs(attrs, input)
    }
}

impl Function {
    pub(crate) fn parse_after_attrs(attrs: Vec<Attribute>, input: ParseStream<'_>) -> Result<Self> {
        let vis = input.parse()?;
        // `default` is a keyword only in front of `fn`, `async` and the like.
        let defaultness = if input.peek(Token![default]) && !input.peek2(Token![!]) {
            Some(input.parse()?)
        } else {
            None
        };
        let sig = input.parse()?;
        let body = input.parse()?;
        Ok(Self {
            attrs,
            vis,
            defaultness,
            sig,
            body,
        })
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::Missing(None));
        }
        if input.peek(Token![;]) {
            return Ok(Self::Missing(Some(input.parse()?)));
        }
        // The compiler passes complete items only; an editor passes incomplete ones as well.
        match input.parse::<TokenTree>()? {
            TokenTree::Group(group) => match braces(group.clone()) {
                Some(group) => Braces::split(group).map(Self::Braces),
                None => Err(syn::Error::new_spanned(
                    group,
                    "expected a function body in braces",
                )),
            },
            other => Err(syn::Error::new_spanned(
                other,
                "expected a function body in braces",
            )),
        }
    }
}

/// The brace group itself, also if it is in the invisible group of a `$body:block` of `macro_rules`.
fn braces(group: Group) -> Option<Group> {
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => {
            let mut tokens = group.stream().into_iter();
            match (tokens.next(), tokens.next()) {
                (Some(TokenTree::Group(inner)), None) => braces(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

impl Braces {
    /// `around` in braces that have the user's span, after the user's inner attributes.
    ///
    /// Because of that span the compiler takes the function for the user's code, for instance when it warns
    /// that it is never called.
    pub(crate) fn wrap(&self, around: TokenStream) -> Group {
        let mut all = TokenStream::new();
        for attr in &self.inner_attrs {
            attr.to_tokens(&mut all);
        }
        all.extend(around);
        let mut group = Group::new(Delimiter::Brace, all);
        group.set_span(self.group.span());
        group
    }

    fn split(group: Group) -> Result<Self> {
        let split = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_inner)?;
            Ok((attrs, input.parse::<TokenStream>()?))
        };
        let (inner_attrs, rest) = syn::parse::Parser::parse2(split, group.stream())?;
        if inner_attrs.is_empty() {
            return Ok(Self { inner_attrs, group });
        }
        let mut rebuilt = Group::new(Delimiter::Brace, rest);
        rebuilt.set_span(group.span());
        Ok(Self {
            inner_attrs,
            group: rebuilt,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attr in &self.attrs {
            attr.to_tokens(tokens);
        }
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Missing(semicolon) => semicolon.to_tokens(tokens),
            Self::Braces(braces) if braces.inner_attrs.is_empty() => braces.group.to_tokens(tokens),
            Self::Braces(braces) => braces.wrap(braces.group.stream()).to_tokens(tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn parse(tokens: TokenStream) -> Function {
        syn::parse2(tokens).expect("a function")
    }

    #[test]
    fn a_body_is_not_parsed() {
        let function = parse(quote!(pub fn f() { let = ; a. }));
        assert_eq!(
            function.to_token_stream().to_string(),
            "pub fn f () { let = ; a . }"
        );
    }

    #[test]
    fn inner_attributes_are_lifted_and_put_back() {
        let function = parse(quote!(
            fn f() {
                #![allow(unused)]
                1
            }
        ));
        let Body::Braces(braces) = &function.body else {
            panic!("no body")
        };
        assert_eq!(braces.inner_attrs.len(), 1);
        assert_eq!(braces.group.to_string(), "{ 1 }");
        assert_eq!(
            function.to_token_stream().to_string(),
            "fn f () { # ! [allow (unused)] 1 }"
        );
    }

    #[test]
    fn a_block_out_of_macro_rules_is_unwrapped() {
        let block = Group::new(Delimiter::None, quote!({ 1 }));
        let function = parse(quote!(fn f() #block));
        assert_eq!(function.to_token_stream().to_string(), "fn f () { 1 }");
    }

    #[test]
    fn a_declaration_has_no_body() {
        assert!(matches!(
            parse(quote!(
                fn f();
            ))
            .body,
            Body::Missing(Some(_))
        ));
        assert!(matches!(parse(quote!(fn f())).body, Body::Missing(None)));
    }

    #[test]
    fn default_methods_keep_the_word() {
        assert!(parse(quote!(default fn f() {})).defaultness.is_some());
    }
}
