//! The arguments of `#[threadkit::main]`, as written.

use proc_macro2::{Ident, TokenStream};
use syn::Result;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use crate::diagnostics::{Problems, unknown_option};
use crate::options::{self, RootOption};

const OPTIONS: &[&str] = &["ctrl_c", "crate"];

/// The arguments of `#[threadkit::main(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    /// The key of `ctrl_c = stop`, if that was given.
    pub(crate) ctrl_c: Option<Ident>,
    pub(crate) root: RootOption,
}

impl Args {
    /// Reads the arguments of the attribute.
    pub(crate) fn parse(tokens: TokenStream, problems: &mut Problems) -> Self {
        let mut args = Self::default();
        options::each(tokens, problems, |input, problems| {
            args.option(input, problems)
        });
        args
    }

    fn option(&mut self, input: ParseStream<'_>, problems: &mut Problems) -> Result<()> {
        if !input.peek(Ident::peek_any) {
            let given = options::skip_element(input);
            return Err(syn::Error::new_spanned(
                given,
                "expected an option: ctrl_c, crate",
            ));
        }
        let key = input.call(Ident::parse_any)?;
        if key == "crate" {
            return self.root.read(&key, input, problems);
        }
        if key == "ctrl_c" {
            options::equals(&key, input, "ctrl_c = stop")?;
            let action = options::skip_element(input);
            if !matches!(action.to_string().as_str(), "stop" | "\"stop\"") {
                let message = "Ctrl-C can only stop the threads: write `ctrl_c = stop`";
                return Err(syn::Error::new_spanned(action, message));
            }
            options::once(&self.ctrl_c, &key, problems);
            self.ctrl_c = Some(key);
            return Ok(());
        }
        problems.report(
            &key,
            unknown_option(&key.to_string(), "#[threadkit::main]", OPTIONS),
        );
        options::skip_element(input);
        Ok(())
    }
}
