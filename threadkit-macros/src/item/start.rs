//! Telling from its first words what an item is.
//!
//! What these do not know is taken for a function, whose parser then says what it expected.

use syn::parse::ParseStream;
use syn::{Result, Token, Visibility};

/// A struct or an enum.
pub(crate) fn starts_type(input: ParseStream<'_>) -> Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    Ok(ahead.peek(Token![struct]) || ahead.peek(Token![enum]))
}

/// An impl block.
pub(crate) fn starts_impl(input: ParseStream<'_>) -> bool {
    let word = input.peek(Token![unsafe]) || input.peek(Token![default]);
    input.peek(Token![impl]) || (word && input.peek2(Token![impl]))
}

/// An item that is certainly no function; types and impl blocks too.
pub(crate) fn starts_other_than_fn(input: ParseStream<'_>) -> Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    let known = ahead.peek(Token![struct])
        || ahead.peek(Token![enum])
        || ahead.peek(Token![impl])
        || ahead.peek(Token![trait])
        || ahead.peek(Token![mod])
        || ahead.peek(Token![static])
        || ahead.peek(Token![type])
        || ahead.peek(Token![use])
        || (ahead.peek(Token![const]) && ahead.peek2(syn::Ident))
        // `union Name`, `auto trait`, `macro_rules! name`.
        || (ahead.peek(syn::Ident) && (ahead.peek2(syn::Ident) || ahead.peek2(Token![!])))
        || (ahead.peek(Token![unsafe]) && (ahead.peek2(Token![trait]) || ahead.peek2(Token![impl])))
        || (ahead.peek(Token![extern]) && ahead.peek2(Token![crate]));
    Ok(known)
}
