//! A main function: the checked facts.

use proc_macro2::Ident;
use syn::FnArg;

use super::args::Args;
use crate::diagnostics::Problems;
use crate::item::{Braces, Function};
use crate::paths::Root;

/// A function that waits for all threads at its end.
pub(crate) struct Main {
    pub(crate) root: Root,
    /// The key of `ctrl_c = stop`, if that was given.
    pub(crate) ctrl_c: Option<Ident>,
    /// The function, without its body.
    pub(crate) function: Function,
    pub(crate) body: Braces,
}

/// Checks the function. After a mistake, which is reported, the function is returned as it was.
pub(crate) fn check(
    args: &Args,
    mut function: Function,
    problems: &mut Problems,
) -> Result<Main, Box<Function>> {
    let before = problems.count();
    let sig = &function.sig;
    if let Some(word) = &sig.asyncness {
        problems.report(
            word,
            "an `async fn` needs its runtime first: put `#[tokio::main]`, or that of your runtime, above `#[threadkit::main]`",
        );
    }
    if let Some(word) = &sig.constness {
        problems.report(
            word,
            "a `const fn` cannot wait for threads: leave `const` out",
        );
    }
    if let Some(first) = sig.inputs.first() {
        let message = match first {
            FnArg::Receiver(_) => {
                "a main function has no `self`: put `#[threadkit::main]` on a function without it"
            }
            FnArg::Typed(_) => {
                "a main function takes no parameters: the program's arguments are `std::env::args()`"
            }
        };
        problems.report(first, message);
    }
    function.refuse_synchronized(
        "put `#[synchronized]` above `#[threadkit::main]`: below it, the lock would be held while the program waits for its threads",
        problems,
    );
    if problems.count() > before {
        return Err(Box::new(function));
    }
    let message = "a main function needs a body: put `#[threadkit::main]` where it is implemented";
    match function.take_body(message, problems) {
        Some(body) => Ok(Main {
            root: args.root.get(),
            ctrl_c: args.ctrl_c.clone(),
            function,
            body,
        }),
        None => Err(Box::new(function)),
    }
}
