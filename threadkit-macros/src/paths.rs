//! Paths in expansions: they begin at the root, because the user's scope may have another `std` or `Send`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::manifest::{self, Found};

/// The path of threadkit in the user's crate.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    /// The crate of this name: `threadkit`, or its name in the manifest.
    Crate(String),
    /// The path of `crate = path`.
    Path(TokenStream),
}

impl Default for Root {
    fn default() -> Self {
        match manifest::find_threadkit() {
            Found::Named(name) => Self::Crate(name),
            // The compiler reports the crate that is missing, in addition to the error by `is_found`.
            Found::Missing => Self::Crate("threadkit".into()),
        }
    }
}

impl Root {
    /// The root that the user has set with `crate = path`.
    pub(crate) fn at(path: &syn::Path) -> Self {
        Self::Path(path.to_token_stream())
    }

    /// Whether the user's crate can have threadkit without saying where.
    pub(crate) fn is_found() -> bool {
        manifest::find_threadkit() != Found::Missing
    }

    /// The room of threadkit that only expansions name.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(generated())
    }

    /// Like [`private`](Self::private), with a span from [`generated_at`].
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.root_at(span);
        quote_spanned!(span=> #root::__private)
    }

    /// The root itself, with a span from [`generated_at`].
    pub(crate) fn root_at(&self, span: Span) -> TokenStream {
        match self {
            // It keeps the user's span, because names are resolved by their span.
            Self::Path(path) => path.clone(),
            // The word has the same span everywhere in an expansion. So if there is no such crate, the compiler
            // reports one error and not one for each use.
            Self::Crate(name) => {
                let name = Ident::new(name, generated());
                quote_spanned!(span=> ::#name)
            }
        }
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.root_at(generated()));
    }
}

/// The span of generated tokens.
///
/// Locals with this span cannot collide with the user's names. Lints take them for another crate's code, so
/// expansions need no `#[allow]`.
pub(crate) fn generated() -> Span {
    Span::mixed_site()
}

/// Like [`generated`], but the compiler's errors point to `user`.
pub(crate) fn generated_at(user: Span) -> Span {
    generated().located_at(user)
}

/// The keyword `self` for generated methods.
///
/// The parameter and its uses must have the same kind of span, and a mixed-site `self` is resolved as a
/// module.
pub(crate) fn self_token() -> Ident {
    Ident::new("self", Span::call_site())
}

/// Like [`self_token`], but the compiler's errors point to `user`.
pub(crate) fn self_at(user: Span) -> Ident {
    Ident::new("self", Span::call_site().located_at(user))
}

/// A generated name that is spelled like the user's `name`; the user's code cannot see a local of this name.
///
/// Words that are keywords in some editions only are written raw, because the copy belongs to the edition of
/// this crate and not to the user's.
pub(crate) fn local(name: &Ident) -> Ident {
    let text = name.to_string();
    let span = generated_at(name.span());
    match text.strip_prefix("r#") {
        Some(word) => Ident::new_raw(word, span),
        None if ["async", "await", "dyn", "try", "gen"].contains(&text.as_str()) => {
            Ident::new_raw(&text, span)
        }
        None => Ident::new(&text, span),
    }
}
