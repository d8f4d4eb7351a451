//! Calls that Java's monitors need and a `#[monitor]` does not have: `self.wait()`, `self.notify()`.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};
use syn::ReceiverKind;
use syn::ext::IdentExt;

use crate::item::{Body, ImplBlock};
use crate::paths::{Root, generated, generated_at, self_token};

/// Calls of some methods, and what explains them.
struct Habit {
    /// The bound in threadkit's private room, which no type satisfies and whose message is shown.
    bound: &'static str,
    methods: &'static [&'static str],
}

const HABITS: [Habit; 2] = [
    Habit {
        bound: "PutWhenAboveTheMethod",
        methods: &["wait", "wait_for", "wait_timeout", "wait_while"],
    },
    Habit {
        bound: "LeaveTheNotificationOut",
        methods: &["notify", "notify_all", "notifyAll", "notify_one"],
    },
];

/// Lets the compiler explain such calls, where the value has no method of that name; returns traits for that.
///
/// The methods of the traits never apply, so methods of the value and of other traits come first. The traits stand
/// beside the user's block, because the compiler proposes public traits of other crates everywhere. It shows the
/// message of a bound only if the receiver is no reference, so `self` becomes `(*self)`.
pub(super) fn explain(block: &mut ImplBlock, root: &Root, handle: &Ident) -> TokenStream {
    let mut is_used = [false; HABITS.len()];
    for function in block.functions_mut() {
        let receiver = function.sig.receiver().map(|receiver| &receiver.kind);
        if let (Some(ReceiverKind::Reference(..)), Body::Braces(braces)) =
            (receiver, &mut function.body)
            && let Some(body) = rewritten(&braces.group, &mut is_used)
        {
            braces.group = body;
        }
    }
    let private = root.private();
    let this = self_token();
    let used = HABITS.iter().zip(is_used).filter(|(_, is_used)| *is_used);
    used.map(|(habit, _)| {
        let handle = handle.unraw();
        let name = format_ident!("__Threadkit{handle}{}", habit.bound, span = generated());
        let bound = Ident::new(habit.bound, generated());
        let methods = habit
            .methods
            .iter()
            .map(|name| Ident::new(name, generated()));
        let bodies = methods.clone();
        quote_spanned! {generated()=>
            trait #name {
                #(fn #methods(&#this);)*
            }

            impl<'s, T: #private::#bound<'s>> #name for T {
                #(fn #bodies(&#this) {})*
            }
        }
    })
    .collect()
}

/// The group with `(*self)` in such calls; `None` if it has none. Arguments of macros stay as they are.
fn rewritten(group: &Group, is_used: &mut [bool; HABITS.len()]) -> Option<Group> {
    let mut tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut is_changed = false;
    for at in 0..tokens.len() {
        let is_macro = at > 0 && is_punct(&tokens[at - 1], '!');
        if let TokenTree::Group(inner) = &tokens[at] {
            if !is_macro && let Some(inner) = rewritten(inner, is_used) {
                tokens[at] = inner.into();
                is_changed = true;
            }
        } else if let Some(used) = explained(&tokens[at..]) {
            is_used[used] = true;
            let this = &tokens[at];
            let span = generated_at(this.span());
            let mut place = Group::new(Delimiter::Parenthesis, quote_spanned!(span=> *#this));
            place.set_span(span);
            tokens[at] = place.into();
            is_changed = true;
        }
    }
    is_changed.then(|| {
        let mut rewritten = Group::new(group.delimiter(), tokens.into_iter().collect());
        rewritten.set_span(group.span());
        rewritten
    })
}

/// The habit that is the call with which `tokens` begin, if it is one.
fn explained(tokens: &[TokenTree]) -> Option<usize> {
    let [
        TokenTree::Ident(this),
        dot,
        TokenTree::Ident(method),
        TokenTree::Group(arguments),
        ..,
    ] = tokens
    else {
        return None;
    };
    let is_call =
        this == "self" && is_punct(dot, '.') && arguments.delimiter() == Delimiter::Parenthesis;
    let has_method = |habit: &Habit| habit.methods.iter().any(|name| method == name);
    HABITS.iter().position(has_method).filter(|_| is_call)
}

fn is_punct(token: &TokenTree, is: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == is)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    /// The body as it becomes, and the habits in it.
    fn explained(body: TokenStream) -> (String, [bool; 2]) {
        let mut is_used = [false; 2];
        let group = Group::new(Delimiter::Brace, body);
        let group = rewritten(&group, &mut is_used).unwrap_or(group);
        (group.stream().to_string().replace(' ', ""), is_used)
    }

    #[test]
    fn only_such_calls_change() {
        assert_eq!(
            explained(quote!(while self.is_full() {
                self.wait(1);
            })),
            (
                "whileself.is_full(){(*self).wait(1);}".into(),
                [true, false]
            )
        );
        assert_eq!(
            explained(quote!(f(|| self.notifyAll()))),
            ("f(||(*self).notifyAll())".into(), [false, true])
        );
        for other in [
            quote!(self.wait + self.done.wait()),
            quote!(other.notify(self)),
            quote!(say!(self.wait())),
            quote!(Self::wait(self)),
        ] {
            let text = other.to_string().replace(' ', "");
            assert_eq!(explained(other), (text, [false, false]));
        }
    }
}
