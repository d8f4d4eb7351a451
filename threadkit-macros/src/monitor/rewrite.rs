//! What the user wrote about `self` and `Self`, said of the value inside a handle.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;

use crate::paths::generated_at;

/// `tokens` with the type itself in the place of `Self`, which in a handle means the handle.
pub(crate) fn name_self(tokens: TokenStream, ty: &Type) -> TokenStream {
    rewrite(tokens, ty, None)
}

/// As [`name_self`], and with the local `this` in the place of `self`.
pub(crate) fn of_value(tokens: TokenStream, ty: &Type, this: &Ident) -> TokenStream {
    rewrite(tokens, ty, Some(this))
}

fn rewrite(tokens: TokenStream, ty: &Type, this: Option<&Ident>) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        let in_path =
            matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        match token {
            TokenTree::Ident(word) if word == "Self" => {
                if in_path {
                    let span = generated_at(word.span());
                    out.extend(quote_spanned!(span=> <#ty>));
                } else {
                    ty.to_tokens(&mut out);
                }
            }
            // The module `self::` is something else.
            TokenTree::Ident(word) if word == "self" && !in_path => match this {
                Some(this) => {
                    let mut this = this.clone();
                    // Errors belong where the user's word is.
                    this.set_span(generated_at(word.span()));
                    this.to_tokens(&mut out);
                }
                None => word.to_tokens(&mut out),
            },
            TokenTree::Group(group) => {
                let inside = rewrite(group.stream(), ty, this);
                let mut rebuilt = Group::new(group.delimiter(), inside);
                rebuilt.set_span(group.span());
                rebuilt.to_tokens(&mut out);
            }
            other => other.to_tokens(&mut out),
        }
    }
    out
}

/// Whether `name` is among `tokens`, however deep.
pub(crate) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word.unraw() == name.unraw(),
        TokenTree::Group(group) => mentions(group.stream(), name),
        // In the string of a `format!`-like macro.
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{}", name.unraw())),
        TokenTree::Punct(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};
    use syn::parse_quote;

    use super::*;

    #[test]
    fn self_in_all_places() {
        let ty: Type = parse_quote!(Account<T>);
        let this = format_ident!("this");
        let dense = |tokens: TokenStream| tokens.to_string().replace(' ', "");
        let text = |tokens| dense(of_value(tokens, &ty, &this));
        assert_eq!(
            text(quote!(self.a && check(&[self.b], self::limit()))),
            dense(quote!(this.a && check(&[this.b], self::limit())))
        );
        assert_eq!(
            text(quote!(self.a < Self::LIMIT)),
            dense(quote!(this.a < <Account<T>>::LIMIT))
        );
        assert_eq!(
            dense(name_self(quote!(Vec<Self>), &ty)),
            dense(quote!(Vec<Account<T>>))
        );
    }

    #[test]
    fn names_however_deep() {
        let n = format_ident!("n");
        assert!(mentions(quote!(self.a >= (1 + n)), &n));
        assert!(mentions(quote!(self.a >= r#n), &n));
        assert!(mentions(quote!(self.has(format!("{n}"))), &n));
        assert!(!mentions(quote!(self.m >= number), &n));
    }
}
