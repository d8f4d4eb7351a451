//! Functions that the program does not call itself: `main`, and tests.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{ReturnType, Safety};

use super::function::{Body, Braces, Function};
use super::types::may_be;
use crate::diagnostics::Problems;
use crate::paths::generated;

impl Function {
    /// Reports a `#[synchronized]` below the attribute, and removes it.
    pub(crate) fn refuse_synchronized(&mut self, message: &str, problems: &mut Problems) {
        if let Some(attr) = self.attrs.iter().find(|attr| may_be(attr, "synchronized")) {
            problems.report(attr, message);
            self.attrs.retain(|attr| !may_be(attr, "synchronized"));
        }
    }

    /// Takes the body out. Without one, reports `message`.
    pub(crate) fn take_body(&mut self, message: &str, problems: &mut Problems) -> Option<Braces> {
        match std::mem::replace(&mut self.body, Body::Missing(None)) {
            Body::Braces(body) => Some(body),
            missing => {
                problems.report(&self.sig.ident, message);
                self.body = missing;
                None
            }
        }
    }

    /// The function after a mistake. It is one that can be `main` or a test, so that nothing else is reported.
    pub(crate) fn stand_in_for_entry_point(&self) -> TokenStream {
        let Self {
            attrs, vis, sig, ..
        } = self;
        let mut sig = sig.clone();
        sig.asyncness = None;
        sig.constness = None;
        sig.safety = Safety::Default;
        sig.inputs.clear();
        sig.output = ReturnType::Default;
        quote_spanned!(generated()=> #(#attrs)* #vis #sig {})
    }
}
