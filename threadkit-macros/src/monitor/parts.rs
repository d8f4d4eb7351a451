//! The common parts of the items that are generated for one block.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, GenericParam, Generics, Lifetime, Token, Type, TypeParamBound, Visibility,
    WherePredicate,
};

use super::attributes;
use super::model::Handle;
use crate::item::peel;
use crate::paths::{generated, generated_at};

/// The common parts of the items that are generated for one block.
pub(crate) struct Block<'a> {
    pub(crate) model: &'a Handle,
    pub(crate) private: TokenStream,
    /// The attributes of the block that decide whether it exists and which lints it allows.
    pub(crate) attrs: Vec<Attribute>,
    /// The last word of the type's path.
    pub(crate) ty_name: String,
    /// How many queues there are, the door's included.
    pub(crate) queues: usize,
}

impl<'a> Block<'a> {
    pub(crate) fn of(model: &'a Handle) -> Self {
        let whens = model.functions.iter().filter(|made| made.when.is_some());
        Self {
            model,
            private: model.root.private(),
            attrs: attributes::conditions_and_lints(&model.attrs),
            ty_name: last_word(&model.ty),
            queues: whens.count() + 1,
        }
    }
}

fn last_word(ty: &Type) -> String {
    match peel(ty) {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) => last.ident.unraw().to_string(),
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// The generics, with spans at which lints take the lifetimes for another crate's code.
///
/// Otherwise lints would report them: some generated items use a lifetime once that the user's block uses twice,
/// and a struct does not need the outlives bounds of its fields.
pub(crate) fn unlinted(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in &mut generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                unlint(&mut param.lifetime);
                param.bounds.iter_mut().for_each(unlint);
            }
            GenericParam::Type(param) => unlint_bounds(&mut param.bounds),
            GenericParam::Const(_) => {}
        }
    }
    let clause = generics.where_clause.iter_mut();
    for predicate in clause.flat_map(|clause| &mut clause.predicates) {
        match predicate {
            WherePredicate::Lifetime(predicate) => {
                predicate.bounds.iter_mut().for_each(unlint);
            }
            WherePredicate::Type(predicate) => unlint_bounds(&mut predicate.bounds),
            _ => {}
        }
    }
    generics
}

fn unlint(lifetime: &mut Lifetime) {
    lifetime.set_span(generated_at(lifetime.span()));
}

fn unlint_bounds(bounds: &mut Punctuated<TypeParamBound, Token![+]>) {
    for bound in bounds {
        if let TypeParamBound::Lifetime(lifetime) = bound {
            unlint(lifetime);
        }
    }
}

/// The where clause, with its bounds changed by `change`.
///
/// Its last token is generated, because lints skip a signature if its first and last token are generated.
pub(crate) fn bounds(
    generics: &Generics,
    change: &dyn Fn(TokenStream) -> TokenStream,
) -> Option<TokenStream> {
    let clause = generics.where_clause.as_ref()?;
    let bounds = clause.predicates.iter();
    let bounds = bounds.map(|bound| change(bound.to_token_stream()));
    Some(quote_spanned!(generated()=> where #(#bounds,)*))
}

/// A visibility in generated code. A path keeps the user's span, because names are resolved by their span.
pub(crate) fn visibility(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Public(word) => quote_spanned!(generated_at(word.span())=> pub),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            let span = generated_at(restricted.pub_token.span());
            if path.is_ident("crate") {
                quote_spanned!(span=> pub(crate))
            } else if path.is_ident("self") {
                TokenStream::new()
            } else {
                quote_spanned!(span=> pub(in #path))
            }
        }
        Visibility::Inherited => TokenStream::new(),
    }
}

pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, generated())
}
