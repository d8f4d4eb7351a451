//! Impl blocks under `#[monitor]`.

use super::functions::{OUTPUTS, PARAMETERS};
use super::{Case, Turns};

/// The blocks, and what the condition of `#[when]` may look at.
const BLOCKS: &[&str] = &[
    "impl Guarded",
    "impl<G: Clone + 'static> GuardedOf<'static, G, 3>",
    "impl<'g, G, const M: usize> GuardedOf<'g, G, M> where G: Clone + 'g, [&'g G; M]: Sized",
];

const RECEIVERS: &[&str] = &["&self", "&mut self", "self: &Self", "self: &mut Self"];

const WHENS: &[&str] = &[
    "",
    "",
    "#[when(self.count > 0)]",
    "#[when(self.count > 0 && !self.closed, timeout)]",
    "#[when(matches!(self.count, 1..) || self.closed, timeout, until)]",
    "#[when(self.is_open(), until)]",
    "#[when(self.count < Self::LIMIT, timeout, until)]",
    "#[when(Self::may(self) && let 1.. = self.count, timeout)]",
    "#[when(matches!(self, Self { closed: false, .. }), until)]",
    "#[when(ASKED)]",
    "#[when(ASKED, timeout, until)]",
    "#[when(ASKED && self.is_open(), timeout)]",
    "#[when(self.is_open() && (ASKED), until)]",
];

/// Whether a `let` may stand only between `&&`s, and not in parentheses.
fn has_let(condition: &str) -> bool {
    condition.contains("let ")
}

const BESIDE: &[&str] = &[
    "",
    "#[inline]",
    "#[cfg(any(unix, not(unix)))]",
    "#[doc(hidden)]",
    "#[track_caller]",
];

pub(crate) fn add(cases: &mut Vec<Case>) {
    let mut turns = Turns::new();
    for parameters in PARAMETERS {
        for output in OUTPUTS.iter().filter(|output| output.owned) {
            for block in BLOCKS {
                let number = cases.len();
                let vis = turns.of(&["pub", "pub(crate)", "pub(super)"]);
                let (receiver, when) = (turns.of(RECEIVERS), turns.of(WHENS));
                let asked = match parameters.conditions {
                    [] => "self.count > 1",
                    conditions => *turns.of(conditions),
                };
                let when = match has_let(asked) {
                    true => when.replace("(ASKED)", "ASKED"),
                    false => (*when).into(),
                };
                let when = when.replace("ASKED", asked);
                let (beside, options) = (
                    turns.of(BESIDE),
                    turns.of(&["", ", poison", ", crate = crate::facade::threads"]),
                );
                let separator = if parameters.list.is_empty() { "" } else { ", " };
                let method = format!(
                    "/// A method.\nWHEN {beside} {vis} fn f{number}{}({receiver}{separator}{}) {} {} {{ {} {} {} }}",
                    parameters.generics,
                    parameters.list,
                    output.ty,
                    parameters.bounds,
                    parameters.used,
                    output.before,
                    output.value
                );
                let rest = format!(
                    "/// Makes one.\n#[must_use] {vis} fn n{number}() -> Option<Self> {{ None }} fn p{number}(&self) -> u8 {{ 1 }} /// A number.\n{vis} const K{number}: u8 = 1;"
                );
                let text = |with: bool| {
                    let (attribute, when) = match with {
                        true => (
                            format!("#[monitor(Shared{number}{options})]"),
                            when.as_str(),
                        ),
                        false => (String::new(), ""),
                    };
                    let method = method.replace("WHEN", when);
                    format!("{attribute} {block} {{ {method} {rest} }}")
                };
                cases.push(Case {
                    with: text(true),
                    without: text(false),
                });
            }
        }
    }
}
