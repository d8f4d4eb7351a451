//! Tokens that both forms of `#[thread]` generate.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::{Index, LitStr};

use super::name::{Name, Value};
use super::signature::Output;
use crate::paths::{Root, generated, generated_at, self_at};

/// The type of the result, as it is written in `JoinHandle<..>`.
pub(crate) fn output(output: &Output, root: &Root) -> TokenStream {
    match output {
        Output::Unit(span) => quote_spanned!(generated_at(*span)=> ()),
        // Stable Rust does not allow `JoinHandle<!>`.
        Output::Never(span) => {
            let private = root.private();
            quote_spanned!(generated_at(*span)=> #private::Infallible)
        }
        Output::Type(ty) => ty.to_token_stream(),
        Output::Boxed(bounds) => {
            let private = root.private();
            quote_spanned!(generated()=> #private::Box<dyn #bounds>)
        }
        Output::OfRun => quote_spanned!(generated()=> <Self as #root::Run>::Output),
    }
}

/// The closure by which threadkit recognizes a failure among values of this type; `None` if the type is certainly
/// no `Result`.
///
/// The expansion names the type, and threadkit does not, so that method lookup can depend on it.
pub(crate) fn judge(output: &Output, root: &Root) -> Option<TokenStream> {
    if output.is_plain() {
        return None;
    }
    let private = root.private();
    Some(quote_spanned! {generated()=>
        |outcome| {
            use #private::{ByDebug as _, ByDisplay as _, ByNothing as _};
            (&&&#private::Judged(outcome)).__failure()
        }
    })
}

/// The expression of a thread's name; the compiler's errors about it point to the user's literal.
pub(crate) fn name(name: &Name, root: &Root) -> TokenStream {
    if name.values.is_empty() {
        // Without holes only escaped braces need to be replaced.
        let text = name.format.replace("{{", "{").replace("}}", "}");
        let text = LitStr::new(&text, name.span);
        return quote_spanned!(generated()=> #text);
    }
    let private = root.private();
    let format = LitStr::new(&name.format, name.span);
    let values = name.values.iter().map(|value| {
        let span = generated_at(name.span);
        let this = self_at(name.span);
        match value {
            Value::Field(ident) => {
                let mut ident = ident.clone();
                ident.set_span(ident.span().located_at(name.span));
                quote_spanned!(span=> #this.#ident)
            }
            Value::Index(index) => {
                let index = Index {
                    index: *index,
                    span,
                };
                quote_spanned!(span=> #this.#index)
            }
            Value::Parameter(ident) => {
                let mut ident = ident.clone();
                ident.set_span(ident.span().located_at(name.span));
                ident.into_token_stream()
            }
        }
    });
    quote_spanned!(generated()=> #private::format!(#format, #(#values),*))
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn escapes_without_holes_are_resolved() {
        let escaped = Name {
            format: "{{a}}".into(),
            values: vec![],
            span: Span::call_site(),
        };
        assert_eq!(name(&escaped, &Root::default()).to_string(), "\"{a}\"");
    }
}
