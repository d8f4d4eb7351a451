//! A handle: the checked facts.

use proc_macro2::Ident;
use syn::{Attribute, Generics, Signature, Type, Visibility};

use super::when::When;
use crate::paths::Root;

/// Everything needed to write a handle.
pub(crate) struct Handle {
    pub(crate) root: Root,
    /// All those of the block, the inner ones too.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `None` if that is what is wrong: then there is nothing to call the handle.
    pub(crate) name: Option<Ident>,
    /// The value's type.
    pub(crate) ty: Box<Type>,
    pub(crate) generics: Generics,
    pub(crate) functions: Vec<Forwarded>,
    /// The refused, which are called all the same, and which have one message already.
    pub(crate) refused: Vec<Refused>,
    /// After a panic in one that changes the value, nobody gets in.
    pub(crate) poison: bool,
}

/// A function that the handle has as well.
pub(crate) struct Forwarded {
    /// Which one of the block's functions it is.
    pub(crate) index: usize,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) kind: Kind,
    pub(crate) when: Option<When>,
}

/// A function that the handle cannot have.
pub(crate) struct Refused {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// What its forms with a limit would be called.
    pub(crate) forms: Vec<&'static str>,
}

/// How the value comes into it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Returns the value.
    Makes,
    /// Returns a `Result` or an `Option` of the value.
    MayMake,
    /// Takes `&self`.
    Reads,
    /// Takes `&mut self`.
    Changes,
}
