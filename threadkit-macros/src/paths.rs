//! How expansions name things: from the root, whatever the user's own scope calls `std` or `Send`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::manifest;

/// The path under which the user's crate knows threadkit.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    /// The crate of this name: `threadkit`, or what the manifest calls it.
    Crate(String),
    /// What `crate = path` says.
    Path(TokenStream),
}

impl Default for Root {
    fn default() -> Self {
        Self::Crate(manifest::name_of_threadkit())
    }
}

impl Root {
    /// The root the user gave with `crate = path`.
    pub(crate) fn at(path: &syn::Path) -> Self {
        Self::Path(path.to_token_stream())
    }

    /// The room of threadkit that only expansions name.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(generated())
    }

    /// As [`private`](Self::private), with a span from [`generated_at`].
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.root_at(span);
        quote_spanned!(span=> #root::__private)
    }

    /// The root itself, with a span from [`generated_at`].
    pub(crate) fn root_at(&self, span: Span) -> TokenStream {
        match self {
            // It keeps the user's span, by which it is found.
            Self::Path(path) => path.clone(),
            // The word itself is at one place in all of an expansion. Where there is no such crate, the compiler
            // then says one thing in one place, and says it once.
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
/// Locals made with it cannot meet the user's names, and lints count them as another crate's code,
/// which is why expansions need no `#[allow]`.
pub(crate) fn generated() -> Span {
    Span::mixed_site()
}

/// As [`generated`], but the compiler's errors point to `user`.
pub(crate) fn generated_at(user: Span) -> Span {
    generated().located_at(user)
}

/// The keyword `self` for generated methods.
///
/// The parameter and its uses must come from one kind of span, and a mixed-site `self` is looked
/// up as a module.
pub(crate) fn self_token() -> Ident {
    Ident::new("self", Span::call_site())
}

/// As [`self_token`], but the compiler's errors point to `user`.
pub(crate) fn self_at(user: Span) -> Ident {
    Ident::new("self", Span::call_site().located_at(user))
}

/// A generated name like the user's `name`; as a local, the user's code cannot see it.
///
/// Words that are keywords only in some editions are written raw, since the copy belongs to this
/// crate's edition and not to the user's.
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
