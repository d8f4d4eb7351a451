//! Replaces `self` and `Self` in the user's code, which in a handle would mean the handle.

use proc_macro2::{Group, Ident, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::{PathArguments, Token, Type};

use crate::item::peel;
use crate::paths::generated_at;

/// `tokens`, with the type of the value in place of `Self`.
pub(crate) fn name_self(tokens: impl ToTokens, ty: &Type) -> TokenStream {
    rewrite(tokens.to_token_stream(), ty, None)
}

/// Like [`name_self`], and with the local `this` in place of `self`.
pub(crate) fn of_value(tokens: impl ToTokens, ty: &Type, this: &Ident) -> TokenStream {
    rewrite(tokens.to_token_stream(), ty, Some(this))
}

fn rewrite(tokens: TokenStream, ty: &Type, this: Option<&Ident>) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut out = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "Self" => {
                let is_head = starts_path(tokens.peek()) && !is_variant(tokens.clone());
                out.extend(match is_head {
                    true => quote_spanned!(generated_at(word.span())=> <#ty>),
                    false => in_pattern(ty),
                });
            }
            TokenTree::Ident(word) if word == "self" => match this {
                // `self::` is a module.
                Some(this) if !starts_path(tokens.peek()) => {
                    let mut this = this.clone();
                    // Errors point to the user's word.
                    this.set_span(generated_at(word.span()));
                    this.to_tokens(&mut out);
                }
                _ => word.to_tokens(&mut out),
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

/// The type as a path that is allowed wherever `Self` is, also in patterns and in front of `{ .. }`.
fn in_pattern(ty: &Type) -> TokenStream {
    let Type::Path(path) = peel(ty) else {
        return ty.to_token_stream();
    };
    let mut path = path.clone();
    for segment in &mut path.path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            let colons = || Token![::](generated_at(segment.ident.span()));
            arguments.colon2_token.get_or_insert_with(colons);
        }
    }
    path.to_token_stream()
}

/// Whether `tokens`, which begin with the `::` after `Self`, continue as `Variant(..)` or `Variant { .. }`.
///
/// Patterns of these forms do not allow `<Type>::`. All other paths do; with it the compiler infers the parameters
/// that the type leaves out.
fn is_variant(mut tokens: impl Iterator<Item = TokenTree>) -> bool {
    let name = match tokens.nth(2) {
        Some(TokenTree::Ident(name)) => name.unraw().to_string(),
        _ => return false,
    };
    let is_camel = name.starts_with(char::is_uppercase)
        && (name.chars().any(char::is_lowercase) || name.chars().count() == 1);
    is_camel && matches!(tokens.next(), Some(TokenTree::Group(_)))
}

/// Whether `next` is the first half of a `::`.
fn starts_path(next: Option<&TokenTree>) -> bool {
    matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

/// Whether `tokens` may use a variable or parameter called `name`, at any depth. A field or a method of that name
/// does not count.
pub(crate) fn mentions(tokens: impl ToTokens, name: &Ident) -> bool {
    mentioned(tokens.to_token_stream(), &name.unraw().to_string())
}

fn mentioned(tokens: TokenStream, name: &str) -> bool {
    // How many dots are right in front of the token: one for a field, two for a range.
    let mut dots = 0;
    tokens.into_iter().any(|token| {
        let is_field = dots == 1;
        dots = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '.' => dots + 1,
            _ => 0,
        };
        match token {
            TokenTree::Ident(word) => !is_field && word.unraw() == name,
            TokenTree::Group(group) => mentioned(group.stream(), name),
            TokenTree::Literal(literal) => is_formatted(&literal.to_string(), name),
            TokenTree::Punct(_) => false,
        }
    })
}

/// Whether `text`, as the string of a `format!`-like macro, prints `name`.
pub(crate) fn is_formatted(text: &str, name: &str) -> bool {
    text.replace("{{", "").split('{').skip(1).any(|rest| {
        rest.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(['}', ':']))
    })
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};
    use syn::parse_quote;

    use super::*;

    fn dense(tokens: TokenStream) -> String {
        tokens.to_string().replace(' ', "")
    }

    #[test]
    fn self_in_all_places() {
        let ty: Type = parse_quote!(Account<T>);
        let this = format_ident!("this");
        let text = |tokens: TokenStream| dense(of_value(tokens, &ty, &this));
        assert_eq!(
            text(quote!(self.a && check(&[self.b], self::limit()))),
            dense(quote!(this.a && check(&[this.b], self::limit())))
        );
        assert_eq!(
            text(quote!(self.a < Self::LIMIT && *self != Self { a: 1 })),
            dense(quote!(
                this.a < <Account<T>>::LIMIT && *this != Account::<T> { a: 1 }
            ))
        );
        assert_eq!(
            text(quote!(matches!(
                self,
                Self::Open | Self::Held(_) | Self::Lost { .. }
            ))),
            dense(quote!(matches!(
                this,
                <Account<T>>::Open | Account::<T>::Held(_) | Account::<T>::Lost { .. }
            )))
        );
        assert_eq!(
            text(quote!(Held { owner: self })),
            dense(quote!(Held { owner: this }))
        );
    }

    #[test]
    fn the_type_in_types() {
        let ty: Type = parse_quote!(Account<T>);
        assert_eq!(
            dense(name_self(
                quote!(where Self: Clone, Vec<Self>: Send, [u8; Self::N]: Sized),
                &ty
            )),
            dense(
                quote!(where Account::<T>: Clone, Vec<Account::<T>>: Send, [u8; <Account<T>>::N]: Sized)
            )
        );
    }

    #[test]
    fn names_however_deep() {
        let n = format_ident!("n");
        assert!(mentions(quote!(self.a >= (1 + n)), &n));
        assert!(mentions(quote!(self.a >= r#n), &n));
        assert!(mentions(quote!(self.has(format!("{n}"))), &n));
        assert!(mentions(quote!((0..n).contains(&self.a)), &n));
        assert!(mentions(quote!((..=n).contains(&self.a)), &n));
        assert!(mentions(quote!(n.is_empty()), &n));
        assert!(!mentions(quote!(self.m >= number), &n));
        assert!(!mentions(quote!(self.n >= self.n()), &n));
        assert!(!mentions(quote!(format!("{number} {{n}}")), &n));
    }
}
