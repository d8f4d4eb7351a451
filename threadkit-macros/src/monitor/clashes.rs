//! Clashes of names: no two methods of the handle may have the same name.

use syn::Signature;
use syn::ext::IdentExt;

use super::model::{Forwarded, Refused};
use crate::diagnostics::Problems;

/// The handle's own methods, and the reason for each.
fn own_methods(poison: bool) -> Vec<(&'static str, &'static str)> {
    let mut own = vec![
        ("with", "runs a closure on the value"),
        ("monitor", "gives its lock"),
    ];
    if poison {
        own.extend(["is_poisoned", "repair"].map(|word| (word, "comes with `poison`")));
    }
    own
}

/// Refuses two methods with the same name, and omits one of them.
pub(super) fn check_clashes(functions: &mut Vec<Forwarded>, poison: bool, problems: &mut Problems) {
    let own = own_methods(poison);
    functions.retain(|function| {
        let name = &function.sig.ident;
        let clash = own.iter().find(|(word, _)| name.unraw() == *word);
        if let Some((word, why)) = clash {
            problems.report(
                name,
                format!(
                    "the handle has a method `{word}` of its own, which {why}: choose another name"
                ),
            );
        }
        clash.is_none()
    });
    let names = names(functions.iter().map(|function| &function.sig));
    for (function, name) in functions.iter_mut().zip(&names) {
        let Some(when) = &mut function.when else {
            continue;
        };
        for slot in [&mut when.timeout, &mut when.until] {
            if let Some(word) = slot
                && let generated = format!("{name}_{word}")
                && names.contains(&generated)
            {
                problems.report(
                    word,
                    format!(
                        "this would make a second `{generated}`: rename the method of that name"
                    ),
                );
                *slot = None;
            }
        }
    }
}

fn names<'a>(sigs: impl Iterator<Item = &'a Signature>) -> Vec<String> {
    sigs.map(|sig| sig.ident.unraw().to_string()).collect()
}

/// Removes the stand-ins whose names the handle has already.
pub(super) fn free_names(functions: &[Forwarded], refused: &mut [Refused], poison: bool) {
    let own = own_methods(poison);
    let plain = names(refused.iter().map(|function| &function.sig));
    let mut taken = names(functions.iter().map(|function| &function.sig));
    for (function, name) in functions.iter().zip(taken.clone()) {
        let forms = function.when.iter();
        let forms = forms
            .flat_map(|when| [&when.timeout, &when.until])
            .flatten();
        taken.extend(forms.map(|word| format!("{name}_{word}")));
    }
    taken.extend(plain.clone());
    for (function, name) in refused.iter_mut().zip(&plain) {
        function.forms.retain(|form| match *form {
            "" => own.iter().all(|(word, _)| name != word),
            form => !taken.contains(&format!("{name}{form}")),
        });
    }
}
