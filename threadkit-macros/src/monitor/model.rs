//! A handle: the checked facts.

use proc_macro2::Ident;
use syn::{Attribute, Generics, Signature, Type, Visibility};

use super::when::When;
use crate::paths::Root;

/// A handle, as it is to be generated.
pub(crate) struct Handle {
    pub(crate) root: Root,
    /// All attributes of the block, inner ones included.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// `None` if the name is missing or wrong; then no handle is generated.
    pub(crate) name: Option<Ident>,
    /// The type of the value.
    pub(crate) ty: Box<Type>,
    pub(crate) generics: Generics,
    pub(crate) functions: Vec<Forwarded>,
    /// The refused functions, which have been reported. The program may call them, so they get stand-ins.
    pub(crate) refused: Vec<Refused>,
    /// Whether a panic in a method that changes the value poisons it.
    pub(crate) poison: bool,
}

/// A function that the handle has, too.
pub(crate) struct Forwarded {
    /// Its index among the functions of the block.
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
    /// The suffixes of its forms; that of the plain form is empty.
    pub(crate) forms: Vec<&'static str>,
}

/// What a function does with the value.
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
