//! An impl block: its functions can be read and rewritten, and its other items stay tokens.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Generics, Path, Result, Token, Type, WhereClause, token};

use super::Function;

/// An impl block.
pub(crate) struct ImplBlock {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    /// Parameters and where clause.
    pub(crate) generics: Generics,
    /// The trait and the `for`, in an impl of a trait.
    pub(crate) of_trait: Option<(Path, Token![for])>,
    pub(crate) self_ty: Box<Type>,
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
    braces: Group,
}

/// One item of an impl block.
pub(crate) enum Member {
    /// A function or method.
    Function(Box<Function>),
    /// A constant, a type, a macro call, or something unfinished.
    Other(TokenStream),
}

impl Parse for ImplBlock {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let defaultness = input.parse()?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let mut generics = if input.peek(Token![<]) && !starts_qualified_path(input) {
            input.parse()?
        } else {
            Generics::default()
        };
        let first: Type = input.parse()?;
        // The compiler passes complete items only; an editor passes incomplete ones as well.
        let (of_trait, self_ty) = if input.peek(Token![for]) {
            let for_token = input.parse()?;
            match super::peel(&first) {
                Type::Path(of) if of.qself.is_none() => {
                    (Some((of.path.clone(), for_token)), input.parse()?)
                }
                _ => return Err(syn::Error::new_spanned(first, "expected a trait")),
            }
        } else {
            (None, first)
        };
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let braces = match input.parse::<TokenTree>()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => group,
            other => {
                return Err(syn::Error::new_spanned(
                    other,
                    "expected the impl block's `{`",
                ));
            }
        };
        let (inner_attrs, members) = body.parse2(braces.stream())?;
        Ok(Self {
            attrs,
            defaultness,
            unsafety,
            impl_token,
            generics,
            of_trait,
            self_ty: Box::new(self_ty),
            inner_attrs,
            members,
            braces,
        })
    }
}

/// Distinguishes `impl <Vec<T> as Trait>::Item {}` from `impl<T> Thing<T> {}`.
fn starts_qualified_path(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<Generics>().is_err()
}

fn body(input: ParseStream<'_>) -> Result<(Vec<Attribute>, Vec<Member>)> {
    let inner_attrs = input.call(Attribute::parse_inner)?;
    let mut members = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        match ahead.parse::<Function>() {
            Ok(_) => members.push(Member::Function(Box::new(input.parse()?))),
            Err(_) => members.push(Member::Other(other(input)?)),
        }
    }
    Ok((inner_attrs, members))
}

/// Reads one item that is no function: up to its `;` or its braces.
fn other(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let last = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            // The braces of `const A: [u8; { 1 }] = ..;` are in another group. Those of `const A: T = T { .. };`
            // are not, so this item ends at its semicolon.
            TokenTree::Group(group) => {
                group.delimiter() == Delimiter::Brace
                    && !input.peek(Token![;])
                    && starts_an_item(input)
            }
            _ => false,
        };
        token.to_tokens(&mut tokens);
        if last {
            break;
        }
    }
    Ok(tokens)
}

fn starts_an_item(input: ParseStream<'_>) -> bool {
    input.is_empty()
        || input.peek(Token![#])
        || input.peek(Token![pub])
        || input.peek(Token![fn])
        || input.peek(Token![const])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || input.peek(Token![type])
        || input.peek(Token![default])
        || (input.peek(syn::Ident) && input.peek2(Token![!]))
        || input.peek(token::Brace)
}

impl ToTokens for ImplBlock {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attr in &self.attrs {
            attr.to_tokens(tokens);
        }
        self.defaultness.to_tokens(tokens);
        self.unsafety.to_tokens(tokens);
        self.impl_token.to_tokens(tokens);
        self.generics.to_tokens(tokens);
        if let Some((of_trait, for_token)) = &self.of_trait {
            of_trait.to_tokens(tokens);
            for_token.to_tokens(tokens);
        }
        self.self_ty.to_tokens(tokens);
        self.generics.where_clause.to_tokens(tokens);
        let mut body = TokenStream::new();
        for attr in &self.inner_attrs {
            attr.to_tokens(&mut body);
        }
        for member in &self.members {
            match member {
                Member::Function(function) => function.to_tokens(&mut body),
                Member::Other(other) => other.to_tokens(&mut body),
            }
        }
        let mut braces = Group::new(Delimiter::Brace, body);
        braces.set_span(self.braces.span());
        braces.to_tokens(tokens);
    }
}

impl ImplBlock {
    /// All functions of the block.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.members.iter().filter_map(|member| match member {
            Member::Function(function) => Some(&**function),
            Member::Other(_) => None,
        })
    }

    /// The names of the associated types that the block defines.
    pub(crate) fn associated_types(&self) -> Vec<Ident> {
        let name = |member: &Member| {
            let Member::Other(tokens) = member else {
                return None;
            };
            let mut tokens = tokens.clone().into_iter();
            tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == "type"))?;
            match tokens.next() {
                Some(TokenTree::Ident(name)) => Some(name),
                _ => None,
            }
        };
        self.members.iter().filter_map(name).collect()
    }

    /// Like [`functions`](Self::functions), for changes.
    pub(crate) fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        self.members.iter_mut().filter_map(|member| match member {
            Member::Function(function) => Some(&mut **function),
            Member::Other(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn round_trip(tokens: TokenStream) -> ImplBlock {
        let block: ImplBlock = syn::parse2(tokens.clone()).expect("an impl block");
        assert_eq!(block.to_token_stream().to_string(), tokens.to_string());
        block
    }

    #[test]
    fn functions_among_other_items() {
        let block = round_trip(quote! {
            #[cfg(unix)]
            impl<'a, T: Into<String>, const N: usize> Worker<'a, T, N> where T: 'a {
                #![allow(unused)]
                const A: Point = Point { x: 1 };
                const B: usize = { 2 };
                type C = u8;
                helpers! { fn hidden() {} }
                pub const fn one() -> u8 { 1 }
                #[inline] pub(crate) async unsafe fn two(&self) {}
                fn run(mut self) -> T { broken . ; = }
            }
        });
        let names: Vec<String> = block.functions().map(|f| f.sig.ident.to_string()).collect();
        assert_eq!(names, ["one", "two", "run"]);
        assert_eq!(block.associated_types(), ["C"]);
        assert!(block.of_trait.is_none());
    }

    #[test]
    fn what_may_follow_an_item_that_ends_with_its_braces() {
        let items = [
            quote!(
                #[inline]
                fn next() {}
            ),
            quote!(
                pub fn next() {}
            ),
            quote!(
                fn next() {}
            ),
            quote!(
                const NEXT: u8 = 1;
            ),
            quote!(
                async fn next() {}
            ),
            quote!(
                unsafe fn next() {}
            ),
            quote!(
                extern "C" fn next() {}
            ),
            quote!(
                type Next = u8;
            ),
            quote!(default fn next() {}),
            quote!(next! {}),
            quote!({}),
        ];
        for next in items {
            let block =
                round_trip(quote!(impl W { helpers! { fn hidden() {} } #next fn run(self) {} }));
            assert_eq!(block.members.len(), 3, "helpers!, {next}, run");
        }
        let block = round_trip(quote!(impl W { const A: Point = Point { x: 1 }; helpers! {} }));
        assert_eq!(block.members.len(), 2);
    }

    #[test]
    fn trait_impls() {
        let block = round_trip(quote!(
            impl<T> a::Job<T> for Worker<T>
            where
                T: Copy,
            {
                fn run(self) {}
            }
        ));
        assert!(block.of_trait.is_some());
        round_trip(quote!(
            impl <Vec<u8> as Tr>::Item {
                fn run(self) {}
            }
        ));
    }

    #[test]
    fn only_braces_hold_members() {
        for wrong in [
            quote!(impl W (fn run(self) {})),
            quote!(impl W [fn run(self) {}]),
        ] {
            match syn::parse2::<ImplBlock>(wrong) {
                Ok(_) => panic!("these are no members"),
                Err(error) => assert_eq!(error.to_string(), "expected the impl block's `{`"),
            }
        }
    }

    #[test]
    fn unfinished_members_stay() {
        let block = round_trip(quote!(impl W { fn half; fn run(self) {} pub }));
        assert_eq!(block.functions().count(), 1);
    }
}
