//! Recognizes the kind of an item by its first words.
//!
//! An item that is not recognized is parsed as a function; the parser's error says what it expected.

use syn::parse::ParseStream;
use syn::{Result, Token, Visibility};

/// Whether this is a struct, an enum or a union.
pub(crate) fn starts_type(input: ParseStream<'_>) -> Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Visibility>()?;
    let is_union = ahead.peek(Token![union]) && ahead.peek2(syn::Ident);
    Ok(is_union || ahead.peek(Token![struct]) || ahead.peek(Token![enum]))
}

/// Whether this is an impl block.
pub(crate) fn starts_impl(input: ParseStream<'_>) -> bool {
    let word = input.peek(Token![unsafe]) || input.peek(Token![default]);
    input.peek(Token![impl]) || (word && input.peek2(Token![impl]))
}

/// Whether this is certainly not a function: for instance a type, or an impl block.
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
        || (ahead.peek(syn::Ident)
            && (ahead.peek2(syn::Ident) || ahead.peek2(Token![trait]) || ahead.peek2(Token![!])))
        || (ahead.peek(Token![unsafe]) && (ahead.peek2(Token![trait]) || ahead.peek2(Token![impl])))
        || (ahead.peek(Token![extern]) && ahead.peek2(Token![crate]));
    Ok(known)
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::parse::Parser as _;

    use super::*;

    /// Asks `of` about an item, and skips the rest of the item.
    fn said<T>(of: fn(ParseStream<'_>) -> T, item: &TokenStream) -> T {
        let parser = |input: ParseStream<'_>| {
            let said = of(input);
            input.parse::<TokenStream>()?;
            Ok(said)
        };
        parser.parse2(item.clone()).expect("everything is read")
    }

    fn is_other(item: &TokenStream) -> bool {
        said(starts_other_than_fn, item).expect("a visibility or none")
    }

    #[test]
    fn items_that_are_no_functions() {
        let items = [
            quote!(
                struct A;
            ),
            quote!(
                enum A {}
            ),
            quote!(impl A {}),
            quote!(
                trait A {}
            ),
            quote!(
                mod a {}
            ),
            quote!(
                static A: u8 = 1;
            ),
            quote!(
                type A = u8;
            ),
            quote!(
                use a::b;
            ),
            quote!(
                const A: u8 = 1;
            ),
            quote!(union A {}),
            quote!(auto trait A {}),
            quote!(
                macro_rules! a {}
            ),
            quote!(
                unsafe trait A {}
            ),
            quote!(
                unsafe impl A for B {}
            ),
            quote!(
                extern crate a;
            ),
        ];
        for item in items {
            assert!(is_other(&item), "{item}");
            assert!(is_other(&quote!(pub(crate) #item)), "pub(crate) {item}");
        }
    }

    #[test]
    fn functions_and_what_may_become_one() {
        let items = [
            quote!(
                fn a() {}
            ),
            quote!(
                const fn a() {}
            ),
            quote!(
                const unsafe fn a() {}
            ),
            quote!(
                async fn a() {}
            ),
            quote!(
                unsafe fn a() {}
            ),
            quote!(
                unsafe extern "C" fn a() {}
            ),
            quote!(
                extern "C" fn a() {}
            ),
            quote!(a),
            quote!(pub),
            quote!(),
        ];
        for item in items {
            assert!(!is_other(&item), "{item}");
        }
    }

    #[test]
    fn types_and_impl_blocks() {
        for item in [
            quote!(
                struct A;
            ),
            quote!(
                pub enum A {}
            ),
            quote!(union A {}),
        ] {
            assert!(
                said(starts_type, &item).expect("a visibility or none"),
                "{item}"
            );
        }
        for item in [
            quote!(
                fn union() {}
            ),
            quote!(
                fn a() {}
            ),
            quote!(impl A {}),
        ] {
            assert!(
                !said(starts_type, &item).expect("a visibility or none"),
                "{item}"
            );
        }
        for item in [
            quote!(impl A {}),
            quote!(unsafe impl A {}),
            quote!(default impl A {}),
        ] {
            assert!(said(starts_impl, &item), "{item}");
        }
        for item in [
            quote!(
                unsafe fn a() {}
            ),
            quote!(
                fn impl_() {}
            ),
            quote!(
                pub impl A {}
            ),
        ] {
            assert!(!said(starts_impl, &item), "{item}");
        }
    }
}
