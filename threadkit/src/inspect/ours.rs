//! Which places are in threadkit itself.

use core::panic::Location;

/// Whether a place is in threadkit, and not in the program that uses it.
pub(crate) fn is_ours(place: &Location<'_>) -> bool {
    let root = file!().strip_suffix("inspect/ours.rs");
    root.is_some_and(|root| place.file().starts_with(root))
}
