//! The arguments of `#[threadkit::explore]`, as written.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitInt, Result};

use crate::diagnostics::{Problems, unknown_option};
use crate::options::{self, RootOption};

const OPTIONS: &[&str] = &[
    "runs",
    "seed",
    "random",
    "uniform",
    "pct",
    "selective",
    "exhaustive",
    "preemptions",
    "max_steps",
    "time_limit",
    "reset",
    "any_lock_order",
    "weak_memory",
    "crate",
];

/// The arguments of `#[threadkit::explore(..)]`.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) runs: Option<Expr>,
    pub(crate) seed: Option<Expr>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) max_steps: Option<Expr>,
    pub(crate) time_limit: Option<Expr>,
    pub(crate) reset: Option<Expr>,
    pub(crate) any_lock_order: Option<Ident>,
    pub(crate) weak_memory: Option<Ident>,
    pub(crate) root: RootOption,
}

/// How the schedules are chosen, with the word of the option.
pub(crate) enum Strategy {
    Random(Ident),
    Uniform(Ident),
    Pct(Ident, Box<Expr>),
    Selective(Ident),
    Exhaustive(Ident),
    Preemptions(Ident, Box<Expr>),
}

impl Strategy {
    /// The word of the option.
    fn key(&self) -> &Ident {
        match self {
            Self::Random(key)
            | Self::Uniform(key)
            | Self::Pct(key, _)
            | Self::Selective(key)
            | Self::Exhaustive(key)
            | Self::Preemptions(key, _) => key,
        }
    }
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
            let is_number = input.peek(LitInt);
            let given = options::skip_element(input);
            let message = match is_number {
                true => format!("a number of runs stands behind `runs`: write `runs = {given}`"),
                false => format!("expected an option: {}", OPTIONS.join(", ")),
            };
            return Err(syn::Error::new_spanned(given, message));
        }
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "runs" => {
                let runs = options::value(&key, input, "runs = 2000")?;
                options::once(&self.runs, &key, problems);
                self.runs = Some(runs);
            }
            "seed" => {
                let seed = options::value(&key, input, "seed = 7")?;
                options::once(&self.seed, &key, problems);
                self.seed = Some(seed);
            }
            "reset" => {
                let reset = options::value(&key, input, "reset = put_back")?;
                options::once(&self.reset, &key, problems);
                self.reset = Some(reset);
            }
            "max_steps" => {
                let steps = options::value(&key, input, "max_steps = 5000")?;
                options::once(&self.max_steps, &key, problems);
                self.max_steps = Some(steps);
            }
            "time_limit" => {
                let example = "time_limit = Duration::from_secs(20)";
                let limit = options::value(&key, input, example)?;
                options::once(&self.time_limit, &key, problems);
                self.time_limit = Some(limit);
            }
            "any_lock_order" => {
                options::once(&self.any_lock_order, &key, problems);
                self.any_lock_order = Some(key);
            }
            "weak_memory" => {
                options::once(&self.weak_memory, &key, problems);
                self.weak_memory = Some(key);
            }
            "pct" => {
                let depth = options::value(&key, input, "pct = 3")?;
                self.choose(Strategy::Pct(key, Box::new(depth)), problems);
            }
            "preemptions" => {
                let bound = options::value(&key, input, "preemptions = 2")?;
                self.choose(Strategy::Preemptions(key, Box::new(bound)), problems);
            }
            "random" => self.choose(Strategy::Random(key), problems),
            "uniform" => self.choose(Strategy::Uniform(key), problems),
            "selective" => self.choose(Strategy::Selective(key), problems),
            "exhaustive" => self.choose(Strategy::Exhaustive(key), problems),
            "crate" => return self.root.read(&key, input, problems),
            other => {
                let message = unknown_option(other, "#[threadkit::explore]", OPTIONS);
                problems.report(&key, message);
                options::skip_element(input);
            }
        }
        Ok(())
    }

    fn choose(&mut self, strategy: Strategy, problems: &mut Problems) {
        if let Some(first) = &self.strategy {
            let (first, second) = (first.key(), strategy.key());
            let message = if first == second {
                format!("`{second}` is given twice")
            } else {
                format!("`{second}` and `{first}` are two ways to choose schedules: keep one")
            };
            problems.report(second, message);
        }
        self.strategy = Some(strategy);
    }
}
