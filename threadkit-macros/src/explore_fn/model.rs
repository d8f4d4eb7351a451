//! A test to explore: the checked facts.

use syn::ReturnType;

use super::args::Args;
use crate::diagnostics::Problems;
use crate::item::{Braces, Function};

/// A test whose body runs under many schedules.
pub(crate) struct Explored {
    pub(crate) args: Args,
    /// The function, without its body and its result.
    pub(crate) function: Function,
    /// What the body returns.
    pub(crate) output: ReturnType,
    pub(crate) body: Braces,
}

/// Checks the function. After a mistake, which is reported, the function is returned as it was.
pub(crate) fn check(
    args: Args,
    mut function: Function,
    problems: &mut Problems,
) -> Result<Explored, Box<Function>> {
    let before = problems.count();
    let sig = &function.sig;
    if let Some(word) = &sig.asyncness {
        problems.report(
            word,
            "an `async fn` switches at `.await` and not where threads do: explore a plain `fn` whose threads block",
        );
    }
    if let Some(word) = &sig.constness {
        problems.report(word, "a `const fn` cannot start threads: leave `const` out");
    }
    if let Some(first) = sig.inputs.first() {
        problems.report(
            first,
            "an explored function is called many times and takes no parameters: make what it needs in its body",
        );
    }
    function.refuse_synchronized(
        "put `#[synchronized]` above `#[threadkit::explore]`: below it, the lock would be held around all runs at once, and not taken by each",
        problems,
    );
    if problems.count() > before {
        return Err(Box::new(function));
    }
    let message = "there is nothing to explore without a body: put `#[threadkit::explore]` where the function is implemented";
    match function.take_body(message, problems) {
        Some(body) => {
            let output = core::mem::replace(&mut function.sig.output, ReturnType::Default);
            Ok(Explored {
                args,
                function,
                output,
                body,
            })
        }
        None => Err(Box::new(function)),
    }
}
