//! The visibility of a handle, from the visibilities of its methods.

use std::cmp::Reverse;

use syn::Visibility;

/// The widest visibility of all.
pub(crate) fn widest<'a>(all: impl Iterator<Item = &'a Visibility>) -> Visibility {
    all.max_by_key(|vis| width(vis))
        .cloned()
        .unwrap_or(Visibility::Inherited)
}

/// How wide a visibility is, for comparisons. A path from the root counts as wider than `super`, because it was
/// written where `super` was not enough.
fn width(vis: &Visibility) -> (u8, Reverse<usize>, usize) {
    let (kind, depth, height) = match vis {
        Visibility::Public(_) => (5, 0, 0),
        Visibility::Restricted(restricted) => {
            let segments = &restricted.path.segments;
            let first = segments.first().map(|segment| segment.ident.to_string());
            match first.as_deref() {
                Some("crate") if segments.len() == 1 => (4, 0, 0),
                Some("super") => (2, 0, segments.len()),
                Some("self") if segments.len() == 1 => (1, 0, 0),
                // `self::super`
                Some("self") => (2, 0, segments.len() - 1),
                Some("crate") => (3, segments.len() - 1, 0),
                _ => (3, segments.len(), 0),
            }
        }
        Visibility::Inherited => (0, 0, 0),
    };
    (kind, Reverse(depth), height)
}
